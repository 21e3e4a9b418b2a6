// REPORT: one night as an observer wants it: its files, each with a verdict and a reason, and what they add
// up to.
//
// Pure: no I/O, no clock, no failure.
// Threads: const access from any number.
#ifndef OBSMON_REPORT_H_
#define OBSMON_REPORT_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "obsmon/columns.h"
#include "obsmon/expected.h"
#include "obsmon/files.h"
#include "obsmon/match.h"
#include "obsmon/night.h"
#include "obsmon/registry.h"
#include "obsmon/transfers.h"

namespace obsmon {

/// A night in one word. The worst that holds, in the order attention, unknown, in progress, complete.
enum class NightState : std::uint8_t {
  kComplete = 0,        ///< every file that should be ingested is; also a night without files
  kInProgress = 1,      ///< files are in flight, settling or pending, and nothing is wrong
  kNeedsAttention = 2,  ///< at least one file has a verdict that someone should look at
  kUnknown = 3,         ///< the registry, a part of storage, or what should arrive could not be read
};

/// "needs_attention", for programs.
std::string_view NightStateName(NightState state);
/// "needs attention", for people.
std::string_view NightStateLabel(NightState state);

/// Whether `issue` may hide files: something is there and can't be read. So may a link that leads nowhere: to
/// a disk that is not mounted, say. What is gone hides nothing, nor does a bad manifest, a loop of links or a
/// pipe.
bool HidesFiles(const ScanIssue& issue);

/// What whoever runs obsmon is told of `issue`, in one sentence: it may hide files, or an option names what
/// can't be read. Empty for all else, which the report alone has.
std::string WarningOf(const ScanIssue& issue);

class NightReport;

/// What whoever runs obsmon is told of a look, one sentence each: what of its input could not be read. Empty
/// where all could.
std::vector<std::string> WarningsOf(const NightReport& report);

/// One file of a night: arrived, arriving, known to the registry alone, or expected and nowhere.
struct FileRow {
  std::string_view path{};  ///< from storage on, of an absent file where it would be; where only the registry
                            ///< knows the file, from the repository on
  /// The exposure and the detector, as the file's name tells them (or, of what only the registry knows, the
  /// name that it would have in storage): "MC_O_20250501_000123", "R22_S11". Empty where the name tells none.
  std::string_view obs_id{};
  std::string_view detector{};
  Verdict verdict = Verdict::kUnknown;
  MatchBasis basis = MatchBasis::kNone;
  bool in_storage = true;                    ///< false: only the registry knows it, or it is expected
  std::optional<std::int64_t> size_bytes{};  ///< absent where the file is gone
  std::optional<UtcTime> creation_time{};    ///< of the file in storage (mtime)
  std::optional<UtcTime> arrival_time{};     ///< of the file in storage (ctime)
  std::string_view ingest_path{};            ///< of the dataset, from the repository on; empty without one
  std::optional<Night> ingest_night{};       ///< the registry's night of the dataset
  std::optional<UtcTime> ingest_time{};
  /// What the registry recorded at ingest; a size that differs from `size_bytes` says that the file has
  /// changed since.
  std::optional<std::int64_t> ingested_size_bytes{};
  /// Of a copy in the repository that has neither the size of its ingest nor that of the file in storage: the
  /// size that it has. (A Butler refuses to read it.) Else absent.
  std::optional<std::int64_t> damaged_size_bytes{};
  /// Its checksum is not the one that the registry recorded: it has changed since, be its size the same.
  bool checksum_differs = false;
  /// What the registry says of a failure, or of a dataset that no datastore holds; which folder a file lies
  /// in that is not storage; of an ignored file, the reason of the rule; else empty.
  std::string_view message{};
  /// Of a guider's file that is not ingested: whether the registry lists another file of its exposure.
  bool exposure_is_listed = false;
  /// Since when a file is expected that is neither in storage nor in the registry; else absent.
  std::optional<UtcTime> expected_since{};
};

/// The times of a FileRow.
struct FileTimes {
  std::optional<UtcTime> creation{};
  std::optional<UtcTime> arrival{};
  std::optional<UtcTime> ingest{};
  Verdict verdict = Verdict::kUnknown;
};

/// Why the file has its verdict, as one sentence without the path: "arrived whole 12 min ago, but the
/// registry does not list it". `as_of` is the time of the look.
std::string Reason(const FileRow& file, UtcTime as_of);

/// What the files of a night add up to.
struct NightCounts {
  std::int64_t files = 0;                               ///< all rows of the report
  std::array<std::int64_t, kNumVerdicts> by_verdict{};  ///< a partition of them
  std::optional<UtcTime> last_creation{};               ///< latest creation time of a file in storage
  std::optional<UtcTime> last_arrival{};
  std::optional<UtcTime> last_ingest{};
  std::int64_t exposures = 0;  ///< those that the files' names tell
  /// Those of the exposures for which no manifest says what to expect: whether they are complete is not
  /// known.
  std::int64_t without_manifest = 0;

