#include <cstddef>

#include "monitor/read_nights.h"
#include "obsmon/metrics.h"
#include "obsmon/monitor.h"
#include "obsmon/pages.h"

namespace obsmon {

absl::Status PublishMetrics(const std::filesystem::path& file, std::span<const StreamOutput> streams,
                            std::span<const UpdateOutcome> results) {
  std::vector<StreamMetrics> metrics;
  metrics.reserve(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    StreamMetrics stream{.stream = streams[i].name, .update_status = static_cast<int>(results[i])};
    // The update has told already why a history can't be read.
    if (auto nights = ReadNights(streams[i]); nights.ok()) stream.nights = *std::move(nights);
    metrics.push_back(std::move(stream));
  }
  return PublishFile(file, RenderMetrics(metrics));
}

}  // namespace obsmon
