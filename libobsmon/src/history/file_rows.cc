#include "history/file_rows.h"

#include <fmt/format.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "history/merge_rows.h"
#include "history/packs.h"
#include "history/sqlite_sink.h"
#include "history/stored_rows.h"
#include "status_macros.h"

namespace obsmon {
namespace {

void BindKey(sqlite::Statement& statement, int position, const Key& key) {
  if (key.is_text) {
    statement.BindNoCopy(position, key.path);
  } else {
    statement.BindBlobNoCopy(position, key.path);
  }
}

// --- tables of packs

template <typename Rows>
constexpr bool kHasTargets = std::is_same_v<Rows, IngestRows>;

template <typename Rows>
constexpr std::string_view kPackColumns =
    kHasTargets<Rows> ? "beginning, device, since, files, target" : "beginning, device, since, files";
template <typename Rows>
constexpr std::string_view kPackValues = kHasTargets<Rows> ? "?3, ?4, ?5, ?6, ?7" : "?3, ?4, ?5, ?6";

// Both kinds of change end the transaction where they fail, for the run is over anyway: so that SQLite need
// not be able to take back this statement alone. It would keep every page as it was before.
template <typename Rows>
std::string InsertSql() {
  return fmt::format("INSERT OR ROLLBACK INTO {}_pack (night, path, {}) VALUES (?1, ?2, {})", Rows::kTable,
                     kPackColumns<Rows>, kPackValues<Rows>);
}
template <typename Rows>
std::string UpdateSql() {
  return fmt::format("UPDATE OR ROLLBACK {}_pack SET ({}) = ({}) WHERE night = ?1 AND path = ?2",
                     Rows::kTable, kPackColumns<Rows>, kPackValues<Rows>);
}

template <typename Rows>
void Bind(sqlite::Statement& write, const Pack& pack) {
  BindPath(write, 2, pack.path);
  BindPath(write, 3, pack.beginning);
  write.Bind(4, pack.device).Bind(5, pack.since).BindNoCopy(6, pack.files);
  if constexpr (kHasTargets<Rows>) write.BindNoCopy(7, pack.target);
}

// Of the current row, into strings that keep their memory.
template <typename Rows>
void Read(const sqlite::Statement& row, Pack& pack) {
  pack.path = row.Text(0);
  pack.beginning = row.Text(1);
  pack.device = row.Int(2);
  pack.since = row.Int(3);
  pack.files = row.Text(4);
  if constexpr (kHasTargets<Rows>) pack.target = row.Text(5);
}

absl::Status DamagedPack(const sqlite::Connection& database, Night night) {
  return absl::DataLossError(
      fmt::format("{}: the files of {} are damaged in it", database.file(), night.ToString()));
}

/// Calls `use` with each pack of the night, in the order of their keys.
template <typename Rows, typename Use>
absl::Status ForEachPack(sqlite::Connection& database, Night night, Use use) {
  static const std::string sql = fmt::format("SELECT path, {} FROM {}_pack WHERE night = ?1 ORDER BY path",
                                             kPackColumns<Rows>, Rows::kTable);
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement row, database.Prepared(sql));
  row->Bind(1, night.yyyymmdd());
  Pack pack;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return absl::OkStatus();
    Read<Rows>(*row, pack);
    OBSMON_RETURN_IF_ERROR(use(pack));
  }
}

/// Makes the packs of a night those of a look.
template <typename Rows>
class Replacement {
 public:
  /// `arrivals`, unless it is empty, is given those that are kept, for each row of a table of transfers.
  Replacement(sqlite::Connection& database, Night night, const Rows& rows, std::span<const KeyedRow> now,
              std::span<UtcTime> arrivals = {})
      : database_(database), night_(night), rows_(rows), now_(now), arrivals_(arrivals) {}

