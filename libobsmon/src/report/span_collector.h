// Spans of time by group, and what they add up to.
#ifndef OBSMON_SRC_REPORT_SPAN_COLLECTOR_H_
#define OBSMON_SRC_REPORT_SPAN_COLLECTOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "obsmon/report.h"

namespace obsmon {

class SpanCollector {
 public:
  using Group = std::uint32_t;
  static constexpr Group kNoGroup = ~Group{0};

  /// Adds a span where there is one.
  void Add(Group group, const std::optional<std::chrono::nanoseconds>& span) {
    if (span) spans_.push_back({.span = *span, .group = group});
  }

  LatencySummary OfAll() const;
  /// Of the groups 0 to `num_groups` - 1, each by itself. O(spans + groups).
  std::vector<LatencySummary> OfEach(std::size_t num_groups) const;

 private:
  struct Entry {
    std::chrono::nanoseconds span{};
    Group group = kNoGroup;
  };
  std::vector<Entry> spans_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_REPORT_SPAN_COLLECTOR_H_
