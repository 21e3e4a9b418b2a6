// REGISTRY: what has been ingested, as the data repository tells.
//
// A Registry is one repository's database, or its folder of links. It is never written, not even a side file,
// and it is read in one short transaction whose rows are then kept in memory as a RegistrySnapshot; no lock
// is held while a file system is asked where the rows' files are. (A large Gen3 registry in SQLite is read in
// several, each of some exposures, so that no writer waits for long.)
//
// Another kind of registry is one more class behind this interface, and one more branch in Registry::Open.
//
// Threads: one thread at a time for a Registry; a RegistrySnapshot may be used by several.
#ifndef OBSMON_REGISTRY_H_
#define OBSMON_REGISTRY_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/columns.h"
#include "obsmon/database.h"
#include "obsmon/files.h"
#include "obsmon/night.h"
#include "obsmon/raw_file_name.h"

namespace obsmon {

/// What the registry says of a dataset. A Gen2 registry lists only what was ingested.
enum class IngestStatus : std::uint8_t {
  kIngested,
  kPending,  ///< an ingest is known to be waiting or running
  kFailed,   ///< an ingest was tried and failed; the row's message says why
  kIgnored,  ///< the ingester left it out; the row's message says why
};

/// What became of the file that a registry row stands for.
enum class ArtifactState : std::uint8_t {
  kPresent,
  kGone,        ///< no such file, or a link whose target is gone
  kUnreadable,  ///< its folder can't be read: nothing is known, an issue says so
  kRemote,      ///< in an object store or on another host: not looked at, and taken to be there
  kNotStored,   ///< the registry keeps the dataset, but no datastore holds it: pruned, or being deleted
};

/// One dataset that the registry knows.
struct IngestRow {
  /// Of its file, from the repository on: "raw/2020-05-01/…"; outside of the repository absolute, or a URI. A
  /// member of a zip file ends in "#zip-path=<member>". "raw/<unknown>" where the registry does not tell.
  std::string_view path{};
  Night night{};               ///< the registry's night (`dayObs`, `day_obs`; the folder's with links)
  std::int64_t exposure = 0;   ///< exposure id (Gen2 `expId`, or `visit`); 0 where none is known
  std::int32_t detector = -1;  ///< detector number; -1 where none is known
  /// The stem that the file would have in storage by the observatory's convention,
  /// obs_id[_raft_sensor][_guider], such as "MC_C_20200501_000012_R22_S00"; empty where the registry does not
  /// tell.
  std::string_view storage_stem{};
  IngestStatus status = IngestStatus::kIngested;
  std::string_view
      message{};  ///< why it failed, waits or is ignored, or why no datastore holds it; else empty

  ArtifactState artifact = ArtifactState::kPresent;
  FileId file_id{};  ///< of the file itself, links followed; only where present
  std::int64_t size_bytes =
      -1;  ///< of the file itself (of a zip file's member: at ingest); -1 unless present
  /// What it was when it was ingested, as the registry recorded it (of a zip file's member: the member's); -1
  /// where that is not known. Another size now means that the file has changed since.
  std::int64_t ingested_size_bytes = -1;
  /// Likewise; known only where it was asked for (RegistryOptions::checksums).
  Checksum ingested_checksum = kNoChecksum;
  /// Where the row's file is a symbolic link: the absolute path that it names, present or not; where the
  /// registry itself names a file outside of the repository (ingested "direct"): that path; else empty.
  std::string_view link_target{};
  /// When it was ingested: what the registry says (Gen3 `dataset.ingest_date`); else, of a symbolic link, the
  /// earlier of its own mtime and its birth time: an ingest makes the link, and no one else touches it. Of a
  /// hard link in Gen2 nothing is known, so nothing is said. Never an atime: that changes whenever the link
  /// is followed.
  std::optional<UtcTime> ingest_time{};
  /// mtime of a present file itself, links followed: its creation time, but for a copy the time of the copy,
  /// since ingest keeps no times.
  std::optional<UtcTime> file_time{};

