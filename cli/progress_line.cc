#include "progress_line.h"

#include <fmt/format.h>

#include "text/utf8.h"

namespace obsmon::cli {
namespace {

constexpr std::chrono::seconds kPatience{1};
constexpr std::size_t kLongestWork = 40;  // so that the line fits a terminal of 80 columns and can be cleared
constexpr std::string_view kClearLine = "\r\x1b[K";

}  // namespace

void ProgressLine::Begin(std::string_view work) {
  Clear();
  work_ = EscapeForDisplay(work.substr(0, kLongestWork));
  began_.reset();
}

void ProgressLine::Show(std::string_view stage, std::int64_t done, std::int64_t total) {
  if (!clock_) return;
  const auto now = clock_();
  if (!began_) began_ = now;
  if (now - *began_ < kPatience) return;
  const std::string amount = total > 0 ? fmt::format("{} of {}", done, total) : fmt::format("{}", done);
  terminal_ << fmt::format("{}{}: {} {}", kClearLine, work_, stage, amount) << std::flush;
  shown_ = true;
}

void ProgressLine::Clear() {
  if (!shown_) return;
  terminal_ << kClearLine << std::flush;
  shown_ = false;
}

}  // namespace obsmon::cli
