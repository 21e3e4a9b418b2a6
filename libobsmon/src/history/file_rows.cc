#include "history/file_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <compare>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "history/night_row.h"
#include "status_macros.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

// Nearly every name is ASCII, and eight of its bytes are looked at in one step.
bool IsAscii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  std::uint64_t seen = 0;
  while (text.size() >= sizeof(seen)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    seen |= word;
    text.remove_prefix(sizeof(word));
  }
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return (seen & kHighBits) == 0 && (seen & 0x80) == 0;
}

bool IsText(std::string_view path) { return IsAscii(path) || IsUtf8(path); }

/// A path as SQLite orders it: all TEXT before all BLOBs, each by its bytes.
struct Key {
  std::string_view path;
  bool is_text = true;

  friend std::strong_ordering operator<=>(const Key& a, const Key& b) {
    if (a.is_text != b.is_text) return a.is_text ? std::strong_ordering::less : std::strong_ordering::greater;
    return a.path <=> b.path;
  }
  friend bool operator==(const Key& a, const Key& b) { return a.path == b.path; }
};

Key KeyOf(std::string_view path) { return {.path = path, .is_text = IsText(path)}; }

void BindKey(sqlite::Statement& statement, int position, const Key& key) {
  if (key.is_text) {
    statement.BindNoCopy(position, key.path);
  } else {
    statement.BindBlobNoCopy(position, key.path);
  }
}

/// A row of a night to be, by its key.
struct KeyedRow {
  Key key;
  std::uint32_t row = 0;
};

/// Sorts by key, stably. Rows come sorted by folder and then by name, which is nearly their order: so it
/// finds the stretches that are sorted and merges them, and where there is one it only looks.
void SortByKey(std::vector<KeyedRow>& rows) {
  const auto by_key = [](const KeyedRow& a, const KeyedRow& b) { return a.key < b.key; };
  std::vector<std::vector<KeyedRow>::iterator> bounds = {rows.begin()};
  while (bounds.back() != rows.end()) {
    bounds.push_back(std::is_sorted_until(bounds.back(), rows.end(), by_key));
  }
  while (bounds.size() > 2) {
    std::vector<std::vector<KeyedRow>::iterator> merged = {bounds.front()};
    for (std::size_t i = 2; i < bounds.size(); i += 2) {
      std::inplace_merge(bounds[i - 2], bounds[i - 1], bounds[i], by_key);
      merged.push_back(bounds[i]);
    }
    if (merged.back() != rows.end()) merged.push_back(rows.end());
    bounds = std::move(merged);
  }
}

/// The rows of a column of paths that `belongs` lets pass, each path once, in the order of the table's key.
template <typename Belongs>
std::vector<KeyedRow> RowsInKeyOrder(const StringColumn& paths, Belongs belongs) {
  std::vector<KeyedRow> rows;
  rows.reserve(paths.size());
  for (std::size_t row = 0; row < paths.size(); ++row) {
    if (belongs(row)) rows.push_back({.key = KeyOf(paths[row]), .row = static_cast<std::uint32_t>(row)});
  }
  SortByKey(rows);
  const auto same_key = [](const KeyedRow& a, const KeyedRow& b) { return a.key == b.key; };
  rows.erase(std::unique(rows.begin(), rows.end(), same_key), rows.end());
  return rows;
}

FileId FileIdIn(const sqlite::Statement& row, int column) {
  return {.device = std::bit_cast<std::uint64_t>(row.Int(column)),
          .inode = std::bit_cast<std::uint64_t>(row.Int(column + 1))};
}

void BindFileId(sqlite::Statement& statement, int position, const FileId& id) {
  statement.Bind(position, std::bit_cast<std::int64_t>(id.device));
  statement.Bind(position + 1, std::bit_cast<std::int64_t>(id.inode));
}

/// A row of `transfer` but for its key, and for filenum, which follows from the file id.
struct StoredTransfer {
  std::int64_t size = 0;
  std::int64_t creation = 0;
  std::int64_t arrival = 0;
  FileId file_id{};
  std::int64_t state = 0;
  std::int64_t verdict = 0;

  friend bool operator==(const StoredTransfer&, const StoredTransfer&) = default;
};

/// The table `transfer` for Merge.
struct TransferRows {
  using Stored = StoredTransfer;
  static constexpr std::string_view kSelect =
      "SELECT path, size, creation, arrival, device, inode, state, verdict FROM transfer"
      " WHERE night = ?1 ORDER BY path";
  static constexpr std::string_view kRemove = "DELETE FROM transfer WHERE night = ?1 AND path = ?2";
  static constexpr std::string_view kWrite =
      "INSERT OR REPLACE INTO transfer (night, path, filenum, size, creation, arrival, device, inode, state,"
      " verdict) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

