#include "obsmon/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "files/directory.h"
#include "postgres/postgres.h"
#include "postgres/uri.h"
#include "query/asked_query.h"
#include "query/night_query.h"
#include "registry/butler_config.h"
#include "registry/event_tables.h"
#include "status_macros.h"
#include "text/percent.h"

namespace obsmon {
namespace {

/// Reads all of `text` as a number without a sign other than '-'.
std::optional<std::int64_t> ReadInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

absl::StatusOr<int> ParseInt(std::string_view text) {
  const std::optional<std::int64_t> value = ReadInteger(text);
  if (!value || *value < std::numeric_limits<int>::min() || *value > std::numeric_limits<int>::max()) {
    return absl::InvalidArgumentError(fmt::format("'{}' is no whole number", text));
  }
  return static_cast<int>(*value);
}

absl::StatusOr<RegistryGeneration> ParseGeneration(std::string_view text) {
  if (text == "2") return RegistryGeneration::kGen2;
  if (text == "3") return RegistryGeneration::kGen3;
  return absl::InvalidArgumentError(fmt::format("'{}' is no generation of repositories: write 2 or 3", text));
}

// The setters of the fields, each from text. `base` is the folder at which relative paths start.

absl::Status SetFolder(std::string_view text, const std::filesystem::path& base,
                       std::filesystem::path& folder) {
  if (text.empty()) return absl::InvalidArgumentError("an empty text names no folder");
  folder = base / std::filesystem::path(text);
  return absl::OkStatus();
}

template <typename Parsed, typename Field>
absl::Status Assign(absl::StatusOr<Parsed> value, Field& field) {
  if (value.ok()) field = *value;
  return std::move(value).status();
}

absl::Status SetName(std::string_view text, std::string& name) {
  if (text.empty()) return absl::InvalidArgumentError("an empty text is no name");
  name = text;
  return absl::OkStatus();
}

bool Exists(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

absl::Status SetRepo(std::string_view text, const std::filesystem::path& base, Stream& stream) {
  std::filesystem::path& repo = stream.repo;
  stream.butler_index.label = text;
  constexpr std::string_view kFile = "file://";
  if (text.starts_with(kFile)) {
    const std::string path = PercentDecoded(text.substr(kFile.size()));
    if (!path.starts_with('/')) {
      return absl::InvalidArgumentError(fmt::format("'{}' names no file of this machine", text));
    }
    return SetFolder(path, base, repo);
  }
  if (IsUri(text)) {
    return absl::InvalidArgumentError(fmt::format(
        "'{}' is not on this machine: name a copy of its butler.yaml, or the label of a repository index",
        SchemeOf(text)));
  }
  return SetFolder(text, base, repo);
}

absl::Status SetIndex(std::string_view text, const std::filesystem::path& base, ButlerIndex& index) {
  index = {.label = std::move(index.label)};
  if (text.starts_with('{') || text.find('\n') != std::string_view::npos ||
      text.find(": ") != std::string_view::npos) {
    index.repositories = text;
    return absl::OkStatus();
  }
  if (!IsUri(text)) return SetFolder(text, base, index.file);
  index.file = std::filesystem::path(text);  // whoever reads it judges it
  return absl::OkStatus();
}

absl::Status SetList(std::string_view text, std::vector<std::string>& list) {
  list.clear();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string_view entry = text.substr(begin, end - begin);
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    if (entry.empty()) return absl::InvalidArgumentError(fmt::format("'{}' has an empty name in it", text));
    list.emplace_back(entry);
    begin = end + 1;
  }
  return absl::OkStatus();
}

absl::Status SetAliases(std::string_view text, std::vector<DetectorAlias>& aliases) {
  std::vector<std::string> entries;
  if (!text.empty()) OBSMON_RETURN_IF_ERROR(SetList(text, entries));
  aliases.clear();
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals + 1 == entry.size()) {
      return absl::InvalidArgumentError(fmt::format(
          "'{}' maps no detector to another: write its name in storage, =, and that in the registry", entry));
    }
    aliases.push_back({.in_storage = entry.substr(0, equals), .in_registry = entry.substr(equals + 1)});
  }
  return absl::OkStatus();
}

// Whoever runs obsmon may be seen to do so, with all its options, and a streams.yaml is read by many.
absl::Status CheckNoSecret(std::string_view uri) {
  if (!postgres::HasSecret(uri)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: a password must not stand here, where others can see it; leave it out, and put it "
                  "into ~/.pgpass, or into db-auth.yaml (or is its port no number?)",
                  postgres::ForPeople(uri)));
}

