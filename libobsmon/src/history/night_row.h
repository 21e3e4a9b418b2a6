// A row of the table `night`, but for the fingerprint's columns, as a NightSummary.
#ifndef OBSMON_SRC_HISTORY_NIGHT_ROW_H_
#define OBSMON_SRC_HISTORY_NIGHT_ROW_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "history/stored_rows.h"
#include "obsmon/history.h"
#include "obsmon/match.h"
#include "obsmon/night.h"
#include "obsmon/report.h"

namespace obsmon {

// The columns in the order in which they are read and written: those of the verdicts in that of their
// numbers.
#define OBSMON_NIGHT_COLUMNS_OF_VERSION_1                                                             \
  "number, nite, state, trouble, looked_at, changed_at, from_prototype, num_issues, files, ingested," \
  " artifact_gone, missing, in_flight, ignored, pending, failed, settling, not_fits, too_small,"      \
  " not_ingested, unknown, last_creation, last_arrival, last_ingest, legacy_files, legacy_ingested,"  \
  " legacy_small, legacy_not_fits, legacy_errors, legacy_last_creation, legacy_last_ingest"
#define OBSMON_NIGHT_COLUMNS_OF_VERSION_2 OBSMON_NIGHT_COLUMNS_OF_VERSION_1 ", exposures, without_manifest"
#define OBSMON_NIGHT_COLUMNS OBSMON_NIGHT_COLUMNS_OF_VERSION_2 ", num_hiding"

static_assert(kNumVerdicts == 12 && static_cast<int>(Verdict::kUnknown) == 11,
              "a new verdict needs a column in the table night, and a new version of both schemas");

/// What the report of a look comes to.
NightSummary SummaryOf(const NightReport& report);

/// Of one that could not read the registry: see FactsOf in night_facts.h.
NightSummary UnknownSummaryOf(const NightReport& report, const std::string& trouble);

/// Refuses a report whose verdicts are not those of its files, at `place`: kInvalidArgument.
absl::Status CheckVerdicts(const NightReport& report, std::string_view place);

// A number that no obsmon of this version writes says that nothing certain is known.
inline NightState NightStateOf(std::int64_t number) {
  constexpr auto kLast = static_cast<std::int64_t>(NightState::kUnknown);
  return number >= 0 && number < kLast ? static_cast<NightState>(number) : NightState::kUnknown;
}

inline Night NightOfNumber(std::int64_t yyyymmdd) {
  return Night(std::chrono::year(static_cast<int>(yyyymmdd / 10'000)) /
               std::chrono::month(static_cast<unsigned>(yyyymmdd / 100 % 100)) /
               std::chrono::day(static_cast<unsigned>(yyyymmdd % 100)));
}

/// Hands out the columns of a row one after the other.
template <typename Row>
class ColumnReader {
 public:
  explicit ColumnReader(const Row& row) : row_(row) {}
  std::int64_t Int() { return row_.Int(column_++); }
  std::string_view Text() { return row_.Text(column_++); }
  std::optional<UtcTime> Time() { return TimeIn(row_, column_++); }

 private:
  const Row& row_;
  int column_ = 0;
};

/// Reads OBSMON_NIGHT_COLUMNS.
template <typename Row>
NightSummary ReadNightRow(const Row& row) {
  ColumnReader reader(row);
  NightSummary night{.night = NightOfNumber(reader.Int())};
  reader.Text();  // the same night by its other name
  night.state = NightStateOf(reader.Int());
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
  night.num_hiding = reader.Int();
  return night;
}

/// Writes OBSMON_NIGHT_COLUMNS.
template <typename Sink>
void WriteNight(Sink& sink, const NightSummary& night) {
  sink.Int(night.night.yyyymmdd());
  sink.Text(night.night.ToString());
  sink.Int(static_cast<std::int64_t>(night.state));
  sink.Text(night.trouble);
  sink.Int(ToNanos(night.looked_at));
  sink.Time(night.changed_at);
  sink.Int(night.from_prototype ? 1 : 0);
  sink.Int(night.num_issues);
  sink.Int(night.counts.files);
  for (const Verdict verdict : kAllVerdicts) sink.Int(night.counts[verdict]);
  sink.Time(night.counts.last_creation);
  sink.Time(night.counts.last_arrival);
  sink.Time(night.counts.last_ingest);
  sink.Int(night.legacy.n_files);
  sink.Int(night.legacy.n_ingest);
  sink.Int(night.legacy.n_small);
  sink.Int(night.legacy.n_not_fits);
  sink.Int(night.legacy.n_error);
  sink.Time(night.legacy.last_creation);
  sink.Time(night.legacy.last_ingest);
  sink.Int(night.counts.exposures);
  sink.Int(night.counts.without_manifest);
  sink.Int(night.num_hiding);
}

// --- the fingerprint

#define OBSMON_FINGERPRINT_COLUMNS "registry_token, registry_digest, rules_digest, good_until, trusted"

/// Reads OBSMON_FINGERPRINT_COLUMNS: all but the folders.
template <typename Row>
NightFingerprint ReadFingerprint(const Row& row) {
  return {.registry_token = std::string(row.Text(0)),
          .registry_digest = std::bit_cast<std::uint64_t>(row.Int(1)),
          .rules_digest = std::bit_cast<std::uint64_t>(row.Int(2)),
          .good_until = TimeIn(row, 3),
          .trusted = row.Int(4) != 0};
}

/// Writes OBSMON_FINGERPRINT_COLUMNS.
template <typename Sink>
void WriteFingerprint(Sink& sink, const NightFingerprint& fingerprint) {
  sink.Text(fingerprint.registry_token);
  sink.Int(std::bit_cast<std::int64_t>(fingerprint.registry_digest));
  sink.Int(std::bit_cast<std::int64_t>(fingerprint.rules_digest));
  sink.Time(fingerprint.good_until);
  sink.Int(fingerprint.trusted ? 1 : 0);
}

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_NIGHT_ROW_H_
