#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <system_error>

#include "monitor/read_nights.h"
#include "obsmon/metrics.h"
#include "obsmon/monitor.h"
#include "obsmon/pages.h"

namespace obsmon {

absl::Status PublishMetrics(const std::filesystem::path& file, std::span<const StreamOutput> streams,
                            std::span<const UpdateOutcome> results, const std::stop_token& stop) {
  std::vector<StreamMetrics> metrics;
  metrics.reserve(streams.size());
  HistoryReader reader(stop);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    StreamMetrics stream{.stream = streams[i].name, .update_status = static_cast<int>(results[i])};
    // The update has told already why a history can't be read.
    if (auto nights = reader.Nights(streams[i]); nights.ok()) stream.nights = *std::move(nights);
    metrics.push_back(std::move(stream));
  }
  // What a link leads to is meant; and a device that somebody named is not to become a file.
  constexpr int kMostLinks = 40;  // as the kernel has it
  std::error_code error;
  std::filesystem::path place = file;
  for (int link = 0; link < kMostLinks && std::filesystem::is_symlink(place, error); ++link) {
    place = place.parent_path() / std::filesystem::read_symlink(place, error);
  }
  const std::filesystem::file_status found = std::filesystem::symlink_status(place, error);
  if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found)) {
    return absl::FailedPreconditionError(
        fmt::format("{}: the metrics can't be written there, for it is no regular file", file.string()));
  }
  return PublishFile(place, RenderMetrics(metrics));
}

}  // namespace obsmon