  absl::StatusOr<PackChanges> Run(std::span<const ReadPack> read) && {
    if (read.empty()) {
      OBSMON_RETURN_IF_ERROR(ForEachPack<Rows>(database_, night_, [this](const Pack& pack) {
        read_here_.push_back({.path = pack.path, .hash_of_contents = pack.HashOfContents()});
        return absl::OkStatus();
      }));
      read = read_here_;
    }
    OBSMON_RETURN_IF_ERROR(FindDifferences(read));
    if constexpr (std::is_same_v<Rows, TransferRows>) {
      if (!changed_.empty() && !outdated_.empty()) OBSMON_RETURN_IF_ERROR(ReadOutdated());
    }
    // First, for a database of the prototype's may order its texts by UTF-16: then a key that has gone by our
    // order may be one that is written.
    OBSMON_RETURN_IF_ERROR(RemoveGone());
    for (const Changed& changed : changed_) OBSMON_RETURN_IF_ERROR(Write(changed));
    return changes_;
  }

 private:
  using Stored = typename Rows::Stored;

  // A pack of the look that is not as it was before.
  struct Changed {
    std::span<const KeyedRow> rows{};
    const ReadPack* before = nullptr;  // with its key
  };

  // Where there was nothing before, packs are written at once.
  absl::Status FindDifferences(std::span<const ReadPack> read) {
    std::size_t next = 0;
    for (std::span<const KeyedRow> left = now_; !left.empty();) {
      const std::span<const KeyedRow> rows = left.first(SizeOfPack(left));
      left = left.subspan(rows.size());
      const Key& key = rows.front().key;
      while (next < read.size() && SqliteKeys::OfStored(read[next].path) < key) AddGone(read[next++]);
      const bool was_there = next < read.size() && read[next].path == key.path;
      const Changed changed{.rows = rows, .before = was_there ? &read[next++] : nullptr};
      if (read.empty()) {
        OBSMON_RETURN_IF_ERROR(Write(changed));
        continue;
      }
      MakePackOf(rows);
      if (was_there && changed.before->hash_of_contents == pack_.HashOfContents()) continue;
      if (was_there) outdated_.push_back(changed.before);
      changed_.push_back(changed);
    }
    while (next < read.size()) AddGone(read[next++]);
    return absl::OkStatus();
  }

  void AddGone(const ReadPack& pack) {
    outdated_.push_back(&pack);
    gone_.push_back(&pack);
  }

  void MakePackOf(std::span<const KeyedRow> rows) {
    values_.clear();
    for (const KeyedRow& row : rows) {
      Stored value = rows_[row.row];
      const auto before = before_.find(row.key.path);
      if (before != before_.end()) Rows::Keep(before->second, value);
      if constexpr (std::is_same_v<Rows, TransferRows>) {
        if (!arrivals_.empty()) arrivals_[row.row] = FromNanos(value.arrival);
      }
      values_.push_back(value);
    }
    MakePack(rows, values_, pack_);
  }

