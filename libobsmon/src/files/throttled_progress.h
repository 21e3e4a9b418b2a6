// Progress at the pace that WorkControl promises. Private to the library.
#ifndef OBSMON_SRC_FILES_THROTTLED_PROGRESS_H_
#define OBSMON_SRC_FILES_THROTTLED_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string_view>

#include "obsmon/files.h"

namespace obsmon {

/// Passes on what it is told at most every 50 ms, and nothing of the first 50.
///
/// Reads the monotonic clock, from which no result can depend on the time of day. Threads: the caller's only.
class ThrottledProgress {
 public:
  using Clock = std::chrono::steady_clock;

  /// REQUIRES: `progress` and `stage` outlive it.
  ThrottledProgress(const Progress& progress, std::string_view stage, Clock::time_point began = Clock::now())
      : progress_(progress), stage_(stage), last_(began) {}

  void Report(std::int64_t done, std::int64_t total, Clock::time_point now = Clock::now()) {
    if (!progress_ || now - last_ < std::chrono::milliseconds{50}) return;
    last_ = now;
    progress_(stage_, done, total);
  }

 private:
  const Progress& progress_;
  std::string_view stage_;
  Clock::time_point last_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_THROTTLED_PROGRESS_H_