  const TransferTable& table;
  std::span<const Verdict> verdicts;

  Stored operator[](std::size_t row) const {
    Stored stored = Facts(row);
    stored.verdict = static_cast<std::int64_t>(verdicts[row]);
    return stored;
  }
  // All but the verdict.
  Stored Facts(std::size_t row) const {
    return {.size = table.size_bytes()[row],
            .creation = ToNanos(table.creation_time()[row]),
            .arrival = ToNanos(table.arrival_time()[row]),
            .file_id = table.file_id()[row],
            .state = static_cast<std::int64_t>(table.state()[row])};
  }
  static Stored Read(const sqlite::Statement& row) {
    return {.size = row.Int(1),
            .creation = row.Int(2),
            .arrival = row.Int(3),
            .file_id = FileIdIn(row, 4),
            .state = row.Int(6),
            .verdict = row.Int(7)};
  }
  static void Bind(sqlite::Statement& statement, const Stored& row) {
    statement.Bind(3, Filenum(row.file_id)).Bind(4, row.size).Bind(5, row.creation).Bind(6, row.arrival);
    BindFileId(statement, 7, row.file_id);
    statement.Bind(9, row.state).Bind(10, row.verdict);
  }
  static bool IsSameFile(const Stored& before, const Stored& now) {
    return before.file_id.inode == now.file_id.inode && before.size == now.size &&
           before.creation == now.creation;
  }
  static void Keep(const Stored& before, Stored& now) {
    if (IsSameFile(before, now)) now.arrival = std::min(before.arrival, now.arrival);
  }
};

/// A row of `ingest`, likewise.
struct StoredIngest {
  FileId file_id{};
  std::optional<UtcTime> ingest_time{};
  std::int64_t artifact = 0;
  std::int64_t status = 0;

  friend bool operator==(const StoredIngest&, const StoredIngest&) = default;
};

/// The table `ingest` for Merge.
struct IngestRows {
  using Stored = StoredIngest;
  static constexpr std::string_view kSelect =
      "SELECT path, device, inode, ingest_time, artifact, status FROM ingest WHERE night = ?1 ORDER BY path";
  static constexpr std::string_view kRemove = "DELETE FROM ingest WHERE night = ?1 AND path = ?2";
  static constexpr std::string_view kWrite =
      "INSERT OR REPLACE INTO ingest (night, path, filenum, device, inode, ingest_time, artifact, status)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

  const IngestTable& table;

  Stored operator[](std::size_t row) const {
    const IngestRow ingest = table[row];
    return {.file_id = ingest.file_id,
            .ingest_time = ingest.ingest_time,
            .artifact = static_cast<std::int64_t>(ingest.artifact),
            .status = static_cast<std::int64_t>(ingest.status)};
  }
  static Stored Read(const sqlite::Statement& row) {
    return {.file_id = FileIdIn(row, 1),
            .ingest_time = TimeIn(row, 3),
            .artifact = row.Int(4),
            .status = row.Int(5)};
  }
  static void Bind(sqlite::Statement& statement, const Stored& row) {
    statement.Bind(3, Filenum(row.file_id));
    BindFileId(statement, 4, row.file_id);
    BindTime(statement, 6, row.ingest_time);
    statement.Bind(7, row.artifact).Bind(8, row.status);
  }
  static void Keep(const Stored& /*before*/, Stored& /*now*/) {}
};

/// What a merge found that must change. Carried out after the old rows are read, since what a statement sees
/// of rows that change under it is undefined.
template <typename Stored>
struct Differences {
  struct Written {
    Key key;
    Stored row;
  };
  std::vector<Written> written{};
  std::vector<std::string> removed{};
};

/// REQUIRES: `before` stands on its first row.
template <typename Rows>
absl::StatusOr<Differences<typename Rows::Stored>> Compare(sqlite::Statement& before, const Rows& rows,
                                                           std::span<const KeyedRow> now) {
  Differences<typename Rows::Stored> differences;
  bool more = true;
  std::size_t next = 0;
  while (more || next < now.size()) {
    const bool in_both = more && next < now.size() && before.Text(0) == now[next].key.path;
    const bool is_new = !in_both && next < now.size() && (!more || now[next].key < KeyOf(before.Text(0)));
    if (in_both || is_new) {
      typename Rows::Stored row = rows[now[next].row];
      const auto old = in_both ? std::optional(Rows::Read(before)) : std::nullopt;
      if (old) Rows::Keep(*old, row);
      if (row != old) differences.written.push_back({.key = now[next].key, .row = row});
      ++next;
    } else {
      differences.removed.emplace_back(before.Text(0));
    }
    if (!is_new) {
      OBSMON_ASSIGN_OR_RETURN(more, before.Step());
    }
  }
  return differences;
}