absl::Status SetServer(std::string_view text, std::string_view complaint, std::string& uri) {
  if (!postgres::IsUri(text)) return absl::InvalidArgumentError({complaint.data(), complaint.size()});
  OBSMON_RETURN_IF_ERROR(CheckNoSecret(text));
  OBSMON_RETURN_IF_ERROR(postgres::CheckForm(text));
  uri = text;
  return absl::OkStatus();
}

absl::Status SetUri(std::string_view text, const std::filesystem::path& base, std::string& uri) {
  if (const std::optional<std::string_view> file = SqliteFileOf(text)) {
    if (file->empty()) return absl::InvalidArgumentError("sqlite:/// names no file");
    uri = std::string(kSqliteScheme) + (base / *file).lexically_normal().string();
    return absl::OkStatus();
  }
  return SetServer(
      text,
      "that is no URI of a database: write postgresql://user@host/database, or sqlite:////absolute/path",
      uri);
}

absl::Status SetQuery(std::string_view text, std::string& query) {
  OBSMON_RETURN_IF_ERROR(NightQuery::Parse(text).status());
  query = text;
  return absl::OkStatus();
}

absl::Status SetLogins(std::string_view text, const std::filesystem::path& base, DatabaseLogins& logins) {
  logins = {.home = std::move(logins.home)};
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  const bool is_list = begin != std::string_view::npos && text[begin] == '[';
  if (!is_list) return SetFolder(text, text.starts_with("~/") ? std::filesystem::path() : base, logins.file);
  logins.credentials = text;
  return absl::OkStatus();
}

absl::Status SetThreads(std::string_view text, int& num_threads) {
  constexpr int kMostThreads = 1024;
  OBSMON_ASSIGN_OR_RETURN(const int value, ParseInt(text));
  if (value < 0 || value > kMostThreads) {
    return absl::InvalidArgumentError(fmt::format(
        "'{}' threads are not possible: write 0 to leave it to obsmon, or 1 to {}", text, kMostThreads));
  }
  num_threads = value;
  return absl::OkStatus();
}

// Sets what of a rule `key` names; false where there is no such key, or it is set already.
bool SetRuleField(std::string_view key, std::string_view value, IgnoreRule& rule) {
  if (key == "missing") {
    const absl::StatusOr<bool> missing = ParseSwitch(value);
    if (missing.ok()) rule.missing = *missing;
    return missing.ok();
  }
  std::string* field = key == "pattern"            ? &rule.pattern
                       : key == "detector"         ? &rule.detector
                       : key == "observation_type" ? &rule.observation_type
                       : key == "reason"           ? &rule.reason
                                                   : nullptr;
  if (field == nullptr || value.empty() || !field->empty()) return false;
  *field = value;
  return true;
}

// "pattern=*_dark.fits,detector=R22_*,reason=…": the reason last, for it may have commas in it. Or with
// kMapSeparator around each, where all may.
absl::StatusOr<IgnoreRule> ParseRule(std::string_view line) {
  constexpr std::string_view kForm =
      "write at least one of pattern=…, detector=… and observation_type=…, missing=no if files that never "
      "arrived are not meant, and at last reason=…";
  IgnoreRule rule;
  const bool is_map = line.starts_with(kMapSeparator);
  if (is_map) line.remove_prefix(1);
  while (!line.empty()) {
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string_view key = line.substr(0, equals);
    const std::size_t separator = line.find(is_map ? kMapSeparator : ',');
    const std::size_t end = key == "reason" && !is_map ? line.size() : std::min(separator, line.size());
    if (equals >= end || !SetRuleField(key, line.substr(equals + 1, end - equals - 1), rule)) {
      return absl::InvalidArgumentError(fmt::format("'{}' is no rule: {}", line.substr(0, end), kForm));
    }
    line.remove_prefix(std::min(end + 1, line.size()));
    while (line.starts_with(' ')) line.remove_prefix(1);
  }
  if (rule.pattern.empty() && rule.detector.empty() && rule.observation_type.empty()) {
    return absl::InvalidArgumentError(fmt::format("a rule must name what it ignores: {}", kForm));
  }
  if (rule.reason.empty()) {
    return absl::InvalidArgumentError(fmt::format("a rule must say why: {}", kForm));
  }
  return rule;
}

