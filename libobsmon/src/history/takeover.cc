#include "history/takeover.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "history/schema.h"
#include "history/sqlite_sink.h"
#include "status_macros.h"
#include "text/utc_text.h"

namespace obsmon {
namespace {

using ColumnNames = std::set<std::string, std::less<>>;

/// A table of the prototype, and the columns that it has had from the first layout on.
struct PrototypeTable {
  std::string_view name;
  std::array<std::string_view, 3> columns;
};

constexpr std::array<PrototypeTable, 5> kPrototypeTables = {{
    {.name = "FILE_COUNT", .columns = {"nite_obs", "n_files", "n_ingest"}},
    {.name = "TRANSFER_LIST", .columns = {"nite_trans", "transfer_path", "last_update"}},
    {.name = "INGEST_LIST", .columns = {"nite_obs", "ingest_path", "ingest_time"}},
    {.name = "FILE_COUNT_GEN3", .columns = {"nite_obs", "n_files", "n_ingest"}},
    {.name = "FILE_LIST_GEN3", .columns = {"nite", "transfer_path", "status"}},
}};

/// The columns of a table, in lower case; none where there is no such table.
absl::StatusOr<ColumnNames> ColumnsOf(sqlite::Connection& database, std::string_view table) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement statement,
                          database.Prepare("SELECT c.name FROM sqlite_master m, pragma_table_info(m.name) c"
                                           " WHERE m.type = 'table' AND m.name = ?1 COLLATE NOCASE"));
  statement.Bind(1, table);
  ColumnNames columns;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, statement.Step());
    if (!found) return columns;
    columns.insert(absl::AsciiStrToLower(std::string(statement.Text(0))));
  }
}

/// The first of `names` that is a column, as SQL; else `otherwise`. The names are ours, never a file's.
std::string FirstOf(const ColumnNames& columns, std::initializer_list<std::string_view> names,
                    std::string_view otherwise) {
  for (const std::string_view name : names) {
    if (columns.contains(name)) return fmt::format("o.{}", name);
  }
  return std::string(otherwise);
}

/// A column of times with the 'T' that the older layouts had no use for.
std::string TimeOf(const ColumnNames& columns, std::initializer_list<std::string_view> names) {
  std::string column = FirstOf(columns, names, "NULL");
  if (column == "NULL") return column;
  return fmt::format(
      "CASE WHEN {0} LIKE '____-__-__-__:__:__' THEN substr({0}, 1, 10) || 'T' || substr({0}, 12) ELSE {0} "
      "END",
      column);
}

/// "2020-05-01T18:00:00", or with '-' for 'T'. Absent for the prototype's zeros, and for what is no time.
std::optional<UtcTime> ParseTime(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == '0' ? absl::ascii_isdigit(static_cast<unsigned char>(text[i]))
                                      : text[i] == kForm[i] || (kForm[i] == 'T' && text[i] == '-');
    if (!fits) return std::nullopt;
  }
  std::string with_t(text);
  with_t[10] = 'T';
  return ParseUtcText(with_t);
}

NightSummary SummaryOf(Night night, const LegacyCounts& legacy, UtcTime looked_at) {
  NightSummary summary{.night = night, .legacy = legacy, .looked_at = looked_at, .from_prototype = true};
  summary.counts.files = legacy.n_files;
  summary.counts[Verdict::kIngested] = legacy.n_ingest;
  summary.counts[Verdict::kNotFits] = legacy.n_not_fits;
  summary.counts[Verdict::kNotIngested] = legacy.n_error;
  // N_Small has small files of any name; those that are FITS files are what is left.
  const std::int64_t rest = legacy.n_files - legacy.n_ingest - legacy.n_not_fits - legacy.n_error;
  summary.counts[Verdict::kTooSmall] = std::max<std::int64_t>(rest, 0);
  summary.state =
      summary.counts.Of(Concern::kAttention) > 0 ? NightState::kNeedsAttention : NightState::kComplete;
  summary.counts.last_creation = legacy.last_creation;
  summary.counts.last_ingest = legacy.last_ingest;
  return summary;
}

absl::Status MoveTransfers(sqlite::Connection& database) {
  OBSMON_ASSIGN_OR_RETURN(const ColumnNames columns, ColumnsOf(database, "TRANSFER_LIST"));
  if (columns.empty()) return absl::OkStatus();
  return database.Execute(fmt::format(
      "INSERT INTO prototype_transfer SELECT {}, o.nite_trans, {}, o.transfer_path, {}, {}"
      " FROM TRANSFER_LIST o ORDER BY o.rowid",
      FirstOf(columns, {"filenum"}, "-o.rowid"), TimeOf(columns, {"last_update"}),
      TimeOf(columns, {"creation_time", "transfer_time"}), FirstOf(columns, {"file_size"}, "NULL")));
}

// The first layout has no Filenum: its lists were joined by the path in storage. A number is made up that
// joins the same rows: minus the rowid in TRANSFER_LIST, or one that is nobody's.
absl::Status MoveIngests(sqlite::Connection& database) {
  OBSMON_ASSIGN_OR_RETURN(const ColumnNames columns, ColumnsOf(database, "INGEST_LIST"));
  OBSMON_ASSIGN_OR_RETURN(const ColumnNames transfers, ColumnsOf(database, "TRANSFER_LIST"));
  if (columns.empty()) return absl::OkStatus();
  const bool by_path =
      !columns.contains("filenum") && columns.contains("transfer_path") && !transfers.empty();
  return database.Execute(fmt::format(
      "INSERT INTO prototype_ingest SELECT {}, o.ingest_path, o.nite_obs, {}, {} FROM INGEST_LIST o {}"
      " ORDER BY o.rowid",
      FirstOf(columns, {"filenum"}, by_path ? "ifnull(-t.rowid, -1000000000000 - o.rowid)" : "NULL"),
      TimeOf(columns, {"last_update"}), TimeOf(columns, {"ingest_time"}),
      by_path ? "LEFT JOIN TRANSFER_LIST t ON t.Transfer_Path = o.Transfer_Path" : ""));
}