template <typename Rows>
absl::Status Write(sqlite::Statement& write, const Key& key, const typename Rows::Stored& row) {
  BindKey(write, 2, key);
  Rows::Bind(write, row);
  return write.Run();
}

/// Makes a night's rows in the table of `Rows` those of `now`.
template <typename Rows>
absl::StatusOr<RowChanges> Merge(sqlite::Connection& database, Night night, const Rows& rows,
                                 std::span<const KeyedRow> now) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement select, database.Prepare(Rows::kSelect));
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement write, database.Prepare(Rows::kWrite));
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement remove, database.Prepare(Rows::kRemove));
  for (sqlite::Statement* statement : {&select, &write, &remove}) statement->Bind(1, night.yyyymmdd());

  OBSMON_ASSIGN_OR_RETURN(const bool was_known, select.Step());
  if (!was_known) {
    for (const KeyedRow& row : now) OBSMON_RETURN_IF_ERROR(Write<Rows>(write, row.key, rows[row.row]));
    return RowChanges{.written = static_cast<std::int64_t>(now.size())};
  }
  OBSMON_ASSIGN_OR_RETURN(const auto differences, Compare(select, rows, now));
  select.Reset();
  for (const std::string& path : differences.removed) {
    BindPath(remove, 2, path);
    OBSMON_RETURN_IF_ERROR(remove.Run());
  }
  for (const auto& [key, row] : differences.written) OBSMON_RETURN_IF_ERROR(Write<Rows>(write, key, row));
  return RowChanges{.written = static_cast<std::int64_t>(differences.written.size()),
                    .removed = static_cast<std::int64_t>(differences.removed.size())};
}

/// A row of `absent`, likewise.
struct StoredAbsent {
  std::int64_t since = 0;
  std::int64_t verdict = 0;

  friend bool operator==(const StoredAbsent&, const StoredAbsent&) = default;
};

/// The table `absent` for Merge.
struct AbsentRows {
  using Stored = StoredAbsent;
  static constexpr std::string_view kSelect =
      "SELECT path, since, verdict FROM absent WHERE night = ?1 ORDER BY path";
  static constexpr std::string_view kRemove = "DELETE FROM absent WHERE night = ?1 AND path = ?2";
  static constexpr std::string_view kWrite =
      "INSERT OR REPLACE INTO absent (night, path, since, verdict) VALUES (?1, ?2, ?3, ?4)";

  const ExpectedTable& expected;
  std::span<const AbsentFile> absent;

  Stored operator[](std::size_t row) const {
    return {.since = ToNanos(expected.since()[absent[row].expected_row]),
            .verdict = static_cast<std::int64_t>(absent[row].verdict)};
  }
  static Stored Read(const sqlite::Statement& row) { return {.since = row.Int(1), .verdict = row.Int(2)}; }
  static void Bind(sqlite::Statement& statement, const Stored& row) {
    statement.Bind(3, row.since).Bind(4, row.verdict);
  }
  static void Keep(const Stored& before, Stored& now) { now.since = std::min(before.since, now.since); }
};

/// Calls `visit(stored, row)` for each of the night's rows in the table of `Rows` whose path is one of
/// `paths`.
template <typename Rows, typename Visit>
absl::Status ForKnown(sqlite::Connection& database, Night night, const StringColumn& paths, Visit visit) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement select, database.Prepare(Rows::kSelect));
  select.Bind(1, night.yyyymmdd());
  absl::flat_hash_map<std::string_view, std::size_t> row_of_path;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) return absl::OkStatus();
    if (row_of_path.empty()) {  // only now: most nights' absent files are none
      row_of_path.reserve(paths.size());
      for (std::size_t row = 0; row < paths.size(); ++row) row_of_path.try_emplace(paths[row], row);
    }
    const auto known = row_of_path.find(select.Text(0));
    if (known != row_of_path.end()) visit(Rows::Read(select), known->second);
  }
}

}  // namespace