  friend bool operator==(const IngestRow&, const IngestRow&) = default;
};

/// The datasets of some nights, as columns.
class IngestTable {
 public:
  /// Adds a row; its texts are copied.
  void Append(const IngestRow& row);
  /// Adds all rows of another table. REQUIRES: &rows != this.
  void Append(const IngestTable& rows);
  void Reserve(std::size_t rows, std::size_t path_bytes);

  std::size_t size() const { return night_.size(); }
  bool empty() const { return night_.empty(); }
  /// REQUIRES: row < size(). The row's texts are views, valid until the next Append.
  IngestRow operator[](std::size_t row) const;
  RowIterator<IngestTable> begin() const { return {this, 0}; }
  RowIterator<IngestTable> end() const { return {this, size()}; }

  /// What a column of times has where none is known.
  static constexpr UtcTime kNoTime = UtcTime::min();

  const StringColumn& path() const { return path_; }
  std::span<const Night> night() const { return night_; }
  std::span<const std::int64_t> exposure() const { return exposure_; }
  std::span<const std::int32_t> detector() const { return detector_; }
  const StringColumn& message() const { return message_; }
  std::span<const UtcTime> ingest_time() const { return ingest_time_; }
  std::span<const UtcTime> file_time() const { return file_time_; }
  std::span<const FileId> file_id() const { return file_id_; }
  std::span<const ArtifactState> artifact() const { return artifact_; }
  std::span<const IngestStatus> status() const { return status_; }
  const StringColumn& storage_stem() const { return storage_stem_; }
  const StringColumn& link_target() const { return link_target_; }
  std::span<const std::int64_t> size_bytes() const { return size_bytes_; }
  std::span<const std::int64_t> ingested_size_bytes() const { return ingested_size_bytes_; }
  std::span<const Checksum> ingested_checksum() const { return ingested_checksum_; }

 private:
  StringColumn path_;
  std::vector<Night> night_;
  std::vector<std::int64_t> exposure_;
  std::vector<std::int32_t> detector_;
  StringColumn storage_stem_;
  std::vector<IngestStatus> status_;
  StringColumn message_;
  std::vector<ArtifactState> artifact_;
  std::vector<FileId> file_id_;
  std::vector<std::int64_t> size_bytes_;
  std::vector<std::int64_t> ingested_size_bytes_;
  std::vector<Checksum> ingested_checksum_;
  StringColumn link_target_;
  std::vector<UtcTime> ingest_time_;
  std::vector<UtcTime> file_time_;
};

/// A file as event tables have it; see EventTables. Kept for scripts that read what the prototype made of
/// them.
struct FileEvent {
  std::string path{};       ///< from storage on
  std::int64_t number = 0;  ///< the file's `id`
  std::string status{};     ///< of the event that counts, "SUCCESS"; empty where there is none yet
  std::string message{};    ///< its `err_message`
  std::optional<UtcTime> found_time{};  ///< the file's `added_on`
  std::optional<UtcTime> event_time{};  ///< the event's `start_time`

  friend bool operator==(const FileEvent&, const FileEvent&) = default;
};

/// What a registry and its files say of one night.
struct NightIngests {
  IngestTable rows{};                  ///< sorted by path, bytewise
  std::vector<FileEvent> events{};     ///< of event tables alone; sorted by path, bytewise
  std::vector<ScanIssue> issues{};     ///< what of the repository's folders could not be read, sorted by path
  std::vector<FolderStamp> folders{};  ///< every folder that the answer depends on, sorted by path
  /// Of the exposures that the registry knows: Gen3 `exposure.observation_type`, Gen2 `imageType`, a query's
  /// column `observation_type`; folders of links and event tables tell none.
  ObservationTypes observation_types{};
};

/// A symbolic link of a repository, as it was found earlier.
struct KnownLink {
  std::string_view target{};  ///< IngestRow::link_target; valid as long as what told of the link
  UtcTime made_at{};          ///< IngestRow::ingest_time
  FileId file_id{};           ///< of the file that it led to
};

/// Files that somebody has looked at already, so that a registry need not ask for them again. This one knows
/// none. Several threads may call it at once.
class KnownFiles {
 public:
  virtual ~KnownFiles() = default;
  /// What is known of the file at the absolute `path`, links followed; absent where nothing is.
  virtual std::optional<FoundFile> Find(std::string_view /*path*/) const { return std::nullopt; }
  /// How the folder `path` (absolute) was when it was looked into. As long as it is so, nothing has been
  /// added, removed or renamed in it; absent where nobody has looked, or so soon after a change that another
  /// may not show (IsRacy).
  virtual std::optional<FolderStamp> FindFolder(std::string_view /*path*/) const { return std::nullopt; }
  /// What was found of the link at `path` (from the repository on) when its folder was looked into; absent
  /// where nothing was.
  virtual std::optional<KnownLink> FindLink(std::string_view /*path*/) const { return std::nullopt; }
};

/// The rows of some nights as they were at one instant; of a Gen3 registry in SQLite those of one exposure
/// and type were. Holds no lock and no transaction.
class RegistrySnapshot {
 public:
  virtual ~RegistrySnapshot() = default;

