#include "history/file_rows.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "history/merge_rows.h"
#include "history/sqlite_sink.h"
#include "history/stored_rows.h"
#include "status_macros.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

struct SqliteKeys {
  Key operator()(std::string_view path) const { return {.path = path, .is_text = IsUtf8(path)}; }
  static Key OfStored(std::string_view path) { return {.path = path, .is_text = IsUtf8(path)}; }
};

void BindKey(sqlite::Statement& statement, int position, const Key& key) {
  if (key.is_text) {
    statement.BindNoCopy(position, key.path);
  } else {
    statement.BindBlobNoCopy(position, key.path);
  }
}

template <typename Rows>
absl::StatusOr<sqlite::Statement> SelectOf(sqlite::Connection& database, Night night) {
  OBSMON_ASSIGN_OR_RETURN(
      sqlite::Statement select,
      database.Prepare(
          fmt::format("SELECT path, {} FROM {} WHERE night = ?1 ORDER BY path", Rows::kRead, Rows::kTable)));
  select.Bind(1, night.yyyymmdd());
  return select;
}

// As many values as there are columns.
template <typename Rows>
std::string InsertSql() {
  std::string values = "?1, ?2, ?";
  for (const char c : Rows::kWritten) values += c == ',' ? ", ?" : "";
  return fmt::format("INSERT OR REPLACE INTO {} (night, path, {}) VALUES ({})", Rows::kTable, Rows::kWritten,
                     values);
}

template <typename Rows>
absl::Status Write(sqlite::Statement& write, const Key& key, const typename Rows::Stored& row) {
  BindKey(write, 2, key);
  SqliteSink sink(write, 2);
  Rows::Write(sink, row);
  return write.Run();
}

/// Makes a night's rows in the table of `Rows` those of `now`.
template <typename Rows>
absl::StatusOr<RowChanges> Merge(sqlite::Connection& database, Night night, const Rows& rows,
                                 std::span<const KeyedRow> now) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement select, SelectOf<Rows>(database, night));
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement write, database.Prepare(InsertSql<Rows>()));
  OBSMON_ASSIGN_OR_RETURN(
      sqlite::Statement remove,
      database.Prepare(fmt::format("DELETE FROM {} WHERE night = ?1 AND path = ?2", Rows::kTable)));
  for (sqlite::Statement* statement : {&write, &remove}) statement->Bind(1, night.yyyymmdd());

  OBSMON_ASSIGN_OR_RETURN(const bool was_known, select.Step());
  if (!was_known) {
    for (const KeyedRow& row : now) OBSMON_RETURN_IF_ERROR(Write<Rows>(write, row.key, rows[row.row]));
    return RowChanges{.written = static_cast<std::int64_t>(now.size())};
  }
  OBSMON_ASSIGN_OR_RETURN(const auto differences, Compare(select, SqliteKeys{}, rows, now));
  select.Reset();
  for (const std::string& path : differences.removed) {
    BindPath(remove, 2, path);
    OBSMON_RETURN_IF_ERROR(remove.Run());
  }
  for (const auto& written : differences.written) {
    OBSMON_RETURN_IF_ERROR(Write<Rows>(write, written.key, written.row));
  }
  return RowChanges{.written = static_cast<std::int64_t>(differences.written.size()),
                    .removed = static_cast<std::int64_t>(differences.removed.size())};
}

/// Calls `visit(stored, row)` for each of the night's rows in the table of `Rows` whose path is one of
/// `paths`.
template <typename Rows, typename Visit>
absl::Status ForKnown(sqlite::Connection& database, Night night, const StringColumn& paths, Visit visit) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement select, SelectOf<Rows>(database, night));
  return VisitKnown<Rows>(select, paths, SqliteKeys{}, visit);
}

}  // namespace

void BindPath(sqlite::Statement& statement, int position, std::string_view path) {
  BindKey(statement, position, SqliteKeys{}(path));
}

absl::StatusOr<RowChanges> ReplaceTransfers(sqlite::Connection& database, Night night,
                                            const TransferTable& transfers,
                                            std::span<const Verdict> verdicts) {
  const std::vector<KeyedRow> now =
      RowsInKeyOrder(transfers.path(), SqliteKeys{}, [](std::size_t) { return true; });
  return Merge(database, night, TransferRows{.table = transfers, .verdicts = verdicts}, now);
}

absl::Status ReplaceAbsent(sqlite::Connection& database, Night night, const ExpectedTable& expected,
                           std::span<const AbsentFile> absent) {
  const StringColumn paths = PathsOf(expected, absent);
  const std::vector<KeyedRow> now = RowsInKeyOrder(paths, SqliteKeys{}, [](std::size_t) { return true; });
  return Merge(database, night, AbsentRows{.expected = expected, .absent = absent}, now).status();
}

absl::Status RestoreFiles(sqlite::Connection& database, Night night, TransferTable& transfers,
                          ExpectedTable& expected) {
  OBSMON_RETURN_IF_ERROR(ForKnown<TransferRows>(
      database, night, transfers.path(),
      [&](const StoredTransfer& before, std::size_t row) { RestoreTransfer(before, transfers, row); }));
  return ForKnown<AbsentRows>(
      database, night, expected.path(),
      [&](const StoredAbsent& before, std::size_t row) { RestoreSince(before, expected, row); });
}

absl::StatusOr<RowChanges> ReplaceIngests(sqlite::Connection& database, Night night,
                                          const IngestTable& ingests) {
  const std::vector<KeyedRow> now = RowsInKeyOrder(
      ingests.path(), SqliteKeys{}, [&](std::size_t row) { return ingests.night()[row] == night; });
  return Merge(database, night, IngestRows{.table = ingests}, now);
}

absl::Status ReplaceEvents(sqlite::Connection& database, Night night, std::span<const FileEvent> events) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement remove, database.Prepare("DELETE FROM event WHERE night = ?1"));
  OBSMON_RETURN_IF_ERROR(remove.Bind(1, night.yyyymmdd()).Run());
  if (events.empty()) return absl::OkStatus();
  OBSMON_ASSIGN_OR_RETURN(
      sqlite::Statement insert,
      database.Prepare("INSERT OR REPLACE INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  insert.Bind(1, night.yyyymmdd());
  for (const FileEvent& event : events) {
    BindPath(insert, 2, event.path);
    SqliteSink sink(insert, 2);
    WriteEvent(sink, event);
    OBSMON_RETURN_IF_ERROR(insert.Run());
  }
  return absl::OkStatus();
}

}  // namespace obsmon