std::int64_t Filenum(const FileId& id) {
  std::int64_t number = 0;
  if (!__builtin_mul_overflow(id.inode, 10'000, &number) &&
      !__builtin_add_overflow(number, id.device, &number)) {
    return number;
  }
  constexpr std::uint64_t kLow63Bits = ~std::uint64_t{0} >> 1;
  return -1 - static_cast<std::int64_t>(id.inode & kLow63Bits);
}

void BindPath(sqlite::Statement& statement, int position, std::string_view path) {
  BindKey(statement, position, KeyOf(path));
}

absl::StatusOr<RowChanges> ReplaceTransfers(sqlite::Connection& database, Night night,
                                            const TransferTable& transfers,
                                            std::span<const Verdict> verdicts) {
  const std::vector<KeyedRow> now = RowsInKeyOrder(transfers.path(), [](std::size_t) { return true; });
  return Merge(database, night, TransferRows{.table = transfers, .verdicts = verdicts}, now);
}

absl::Status ReplaceAbsent(sqlite::Connection& database, Night night, const ExpectedTable& expected,
                           std::span<const AbsentFile> absent) {
  StringColumn paths;
  for (const AbsentFile& file : absent) paths.Append(expected.path()[file.expected_row]);
  const std::vector<KeyedRow> now = RowsInKeyOrder(paths, [](std::size_t) { return true; });
  return Merge(database, night, AbsentRows{.expected = expected, .absent = absent}, now).status();
}

absl::Status RestoreFirstTimes(sqlite::Connection& database, Night night, TransferTable& transfers,
                               ExpectedTable& expected) {
  const TransferRows now{.table = transfers, .verdicts = {}};
  OBSMON_RETURN_IF_ERROR(ForKnown<TransferRows>(
      database, night, transfers.path(), [&](const StoredTransfer& before, std::size_t row) {
        const StoredTransfer found = now.Facts(row);
        if (before.arrival < found.arrival && TransferRows::IsSameFile(before, found)) {
          transfers.SetArrivalTime(row, FromNanos(before.arrival));
        }
      }));
  return ForKnown<AbsentRows>(
      database, night, expected.path(), [&](const StoredAbsent& before, std::size_t row) {
        expected.SetSince(row, std::min(expected.since()[row], FromNanos(before.since)));
      });
}

absl::StatusOr<RowChanges> ReplaceIngests(sqlite::Connection& database, Night night,
                                          const IngestTable& ingests) {
  const std::vector<KeyedRow> now = RowsInKeyOrder(
      ingests.path(), [&ingests, night](std::size_t row) { return ingests.night()[row] == night; });
  return Merge(database, night, IngestRows{.table = ingests}, now);
}

// As PostgreSQL writes a timestamp into 25 characters, with the blank that the prototype replaced: a fraction
// has five digits at most, and none where it would end in zeros. No time is the prototype's string of zeros.
static std::string EventTime(const std::optional<UtcTime>& time) {
  constexpr std::int64_t kUnit = 10'000;  // nanoseconds in its last digit
  if (!time) return "0000-00-00T00:00:00";
  const auto whole = std::chrono::floor<std::chrono::seconds>(*time);
  std::string text = FormatUtc(*time);
  text.pop_back();  // the Z
  const std::int64_t fraction = (*time - whole).count() / kUnit;
  if (fraction == 0) return text;
  text += fmt::format(".{:05}", fraction);
  while (text.ends_with('0')) text.pop_back();
  return text;
}

absl::Status ReplaceEvents(sqlite::Connection& database, Night night, std::span<const FileEvent> events) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement remove, database.Prepare("DELETE FROM event WHERE night = ?1"));
  OBSMON_RETURN_IF_ERROR(remove.Bind(1, night.yyyymmdd()).Run());
  if (events.empty()) return absl::OkStatus();
  OBSMON_ASSIGN_OR_RETURN(
      sqlite::Statement insert,
      database.Prepare("INSERT OR REPLACE INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  for (const FileEvent& event : events) {
    const std::string found_time = EventTime(event.found_time);
    const std::string event_time = EventTime(event.event_time);
    BindPath(insert, 2, event.path);
    BindPath(insert, 5, event.message);
    insert.Bind(1, night.yyyymmdd()).Bind(3, event.number).Bind(4, std::string_view(event.status));
    OBSMON_RETURN_IF_ERROR(
        insert.Bind(6, std::string_view(found_time)).Bind(7, std::string_view(event_time)).Run());
  }
  return absl::OkStatus();
}

}  // namespace obsmon