absl::Status SetRules(std::string_view text, std::vector<IgnoreRule>& rules) {
  rules.clear();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) {
      OBSMON_ASSIGN_OR_RETURN(IgnoreRule rule, ParseRule(text.substr(0, end)));
      rules.push_back(std::move(rule));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return absl::OkStatus();
}

absl::Status SetNightOffset(std::string_view text, std::optional<NightRule>& rule) {
  constexpr std::chrono::hours kMost{24};
  const bool is_negative = text.starts_with('-');
  OBSMON_ASSIGN_OR_RETURN(const std::chrono::seconds span,
                          ParseDuration(is_negative ? text.substr(1) : text));
  if (span > kMost || span.count() % 60 != 0) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is no offset of a night: write whole minutes, from -24h to 24h", text));
  }
  const auto offset = std::chrono::duration_cast<std::chrono::minutes>(span);
  if (!rule) rule.emplace();
  rule->offset = is_negative ? -offset : offset;
  return absl::OkStatus();
}

absl::Status SetNightScale(std::string_view text, std::optional<NightRule>& rule) {
  if (text != "utc" && text != "tai" && text != "UTC" && text != "TAI") {
    return absl::InvalidArgumentError(fmt::format("'{}' is no scale of time: write utc or tai", text));
  }
  if (!rule) rule.emplace();
  rule->scale = text == "tai" || text == "TAI" ? TimeScale::kTai : TimeScale::kUtc;
  return absl::OkStatus();
}

using Folder = std::filesystem::path;
struct StreamField {
  std::string_view key;
  absl::Status (*set)(std::string_view text, const Folder& base, StreamConfig& config);
  StreamValue value = StreamValue::kOne;
};

