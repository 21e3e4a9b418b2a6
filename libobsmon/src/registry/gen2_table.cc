#include "registry/gen2_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "status_macros.h"
#include "text/utc_text.h"

namespace obsmon {
namespace {

struct FieldColumn {
  RawField field;
  std::string_view column;
};

// Where two columns can fill a field, the earlier here wins.
constexpr auto kFieldColumns = std::to_array<FieldColumn>({
    {RawField::kDayObs, "dayobs"},
    {RawField::kDateObs, "dateobs"},
    {RawField::kRun, "run"},
    {RawField::kRaftName, "raftname"},
    {RawField::kDetectorName, "detectorname"},
    {RawField::kSkyField, "field"},
    {RawField::kFilter, "filter"},
    {RawField::kObsId, "obsid"},
    {RawField::kImageType, "imagetype"},
    {RawField::kVisit, "visit"},
    {RawField::kExpId, "expid"},
    {RawField::kDetector, "detector"},
    {RawField::kDetector, "ccd"},
    {RawField::kSnap, "snap"},
    {RawField::kPointing, "pointing"},
});

constexpr std::array<std::string_view, 3> kNightColumns = {"dayobs", "dateobs", "date"};
constexpr int kNumNightColumns = kNightColumns.size();

constexpr std::int64_t kRowsBetweenStops = 4096;

std::string Selected(std::string_view column) {
  return column.empty() ? "NULL" : fmt::format("\"{}\"", column);
}

// Free text from a header becomes part of a path: it may not lead out of the repository, nor end the path
// early.
bool FitsIntoPath(std::string_view text) {
  return !text.empty() && !text.starts_with('/') && text.find('\0') == std::string_view::npos &&
         text != ".." && !text.starts_with("../") && !text.ends_with("/..") &&
         text.find("/../") == std::string_view::npos;
}

// "2019-05-31T02:38:37.384", or a blank for the T; seconds and their fractions can't change the night.
std::optional<Night> NightOfInstant(std::string_view text) {
  constexpr std::size_t kDate = 10;  // YYYY-MM-DD
  constexpr std::size_t kHour = 13;  // … and Thh
  if (text.size() < kHour || (text[kDate] != 'T' && text[kDate] != ' ')) return std::nullopt;
  const std::optional<Night> date = Night::FromFolderName(text.substr(0, kDate));
  int hour = -1;
  const auto [end, error] = std::from_chars(text.data() + kDate + 1, text.data() + kHour, hour);
  if (!date || error != std::errc{} || end != text.data() + kHour || hour < 0 || hour > 23) {
    return std::nullopt;
  }
  const std::optional<UtcTime> instant = CheckedUtc(date->date() + std::chrono::hours{hour});
  return instant ? std::optional(Night::Containing(*instant)) : std::nullopt;
}

// Adjacent rows share most of their texts: the last one of each column is compared before the pool is asked.
class TextReader {
 public:
  explicit TextReader(TextPool& pool) : pool_(pool) {}

  void Read(const sqlite::Statement& statement, int column, RawField field, RawRow& row) {
    const std::string_view text = statement.Text(column);
    if (!FitsIntoPath(text)) return;
    std::optional<std::uint32_t>& last = last_[static_cast<std::size_t>(field)];
    if (!last || pool_[*last] != text) last = pool_.Add(text);
    row.SetText(field, *last);
  }

