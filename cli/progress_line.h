// How far long work has come, as one line on a terminal.
#ifndef OBSMON_CLI_PROGRESS_LINE_H_
#define OBSMON_CLI_PROGRESS_LINE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace obsmon::cli {

using MonotonicClock = std::function<std::chrono::steady_clock::time_point()>;

/// A line that is written over again and again, and gone when the work is done. Work that is done within a
/// second shows none.
class ProgressLine {
 public:
  /// Without `clock`, nothing is ever shown.
  ProgressLine(std::ostream& terminal, MonotonicClock clock)
      : terminal_(terminal), clock_(std::move(clock)) {}
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Names the work whose progress comes next, and starts its second.
  void Begin(std::string_view work);
  void Show(std::string_view stage, std::int64_t done, std::int64_t total);
  /// Takes the line away, so that other lines can be written.
  void Clear();

 private:
  std::ostream& terminal_;
  MonotonicClock clock_;
  std::string work_;
  std::optional<std::chrono::steady_clock::time_point> began_;
  bool shown_ = false;
};

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_PROGRESS_LINE_H_