  /// A number that differs when the rows of `night` differ, the same on every machine and in every process.
  virtual std::uint64_t Digest(Night night) const = 0;

  /// The datasets of `night`, each with what the file system says of its file now, or `known` of the file
  /// that the row or its link names. REQUIRES: `night` is one of those that were read. Errors: kCancelled;
  /// trouble with files is data.
  virtual absl::StatusOr<NightIngests> Ingests(Night night, const KnownFiles& known) const = 0;
  absl::StatusOr<NightIngests> Ingests(Night night) const { return Ingests(night, KnownFiles()); }
};

/// Which generation of repository it is.
enum class RegistryGeneration : std::uint8_t { kDetect, kGen2, kGen3 };

/// Where labels of Butler repositories are looked up. The library reads no environment: whoever does gives
/// its variables here.
struct ButlerIndex {
  std::filesystem::path
      file{};  ///< DAF_BUTLER_REPOSITORY_INDEX: a YAML or JSON map of labels to repositories
  std::string
      repositories{};  ///< DAF_BUTLER_REPOSITORIES: such a map itself; where given, the file is not read
  /// What is looked up, as a whole; empty: the repository's path as it is given to Registry::Open. Another
  /// text than that where somebody has made a whole path of a word.
  std::string label{};
};

/// The event tables that the prototype's --gen 3 reads (README tells their columns).
struct EventTables {
  std::string uri{};          ///< of a PostgreSQL database, as SqlQuery has it
  std::string prefix{};       ///< of both tables' names, "obs_auxtel_arc_"; may begin with a schema,
                              ///< "dbbbm.obs_auxtel_arc_"
  std::string files_table{};  ///< empty: prefix + "files"
  std::vector<std::string> events_tables{};  ///< empty: prefix + "gen3_file_events"

  bool IsGiven() const {
    return !uri.empty() || !prefix.empty() || !files_table.empty() || !events_tables.empty();
  }