  std::int64_t operator[](Verdict verdict) const { return by_verdict[static_cast<std::size_t>(verdict)]; }
  std::int64_t& operator[](Verdict verdict) { return by_verdict[static_cast<std::size_t>(verdict)]; }
  /// The files whose verdict is of this concern.
  std::int64_t Of(Concern concern) const;

  friend bool operator==(const NightCounts&, const NightCounts&) = default;
};

/// The numbers of the prototype's FILE_COUNT, by its own rules, for scripts that read them.
///
/// They are no partition: a file counts in the night that it was ingested under; an uningested one of less
/// than 10,000 bytes is small whatever its ending, one without ".fits" is not FITS and may be small as well,
/// and only a
/// ".fits" of more than 10,000 bytes is an error, so that exactly 10,000 is nothing.
struct LegacyCounts {
  std::int64_t n_files = 0;
  std::int64_t n_ingest = 0;
  std::int64_t n_small = 0;
  std::int64_t n_not_fits = 0;
  std::int64_t n_error = 0;
  std::optional<UtcTime> last_creation{};
  std::optional<UtcTime> last_ingest{};

  friend bool operator==(const LegacyCounts&, const LegacyCounts&) = default;
};

/// How long files took for a span of their way; of those for which both ends are known.
struct LatencySummary {
  std::int64_t files = 0;
  /// Those of the files whose span ends before it begins, such as an ingest before the creation: some
  /// machine's clock is wrong, and the figures with it.
  std::int64_t negative = 0;
  std::chrono::nanoseconds min{};
  std::chrono::nanoseconds p50{};  ///< nearest rank
  std::chrono::nanoseconds p95{};
  std::chrono::nanoseconds max{};

  friend bool operator==(const LatencySummary&, const LatencySummary&) = default;
};

/// The way of files from the camera to the registry. In storage whole: of all files that have arrived.
struct Latencies {
  LatencySummary creation_to_arrival{};
  LatencySummary arrival_to_ingest{};   ///< of the ingested ones
  LatencySummary creation_to_ingest{};  ///< likewise

  friend bool operator==(const Latencies&, const Latencies&) = default;
};

/// One of them, with its one word: in the history, in metrics, in JSON and in options.
struct LatencyKind {
  std::string_view name;
  LatencySummary Latencies::*of;
};
inline constexpr std::array<LatencyKind, 3> kLatencyKinds = {
    {{"creation_to_arrival", &Latencies::creation_to_arrival},
     {"arrival_to_ingest", &Latencies::arrival_to_ingest},
     {"creation_to_ingest", &Latencies::creation_to_ingest}}};

/// What is known of the files that an exposure should have.
enum class ManifestState : std::uint8_t {
  kNone,  ///< there is no manifest: whether the exposure is complete is not known
  kRead,
  kBad,  ///< there is one, but it can't be used, or not whole; an issue says why
};

/// "none", "read", "bad".
std::string_view ManifestStateName(ManifestState state);

/// One exposure: the files whose names tell it.
struct ExposureSummary {
  std::string obs_id{};
  ManifestState manifest = ManifestState::kNone;
  std::int64_t files = 0;
  std::array<std::int64_t, kNumVerdicts> by_verdict{};
  std::optional<UtcTime> first_creation{};  ///< of its files in storage
  std::optional<UtcTime> last_arrival{};    ///< likewise
  Latencies latency{};

