#include "history/night_row.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "obsmon/match.h"
#include "obsmon/report.h"

namespace obsmon {

// The columns of both statements in the same order: those of the verdicts in that of their numbers.
#define OBSMON_NIGHT_COLUMNS                                                                          \
  "number, nite, state, trouble, looked_at, changed_at, from_prototype, num_issues, files, ingested," \
  " artifact_gone, missing, in_flight, ignored, pending, failed, settling, not_fits, too_small,"      \
  " not_ingested, unknown, last_creation, last_arrival, last_ingest, legacy_files, legacy_ingested,"  \
  " legacy_small, legacy_not_fits, legacy_errors, legacy_last_creation, legacy_last_ingest"

#define OBSMON_SELECT_NIGHTS(exposures) \
  "SELECT " OBSMON_NIGHT_COLUMNS ", " exposures " FROM night ORDER BY number DESC"
const char* const kSelectNights = OBSMON_SELECT_NIGHTS("exposures, without_manifest");
const char* const kSelectNightsOfVersion1 = OBSMON_SELECT_NIGHTS("0, 0");
#undef OBSMON_SELECT_NIGHTS

const char* const kWriteNight = "INSERT OR REPLACE INTO night (" OBSMON_NIGHT_COLUMNS
                                ", exposures, without_manifest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                                " ?, ?, ?, ?, ?, ?)";

#undef OBSMON_NIGHT_COLUMNS

namespace {

static_assert(kNumVerdicts == 12 && static_cast<int>(Verdict::kUnknown) == 11,
              "a new verdict needs a column in the table night, and a new kSchemaVersion");

/// Hands out the columns of a row one after the other.
class Reader {
 public:
  explicit Reader(const sqlite::Statement& row) : row_(row) {}
  std::int64_t Int() { return row_.Int(column_++); }
  std::string_view Text() { return row_.Text(column_++); }
  std::optional<UtcTime> Time() { return TimeIn(row_, column_++); }

 private:
  const sqlite::Statement& row_;
  int column_ = 0;
};

/// Binds values to the positions of a statement one after the other.
class Binder {
 public:
  explicit Binder(sqlite::Statement& statement) : statement_(statement) {}
  void Int(std::int64_t value) { statement_.Bind(++position_, value); }
  void Text(const std::string& text) { statement_.Bind(++position_, std::string_view(text)); }
  void Time(std::optional<UtcTime> time) { BindTime(statement_, ++position_, time); }

 private:
  sqlite::Statement& statement_;
  int position_ = 0;
};

// A number that no obsmon of this version writes says that nothing certain is known.
NightState StateOf(std::int64_t number) {
  constexpr auto kLast = static_cast<std::int64_t>(NightState::kUnknown);
  return number >= 0 && number < kLast ? static_cast<NightState>(number) : NightState::kUnknown;
}

Night NightOf(std::int64_t yyyymmdd) {
  return Night(std::chrono::year(static_cast<int>(yyyymmdd / 10'000)) /
               std::chrono::month(static_cast<unsigned>(yyyymmdd / 100 % 100)) /
               std::chrono::day(static_cast<unsigned>(yyyymmdd % 100)));
}

}  // namespace

std::optional<UtcTime> TimeIn(const sqlite::Statement& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return FromNanos(row.Int(column));
}

void BindTime(sqlite::Statement& statement, int position, std::optional<UtcTime> time) {
  if (time) {
    statement.Bind(position, ToNanos(*time));
  } else {
    statement.BindNull(position);
  }
}

NightSummary ReadNightRow(const sqlite::Statement& row) {
  Reader reader(row);
  NightSummary night{.night = NightOf(reader.Int())};
  reader.Text();  // the same night by its other name
  night.state = StateOf(reader.Int());
  night.trouble = reader.Text();
  night.looked_at = FromNanos(reader.Int());
  night.changed_at = reader.Time();
  night.from_prototype = reader.Int() != 0;
  night.num_issues = reader.Int();
  night.counts.files = reader.Int();
  for (const Verdict verdict : kAllVerdicts) night.counts[verdict] = reader.Int();
  night.counts.last_creation = reader.Time();
  night.counts.last_arrival = reader.Time();
  night.counts.last_ingest = reader.Time();
  night.legacy.n_files = reader.Int();
  night.legacy.n_ingest = reader.Int();
  night.legacy.n_small = reader.Int();
  night.legacy.n_not_fits = reader.Int();
  night.legacy.n_error = reader.Int();
  night.legacy.last_creation = reader.Time();
  night.legacy.last_ingest = reader.Time();
  night.counts.exposures = reader.Int();
  night.counts.without_manifest = reader.Int();
  return night;
}

absl::Status WriteNightRow(sqlite::Statement& statement, const NightSummary& night) {
  Binder binder(statement);
  binder.Int(night.night.yyyymmdd());
  binder.Text(night.night.ToString());
  binder.Int(static_cast<std::int64_t>(night.state));
  binder.Text(night.trouble);
  binder.Int(ToNanos(night.looked_at));
  binder.Time(night.changed_at);
  binder.Int(night.from_prototype ? 1 : 0);
  binder.Int(night.num_issues);
  binder.Int(night.counts.files);
  for (const Verdict verdict : kAllVerdicts) binder.Int(night.counts[verdict]);
  binder.Time(night.counts.last_creation);
  binder.Time(night.counts.last_arrival);
  binder.Time(night.counts.last_ingest);
  binder.Int(night.legacy.n_files);
  binder.Int(night.legacy.n_ingest);
  binder.Int(night.legacy.n_small);
  binder.Int(night.legacy.n_not_fits);
  binder.Int(night.legacy.n_error);
  binder.Time(night.legacy.last_creation);
  binder.Time(night.legacy.last_ingest);
  binder.Int(night.counts.exposures);
  binder.Int(night.counts.without_manifest);
  return statement.Run();
}

}  // namespace obsmon
