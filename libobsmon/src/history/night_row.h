// A row of the table `night`, but for the fingerprint's columns, as a NightSummary.
#ifndef OBSMON_SRC_HISTORY_NIGHT_ROW_H_
#define OBSMON_SRC_HISTORY_NIGHT_ROW_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/history.h"
#include "obsmon/night.h"
#include "sqlite/sqlite.h"

namespace obsmon {

inline std::int64_t ToNanos(UtcTime time) { return time.time_since_epoch().count(); }
inline UtcTime FromNanos(std::int64_t nanos) { return UtcTime(std::chrono::nanoseconds(nanos)); }

/// The time in a column; absent where it is NULL.
std::optional<UtcTime> TimeIn(const sqlite::Statement& row, int column);
void BindTime(sqlite::Statement& statement, int position, std::optional<UtcTime> time);

/// Selects all nights, newest first, for ReadNightRow.
extern const char* const kSelectNights;
/// The same from the tables of version 1.
extern const char* const kSelectNightsOfVersion1;
NightSummary ReadNightRow(const sqlite::Statement& row);

/// Puts the night's row, with no fingerprint, in place of the one that is there. Runs with WriteNightRow.
extern const char* const kWriteNight;
absl::Status WriteNightRow(sqlite::Statement& statement, const NightSummary& night);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_NIGHT_ROW_H_