  friend bool operator==(const EventTables&, const EventTables&) = default;
};

/// The prefix of the event tables that the prototype takes for an input folder, by its path: "nts_auxtel_"
/// for ".../NCSA_auxTel"; empty where it knows none. Those that it has for ComCam's folders, but never came
/// to, are found too.
std::string EventTablesPrefixOf(const std::filesystem::path& input_dir);

/// How a registry is opened and read.
struct RegistryOptions {
  RegistryGeneration generation = RegistryGeneration::kDetect;
  /// Gen2 only: ask the folders raw/<night>/ which files are ingested, instead of the database
  /// (--search_links). Then no database need be there.
  bool search_links = false;
  ButlerIndex butler_index{};
  DatabaseLogins logins{};
  /// Gen3 only: which instrument's datasets count. Empty: the only one that the repository has.
  std::string instrument{};
  /// Gen3 only: the collections whose datasets count: runs, tagged ones, chains of these. Empty: all runs.
  std::vector<std::string> collections{};
  /// Gen3 only: the types of dataset that stand for raw files; empty: "raw", and "guider_raw" where there is
  /// one.
  std::vector<std::string> dataset_types{};
  /// Gen3 only: read the checksums that the datastore recorded, if it did ("datastore: {checksum: true}").
  bool checksums = false;
  /// How long to wait for a writer before the registry counts as unreadable.
  std::chrono::milliseconds busy_timeout = std::chrono::seconds{10};
  /// Where a database that can't be read in place without a trace (WAL, or a journal left by a writer that
  /// died) is copied to, into a folder of its own that is gone after the read. Must not lie in the
  /// repository.
  std::filesystem::path copies_folder = "/tmp";
  WorkControl control{};
};

/// One repository's registry, open for reading.
class Registry {
 public:
  /// Opens the repository `repo`: a label of `options.butler_index`, or its folder, or the butler.yaml of a
  /// Gen3 repository.
  ///
  /// Gen3 is read as daf_butler 17 to 30 writes it: datasets with UUIDs, collections kept by number, any
  /// universe.
  ///
  /// Errors, each with the path and what to do: kNotFound (no such folder, no registry in it),
  /// kPermissionDenied, kFailedPrecondition (a database without the tables of its kind, a kind or version
  /// that obsmon can't read, a choice of instrument, collection or dataset type that it has not, or that is
  /// left open), kInvalidArgument (a URI that is none), kUnimplemented (a database that this build can't
  /// read), kDataLoss (not a database, or a damaged one), kUnavailable (locked for longer than
  /// `busy_timeout`; also what a later call may meet), kCancelled.
  static absl::StatusOr<std::unique_ptr<Registry>> Open(const std::filesystem::path& repo,
                                                        const RegistryOptions& options = {});

  /// Opens a table of an observatory's own that says what is ingested; its relative paths start at `storage`.
  /// The query gives a column path (from storage on, or absolute), and, if it can, ingest_time (a timestamp),
  /// status (ingested, pending, failed, ignored; README lists other words), message and observation_type. Of
  /// several rows with one path the first that says ingested counts, else the first.
  ///
  /// Errors: kInvalidArgument (a URI that is none, a query that does not say where the night goes),
  /// kFailedPrecondition (no such table, no column path, a column of another type, a statement that would
  /// write), kNotFound, kPermissionDenied, kDataLoss; kUnavailable where the server is down, refuses the
  /// login, or does not answer for longer than `busy_timeout`; kUnimplemented for PostgreSQL in a build
  /// without libpq. Also what a later call may meet. None has a password in it.
  static absl::StatusOr<std::unique_ptr<Registry>> OpenSql(const SqlQuery& sql,
                                                           const std::filesystem::path& storage,
                                                           const RegistryOptions& options = {});

  /// Opens event tables; their paths start at `storage`. Of each file the event with the latest start counts;
  /// of several event tables an ingester's that has not ignored the file, and of those one that has ingested
  /// it. Errors: as OpenSql.
  static absl::StatusOr<std::unique_ptr<Registry>> OpenEvents(const EventTables& events,
                                                              const std::filesystem::path& storage,
                                                              const RegistryOptions& options = {});

  virtual ~Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Two equal tokens, taken at different times, say that nothing was committed in between. An empty token
  /// says that this can't be known now (a writer is at work), and equals no other. To know later whether what
  /// a Read gave still holds, take the token before it.
  virtual std::string ChangeToken() = 0;

  /// Called while rows are read, on the reader's thread: nothing that is committed from now on can be among
  /// them. Called again where the reading has to begin anew, whose rows may be later ones; not at all by a
  /// registry whose rows are not of one instant (Gen3 in SQLite), or that can't tell. May be empty.
  using RowsAreFixed = std::function<void()>;

  /// Reads the rows of `nights`, in any order, in one pass.
  virtual absl::StatusOr<std::unique_ptr<RegistrySnapshot>> Read(std::span<const Night> nights,
                                                                 const RowsAreFixed& rows_are_fixed) = 0;
  absl::StatusOr<std::unique_ptr<RegistrySnapshot>> Read(std::span<const Night> nights) {
    return Read(nights, {});
  }

  /// The datasets of one night: Read and Ingests in one call.
  absl::StatusOr<NightIngests> ReadNight(Night night);

 protected:
  Registry() = default;
};

}  // namespace obsmon

#endif  // OBSMON_REGISTRY_H_
