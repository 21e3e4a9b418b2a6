#include "history/latency_rows.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "status_macros.h"

namespace obsmon {
namespace {

constexpr std::string_view kSelect =
    "SELECT night, span, files, negative, shortest, p50, p95, longest FROM latency";
constexpr std::string_view kRemove = "DELETE FROM latency WHERE night = ?1";
constexpr std::string_view kWrite = "INSERT INTO latency VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

struct Span {
  std::string_view name;
  LatencySummary Latencies::*summary;
};

constexpr std::array kSpans = {Span{"creation_to_arrival", &Latencies::creation_to_arrival},
                               Span{"arrival_to_ingest", &Latencies::arrival_to_ingest},
                               Span{"creation_to_ingest", &Latencies::creation_to_ingest}};

LatencySummary ReadRow(const sqlite::Statement& row) {
  const auto span = [&row](int column) { return std::chrono::nanoseconds(row.Int(column)); };
  return {.files = row.Int(2),
          .negative = row.Int(3),
          .min = span(4),
          .p50 = span(5),
          .p95 = span(6),
          .max = span(7)};
}

}  // namespace

absl::Status ReadLatencies(sqlite::Connection& database, std::span<NightSummary> nights) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement row, database.Prepare(kSelect));
  const auto number = [](const NightSummary& night) { return std::int64_t{night.night.yyyymmdd()}; };
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row.Step());
    if (!found) return absl::OkStatus();
    const auto night = std::ranges::lower_bound(nights, row.Int(0), std::greater{}, number);
    const auto* span = std::ranges::find(kSpans, row.Text(1), &Span::name);
    if (night == nights.end() || number(*night) != row.Int(0) || span == kSpans.end()) continue;
    night->latency.*span->summary = ReadRow(row);
  }
}

absl::Status WriteLatencies(sqlite::Connection& database, Night night, const Latencies& latency) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement remove, database.Prepare(kRemove));
  OBSMON_RETURN_IF_ERROR(remove.Bind(1, night.yyyymmdd()).Run());
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement write, database.Prepare(kWrite));
  for (const Span& span : kSpans) {
    const LatencySummary& summary = latency.*span.summary;
    if (summary.files == 0) continue;
    write.Bind(1, night.yyyymmdd()).Bind(2, span.name).Bind(3, summary.files).Bind(4, summary.negative);
    write.Bind(5, summary.min.count()).Bind(6, summary.p50.count());
    write.Bind(7, summary.p95.count()).Bind(8, summary.max.count());
    OBSMON_RETURN_IF_ERROR(write.Run());
  }
  return absl::OkStatus();
}

}  // namespace obsmon
