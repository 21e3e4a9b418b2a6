// One monitored stream, and the file that lists several.
//
// Threads: values; the functions may be called from any thread.
#ifndef OBSMON_STREAM_H_
#define OBSMON_STREAM_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/match.h"
#include "obsmon/night.h"
#include "obsmon/raw_file_name.h"
#include "obsmon/registry.h"

namespace obsmon {

/// One stream: where its files arrive, where they are ingested, and where its pages go.
struct Stream {
  std::string name{};                  ///< for people; see DefaultName
  std::filesystem::path input_dir{};   ///< the prototype's folder, which holds both sides; may be empty
  std::filesystem::path output_dir{};  ///< pages and history; may be empty where nothing is written
  std::string history{};  ///< the URI of a shared history (see SharedHistory); empty: it is in output_dir
  std::filesystem::path storage{};  ///< where files arrive; empty means input_dir/storage
  std::filesystem::path repo{};     ///< the data repository (see Registry::Open); empty: see RepoFolder
  /// Folders beside storage, with nights in them as in storage, whose FITS files wait to be ingested (OODS:
  /// image_staging_directory), or could not be (OODS: bad_file_directory). Empty where there are none.
  std::filesystem::path pending_folder{};
  std::filesystem::path bad_folder{};
  RegistryGeneration generation = RegistryGeneration::kDetect;
  ButlerIndex butler_index{};  ///< see RegistryOptions, as of the next three
  std::string instrument{};
  std::vector<std::string> collections{};
  std::vector<std::string> dataset_types{};
  /// LATISS has one detector, which its files call R00_S00, R00S00 or, older ones, nothing (obs_lsst,
  /// policy/latiss).
  std::vector<DetectorAlias> detector_names = {
      {"R00_S00", "RXX_S00"}, {"R00S00", "RXX_S00"}, {"", "RXX_S00"}};
  /// A table that says what is ingested, or event tables that do, instead of a repository; see OpenRegistry.
  SqlQuery sql{};
  EventTables events{};
  DatabaseLogins logins{};    ///< see RegistryOptions
  bool search_links = false;  ///< see RegistryOptions
  /// Gen3, where the datastore recorded checksums: read each file that is known by name or key alone, once,
  /// and compare. It takes as long as reading a night's images does; what a history knows of a file is not
  /// read again while it stays as it is (same path, inode, size and mtime).
  bool compare_checksums = false;
  std::chrono::seconds grace{60};                      ///< see MatchOptions
  std::optional<std::chrono::seconds> guider_grace{};  ///< likewise, as of the next three
  std::optional<std::chrono::seconds> missing_grace{};
  std::chrono::seconds partial_age = std::chrono::hours{1};
  std::vector<IgnoreRule> ignore{};
  std::filesystem::path
      manifest{};  ///< see ExpectedOptions; empty where storage has its own, or there is none
  /// A database that lists what was taken, such as a telemetry database: a query that gives a column path (a
  /// file's name, or its path from the night's folder on), and, if it can, since (a timestamp: since when it
  /// is expected) and observation_type. Where it can't be asked, it is unknown what should have arrived.
  SqlQuery expected{};
  /// The log of the ingest: why a file that is not ingested failed, in its words. Lines that name a FITS file
  /// and an error, as pipe_tasks, obs_base and ctrl_oods write them. Empty: there is none.
  std::filesystem::path ingest_log{};
  /// rsync's own log (--log-file, in its default format, times in UTC): when files arrived, where their ctime
  /// has moved since. Empty: there is none.
  std::filesystem::path rsync_log{};
  /// The night that is today, where no window says otherwise: by this rule, or, as in the prototype, the UTC
  /// date.
  std::optional<NightRule> night_rule{};
  std::chrono::milliseconds busy_timeout = std::chrono::seconds{10};  ///< see RegistryOptions
  /// How old the last look may be before the pages call the monitor stopped: more than the time from one
  /// look to the next. As `obsmon check --max_age`.
  std::chrono::seconds max_age = std::chrono::minutes{15};
  int num_threads = 0;  ///< see WorkControl

