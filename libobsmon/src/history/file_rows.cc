#include "history/file_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
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
absl::StatusOr<sqlite::BorrowedStatement> SelectOf(sqlite::Connection& database, Night night) {
  static const std::string sql =
      fmt::format("SELECT path, {} FROM {} WHERE night = ?1 ORDER BY path", Rows::kRead, Rows::kTable);
  OBSMON_ASSIGN_OR_RETURN(sqlite::BorrowedStatement select, database.Prepared(sql));
  select->Bind(1, night.yyyymmdd());
  return select;
}

// A statement keeps its place in the table from row to row, and the next row lies beside the last: so many at
// once take about half the time that they take one by one. More gained nothing.
constexpr std::size_t kRowsAStatement = 64;

// The values of a row beside its night.
template <typename Rows>
constexpr int NumValues() {
  return 2 + static_cast<int>(std::ranges::count(Rows::kWritten, ','));
}

// Writes NumRows rows of one night, which are not there: ?1 is the night, and then come the values of each
// row.
//
// OR ROLLBACK, for the run is over anyway when a row can't be written: so that SQLite need not be able to
// take back this statement alone. It would keep every page as it was before, which cost more than the rows.
template <typename Rows, std::size_t NumRows>
std::string WriteSql() {
  std::string row = "(?1";
  for (int value = 0; value < NumValues<Rows>(); ++value) row += ", ?";
  row += ')';
  std::string rows = row;
  for (std::size_t i = 1; i < NumRows; ++i) rows.append(", ").append(row);
  return fmt::format("INSERT OR ROLLBACK INTO {} (night, path, {}) VALUES {}", Rows::kTable, Rows::kWritten,
                     rows);
}

template <typename Rows>
void BindRow(sqlite::Statement& write, std::size_t place, const Key& key, const typename Rows::Stored& row) {
  const int num_bound = 1 + static_cast<int>(place) * NumValues<Rows>();
  BindKey(write, num_bound + 1, key);
  SqliteSink sink(write, num_bound + 1);
  Rows::Write(sink, row);
}

// Writes the rows from `first` on, as many at once, as long as there are so many. Returns the first that is
// left.
template <typename Rows, std::size_t AtOnce, typename RowAt>
absl::StatusOr<std::size_t> WriteMany(sqlite::Connection& database, Night night, std::size_t first,
                                      std::size_t end, RowAt row) {
  if (end - first < AtOnce) return first;
  static const std::string sql = WriteSql<Rows, AtOnce>();
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement write, database.Prepared(sql));
  write->Bind(1, night.yyyymmdd());
  for (; end - first >= AtOnce; first += AtOnce) {
    for (std::size_t place = 0; place < AtOnce; ++place) {
      const auto& [key, values] = row(first + place);
      BindRow<Rows>(*write, place, key, values);
    }
    OBSMON_RETURN_IF_ERROR(write->Run());
  }
  return first;
}

/// Writes `size` rows of the night, which are not there. `row(i)` gives the key and the values of each; the
/// key's text must last.
template <typename Rows, typename RowAt>
absl::Status WriteAll(sqlite::Connection& database, Night night, std::size_t size, RowAt row) {
  OBSMON_ASSIGN_OR_RETURN(const std::size_t left,
                          (WriteMany<Rows, kRowsAStatement>(database, night, 0, size, row)));
  return WriteMany<Rows, 1>(database, night, left, size, row).status();
}

template <typename Stored>
ReadRow HashesOf(std::string_view path, const Stored& values) {
  return {.key = absl::HashOf(path), .values = absl::HashOf(values)};
}

// Rows of a look that are not as they were read, by their places in its order.
struct RowsToWrite {
  std::vector<std::size_t> fresh{};  // that were not there
  std::vector<std::size_t> differing{};
};

