#include "monitor/read_nights.h"
#include "obsmon/monitor.h"

namespace obsmon {

std::vector<StreamCheck> CheckStreams(std::span<const StreamOutput> streams, UtcTime as_of,
                                      const CheckLimits& limits) {
  std::vector<StreamCheck> checks;
  checks.reserve(streams.size());
  for (const StreamOutput& stream : streams) {
    checks.push_back(CheckStream(stream.name, ReadNights(stream), as_of, limits));
  }
  return checks;
}

}  // namespace obsmon
