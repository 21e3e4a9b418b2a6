// The rows of the table `latency`.
#ifndef OBSMON_SRC_HISTORY_LATENCY_ROWS_H_
#define OBSMON_SRC_HISTORY_LATENCY_ROWS_H_

#include <span>

#include "absl/status/status.h"
#include "obsmon/history.h"
#include "obsmon/night.h"
#include "obsmon/report.h"
#include "sqlite/sqlite.h"

namespace obsmon {

/// Fills in the latencies of `nights`, which are sorted newest first.
absl::Status ReadLatencies(sqlite::Connection& database, std::span<NightSummary> nights);

/// Makes the night's rows those of `latency`.
absl::Status WriteLatencies(sqlite::Connection& database, Night night, const Latencies& latency);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_LATENCY_ROWS_H_
