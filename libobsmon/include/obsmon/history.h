// HISTORY: what was found, night by night, in `observing_monitor.sqlite3` of the output folder.
//
// The tables are obsmon's own (PRAGMA user_version tells their version). Views named FILE_COUNT,
// TRANSFER_LIST, INGEST_LIST, FILE_COUNT_GEN3 and FILE_LIST_GEN3 give scripts that read the prototype's
// database the same columns and, by the prototype's rules, the same numbers. A prototype's own database is
// taken over in one transaction when it is first opened; its nights are kept until they are looked at again.
//
// A night is always the set that was found at its last look: what was replaced, removed or re-made follows.
//
// A path that is UTF-8 is TEXT in tables and views; one that is not is a BLOB of its bytes, which Python
// gives as `bytes`, so that no script stops at a name that it can't decode.
//
// Or, for many streams, from many hosts: in one PostgreSQL database that they share, see SharedHistory.
//
// Threads: one thread at a time. Processes: any number may read; OutputLock keeps writers apart.
#ifndef OBSMON_HISTORY_H_
#define OBSMON_HISTORY_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/expected.h"
#include "obsmon/files.h"
#include "obsmon/night.h"
#include "obsmon/registry.h"
#include "obsmon/report.h"
#include "obsmon/transfers.h"

namespace obsmon {

/// Name of the history in an output folder; the prototype's.
inline constexpr std::string_view kHistoryFileName = "observing_monitor.sqlite3";

/// Name of the file by which an output folder is known in a shared history.
inline constexpr std::string_view kPlaceFileName = ".stream_id";

/// A history that many streams share, from many hosts: the schema "obsmon" of a PostgreSQL database, made and
/// brought up to date by obsmon. A stream is known there by its name: two of one name would be one. So it is
/// written from one output folder, known by its file kPlaceFileName, until no run has come from there for
/// StreamOutput::max_age.
///
/// The tables are those of the SQLite history, with the column `stream` in front; the views have the names
/// that the prototype's tables had, and the stream's name in front. Text that is not UTF-8, which PostgreSQL
/// can't hold, is written as "//bytes:" and the text with its odd bytes as %XX. What a prototype's database
/// holds is not taken over.
///
/// One run at a time writes a stream, kept apart by an advisory lock that goes with the process; a run that
/// has lost its lock can write no more. A night becomes visible as a whole, with its commit.
struct SharedHistory {
  std::string uri{};        ///< postgresql://user@host/database, without a password; empty: there is none
  DatabaseLogins logins{};  ///< see RegistryOptions
  std::chrono::milliseconds busy_timeout = std::chrono::seconds{10};  ///< for each sign of life of the server

  bool IsGiven() const { return !uri.empty(); }
};

/// A stream's output: where its history is.
struct StreamOutput {
  std::string name{};                  ///< the stream's
  std::filesystem::path output_dir{};  ///< with its pages, and its history unless that is shared
  SharedHistory history{};
  /// Stream::max_age: after so long without a run another folder may take over the stream's shared history.
  std::chrono::seconds max_age = std::chrono::minutes{15};
};

/// A night in a line, as the index page shows it.
struct NightSummary {
  Night night{};
  NightState state = NightState::kUnknown;
  NightCounts counts{};
  LegacyCounts legacy{};
  Latencies latency{};
  std::int64_t num_issues = 0;          ///< NightEvidence::issues
  std::int64_t num_hiding = 0;          ///< those of them that may hide files (HidesFiles)
  std::string trouble{};                ///< why the state is unknown, one sentence; else empty
  UtcTime looked_at{};                  ///< when the last look at it began
  std::optional<UtcTime> changed_at{};  ///< when a look last found anything else than the one before; absent
                                        ///< for a night that only the prototype has seen
  bool from_prototype = false;  ///< taken over, and not looked at since: `counts` has only what it knew

  friend bool operator==(const NightSummary&, const NightSummary&) = default;
};

/// What a later look compares to know that a night has not changed.
struct NightFingerprint {
  std::vector<FolderStamp> folders{};  ///< all that the night's report depended on
  std::string registry_token{};        ///< Registry::ChangeToken when last found unchanged; may be empty
  std::uint64_t registry_digest = 0;   ///< RegistrySnapshot::Digest of it and its neighbours, combined
  std::uint64_t rules_digest = 0;      ///< of the options that verdicts depend on, and of the page's layout
  /// When the report would change without any change on disk: NightMatch::holds_until.
  std::optional<UtcTime> good_until{};
  /// False: something was racy, in flight or unreadable; look again whatever the rest says.
  bool trusted = false;

  friend bool operator==(const NightFingerprint&, const NightFingerprint&) = default;
};

/// What was found of a night by the last look that found anything else than the one before: for a later look,
/// which then need not ask for all of it again.
struct EarlierLook {
  /// A file that was expected, and nowhere.
  struct Absent {
    std::string path{};  ///< where it would be, from storage on
    UtcTime since{};     ///< when it was first expected
  };
  /// Datasets that are symbolic links in the repository, whose targets were there; as columns, in no order.
  /// Links whose target's name is not UTF-8 are left out.
  struct Links {
    StringColumn path{};                 ///< IngestRow::path
    StringColumn target{};               ///< IngestRow::link_target
    std::vector<UtcTime> ingest_time{};  ///< likewise
    std::vector<FileId> file_id{};       ///< likewise
  };