  std::int64_t operator[](Verdict verdict) const { return by_verdict[static_cast<std::size_t>(verdict)]; }
  friend bool operator==(const ExposureSummary&, const ExposureSummary&) = default;
};

/// A file in another night's storage folder that the registry lists under this night.
struct StrayFile {
  std::uint32_t ingest_row = 0;  ///< in NightReport::ingests
  std::string path{};            ///< from storage on
  std::optional<UtcTime> creation_time{};
};

/// What a report is made from.
struct NightEvidence {
  TransferTable transfers{};  ///< of this night's folders
  IngestTable ingests{};      ///< of this night, and those of other nights that match a file of this one
  std::vector<FileEvent> events{};                     ///< of this night, where event tables are the registry
  ExpectedTable expected{};                            ///< what of this night should arrive
  std::vector<std::string> exposures_with_manifest{};  ///< obs_ids, sorted
  std::vector<std::string> exposures_with_bad_manifest{};  ///< likewise
  std::vector<StrayFile> strays{};                         ///< sorted by ingest_row
  std::vector<ScanIssue> issues{};                         ///< of storage and of the repository
  absl::Status registry_status{};                          ///< not OK: why the registry could not be read
  /// Not OK: why the database that lists what should arrive could not be asked; it is then not known which
  /// files are missing.
  absl::Status expected_status{};
  std::vector<IgnoreRule> ignore{};  ///< MatchOptions::ignore, for their reasons
};

/// One night. Made by MakeReport; a value that owns all it shows.
class NightReport {
 public:
  std::string stream;  ///< name of the stream; may be empty
  Night night;
  UtcTime as_of{};  ///< when the look began
  NightState state = NightState::kUnknown;
  NightCounts counts;
  LegacyCounts legacy;
  Latencies latency;
  std::vector<ExposureSummary> exposures;  ///< sorted by obs_id
  NightEvidence evidence;
  NightMatch match;

  /// The files: first those of storage in the order of the scan, then those that only the registry knows,
  /// then those that are expected and nowhere.
  class Files {
   public:
    std::size_t size() const;
    bool empty() const { return size() == 0; }
    /// REQUIRES: row < size(). The row's texts are views into the report.
    FileRow operator[](std::size_t row) const;
    /// Of that row the times alone: this costs a small part of the whole row. REQUIRES: row < size().
    FileTimes TimesOf(std::size_t row) const;
    /// The verdict alone, likewise.
    Verdict VerdictOf(std::size_t row) const;
    RowIterator<Files> begin() const { return {this, 0}; }
    RowIterator<Files> end() const { return {this, size()}; }

   private:
    friend class NightReport;
    explicit Files(const NightReport* report) : report_(report) {}
    FileRow Transfer(std::size_t row) const;
    FileRow Dataset(std::size_t row) const;
    FileRow Absent(const AbsentFile& absent) const;
    void NameRule(std::int32_t rule, FileRow& file) const;
    bool IsGuiderOfListedExposure(const FileRow& file) const;
    const NightReport* report_;
  };
  /// REQUIRES: the report outlives the result.
  Files files() const& { return Files(this); }
  Files files() const&& = delete;

  /// Ingest rows of this night that have no file in this night's folders nor in another's: rows of files()
  /// after those of storage.
  std::vector<std::uint32_t> registry_only;
};

/// Adds up the evidence. `match` must be what MatchNight gives for it.
NightReport MakeReport(std::string stream, Night night, UtcTime as_of, NightEvidence evidence,
                       NightMatch match);

}  // namespace obsmon

#endif  // OBSMON_REPORT_H_
