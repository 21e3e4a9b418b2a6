#include "pause.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "obsmon/stream.h"

namespace obsmon::cli {

absl::StatusOr<std::optional<std::chrono::seconds>> PauseOf(const Options& options) {
  const Given* every = options.Find("every");
  if (every == nullptr) return std::nullopt;
  const absl::StatusOr<std::chrono::seconds> span = ParseDuration(every->text);
  if (span.ok() && *span >= std::chrono::seconds{1}) return *span;
  return absl::InvalidArgumentError(
      fmt::format("{}: '{}' is no pause between looks: write 30s, 5min …", every->source, every->text));
}

bool WaitUntil(std::chrono::steady_clock::time_point then, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, stop, then, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace obsmon::cli
