#include "monitor/read_nights.h"
#include "obsmon/monitor.h"

namespace obsmon {

std::vector<StreamCheck> CheckStreams(std::span<const StreamOutput> streams, UtcTime as_of,
                                      const CheckLimits& limits, const std::stop_token& stop) {
  std::vector<StreamCheck> checks;
  checks.reserve(streams.size());
  HistoryReader reader(stop);
  for (const StreamOutput& stream : streams) {
    CheckLimits of_stream = limits;
    of_stream.max_age = limits.max_age.value_or(stream.max_age);
    checks.push_back(CheckStream(stream.name, reader.Nights(stream), as_of, of_stream));
  }
  return checks;
}

}  // namespace obsmon
