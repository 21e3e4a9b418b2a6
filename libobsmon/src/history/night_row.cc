#include "history/night_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

namespace obsmon {
namespace {

/// Why a night whose look ended in "unknown" is that.
std::string TroubleOf(const NightReport& report) {
  if (report.state != NightState::kUnknown) return {};
  if (!report.evidence.registry_status.ok()) return std::string(report.evidence.registry_status.message());
  if (!report.evidence.expected_status.ok()) return std::string(report.evidence.expected_status.message());
  if (report.evidence.issues.empty()) return {};
  const ScanIssue& first = report.evidence.issues.front();
  return fmt::format("{}: {}", first.path, std::string(first.status.message()));
}

}  // namespace

NightSummary SummaryOf(const NightReport& report) {
  return {.night = report.night,
          .state = report.state,
          .counts = report.counts,
          .legacy = report.legacy,
          .latency = report.latency,
          .num_issues = std::ssize(report.evidence.issues),
          .num_hiding = std::ranges::count_if(report.evidence.issues, HidesFiles),
          .trouble = TroubleOf(report),
          .looked_at = report.as_of,
          .changed_at = report.as_of};
}

NightSummary UnknownSummaryOf(const NightReport& report, const std::string& trouble) {
  NightSummary summary = SummaryOf(report);
  summary.state = NightState::kUnknown;
  summary.trouble = trouble;
  summary.num_issues = summary.num_hiding = 0;
  return summary;
}

absl::Status CheckVerdicts(const NightReport& report, std::string_view place) {
  const std::size_t num_files = report.evidence.transfers.size();
  if (report.match.verdict.size() == num_files) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: the report of {} has {} verdicts for {} files; make it with MakeReport", place,
                  report.night.ToString(), report.match.verdict.size(), num_files));
}

}  // namespace obsmon
