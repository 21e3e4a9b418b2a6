#include "text/human.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <iterator>

namespace obsmon {

void AppendCount(std::int64_t count, std::string& out) {
  const fmt::format_int digits(count);
  const std::string_view text(digits.data(), digits.size());
  const std::size_t sign = count < 0 ? 1 : 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > sign && (text.size() - i) % 3 == 0) out += ',';
    out += text[i];
  }
}

std::string HumanCount(std::int64_t count) {
  std::string out;
  AppendCount(count, out);
  return out;
}

std::string CountOf(std::int64_t count, std::string_view one, std::string_view many) {
  std::string out = HumanCount(count);
  out += ' ';
  out += count == 1 ? one : many;
  return out;
}

void AppendSize(std::int64_t bytes, std::string& out) {
  if (bytes < 10'000) {
    AppendCount(bytes, out);
    out += " B";
    return;
  }
  constexpr std::array<std::string_view, 6> kUnits = {"kB", "MB", "GB", "TB", "PB", "EB"};
  std::size_t unit = 0;
  double size = static_cast<double>(bytes) / 1000;
  // From 999.95 on one decimal would read 1000.0.
  while (size >= 999.95 && unit + 1 < kUnits.size()) {
    size /= 1000;
    ++unit;
  }
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:.1f} {}"), size, kUnits[unit]);
}

std::string HumanSize(std::int64_t bytes) {
  std::string out;
  AppendSize(bytes, out);
  return out;
}

void AppendTime(UtcTime time, std::string& out) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto second = std::chrono::floor<std::chrono::seconds>(time - day).count();
  // Compiled, for a page has several times a file.
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z"),
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), second / 3600, second / 60 % 60, second % 60);
}

std::string HumanTime(UtcTime time) {
  std::string out;
  AppendTime(time, out);
  return out;
}

void AppendSpan(std::chrono::nanoseconds span, std::string& out) {
  if (span < std::chrono::nanoseconds::zero()) {
    out += "\u2212";
    span = -span;
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(span).count();
  const auto to = std::back_inserter(out);
  if (seconds < 60) {
    fmt::format_to(to, FMT_COMPILE("{}.{} s"), seconds, span.count() / 100'000'000 % 10);
  } else if (seconds < 3600) {
    fmt::format_to(to, FMT_COMPILE("{} min {:02} s"), seconds / 60, seconds % 60);
  } else {
    fmt::format_to(to, FMT_COMPILE("{} h {:02} min {:02} s"), seconds / 3600, seconds / 60 % 60,
                   seconds % 60);
  }
}

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

std::string HumanShare(std::int64_t part, std::int64_t whole) {
  if (part == 0) return "0 %";
  if (part == whole) return "100 %";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 0.1) return "<0.1 %";
  if (percent > 99.9) return ">99.9 %";
  return fmt::format("{:.1f} %", percent);
}

}  // namespace obsmon