  // What is to be kept of rows, wherever they lay before.
  absl::Status ReadOutdated() {
    static const std::string sql = fmt::format("SELECT path, {} FROM {}_pack WHERE night = ?1 AND path = ?2",
                                               kPackColumns<Rows>, Rows::kTable);
    OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement row, database_.Prepared(sql));
    for (const ReadPack* const outdated : outdated_) {
      row->Reset();
      row->Bind(1, night_.yyyymmdd());
      BindPath(*row, 2, outdated->path);
      OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) continue;
      Read<Rows>(*row, pack_);
      const auto keep = [this](std::string_view path, const Stored& stored) {
        before_.insert_or_assign(paths_before_.emplace_back(path), stored);
      };
      if (!ForEachRow<Stored>(pack_, keep)) return DamagedPack(database_, night_);
    }
    return absl::OkStatus();
  }

  absl::Status Write(const Changed& changed) {
    MakePackOf(changed.rows);
    if (changed.before != nullptr && changed.before->hash_of_contents == pack_.HashOfContents()) {
      return absl::OkStatus();
    }
    static const std::string insert = InsertSql<Rows>();
    static const std::string update = UpdateSql<Rows>();
    OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement write,
                            database_.Prepared(changed.before == nullptr ? insert : update));
    write->Bind(1, night_.yyyymmdd());
    Bind<Rows>(*write, pack_);
    ++changes_.written;
    return write->Run();
  }

  absl::Status RemoveGone() {
    static const std::string sql =
        fmt::format("DELETE FROM {}_pack WHERE night = ?1 AND path = ?2", Rows::kTable);
    OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement remove, database_.Prepared(sql));
    remove->Bind(1, night_.yyyymmdd());
    for (const ReadPack* const gone : gone_) {
      BindPath(*remove, 2, gone->path);
      OBSMON_RETURN_IF_ERROR(remove->Run());
    }
    changes_.removed = static_cast<std::int64_t>(gone_.size());
    return absl::OkStatus();
  }

  sqlite::Connection& database_;
  Night night_;
  const Rows& rows_;
  std::span<const KeyedRow> now_;  // in the order of their keys
  std::span<UtcTime> arrivals_;
  ReadPacks read_here_;
  std::vector<Changed> changed_;
  std::vector<const ReadPack*> outdated_;                 // whose rows are in another pack by now, or in none
  std::vector<const ReadPack*> gone_;                     // of these, those whose key no pack has
  absl::flat_hash_map<std::string_view, Stored> before_;  // the rows of outdated_
  std::deque<std::string> paths_before_;
  std::vector<Stored> values_;
  Pack pack_;
  PackChanges changes_;
};

template <typename Rows>
absl::Status RecallPacks(sqlite::Connection& database, Night night, EarlierLook& earlier, ReadPacks* read) {
  return ForEachPack<Rows>(database, night, [&](const Pack& pack) {
    const auto recall = [&earlier](std::string_view path, const typename Rows::Stored& stored) {
      Rows::Recall(stored, path, earlier);
    };
    if (!ForEachRow<typename Rows::Stored>(pack, recall)) return DamagedPack(database, night);
    if (read != nullptr) {
      read->push_back({.path = pack.path, .hash_of_contents = pack.HashOfContents()});
    }
    return absl::OkStatus();
  });
}

// --- absent files, of which there are few

absl::StatusOr<sqlite::BorrowedStatement> SelectAbsent(sqlite::Connection& database, Night night) {
  static const std::string sql =
      fmt::format("SELECT path, {} FROM absent WHERE night = ?1 ORDER BY path", AbsentRows::kRead);
  OBSMON_ASSIGN_OR_RETURN(sqlite::BorrowedStatement select, database.Prepared(sql));
  select->Bind(1, night.yyyymmdd());
  return select;
}

absl::Status WriteAbsent(sqlite::Connection& database, Night night,
                         const Differences<StoredAbsent>& differences) {
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement remove,
                          database.Prepared("DELETE FROM absent WHERE night = ?1 AND path = ?2"));
  remove->Bind(1, night.yyyymmdd());
  for (const std::string& path : differences.removed) {
    BindPath(*remove, 2, path);
    OBSMON_RETURN_IF_ERROR(remove->Run());
  }
  static const std::string sql = fmt::format(
      "INSERT OR REPLACE INTO absent (night, path, {}) VALUES (?1, ?2, ?3, ?4)", AbsentRows::kWritten);
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement write, database.Prepared(sql));
  write->Bind(1, night.yyyymmdd());
  for (const auto& row : differences.written) {
    BindKey(*write, 2, row.key);
    SqliteSink sink(*write, 2);
    AbsentRows::Write(sink, row.row);
    OBSMON_RETURN_IF_ERROR(write->Run());
  }
  return absl::OkStatus();
}

absl::Status RecallAbsent(sqlite::Connection& database, Night night, EarlierLook& earlier) {
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement row, SelectAbsent(database, night));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return absl::OkStatus();
    AbsentRows::Recall(AbsentRows::Read(*row), row->Text(0), earlier);
  }
}

}  // namespace

void BindPath(sqlite::Statement& statement, int position, std::string_view path) {
  BindKey(statement, position, SqliteKeys::OfStored(path));
}