// Absent where some that were read are not in `now`, whose keys only the table has; and where so many differ
// that reading it all takes less than asking for each.
template <typename Rows>
std::optional<RowsToWrite> FindRowsToWrite(std::span<const ReadRow> read, const Rows& rows,
                                           std::span<const KeyedRow> now) {
  constexpr std::size_t kOneIn = 8;
  RowsToWrite found;
  std::size_t next = 0;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const ReadRow row = HashesOf(now[i].key.path, rows[now[i].row]);
    if (next == read.size() || read[next].key != row.key) {
      found.fresh.push_back(i);
    } else if (read[next++].values != row.values) {
      found.differing.push_back(i);
    }
  }
  // Both are in the order of their keys: one that has gone is never passed.
  if (next < read.size() || found.differing.size() > now.size() / kOneIn) return std::nullopt;
  return found;
}

// The same as Compare finds, by one question for each row that differs.
template <typename Rows>
absl::StatusOr<Differences<typename Rows::Stored>> CompareRows(sqlite::Connection& database, Night night,
                                                               const Rows& rows,
                                                               std::span<const KeyedRow> now,
                                                               const RowsToWrite& to_write) {
  Differences<typename Rows::Stored> differences;
  for (const std::size_t i : to_write.fresh) {
    differences.written.push_back({.key = now[i].key, .row = rows[now[i].row], .is_new = true});
  }
  static const std::string sql =
      fmt::format("SELECT path, {} FROM {} WHERE night = ?1 AND path = ?2", Rows::kRead, Rows::kTable);
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement select, database.Prepared(sql));
  for (const std::size_t i : to_write.differing) {
    select->Reset();
    select->Bind(1, night.yyyymmdd());
    BindKey(*select, 2, now[i].key);
    OBSMON_ASSIGN_OR_RETURN(const bool found, select->Step());
    const auto old = found ? std::optional(Rows::Read(*select)) : std::nullopt;
    AddWhereItDiffers<Rows>(now[i].key, old, rows[now[i].row], differences);
  }
  return differences;
}

template <typename Rows>
absl::StatusOr<RowChanges> WriteDifferences(sqlite::Connection& database, Night night,
                                            const Differences<typename Rows::Stored>& differences) {
  static const std::string remove_sql =
      fmt::format("DELETE FROM {} WHERE night = ?1 AND path = ?2", Rows::kTable);
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement remove, database.Prepared(remove_sql));
  remove->Bind(1, night.yyyymmdd());
  for (const std::string& path : differences.removed) {
    BindPath(*remove, 2, path);
    OBSMON_RETURN_IF_ERROR(remove->Run());
  }
  for (const auto& row : differences.written) {
    if (row.is_new) continue;
    BindKey(*remove, 2, row.key);
    OBSMON_RETURN_IF_ERROR(remove->Run());
  }
  OBSMON_RETURN_IF_ERROR(WriteAll<Rows>(database, night, differences.written.size(), [&](std::size_t i) {
    return std::pair(differences.written[i].key, differences.written[i].row);
  }));
  return RowChanges{.written = static_cast<std::int64_t>(differences.written.size()),
                    .removed = static_cast<std::int64_t>(differences.removed.size())};
}

/// Makes a night's rows in the table of `Rows` those of `now`.
template <typename Rows>
absl::StatusOr<RowChanges> Merge(sqlite::Connection& database, Night night, const Rows& rows,
                                 std::span<const KeyedRow> now, std::span<const ReadRow> read = {}) {
  if (!read.empty()) {
    if (const std::optional<RowsToWrite> to_write = FindRowsToWrite(read, rows, now)) {
      OBSMON_ASSIGN_OR_RETURN(const auto differences, CompareRows(database, night, rows, now, *to_write));
      return WriteDifferences<Rows>(database, night, differences);
    }
  }
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement select, SelectOf<Rows>(database, night));
  OBSMON_ASSIGN_OR_RETURN(const bool was_known, select->Step());
  if (!was_known) {
    OBSMON_RETURN_IF_ERROR(WriteAll<Rows>(
        database, night, now.size(), [&](std::size_t i) { return std::pair(now[i].key, rows[now[i].row]); }));
    return RowChanges{.written = static_cast<std::int64_t>(now.size())};
  }
  OBSMON_ASSIGN_OR_RETURN(const auto differences, Compare(*select, SqliteKeys{}, rows, now));
  select->Reset();
  return WriteDifferences<Rows>(database, night, differences);
}

