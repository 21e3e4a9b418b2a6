#include "registry/event_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "postgres/logins.h"
#include "postgres/postgres.h"
#include "status_macros.h"

namespace obsmon {
namespace {

// The names of nights' folders are $1, an array. Where the folder is no night's the time decides, from $2 to
// $3; times without zone are taken for UTC, as the prototype took them. Files without an event are listed as
// well: the endpoint manager has found them, and nothing else has happened yet.
constexpr std::string_view kLatestEvents = R"(
SELECT DISTINCT ON (f.id) f.id::bigint, f.relpath::text, f.filename::text, f.added_on, e.status::text, e.start_time,
       e.err_message::text
FROM {files} f LEFT JOIN {events} e ON e.files_id = f.id
WHERE split_part({relpath}, '/', 1) = ANY ($1::text[])
   OR (split_part({relpath}, '/', 1) !~ '^([0-9]{{8}}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})$'
       AND f.added_on >= $2 AND f.added_on < $3)
ORDER BY f.id, e.start_time DESC NULLS LAST, e.status::text DESC, e.err_message::text DESC)";

// As PathOf has it.
constexpr std::string_view kPlainRelpath = "regexp_replace(f.relpath, '^([.]/)+', '')";

enum Columns { kId, kRelpath, kFilename, kAddedOn, kStatus, kStartTime, kErrMessage };

constexpr std::string_view kHint =
    "; say where the tables are with registry_prefix, or registry_files_table and registry_events_tables";

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

/// `table` or `schema.table`, quoted for SQL.
absl::StatusOr<std::string> Quoted(std::string_view table) {
  std::string quoted = "\"";
  for (const char c : table) {
    if (c == '.') {
      quoted += "\".\"";
    } else if (IsWordCharacter(c)) {
      quoted += c;
    } else {
      return absl::InvalidArgumentError(fmt::format(
          "'{}' is no name of a table: write letters, digits and underscores, and schema.table for one in "
          "a schema",
          table));
    }
  }
  quoted += '"';
  if (quoted.find("\"\"") != std::string::npos) {
    return absl::InvalidArgumentError(fmt::format("'{}' is no name of a table", table));
  }
  return quoted;
}

bool Is(const FileEvent& event, IngestStatus status) { return StatusOfWord(event.status) == status; }

/// Whether `event`, of another table or of another row of the same path, counts rather than `known`.
/// Ingesters that share a files table divide the files between them, and each ignores what is another's; a
/// file is ingested when one of them has ingested it. Of two that say the same of it the later row counts.
bool Outweighs(const FileEvent& event, const FileEvent& known) {
  if (event.status.empty() != known.status.empty()) return known.status.empty();
  const bool is_ignored = Is(event, IngestStatus::kIgnored);
  if (is_ignored != Is(known, IngestStatus::kIgnored)) return !is_ignored;
  const bool is_ingested = Is(event, IngestStatus::kIngested);
  if (is_ingested != Is(known, IngestStatus::kIngested)) return is_ingested;
  return std::pair(known.event_time, known.number) < std::pair(event.event_time, event.number);
}

class EventSource final : public RowSource {
 public:
  EventSource(std::string uri, std::vector<std::string> queries, const RegistryOptions& options)
      : uri_(std::move(uri)), queries_(std::move(queries)), options_(options) {}

  absl::Status Check() override {
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Connection> connection, Connect());
    for (const std::string& query : queries_) {
      OBSMON_RETURN_IF_ERROR(Explained(CheckColumns(*connection, connection->Describe(query))));
    }
    return absl::OkStatus();
  }

  absl::Status Read(std::span<const Night> nights, ListedRows& rows) override;
  std::string ChangeToken() override { return {}; }

 private:
  // By night and path: a file that was found again has another row in the table of files.
  using Events = std::map<std::pair<Night, std::string>, FileEvent>;

  absl::StatusOr<std::unique_ptr<postgres::Connection>> Connect() const {
    OBSMON_ASSIGN_OR_RETURN(const postgres::Login login, postgres::LoginFor(uri_, options_.logins));
    OBSMON_ASSIGN_OR_RETURN(
        std::unique_ptr<postgres::Connection> connection,
        postgres::Connection::Open(login, {.silence = options_.busy_timeout, .stop = options_.control.stop}));
    OBSMON_RETURN_IF_ERROR(connection->BeginReadOnly());
    return connection;
  }

  /// Whether what is taken for a time is one: of another type its bytes would be taken for some instant.
  static absl::Status CheckColumns(const postgres::Connection& connection,
                                   const absl::StatusOr<std::vector<postgres::Column>>& columns);
  static absl::Status ReadEvents(postgres::Rows& answer, std::span<const Night> nights, Events& events);
  static absl::Status Explained(const absl::Status& status) {
    if (!absl::IsFailedPrecondition(status)) return status;
    return {status.code(), std::string(status.message()).append(kHint)};
  }

  std::string uri_;
  std::vector<std::string> queries_;
  RegistryOptions options_;
};

/// The night of a file: that of its folder, else that of the time at which it was found.
std::optional<Night> NightOf(std::string_view path, std::optional<UtcTime> added_on) {
  if (const auto night = Night::FromFolderName(path.substr(0, path.find('/')))) return night;
  if (!added_on) return std::nullopt;
  return Night::Containing(*added_on);
}

std::string PathOf(std::string_view relpath, std::string_view filename) {
  while (relpath.starts_with("./")) relpath.remove_prefix(2);
  if (relpath.empty() || relpath == ".") return std::string(filename);
  return fmt::format("{}/{}", relpath, filename);
}