absl::StatusOr<PackChanges> ReplaceTransfers(sqlite::Connection& database, Night night,
                                             const TransferTable& transfers,
                                             std::span<const Verdict> verdicts,
                                             std::span<const ReadPack> read, std::span<UtcTime> arrivals) {
  const TransferRows rows{.table = transfers, .verdicts = verdicts};
  const std::vector<KeyedRow> now =
      RowsInKeyOrder(transfers.path(), SqliteKeys{}, [](std::size_t) { return true; });
  return Replacement(database, night, rows, now, arrivals).Run(read);
}

absl::StatusOr<PackChanges> ReplaceIngests(sqlite::Connection& database, Night night,
                                           const IngestTable& ingests, std::span<const ReadPack> read) {
  const IngestRows rows{.table = ingests};
  const std::vector<KeyedRow> now = RowsInKeyOrder(
      ingests.path(), SqliteKeys{}, [&](std::size_t row) { return ingests.night()[row] == night; });
  return Replacement(database, night, rows, now).Run(read);
}

absl::Status ReplaceAbsent(sqlite::Connection& database, Night night, const ExpectedTable& expected,
                           std::span<const AbsentFile> absent) {
  const StringColumn paths = PathsOf(expected, absent);
  const std::vector<KeyedRow> now = RowsInKeyOrder(paths, SqliteKeys{}, [](std::size_t) { return true; });
  const AbsentRows rows{.expected = expected, .absent = absent};
  Differences<StoredAbsent> differences;
  {
    OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement before, SelectAbsent(database, night));
    OBSMON_ASSIGN_OR_RETURN(const bool was_known, before->Step());
    if (was_known) {
      OBSMON_ASSIGN_OR_RETURN(differences, Compare(*before, SqliteKeys{}, rows, now));
    } else {
      for (const KeyedRow& row : now) differences.written.push_back({.key = row.key, .row = rows[row.row]});
    }
  }
  return WriteAbsent(database, night, differences);
}

absl::Status ReplaceEvents(sqlite::Connection& database, Night night, std::span<const FileEvent> events,
                           const TransferTable& transfers, std::span<const UtcTime> arrivals) {
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement remove,
                          database.Prepared("DELETE FROM event WHERE night = ?1"));
  OBSMON_RETURN_IF_ERROR(remove->Bind(1, night.yyyymmdd()).Run());
  if (events.empty()) return absl::OkStatus();
  OBSMON_ASSIGN_OR_RETURN(
      const sqlite::BorrowedStatement insert,
      database.Prepared("INSERT OR REPLACE INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  insert->Bind(1, night.yyyymmdd());
  absl::flat_hash_map<std::string_view, std::size_t> row_of;
  for (std::size_t row = 0; row < transfers.size(); ++row) row_of.emplace(transfers.path()[row], row);
  for (const FileEvent& event : events) {
    BindPath(*insert, 2, event.path);
    SqliteSink sink(*insert, 2);
    WriteEvent(sink, event);
    const auto file = row_of.find(event.path);
    const bool is_there = file != row_of.end();
    sink.IntOrNull(is_there ? std::optional(ToNanos(arrivals[file->second])) : std::nullopt);
    sink.IntOrNull(is_there ? std::optional(transfers.size_bytes()[file->second]) : std::nullopt);
    OBSMON_RETURN_IF_ERROR(insert->Run());
  }
  return absl::OkStatus();
}

absl::Status RecallRows(sqlite::Connection& database, Night night, EarlierLook& earlier, ReadNight* read) {
  OBSMON_RETURN_IF_ERROR(
      RecallPacks<TransferRows>(database, night, earlier, read == nullptr ? nullptr : &read->transfers));
  OBSMON_RETURN_IF_ERROR(RecallAbsent(database, night, earlier));
  return RecallPacks<IngestRows>(database, night, earlier, read == nullptr ? nullptr : &read->ingests);
}

}  // namespace obsmon