 private:
  TextPool& pool_;
  std::array<std::optional<std::uint32_t>, kNumTextFields> last_;
};

RawRow RowOf(const sqlite::Statement& statement, FieldSet fields, TextReader& texts) {
  RawRow row;
  for (std::size_t i = 0; i < kNumRawFields; ++i) {
    const auto field = static_cast<RawField>(i);
    const int column = kNumNightColumns + static_cast<int>(i);
    if (!fields.Has(field)) continue;
    if (IsText(field)) {
      texts.Read(statement, column, field, row);
    } else if (const std::optional<std::int64_t> number = statement.WholeNumber(column)) {
      row.SetNumber(field, *number);
    }
  }
  return row;
}

}  // namespace

absl::StatusOr<RawColumns> RawColumns::Read(sqlite::Connection& database) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement info, database.Prepare("PRAGMA table_info(raw)"));
  RawColumns columns;
  bool has_table = false;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, info.Step());
    if (!has_row) break;
    has_table = true;
    columns.Add(absl::AsciiStrToLower(std::string(info.Text(sqlite::kNameInTableInfo))));
  }
  if (!has_table) return absl::FailedPreconditionError("it has no table 'raw'");
  if (std::ranges::all_of(columns.night_columns_, &std::string::empty)) {
    return absl::FailedPreconditionError("its table 'raw' has none of the columns dayObs, dateObs and date");
  }
  return columns;
}

void RawColumns::Add(std::string_view column) {
  for (const auto& [field, name] : kFieldColumns) {
    std::string& chosen = columns_[static_cast<std::size_t>(field)];
    if (name == column && (chosen.empty() || name == "detector")) {
      chosen = column;
      fields_.Add(field);
    }
  }
  for (std::size_t i = 0; i < kNightColumns.size(); ++i) {
    if (kNightColumns[i] == column) night_columns_[i] = column;
  }
  if (column == "testseqnum") has_test_seq_num_ = true;
}

std::string RawColumns::SelectRows() const {
  std::vector<std::string> selected;
  std::vector<std::string> may_belong;
  for (const std::string& column : night_columns_) {
    selected.push_back(Selected(column));
    if (!column.empty()) may_belong.push_back(fmt::format("(\"{0}\" >= ?1 AND \"{0}\" < ?2)", column));
  }
  for (const std::string& column : columns_) selected.push_back(Selected(column));
  return fmt::format("SELECT {} FROM raw WHERE {}", fmt::join(selected, ", "), fmt::join(may_belong, " OR "));
}

absl::StatusOr<RawRows> ReadRawRows(sqlite::Connection& database, const RawColumns& columns,
                                    std::span<const Night> nights, const std::stop_token& stop) {
  RawRows rows;
  for (const Night night : nights) rows.nights.try_emplace(night);
  if (nights.empty()) return rows;
  const auto [first, last] = std::ranges::minmax(nights);
  const Night end = last + 2;  // an instant belongs to the night of its own date, or to the one before

  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement statement, database.Prepare(columns.SelectRows()));
  statement.Bind(1, first.ToString()).Bind(2, end.ToString());
  const bool has_day_obs = columns.fields().Has(RawField::kDayObs);
  TextReader texts(rows.texts);
  for (std::int64_t num_read = 0;; ++num_read) {
    if (num_read % kRowsBetweenStops == 0 && stop.stop_requested()) return absl::CancelledError("cancelled");
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
    if (!has_row) break;
    const std::optional<Night> night = NightOfRow(statement.Text(0), statement.Text(1), statement.Text(2));
    if (!night) continue;
    const auto wanted = rows.nights.find(*night);
    if (wanted == rows.nights.end()) continue;
    RawRow& row = wanted->second.emplace_back(RowOf(statement, columns.fields(), texts));
    // Where the row's own is empty: its file lies in the folder of the night all the same.
    if (has_day_obs && !row.Has(RawField::kDayObs))
      row.SetText(RawField::kDayObs, rows.texts.Add(night->ToString()));
  }
  return rows;
}

std::optional<Night> NightOfRow(std::string_view day_obs, std::string_view date_obs, std::string_view date) {
  if (const std::optional<Night> night = Night::FromFolderName(day_obs)) return night;
  if (const std::optional<Night> night = Night::FromFolderName(date_obs)) return night;
  if (const std::optional<Night> night = NightOfInstant(date_obs)) return night;
  if (const std::optional<Night> night = NightOfInstant(date)) return night;
  return Night::FromFolderName(date);
}

}  // namespace obsmon
