// One stream as one run sees it: storage and registry, each night read when it is first asked for.
#ifndef OBSMON_SRC_MONITOR_STREAM_VIEW_H_
#define OBSMON_SRC_MONITOR_STREAM_VIEW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "expected/expected_query.h"
#include "history/earlier_files.h"
#include "logs/ingest_log.h"
#include "logs/rsync_log.h"
#include "obsmon/files.h"
#include "obsmon/history.h"
#include "obsmon/match.h"
#include "obsmon/night.h"
#include "obsmon/registry.h"
#include "obsmon/report.h"
#include "obsmon/stream.h"
#include "obsmon/transfers.h"

namespace obsmon {

/// A night of so many rows is large: a step of its look is worth a thread of its own, and two such nights are
/// not to be in memory at once.
inline constexpr std::size_t kRowsOfALargeNight = 10'000;

/// Digests of all that decides beside storage and registry, for each choice of the logs that matter.
using RulesDigests = std::array<std::uint64_t, 4>;
inline constexpr std::size_t kWithIngestLog = 1;
inline constexpr std::size_t kWithRsyncLog = 2;

/// A report, and what a later run compares to know that it still holds.
struct NightLook {
  NightReport report;
  NightFingerprint fingerprint;

  RulesDigests rules_digests{};
  ObservationTypes observation_types;  ///< as far as the registry tells them, until verdicts are decided

  // The stamps of the night's own folders, without those of neighbours that it depends on.
  std::vector<FolderStamp> storage_folders;
  std::vector<FolderStamp> registry_folders;
};

class StreamView {
 public:
  /// Checks that both sides are there. A registry that is locked is no error: see registry_status.
  static absl::StatusOr<StreamView> Open(const Stream& stream, UtcTime as_of, const WorkControl& control);

  /// The nights that will be asked for, so that one pass over the registry serves them all.
  /// REQUIRES: called once, before Look and IsUnchanged.
  void Expect(std::span<const Night> nights);

  /// Gives what an earlier look found of a night. By default none is known, and all files are asked.
  using Recall = std::function<absl::StatusOr<std::optional<EarlierLook>>(Night)>;
  void SetRecall(Recall recall) { recall_ = std::move(recall); }

  /// Looks at `night`, and at its neighbours where a file may have been ingested under another night than its
  /// folder's. Errors: the input can't be read, kCancelled.
  absl::StatusOr<NightLook> Look(Night night);

  /// Whether a look at `night` would find what it found when `known` was taken; without reading any file's
  /// facts.
  absl::StatusOr<bool> IsUnchanged(Night night, const NightFingerprint& known);

  /// Keeps a look, that the next night may need as its neighbour's, until it is given another. It is read
  /// alone: others may read it at the same time.
  void Remember(std::shared_ptr<const NightLook> look) { last_look_ = std::move(look); }

  /// The registry's token as of this run; empty where it can't be told.
  const std::string& registry_token() const { return registry_token_; }

 private:
  /// Null where there was no earlier look.
  using Earlier = std::unique_ptr<const EarlierFiles>;

  /// What has been read of a night that is still to be looked at, or for a neighbour alone.
  struct Sides {
    std::optional<Earlier> earlier;  ///< known where storage is
    std::optional<TransferScan> storage;
    std::optional<NightIngests> registry;
  };
  /// What a look may need of a neighbouring night, with the folders that it was read in, and what hindered
  /// that.
  template <typename Table>
  struct OfNeighbour {
    const Table& rows;
    const std::vector<FolderStamp>& folders;
    const std::vector<ScanIssue>& issues;
  };

  StreamView(const Stream& stream, UtcTime as_of, const WorkControl& control);

  absl::StatusOr<const RegistrySnapshot*> Snapshot(const Registry::RowsAreFixed& rows_are_fixed = {});
  absl::StatusOr<Earlier> Recalled(Night night) const;
  absl::StatusOr<const TransferScan*> Storage(Night night);
  absl::StatusOr<const NightIngests*> Ingests(Night night);
  absl::StatusOr<OfNeighbour<TransferTable>> NeighboursTransfers(Night neighbour);
  absl::StatusOr<OfNeighbour<IngestTable>> NeighboursIngests(Night neighbour);
  /// The look that was remembered, where it is of this night.
  const NightLook* Remembered(Night night) const {
    return last_look_ && last_look_->report.night == night ? last_look_.get() : nullptr;
  }
  absl::StatusOr<std::uint64_t> RegistryDigest(Night night);
  /// Reads the registry's rows of the run, where they have not been, and meanwhile the storage of `night`.
  absl::Status ReadRegistryBesideStorage(Night night);
  absl::Status ReadBothSides(Night night);
  absl::Status ReadExpectations(NightLook& look);
  /// What the database lists of `night`; nothing where there is none, or it can't be asked
  /// (expected_status_). It is asked once, for all of the nights that Expect was given.
  std::span<const ListedFile> Listed(Night night);
  /// Where a rule asks for them: of exposures that neither registry nor lists know, by the header of a file.
  absl::Status ReadObservationTypes(const TransferTable& files);
  void ReadArrivals(NightEvidence& evidence);
  /// Adds what the ingest's log says of files that nothing explains.
  void ReadFailures(NightLook& look);
  /// Of the rules, and of the list of what is expected and the logs as they are now.
  RulesDigests DigestsOfRules(Night night);
  std::size_t LogsThatMatterTo(const NightLook& look) const;
  NightMatch Match(const NightEvidence& evidence) const {
    return MatchNight(evidence.transfers, evidence.ingests, evidence.expected, as_of_, match_options_);
  }

  /// Adds to `look` what the neighbours have of this night's files, where any is left unmatched.
  absl::Status ConsultNeighbours(NightLook& look);
  void AskAgain(NightLook& look, const EarlierFiles& earlier) const;
  absl::Status FindIngestsUnderOtherNights(NightLook& look);
  absl::Status FindFilesInOtherFolders(NightLook& look);
  void StampTargetsElsewhere(NightLook& look) const;
  void Trust(NightLook& look) const;

  Stream stream_;
  UtcTime as_of_;
  WorkControl control_;
  MatchOptions match_options_;
  std::uint64_t rules_digest_ = 0;
  std::unique_ptr<Registry> registry_;
  absl::Status registry_status_;  ///< not OK: locked, and for how long it was waited
  std::string registry_token_;
  std::unique_ptr<RegistrySnapshot> snapshot_;
  std::vector<Night> asked_;     ///< as Expect was given them
  std::vector<Night> expected_;  ///< with their neighbours
  std::unique_ptr<AskedQuery> expected_query_;
  std::optional<expected::Lists> expected_lists_;
  absl::Status expected_status_;
  std::optional<absl::StatusOr<logs::RsyncLog>> rsync_log_;  ///< read once, where a night asks for it
  std::optional<absl::StatusOr<logs::IngestFailures>> ingest_failures_;
  std::map<Night, Sides> sides_;
  std::shared_ptr<const NightLook> last_look_;
  Recall recall_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_STREAM_VIEW_H_
