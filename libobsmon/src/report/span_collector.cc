#include "report/span_collector.h"

#include <algorithm>
#include <span>

namespace obsmon {
namespace {

using Nanos = std::chrono::nanoseconds;

// Orders `spans` anew.
LatencySummary Summarise(std::span<Nanos> spans) {
  if (spans.empty()) return {};
  const auto rank = [spans](std::size_t percent) {
    const std::size_t place = (spans.size() * percent + 99) / 100 - 1;
    std::ranges::nth_element(spans, spans.begin() + static_cast<std::ptrdiff_t>(place));
    return spans[place];
  };
  const auto negative = std::ranges::count_if(spans, [](Nanos span) { return span < Nanos::zero(); });
  return {.files = static_cast<std::int64_t>(spans.size()),
          .negative = negative,
          .min = *std::ranges::min_element(spans),
          .p50 = rank(50),
          .p95 = rank(95),
          .max = *std::ranges::max_element(spans)};
}

}  // namespace

LatencySummary SpanCollector::OfAll() const {
  std::vector<Nanos> spans;
  spans.reserve(spans_.size());
  for (const Entry& entry : spans_) spans.push_back(entry.span);
  return Summarise(spans);
}

std::vector<LatencySummary> SpanCollector::OfEach(std::size_t num_groups) const {
  std::vector<std::size_t> ends(num_groups + 1, 0);  // first the sizes, then where each group ends
  for (const Entry& entry : spans_) {
    if (entry.group < num_groups) ++ends[entry.group + 1];
  }
  for (std::size_t group = 0; group < num_groups; ++group) ends[group + 1] += ends[group];
  std::vector<Nanos> sorted(ends.back());
  std::vector<std::size_t> next(ends.begin(), ends.end() - 1);
  for (const Entry& entry : spans_) {
    if (entry.group < num_groups) sorted[next[entry.group]++] = entry.span;
  }
  std::vector<LatencySummary> summaries;
  summaries.reserve(num_groups);
  for (std::size_t group = 0; group < num_groups; ++group) {
    summaries.push_back(Summarise(std::span(sorted).subspan(ends[group], ends[group + 1] - ends[group])));
  }
  return summaries;
}

}  // namespace obsmon
