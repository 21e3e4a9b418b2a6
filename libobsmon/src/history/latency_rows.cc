#include "history/latency_rows.h"

#include <fmt/format.h>

#include <string_view>

#include "history/sqlite_sink.h"
#include "history/stored_rows.h"
#include "status_macros.h"

namespace obsmon {
namespace {

constexpr std::string_view kRemove = "DELETE FROM latency WHERE night = ?1";
constexpr std::string_view kWrite = "INSERT INTO latency VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

}  // namespace

absl::Status ReadLatencies(sqlite::Connection& database, std::span<NightSummary> nights) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement row,
                          database.Prepare(fmt::format("SELECT {} FROM latency", kLatencyColumns)));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row.Step());
    if (!found) return absl::OkStatus();
    TakeLatency(row, nights);
  }
}

absl::Status WriteLatencies(sqlite::Connection& database, Night night, const Latencies& latency) {
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement remove, database.Prepared(kRemove));
  OBSMON_RETURN_IF_ERROR(remove->Bind(1, night.yyyymmdd()).Run());
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement write, database.Prepared(kWrite));
  write->Bind(1, night.yyyymmdd());
  for (const LatencyKind& kind : kLatencyKinds) {
    const LatencySummary& summary = latency.*kind.of;
    if (summary.files == 0) continue;
    SqliteSink sink(*write, 1);
    WriteLatency(sink, kind.name, summary);
    OBSMON_RETURN_IF_ERROR(write->Run());
  }
  return absl::OkStatus();
}

}  // namespace obsmon
