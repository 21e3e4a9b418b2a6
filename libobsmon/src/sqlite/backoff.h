// Waiting for somebody else's database, in steps that grow, up to a limit.
#ifndef OBSMON_SRC_SQLITE_BACKOFF_H_
#define OBSMON_SRC_SQLITE_BACKOFF_H_

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <stop_token>
#include <thread>
#include <utility>

namespace obsmon::sqlite {

/// One patience for all the reasons that one read may have to wait for. It adds up its own waits, and asks no
/// clock; where SQLite's busy timeout would wait on its own, this one can be told to stop.
class Backoff {
 public:
  explicit Backoff(std::stop_token stop) : stop_(std::move(stop)) {}

  /// Waits one step; false, without a wait, once it has waited for `limit` in all or is told to stop.
  bool Wait(std::chrono::milliseconds limit) {
    if (waited_ >= limit || stop_.stop_requested()) return false;
    const auto step = std::min(kSteps[std::min(num_steps_++, kSteps.size() - 1)], limit - waited_);
    std::this_thread::sleep_for(step);
    waited_ += step;
    return true;
  }

 private:
  // The steps of SQLite's own busy handler: short ones first, for a commit takes milliseconds.
  static constexpr std::array<std::chrono::milliseconds, 12> kSteps = {
      std::chrono::milliseconds{1},  std::chrono::milliseconds{2},  std::chrono::milliseconds{5},
      std::chrono::milliseconds{10}, std::chrono::milliseconds{15}, std::chrono::milliseconds{20},
      std::chrono::milliseconds{25}, std::chrono::milliseconds{25}, std::chrono::milliseconds{25},
      std::chrono::milliseconds{50}, std::chrono::milliseconds{50}, std::chrono::milliseconds{100}};

  std::stop_token stop_;
  std::chrono::milliseconds waited_{0};
  std::size_t num_steps_ = 0;
};

}  // namespace obsmon::sqlite

#endif  // OBSMON_SRC_SQLITE_BACKOFF_H_
