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
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "expected/expected_query.h"
#include "history/earlier_files.h"
#include "logs/ingest_log.h"
#include "logs/rsync_log.h"
#include "monitor/night_look.h"
#include "obsmon/files.h"
#include "obsmon/history.h"
#include "obsmon/match.h"
#include "obsmon/night.h"
#include "obsmon/registry.h"
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

/// A night as both sides have it.
struct NightSides {
  std::unique_ptr<const EarlierFiles> earlier;  ///< null where there was no earlier look
  TransferScan storage;
  NightIngests registry;
};

class StreamView {
 public:
  /// Checks that both sides are there. A registry that is locked is no error: see registry_status.
  static absl::StatusOr<StreamView> Open(const Stream& stream, UtcTime as_of, const WorkControl& control);

  /// The nights that will be asked for, so that one pass over the registry serves them all.
  /// REQUIRES: called once, before a night is asked for.
  void Expect(std::span<const Night> nights);

  /// Gives what an earlier look found of a night. By default none is known, and all files are asked.
  using Recall = std::function<absl::StatusOr<std::optional<EarlierLook>>(Night)>;
  void SetRecall(Recall recall) { recall_ = std::move(recall); }

  /// Whether a look at `night` would find what it found when `known` was taken; without reading any file's
  /// facts.
  absl::StatusOr<bool> IsUnchanged(Night night, const NightFingerprint& known);

  /// Keeps a look, that the next night may need as its neighbour's, until it is given another. It is read
  /// alone: others may read it at the same time.
  void Remember(std::shared_ptr<const NightLook> look) { last_look_ = std::move(look); }

  /// After the last look: what was read of the registry and of neighbours is not asked for any more.
  void Forget();

  // For a look:

  /// Reads both sides, and hands them over. What was read of other nights than this and its neighbours is
  /// forgotten.
  absl::StatusOr<NightSides> Read(Night night);

  // What a look may need of a neighbouring night, with the folders that it was read in. Valid until a night
  // is read.
  struct TransfersOfNeighbour {
    const TransferTable& files;
    const std::vector<FolderStamp>& folders;
  };
  struct IngestsOfNeighbour {
    const IngestTable& rows;
    std::size_t num_listed;  ///< as NightLook::num_listed
    const std::vector<FolderStamp>& folders;
    const std::vector<ScanIssue>& issues;  ///< what hindered the reading
  };
  absl::StatusOr<TransfersOfNeighbour> NeighboursTransfers(Night neighbour);
  absl::StatusOr<IngestsOfNeighbour> NeighboursIngests(Night neighbour);

  /// Of the registry's rows of `night` and its neighbours; 0 where it is locked.
  absl::StatusOr<std::uint64_t> RegistryDigest(Night night);
  /// The registry's token as of this run; empty where it can't be told.
  const std::string& registry_token() const { return registry_token_; }
  /// Not OK: it is locked, and for how long it was waited.
  const absl::Status& registry_status() const { return registry_status_; }

  /// What the database lists of `night`; nothing where there is none, or it can't be asked (expected_status).
  /// It is asked once, for all of the nights that Expect was given.
  std::span<const ListedFile> Listed(Night night);
  const absl::Status& expected_status() const { return expected_status_; }

  /// Of the rules, and of the list of what is expected as it is now. Of the logs as they were when the view
  /// was opened: each is read once, later than that, and what it is given meanwhile is for the next run.
  RulesDigests DigestsOfRules(Night night);
  const absl::StatusOr<logs::RsyncLog>& RsyncLog();
  const absl::StatusOr<logs::IngestFailures>& IngestFailures();

  const Stream& stream() const { return stream_; }
  UtcTime as_of() const { return as_of_; }
  const WorkControl& control() const { return control_; }
  /// Those of the stream, before anything is known of a night.
  const MatchOptions& match_options() const { return match_options_; }

 private:
  /// Null where there was no earlier look.
  using Earlier = std::unique_ptr<const EarlierFiles>;

  /// What has been read of a night that is still to be looked at, or for a neighbour alone.
  struct Sides {
    std::optional<Earlier> earlier;  ///< known where storage is
    std::optional<TransferScan> storage;
    std::optional<NightIngests> registry;
  };

  StreamView(const Stream& stream, UtcTime as_of, const WorkControl& control);

  absl::StatusOr<const RegistrySnapshot*> Snapshot(const Registry::RowsAreFixed& rows_are_fixed = {});
  absl::StatusOr<Earlier> Recalled(Night night) const;
  absl::StatusOr<const TransferScan*> Storage(Night night);
  absl::StatusOr<const NightIngests*> Ingests(Night night);
  /// The look that was remembered, where it is of this night.
  const NightLook* Remembered(Night night) const {
    return last_look_ && last_look_->report.night == night ? last_look_.get() : nullptr;
  }
  /// Reads the registry's rows of the run, where they have not been, and meanwhile the storage of `night`.
  absl::Status ReadRegistryBesideStorage(Night night);
  absl::Status ReadBothSides(Night night);

  Stream stream_;
  UtcTime as_of_;
  WorkControl control_;
  MatchOptions match_options_;
  std::uint64_t rules_digest_ = 0;
  std::uint64_t ingest_log_digest_ = 0;
  std::uint64_t rsync_log_digest_ = 0;
  bool logs_are_there_ = true;
  std::unique_ptr<Registry> registry_;
  absl::Status registry_status_;
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