  /// `storage`, or what it defaults to.
  std::filesystem::path StorageFolder() const;
  /// `repo`; else the first of gen2repo, gen3repo and repo that is there in `input_dir`, or `input_dir`
  /// itself where it holds a butler.yaml; else what it would be called there. Where `generation` insists,
  /// those of that generation alone. Asks the disk only where `repo` is empty.
  std::filesystem::path RepoFolder() const;
  /// What whoever makes a Stream names it where no one else has: the last component of `output_dir`, else of
  /// `input_dir`, else of the storage folder's parent.
  std::string DefaultName() const;
};

/// How the files of `stream` are judged, but for what a look finds out: names of folders, and what could be
/// read.
MatchOptions MatchOptionsOf(const Stream& stream);

/// How the registry of `stream` is opened, in RepoFolder().
RegistryOptions RegistryOptionsOf(const Stream& stream);

/// Whether the options of `stream` that say what is ingested and expected go together, as far as that can be
/// told without asking a disk or a database. kInvalidArgument where they don't, with a sentence that names
/// them by their keys (see StreamKeys).
absl::Status CheckOptionsOf(const Stream& stream);

/// Whether `stream` says where files arrive and what is ingested: by `input_dir`, or by `storage` and one of
/// `repo`, `sql` and `events`. kInvalidArgument where it does not.
absl::Status CheckInputOf(const Stream& stream);

/// The event tables that `stream` asks for: `stream.events`, with the prefix by
/// EventTablesPrefixOf(input_dir) where it has none, and, where `generation` is 2, the table gen2_file_events
/// rather than gen3_file_events. Also where `generation` is 3, no repository is named, there is no Gen3
/// repository in `input_dir`, and it has such a prefix: so the prototype was called. Nothing where it asks
/// for none.
std::optional<EventTables> EventTablesOf(const Stream& stream);

/// Opens what says what of `stream` is ingested: `sql` where it is given, else event tables (EventTablesOf),
/// else the repository in RepoFolder(). Errors: those of CheckOptionsOf, and of Registry::OpenSql, OpenEvents
/// and Open.
absl::StatusOr<std::unique_ptr<Registry>> OpenRegistry(const Stream& stream, const WorkControl& control = {});

/// Which nights a run looks at. The prototype's options, in its words.
struct NightWindow {
  std::optional<Night> first_day{};
  std::optional<Night> last_day{};  ///< default: today (TodayOf)
  std::optional<int> num_days{};    ///< default 2; `first_day` overrides it

  /// Whether nothing was asked for, so that nights with open problems are looked at as well.
  bool IsDefault() const { return !first_day && !last_day && !num_days; }

  friend bool operator==(const NightWindow&, const NightWindow&) = default;
};

/// The night that is today for `stream` at `now`.
Night TodayOf(const Stream& stream, UtcTime now);

/// The nights of `window`, newest first, when today is `today`. kInvalidArgument where the first day is after
/// the last, num_days is less than 1, or there are more nights than a century has.
absl::StatusOr<std::vector<Night>> NightsOf(const NightWindow& window, Night today);

/// A stream and the nights of it to look at: an entry of a streams.yaml, or what options say.
struct StreamConfig {
  Stream stream{};
  NightWindow window{};
};

/// The names by which the fields of a StreamConfig are set in a streams.yaml, on the command line and in the
/// environment, one spelling for all: name, input_dir, output_dir, history, storage, repo, pending_folder,
/// bad_folder, first_day, last_day, num_days, gen, search_links, compare_checksums, repository_index,
/// instrument, collection, dataset_type, detector_names, registry_sql, registry_query, registry_events,
/// registry_prefix, registry_files_table, registry_events_tables, db_auth, grace, guider_grace,
/// missing_grace, partial_age, ignore, manifest, expected_sql, expected_query, ingest_log, rsync_log,
/// night_offset, night_scale, busy_timeout, max_age, threads. In a streams.yaml those that begin with
/// "registry_" or "expected_" may be written as a map as well: `registry: {sql: …, query: …}`.
std::span<const std::string_view> StreamKeys();

/// What a key's value may be in a streams.yaml. In a text a list is "a,b", a map "a=b,c=d", a list of maps
/// has one a line; a line with kMapSeparator around each of its pairs may have commas in its values.
enum class StreamValue : std::uint8_t { kOne, kList, kMap, kMaps };
inline constexpr char kMapSeparator = '\x1f';
StreamValue StreamValueOf(std::string_view key);

/// Sets the field that `key` names from text: a folder (a relative one starts at `base`), a night, a whole
/// number, a span of time, yes or no, a list, a map. A `repository_index` is the name of a file, or, where it
/// begins with '{' or has lines or "label: path" in it, the index itself; a `db_auth` likewise, where it
/// begins with '['. A URI with a password is refused, and never quoted; so is a query that does not say where
/// the night goes. kInvalidArgument, with a sentence that quotes `text` but does not name `key`, where the
/// text does not fit; kNotFound where there is no such key.
absl::Status SetStreamField(std::string_view key, std::string_view text, const std::filesystem::path& base,
                            StreamConfig& config);

/// Reads "true", "yes", "on", "1" or "false", "no", "off", "0", in any case.
absl::StatusOr<bool> ParseSwitch(std::string_view text);

/// Reads a streams.yaml:
///
///     defaults:              # optional: any key of a stream but name
///       grace: 2min
///     streams:
///       - name: auxtel
///         input_dir: /data/auxTel
///         output_dir: /www/auxTel
///       - name: comcam
///         storage: /data/comcam/storage
///         repo: /repo/comcam
///         output_dir: /www/comcam
///         num_days: 30
///
/// Keys are those of StreamKeys. Relative paths start at the file's own folder. A wrong key is named, with
/// its line and the nearest right one; two streams of one name or one output_dir are refused, and so is a
/// stream without folders to read or to write. A stream without a name gets its DefaultName.
/// Errors: kNotFound, kPermissionDenied, kInvalidArgument, each naming file and line.
absl::StatusOr<std::vector<StreamConfig>> ReadStreams(const std::filesystem::path& file);

/// Reads a span of time, of a year at most: "90", "90s", "5min", "2h", "1d". Seconds where no unit is given.
/// Errors: kInvalidArgument, kOutOfRange of a longer one.
absl::StatusOr<std::chrono::seconds> ParseDuration(std::string_view text);

}  // namespace obsmon

#endif  // OBSMON_STREAM_H_
