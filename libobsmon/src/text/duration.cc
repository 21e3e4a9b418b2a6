#include "text/duration.h"

#include <fmt/format.h>

namespace obsmon {

std::string HumanDuration(std::chrono::nanoseconds span) {
  using std::chrono::duration_cast;
  if (span < std::chrono::nanoseconds::zero()) return "\u2212" + HumanDuration(-span);
  const auto tenths = duration_cast<std::chrono::milliseconds>(span).count() / 100;
  if (tenths < 100) return fmt::format("{}.{} s", tenths / 10, tenths % 10);
  const auto seconds = duration_cast<std::chrono::seconds>(span).count();
  if (seconds < 120) return fmt::format("{} s", seconds);
  const auto minutes = seconds / 60;
  if (minutes < 120) return fmt::format("{} min", minutes);
  const auto hours = minutes / 60;
  if (hours < 48) return fmt::format("{} h {:02} min", hours, minutes % 60);
  return fmt::format("{} d {} h", hours / 24, hours % 24);
}

}  // namespace obsmon
