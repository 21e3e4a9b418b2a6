// METRICS: what the histories of streams say, in the text format of Prometheus
// (https://prometheus.io/docs/instrumenting/exposition_formats/), for the textfile collector of its node
// exporter.
//
// Pure: no I/O, no clock, no failure.
// Threads: call from any number at once.
#ifndef OBSMON_METRICS_H_
#define OBSMON_METRICS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "obsmon/history.h"

namespace obsmon {

/// A night is a label of a metric while it is one of so many latest: each label is a series that Prometheus
/// keeps for ever.
inline constexpr std::size_t kNightsWithMetrics = 3;

/// What is told of one stream.
struct StreamMetrics {
  std::string stream{};
  int update_status = 0;  ///< how its update ended: the exit status of `obsmon update` for it
  /// As History::Nights gives them; absent where the history can't be read.
  std::optional<std::vector<NightSummary>> nights{};
};

/// The metrics, documented in README under "Metrics". Without timestamps, which the collector refuses.
std::string RenderMetrics(std::span<const StreamMetrics> streams);

}  // namespace obsmon

#endif  // OBSMON_METRICS_H_