constexpr std::array kFields = {
    StreamField{"name", [](std::string_view text, const Folder&,
                           StreamConfig& config) { return SetName(text, config.stream.name); }},
    StreamField{"input_dir",
                [](std::string_view text, const Folder& base, StreamConfig& config) {
                  return SetFolder(text, base, config.stream.input_dir);
                }},
    StreamField{"output_dir",
                [](std::string_view text, const Folder& base, StreamConfig& config) {
                  return SetFolder(text, base, config.stream.output_dir);
                }},
    StreamField{"history",
                [](std::string_view text, const Folder&, StreamConfig& config) {
                  return SetServer(text,
                                   "a shared history is a PostgreSQL database: write "
                                   "postgresql://user@host/database, or leave it out for SQLite in the "
                                   "output folder",
                                   config.stream.history);
                }},
    StreamField{"storage", [](std::string_view text, const Folder& base,
                              StreamConfig& config) { return SetFolder(text, base, config.stream.storage); }},
    StreamField{"repo", [](std::string_view text, const Folder& base,
                           StreamConfig& config) { return SetRepo(text, base, config.stream); }},
    StreamField{"pending_folder",
                [](std::string_view text, const Folder& base, StreamConfig& config) {
                  return SetFolder(text, base, config.stream.pending_folder);
                }},
    StreamField{"bad_folder",
                [](std::string_view text, const Folder& base, StreamConfig& config) {
                  return SetFolder(text, base, config.stream.bad_folder);
                }},
    StreamField{"first_day",
                [](std::string_view text, const Folder&, StreamConfig& config) {
                  return Assign(Night::Parse(text), config.window.first_day);
                }},
    StreamField{"last_day",
                [](std::string_view text, const Folder&, StreamConfig& config) {
                  return Assign(Night::Parse(text), config.window.last_day);
                }},
    StreamField{"num_days",
                [](std::string_view text, const Folder&, StreamConfig& config) {
                  return Assign(ParseInt(text), config.window.num_days);
                }},
    StreamField{"gen",
                [](std::string_view text, const Folder&, StreamConfig& config) {
                  return Assign(ParseGeneration(text), config.stream.generation);
                }},
    StreamField{"search_links",
                [](std::string_view text, const Folder&, StreamConfig& config) {
                  return Assign(ParseSwitch(text), config.stream.search_links);
                }},
    StreamField{"compare_checksums",
                [](std::string_view text, const Folder&, StreamConfig& config) {
                  return Assign(ParseSwitch(text), config.stream.compare_checksums);
                }},
    StreamField{"repository_index",
                [](std::string_view text, const Folder& base,
                   StreamConfig& config) { return SetIndex(text, base, config.stream.butler_index); }},
    StreamField{"instrument", [](std::string_view text, const Folder&,
                                 StreamConfig& config) { return SetName(text, config.stream.instrument); }},
    StreamField{"collection",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetList(text, config.stream.collections); },
                StreamValue::kList},
    StreamField{"dataset_type",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetList(text, config.stream.dataset_types); },
                StreamValue::kList},
    StreamField{"detector_names",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetAliases(text, config.stream.detector_names); },
                StreamValue::kMap},
    StreamField{"registry_sql",
                [](std::string_view text, const Folder& base,
                   StreamConfig& config) { return SetUri(text, base, config.stream.sql.uri); }},
    StreamField{"registry_query",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetQuery(text, config.stream.sql.query); }},
    StreamField{"registry_events",
                [](std::string_view text, const Folder&, StreamConfig& config) {
                  return SetServer(text,
                                   "event tables are in a PostgreSQL database: write "
                                   "postgresql://user@host/database",
                                   config.stream.events.uri);
                }},
    StreamField{"registry_prefix",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetName(text, config.stream.events.prefix); }},
    StreamField{"registry_files_table",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetName(text, config.stream.events.files_table); }},
    StreamField{"registry_events_tables",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetList(text, config.stream.events.events_tables); },
                StreamValue::kList},
    StreamField{"db_auth", [](std::string_view text, const Folder& base,
                              StreamConfig& config) { return SetLogins(text, base, config.stream.logins); }},
    StreamField{"grace",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return Assign(ParseDuration(text), config.stream.grace); }},
    StreamField{"guider_grace",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return Assign(ParseDuration(text), config.stream.guider_grace); }},
    StreamField{
        "missing_grace",
        [](std::string_view text, const Folder&,
           StreamConfig& config) { return Assign(ParseDuration(text), config.stream.missing_grace); }},
    StreamField{"partial_age",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return Assign(ParseDuration(text), config.stream.partial_age); }},
    StreamField{"ignore",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetRules(text, config.stream.ignore); },
                StreamValue::kMaps},
    StreamField{"manifest",
                [](std::string_view text, const Folder& base,
                   StreamConfig& config) { return SetFolder(text, base, config.stream.manifest); }},
    StreamField{"expected_sql",
                [](std::string_view text, const Folder& base,
                   StreamConfig& config) { return SetUri(text, base, config.stream.expected.uri); }},
    StreamField{"expected_query",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetQuery(text, config.stream.expected.query); }},
    StreamField{"ingest_log",
                [](std::string_view text, const Folder& base,
                   StreamConfig& config) { return SetFolder(text, base, config.stream.ingest_log); }},
    StreamField{"rsync_log",
                [](std::string_view text, const Folder& base,
                   StreamConfig& config) { return SetFolder(text, base, config.stream.rsync_log); }},
    StreamField{"night_offset",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetNightOffset(text, config.stream.night_rule); }},
    StreamField{"night_scale",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return SetNightScale(text, config.stream.night_rule); }},
    StreamField{"busy_timeout",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return Assign(ParseDuration(text), config.stream.busy_timeout); }},
    StreamField{"max_age",
                [](std::string_view text, const Folder&,
                   StreamConfig& config) { return Assign(ParseDuration(text), config.stream.max_age); }},
    StreamField{"threads", [](std::string_view text, const Folder&,
                              StreamConfig& config) { return SetThreads(text, config.stream.num_threads); }},
};

// How the prototype was called for event tables.
bool IsPrototypesCallForEvents(const Stream& stream) {
  return stream.generation == RegistryGeneration::kGen3 && stream.repo.empty() &&
         !EventTablesPrefixOf(stream.input_dir).empty();
}

absl::Status CheckQueryOf(const SqlQuery& sql, std::string_view what) {
  if (sql.uri.empty() == sql.query.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      sql.uri.empty()
          ? fmt::format("{0}_query is given without {0}_sql, the database to ask; give both, or none", what)
          : fmt::format("{0}_sql is given without {0}_query, what to ask it; give both, or none", what));
}

// A name in braces that stands for nothing would never be found, and nobody would know.
absl::Status CheckManifest(std::string_view manifest) {
  for (std::size_t begin = 0; (begin = manifest.find('{', begin)) != std::string_view::npos; ++begin) {
    const std::string_view from_here = manifest.substr(begin);
    if (from_here.starts_with("{night}") || from_here.starts_with("{day_obs}")) continue;
    const std::size_t end = from_here.find_first_of("}/");
    const bool is_closed = end != std::string_view::npos && from_here[end] == '}';
    return absl::InvalidArgumentError(
        fmt::format("manifest: '{}' stands for nothing; write {{night}} or {{day_obs}} for the night",
                    from_here.substr(0, is_closed ? end + 1 : end)));
  }
  return absl::OkStatus();
}