absl::Status EventSource::CheckColumns(const postgres::Connection& connection,
                                       const absl::StatusOr<std::vector<postgres::Column>>& columns) {
  OBSMON_RETURN_IF_ERROR(columns.status());
  for (const int time : {kAddedOn, kStartTime}) {
    const postgres::Column& column = columns->at(static_cast<std::size_t>(time));
    if (column.IsTime()) continue;
    return absl::FailedPreconditionError(fmt::format(
        "{}: the column {} of its event tables is no timestamp; make a view in which it is one, with "
        "to_timestamp(…) where it counts seconds",
        connection.shown(), column.name));
  }
  return absl::OkStatus();
}

absl::Status EventSource::ReadEvents(postgres::Rows& answer, std::span<const Night> nights, Events& events) {
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, answer.Step());
    if (!has_row) return absl::OkStatus();
    FileEvent event{.path = PathOf(answer.Text(kRelpath), answer.Text(kFilename)),
                    .number = answer.Int(kId),
                    .status = std::string(answer.Text(kStatus)),
                    .message = std::string(answer.Text(kErrMessage)),
                    .found_time = answer.Time(kAddedOn),
                    .event_time = answer.Time(kStartTime)};
    if (event.event_time && event.status.empty()) event.status = "UNKNOWN";  // an event that says nothing
    const std::optional<Night> night = NightOf(event.path, event.found_time);
    if (!night || std::ranges::find(nights, *night) == nights.end()) continue;
    const auto [known, is_new] = events.try_emplace({*night, event.path}, event);
    if (!is_new && Outweighs(event, known->second)) known->second = std::move(event);
  }
}

std::string ArrayOfFolders(std::span<const Night> nights) {
  std::string array = "{";
  for (const Night night : nights) {
    if (array.size() > 1) array += ',';
    array += fmt::format("{},{}", night.ToString(), night.Compact());
  }
  return array + "}";
}

std::string NoonOf(Night night) { return night.ToString() + " 12:00:00"; }

IngestRow RowOf(const FileEvent& event, Night night) {
  IngestRow row{.path = event.path, .night = night, .message = event.message};
  if (event.status.empty()) {
    row.status = IngestStatus::kPending;
    return row;
  }
  row.status = StatusOfWord(event.status).value_or(IngestStatus::kFailed);
  if (row.message.empty()) row.message = MessageOfWord(event.status);
  if (row.status == IngestStatus::kIngested) row.ingest_time = event.event_time;
  return row;
}

absl::Status EventSource::Read(std::span<const Night> nights, ListedRows& rows) {
  if (nights.empty()) return absl::OkStatus();
  const auto [first, last] = std::ranges::minmax(nights);
  const std::string folders = ArrayOfFolders(nights);
  const std::string begin = NoonOf(first);
  const std::string end = NoonOf(last + 1);
  const std::vector<postgres::Value> values = {std::string_view(folders), std::string_view(begin),
                                               std::string_view(end)};
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Connection> connection, Connect());
  Events events;
  for (const std::string& query : queries_) {
    absl::StatusOr<std::unique_ptr<postgres::Rows>> answer = connection->Query(query, values);
    if (!answer.ok()) return Explained(answer.status());
    OBSMON_RETURN_IF_ERROR(Explained(CheckColumns(*connection, (*answer)->columns())));
    OBSMON_RETURN_IF_ERROR(ReadEvents(**answer, nights, events));
  }
  for (auto& [place, event] : events) {
    const Night night = place.first;
    IngestRow row = RowOf(event, night);
    std::string message;
    if (!event.status.empty() && !StatusOfWord(event.status)) {
      message = fmt::format("its status is {}, which obsmon does not know{}{}", event.status,
                            event.message.empty() ? "" : ": ", event.message);
      row.message = message;
    }
    rows[night].rows.Append(row);
    rows[night].events.push_back(std::move(event));
  }
  return absl::OkStatus();
}

}  // namespace

namespace {

/// What each table of events is asked.
absl::StatusOr<std::vector<std::string>> QueriesOf(const EventTables& events) {
  const bool names_tables = !events.files_table.empty() && !events.events_tables.empty();
  if (events.prefix.empty() && !names_tables) {
    return absl::InvalidArgumentError(fmt::format("nothing tells the names of the event tables{}", kHint));
  }
  OBSMON_ASSIGN_OR_RETURN(
      const std::string files,
      Quoted(events.files_table.empty() ? fmt::format("{}files", events.prefix) : events.files_table));
  std::vector<std::string> tables = events.events_tables;
  if (tables.empty()) tables.push_back(fmt::format("{}gen3_file_events", events.prefix));
  std::vector<std::string> queries;
  for (const std::string& table : tables) {
    OBSMON_ASSIGN_OR_RETURN(const std::string quoted, Quoted(table));
    queries.push_back(fmt::format(fmt::runtime(kLatestEvents), fmt::arg("files", files),
                                  fmt::arg("events", quoted), fmt::arg("relpath", kPlainRelpath)));
  }
  return queries;
}

}  // namespace

absl::Status CheckEventTables(const EventTables& events) { return QueriesOf(events).status(); }

absl::StatusOr<std::unique_ptr<RowSource>> MakeEventTables(const EventTables& events,
                                                           const RegistryOptions& options) {
  OBSMON_ASSIGN_OR_RETURN(std::vector<std::string> queries, QueriesOf(events));
  return std::make_unique<EventSource>(events.uri, std::move(queries), options);
}

}  // namespace obsmon