// Its times have fractions of a second, in no one form, and are kept as they are.
absl::Status MoveGen3(sqlite::Connection& database, std::string_view from, std::string_view to,
                      std::initializer_list<std::string_view> names) {
  OBSMON_ASSIGN_OR_RETURN(const ColumnNames columns, ColumnsOf(database, from));
  if (columns.empty()) return absl::OkStatus();
  std::string list;
  for (const std::string_view name : names) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", FirstOf(columns, {name}, "NULL"));
  }
  return database.Execute(fmt::format("INSERT INTO {} SELECT {} FROM {} o ORDER BY o.rowid", to, list, from));
}

absl::Status MoveNights(sqlite::Connection& database) {
  OBSMON_ASSIGN_OR_RETURN(const std::vector<NightSummary> nights, ReadPrototypesNights(database));
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement write, database.Prepare(kWriteNight));
  for (const NightSummary& night : nights) OBSMON_RETURN_IF_ERROR(WriteNightRow(write, night));
  return absl::OkStatus();
}

absl::StatusOr<bool> NightsAreDates(sqlite::Connection& database) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement row, database.Prepare("SELECT Nite_Obs FROM FILE_COUNT"));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row.Step());
    if (!found) return true;
    if (!Night::Parse(row.Text(0)).ok()) return false;
  }
}

absl::Status DropPrototypesTables(sqlite::Connection& database) {
  for (const PrototypeTable& table : kPrototypeTables) {
    OBSMON_RETURN_IF_ERROR(database.Execute(fmt::format("DROP TABLE IF EXISTS {}", table.name)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> IsPrototypes(sqlite::Connection& database) {
  bool any = false;
  for (const PrototypeTable& table : kPrototypeTables) {
    OBSMON_ASSIGN_OR_RETURN(const ColumnNames columns, ColumnsOf(database, table.name));
    if (columns.empty()) continue;
    const bool fits = std::ranges::all_of(table.columns, [&](auto name) { return columns.contains(name); });
    if (!fits) return false;
    any = true;
    if (table.name != "FILE_COUNT") continue;
    OBSMON_ASSIGN_OR_RETURN(const bool nights_are_dates, NightsAreDates(database));
    if (!nights_are_dates) return false;
  }
  return any;
}

absl::StatusOr<std::vector<NightSummary>> ReadPrototypesNights(sqlite::Connection& database) {
  std::vector<NightSummary> nights;
  OBSMON_ASSIGN_OR_RETURN(const ColumnNames columns, ColumnsOf(database, "FILE_COUNT"));
  if (columns.empty()) return nights;
  OBSMON_ASSIGN_OR_RETURN(
      sqlite::Statement row,
      database.Prepare(
          fmt::format("SELECT o.nite_obs, {}, o.n_files, {}, o.n_ingest, {}, {}, {}, {} FROM FILE_COUNT o",
                      FirstOf(columns, {"last_update"}, "NULL"),
                      FirstOf(columns, {"last_creation", "last_transfer"}, "NULL"),
                      FirstOf(columns, {"n_small"}, "0"), FirstOf(columns, {"n_not_fits"}, "0"),
                      FirstOf(columns, {"n_error", "n_uningested"}, "max(o.n_files - o.n_ingest, 0)"),
                      FirstOf(columns, {"last_ingest"}, "NULL"))));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row.Step());
    if (!found) return nights;
    const absl::StatusOr<Night> night = Night::Parse(row.Text(0));
    if (!night.ok()) continue;  // then IsPrototypes is false
    const LegacyCounts legacy{.n_files = row.Int(2),
                              .n_ingest = row.Int(4),
                              .n_small = row.Int(5),
                              .n_not_fits = row.Int(6),
                              .n_error = row.Int(7),
                              .last_creation = ParseTime(row.Text(3)),
                              .last_ingest = ParseTime(row.Text(8))};
    nights.push_back(SummaryOf(*night, legacy, ParseTime(row.Text(1)).value_or(UtcTime{})));
  }
}

absl::Status TakeOver(sqlite::Connection& database) {
  OBSMON_RETURN_IF_ERROR(MakeTables(database));
  OBSMON_RETURN_IF_ERROR(MoveNights(database));
  OBSMON_RETURN_IF_ERROR(MoveTransfers(database));
  OBSMON_RETURN_IF_ERROR(MoveIngests(database));
  OBSMON_RETURN_IF_ERROR(MoveGen3(database, "FILE_COUNT_GEN3", "prototype_file_count_gen3",
                                  {"nite_obs", "last_update", "n_files", "last_creation", "n_ingest",
                                   "n_small", "n_not_fits", "n_error", "last_transfer", "last_ingest"}));
  OBSMON_RETURN_IF_ERROR(
      MoveGen3(database, "FILE_LIST_GEN3", "prototype_file_list_gen3",
               {"filenum", "nite", "last_update", "transfer_path", "status", "creation_time", "transfer_time",
                "ingest_time", "file_size", "err_message"}));
  OBSMON_RETURN_IF_ERROR(DropPrototypesTables(database));
  OBSMON_RETURN_IF_ERROR(MakeViews(database));
  return MarkAsHistory(database);
}

}  // namespace obsmon