constexpr auto kKeys = [] {
  std::array<std::string_view, kFields.size()> keys;
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = kFields[i].key;
  return keys;
}();

}  // namespace

std::filesystem::path Stream::StorageFolder() const {
  return storage.empty() ? input_dir / "storage" : storage;
}

std::filesystem::path Stream::RepoFolder() const {
  constexpr std::string_view kGen2 = "gen2repo";
  constexpr std::string_view kGen3 = "gen3repo";
  if (!repo.empty()) return repo;
  const bool may_be_gen2 = generation != RegistryGeneration::kGen3;
  if (may_be_gen2 && Exists(input_dir / kGen2)) return input_dir / kGen2;
  if (generation == RegistryGeneration::kGen2 || search_links) return input_dir / kGen2;
  for (const std::string_view folder : {kGen3, std::string_view("repo")}) {
    if (Exists(input_dir / folder)) return input_dir / folder;
  }
  if (Exists(input_dir / "butler.yaml")) return input_dir;
  return input_dir / (may_be_gen2 ? kGen2 : kGen3);
}

MatchOptions MatchOptionsOf(const Stream& stream) {
  return {.grace = stream.grace,
          .guider_grace = stream.guider_grace,
          .missing_grace = stream.missing_grace,
          .partial_age = stream.partial_age,
          .ignore = stream.ignore,
          .detector_names = stream.detector_names};
}

Night TodayOf(const Stream& stream, UtcTime now) {
  return stream.night_rule ? Night::Containing(now, *stream.night_rule) : Night::OfUtcDate(now);
}

RegistryOptions RegistryOptionsOf(const Stream& stream) {
  return {.generation = stream.generation,
          .search_links = stream.search_links,
          .butler_index = stream.butler_index,
          .logins = stream.logins,
          .instrument = stream.instrument,
          .collections = stream.collections,
          .dataset_types = stream.dataset_types,
          .checksums = stream.compare_checksums,
          .busy_timeout = stream.busy_timeout};
}

absl::Status CheckOptionsOf(const Stream& stream) {
  OBSMON_RETURN_IF_ERROR(CheckManifest(stream.manifest.native()));
  OBSMON_RETURN_IF_ERROR(CheckQueryOf(stream.expected, "expected"));
  OBSMON_RETURN_IF_ERROR(CheckQueryOf(stream.sql, "registry"));
  if (stream.sql.IsGiven()) return absl::OkStatus();
  if (stream.events.IsGiven()) return CheckEventTables(*EventTablesOf(stream));
  if (stream.generation != RegistryGeneration::kGen3 || !stream.search_links) return absl::OkStatus();
  if (IsPrototypesCallForEvents(stream)) return absl::OkStatus();  // if there are any, they are asked
  return absl::InvalidArgumentError(
      "search_links goes by folders of links, which a repository of generation 3 has not; leave one of the "
      "two out");
}

absl::Status CheckInputOf(const Stream& stream) {
  const bool has_registry = !stream.repo.empty() || stream.sql.IsGiven() || stream.events.IsGiven();
  if (!stream.input_dir.empty() || (!stream.storage.empty() && has_registry)) return absl::OkStatus();
  return absl::InvalidArgumentError("no input: give input_dir, or both of storage and repo");
}

std::optional<EventTables> EventTablesOf(const Stream& stream) {
  if (!stream.events.IsGiven()) {
    if (!IsPrototypesCallForEvents(stream) || Exists(stream.RepoFolder())) return std::nullopt;
  }
  EventTables events = stream.events;
  if (events.prefix.empty()) events.prefix = EventTablesPrefixOf(stream.input_dir);
  if (events.events_tables.empty() && !events.prefix.empty() &&
      stream.generation == RegistryGeneration::kGen2) {
    events.events_tables.push_back(events.prefix + "gen2_file_events");
  }
  return events;
}