  /// The files in the night's folders, in no order; of each the first arrival that was seen of this very
  /// file. (A path of more than 2,000 bytes comes from a shared history as the key that it has there.)
  TransferTable files{};
  std::vector<bool> is_ingested{};  ///< of each of `files`: Verdict::kIngested
  std::vector<Absent> absent{};     ///< likewise
  Links links{};
  std::vector<FolderStamp> folders{};  ///< NightFingerprint::folders of that look
  UtcTime found_at{};                  ///< when it began: NightSummary::changed_at
};

/// The history of one stream.
class History {
 public:
  /// Opens the history in `output_dir`, which must exist; makes it where there is none, takes over a
  /// prototype's.
  ///
  /// Errors: kNotFound, kPermissionDenied, kResourceExhausted (disk full), kDataLoss (damaged, or no
  /// database: it is left as it is), kFailedPrecondition (written by a newer obsmon), kUnavailable (locked by
  /// a reader for longer than 30 s).
  static absl::StatusOr<std::unique_ptr<History>> Open(const std::filesystem::path& output_dir);

  /// Opens it for reading alone: nothing is made, taken over or changed. A prototype's own database can be
  /// read. Errors: as Open; kNotFound where there is no history.
  static absl::StatusOr<std::unique_ptr<History>> OpenReadOnly(const std::filesystem::path& output_dir);

  /// The same of a stream whose history may be shared. Errors, where it is: kUnavailable (the server is down,
  /// slow, or refuses the login), kPermissionDenied, kFailedPrecondition (made by a newer obsmon, or not
  /// obsmon's); of Open, kAborted where another run writes this stream, or another output folder keeps it up,
  /// naming that run or folder; of OpenReadOnly, kNotFound where there is no such stream.
  ///
  /// Once `stop` is requested nobody is waited for any more, now and later (kUnavailable; of a shared history
  /// kCancelled), but for a second for what is to be kept after that.
  static absl::StatusOr<std::unique_ptr<History>> Open(const StreamOutput& output,
                                                       const std::stop_token& stop = {});
  static absl::StatusOr<std::unique_ptr<History>> OpenReadOnly(const StreamOutput& output,
                                                               const std::stop_token& stop = {});

  virtual ~History() = default;
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // What is known. All errors: kDataLoss, kUnavailable, kInternal.

  /// Every night, newest first.
  virtual absl::StatusOr<std::vector<NightSummary>> Nights() = 0;
  /// Absent where the night was never looked at, or only by the prototype.
  virtual absl::StatusOr<std::optional<NightFingerprint>> Fingerprint(Night night) = 0;

  /// Absent where the night was never looked at, or only by the prototype or an older obsmon that has not
  /// been brought up to date.
  virtual absl::StatusOr<std::optional<EarlierLook>> Recall(Night night) = 0;

  // A run's changes: all between Begin and Commit become visible together, or not at all. Destruction without
  // Commit takes them back. Errors of these: as Open.

  virtual absl::Status Begin() = 0;
  /// Replaces all that is known of the report's night. `changed_at` becomes report.as_of.
  virtual absl::Status Put(const NightReport& report, const NightFingerprint& fingerprint) = 0;
  /// The night was looked at, and nothing had changed; the registry's token is now `registry_token`.
  virtual absl::Status Touch(Night night, UtcTime looked_at, std::string_view registry_token) = 0;
  /// The night was looked at, but its registry could not be read: what was known of it stays, and the night's
  /// state becomes unknown, with `trouble`. A night that is not known yet is put as `report` has it.
  virtual absl::Status PutUnknown(const NightReport& report, std::string_view trouble) = 0;
  virtual absl::Status Commit() = 0;

 protected:
  History() = default;
};

class LockHeartbeat;

/// The right to write in an output folder: one run at a time. Held by the process, gone with it however it
/// ends.
///
/// A file `.monitor.lock` in the folder carries the lock, says who holds it, for people, and is gone when it
/// is released. Its mere existence means nothing, so that the leftover of a prototype or of a killed run does
/// no harm.
///
/// But for a file system without locks (flock and fcntl end with ENOLCK or ENOSYS, as on NFS without a lock
/// manager): there it is the file that counts. Who makes it has the right, and touches it every 30 s. A file
/// whose holder is dead is removed by the next run: a holder on this machine is dead when its process is
/// gone, any other, and a file that names none, when it was not touched for 10 minutes by the file system's
/// clock. A machine that stands still for longer than that with a run on it loses the right without noticing.
class OutputLock {
 public:
  /// Takes the lock, without waiting. kAborted where another process has it, naming that process; kNotFound,
  /// kPermissionDenied and others where the file can't be made.
  static absl::StatusOr<OutputLock> Acquire(const std::filesystem::path& output_dir);
  /// The file that carries the lock of this folder.
  static std::filesystem::path FileIn(const std::filesystem::path& output_dir);
  /// Whether the file system has locks: where it has none, SQLite can't lock the history either.
  bool is_kept_by_kernel() const { return heartbeat_ == nullptr; }

  ~OutputLock();
  OutputLock(OutputLock&& other) noexcept;
  OutputLock& operator=(OutputLock&& other) noexcept;

 private:
  OutputLock(int folder, int file);
  int folder_ = -1;  ///< so that the file is found again whatever the working folder is by then
  int file_ = -1;
  std::unique_ptr<LockHeartbeat> heartbeat_;  ///< only where the file system has no locks
};

}  // namespace obsmon

#endif  // OBSMON_HISTORY_H_