template <typename Rows>
absl::Status RecallRowsOf(sqlite::Connection& database, Night night, EarlierLook& earlier, ReadRows* read) {
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement row, SelectOf<Rows>(database, night));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return absl::OkStatus();
    const typename Rows::Stored stored = Rows::Read(*row);
    Rows::Recall(stored, row->Text(0), earlier);
    if (read != nullptr) read->push_back(HashesOf(row->Text(0), stored));
  }
}

}  // namespace

void BindPath(sqlite::Statement& statement, int position, std::string_view path) {
  BindKey(statement, position, SqliteKeys{}(path));
}

absl::StatusOr<RowChanges> ReplaceTransfers(sqlite::Connection& database, Night night,
                                            const TransferTable& transfers, std::span<const Verdict> verdicts,
                                            std::span<const ReadRow> read) {
  const std::vector<KeyedRow> now =
      RowsInKeyOrder(transfers.path(), SqliteKeys{}, [](std::size_t) { return true; });
  return Merge(database, night, TransferRows{.table = transfers, .verdicts = verdicts}, now, read);
}

absl::Status ReplaceAbsent(sqlite::Connection& database, Night night, const ExpectedTable& expected,
                           std::span<const AbsentFile> absent) {
  const StringColumn paths = PathsOf(expected, absent);
  const std::vector<KeyedRow> now = RowsInKeyOrder(paths, SqliteKeys{}, [](std::size_t) { return true; });
  return Merge(database, night, AbsentRows{.expected = expected, .absent = absent}, now).status();
}

absl::Status RecallRows(sqlite::Connection& database, Night night, EarlierLook& earlier, ReadNight* read) {
  if (read != nullptr) {  // room for as much as there is in `earlier`
    read->transfers.reserve(earlier.is_ingested.capacity());
    read->ingests.reserve(earlier.links.file_id.capacity());
  }
  OBSMON_RETURN_IF_ERROR(
      RecallRowsOf<TransferRows>(database, night, earlier, read == nullptr ? nullptr : &read->transfers));
  OBSMON_RETURN_IF_ERROR(RecallRowsOf<AbsentRows>(database, night, earlier, nullptr));
  return RecallRowsOf<IngestRows>(database, night, earlier, read == nullptr ? nullptr : &read->ingests);
}

absl::StatusOr<RowChanges> ReplaceIngests(sqlite::Connection& database, Night night,
                                          const IngestTable& ingests, std::span<const ReadRow> read) {
  const std::vector<KeyedRow> now = RowsInKeyOrder(
      ingests.path(), SqliteKeys{}, [&](std::size_t row) { return ingests.night()[row] == night; });
  return Merge(database, night, IngestRows{.table = ingests}, now, read);
}

absl::Status ReplaceEvents(sqlite::Connection& database, Night night, std::span<const FileEvent> events) {
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement remove,
                          database.Prepared("DELETE FROM event WHERE night = ?1"));
  OBSMON_RETURN_IF_ERROR(remove->Bind(1, night.yyyymmdd()).Run());
  if (events.empty()) return absl::OkStatus();
  OBSMON_ASSIGN_OR_RETURN(
      const sqlite::BorrowedStatement insert,
      database.Prepared("INSERT OR REPLACE INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  insert->Bind(1, night.yyyymmdd());
  for (const FileEvent& event : events) {
    BindPath(*insert, 2, event.path);
    SqliteSink sink(*insert, 2);
    WriteEvent(sink, event);
    OBSMON_RETURN_IF_ERROR(insert->Run());
  }
  return absl::OkStatus();
}

}  // namespace obsmon