absl::StatusOr<std::unique_ptr<Registry>> OpenRegistry(const Stream& stream, const WorkControl& control) {
  OBSMON_RETURN_IF_ERROR(CheckOptionsOf(stream));
  RegistryOptions options = RegistryOptionsOf(stream);
  options.control = control;
  if (stream.sql.IsGiven()) return Registry::OpenSql(stream.sql, stream.StorageFolder(), options);
  if (const std::optional<EventTables> events = EventTablesOf(stream)) {
    return Registry::OpenEvents(*events, stream.StorageFolder(), options);
  }
  // What was found in the input folder nobody has named: it is no label.
  return Registry::Open(stream.repo.empty() ? AbsolutePath(stream.RepoFolder()) : stream.repo, options);
}

std::string Stream::DefaultName() const {
  const std::filesystem::path above_storage = storage.empty() ? storage : storage / "..";
  for (const std::filesystem::path& folder : {output_dir, input_dir, above_storage}) {
    if (folder.empty()) continue;
    // Made absolute, for "." and "out/" end in no name of their own.
    std::error_code error;
    std::filesystem::path whole = std::filesystem::absolute(folder, error).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();
    if (!error && whole.has_filename()) return whole.filename().string();
  }
  return {};
}

absl::StatusOr<std::vector<Night>> NightsOf(const NightWindow& window, Night today) {
  constexpr int kMostNights = 36'525;  // a century: whoever asks for more has mistyped
  constexpr int kDefaultNights = 2;    // the prototype's
  const Night last = window.last_day.value_or(today);
  if (window.num_days && *window.num_days < 1) {
    return absl::InvalidArgumentError(
        fmt::format("num_days is {}: there must be at least 1 night to look at", *window.num_days));
  }
  if (window.first_day && *window.first_day > last) {
    return absl::InvalidArgumentError(fmt::format("first day {} is after last day {}{}",
                                                  window.first_day->ToString(), last.ToString(),
                                                  window.last_day ? "" : " (today)"));
  }
  const int count =
      window.first_day ? last - *window.first_day + 1 : window.num_days.value_or(kDefaultNights);
  if (count > kMostNights) {
    return absl::InvalidArgumentError(
        fmt::format("{} nights up to {} are more than obsmon looks at in one run: ask for at most {}", count,
                    last.ToString(), kMostNights));
  }
  std::vector<Night> nights;
  nights.reserve(static_cast<std::size_t>(count));
  for (int back = 0; back < count; ++back) nights.push_back(last - back);
  return nights;
}

std::span<const std::string_view> StreamKeys() { return kKeys; }

StreamValue StreamValueOf(std::string_view key) {
  const auto* field = std::ranges::find(kFields, key, &StreamField::key);
  return field == kFields.end() ? StreamValue::kOne : field->value;
}

absl::Status SetStreamField(std::string_view key, std::string_view text, const std::filesystem::path& base,
                            StreamConfig& config) {
  const auto* field = std::ranges::find(kFields, key, &StreamField::key);
  if (field == kFields.end()) return absl::NotFoundError(fmt::format("a stream has no '{}'", key));
  return field->set(text, base, config);
}

absl::StatusOr<bool> ParseSwitch(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr std::array<std::string_view, 4> kOn = {"true", "yes", "on", "1"};
  constexpr std::array<std::string_view, 4> kOff = {"false", "no", "off", "0"};
  if (std::ranges::find(kOn, lower) != kOn.end()) return true;
  if (std::ranges::find(kOff, lower) != kOff.end()) return false;
  return absl::InvalidArgumentError(fmt::format("'{}' is neither yes nor no: write true or false", text));
}

absl::StatusOr<std::chrono::seconds> ParseDuration(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    std::int64_t seconds;
  };
  constexpr std::array kUnits = {Unit{"min", 60}, Unit{"s", 1}, Unit{"h", 3600}, Unit{"d", 86'400}};
  constexpr std::int64_t kLongest = 366 * std::int64_t{86'400};  // what a grace or a wait can sensibly be
  std::string_view digits = text;
  std::int64_t unit_seconds = 1;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    digits.remove_suffix(unit.suffix.size());
    unit_seconds = unit.seconds;
    break;
  }
  const std::optional<std::int64_t> count = ReadInteger(digits);
  if (!count || *count < 0) {
    return absl::InvalidArgumentError(fmt::format(
        "'{}' is no span of time: write a number with s, min, h or d, such as 90s or 5min", text));
  }
  if (*count > kLongest / unit_seconds) {
    return absl::OutOfRangeError(fmt::format("'{}' is longer than a year", text));
  }
  return std::chrono::seconds{*count * unit_seconds};
}

}  // namespace obsmon
