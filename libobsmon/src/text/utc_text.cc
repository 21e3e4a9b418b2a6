#include "text/utc_text.h"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace obsmon {

std::optional<UtcTime> ParseUtcText(std::string_view text) {
  if (text.ends_with('Z')) text.remove_suffix(1);
  constexpr std::size_t kDate = 10;   // YYYY-MM-DD
  constexpr std::size_t kWhole = 19;  // … hh:mm:ss
  constexpr std::size_t kMostDigits = 9;
  if (text.size() < kWhole || (text[kDate] != ' ' && text[kDate] != 'T')) return std::nullopt;
  const std::optional<Night> date = Night::FromFolderName(text.substr(0, kDate));
  const auto two = [text](std::size_t at) {
    const auto digit = [text](std::size_t i) {
      return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100;
    };
    return digit(at) * 10 + digit(at + 1);
  };
  const int hour = two(11);
  const int minute = two(14);
  const int second = two(17);
  if (!date || text[13] != ':' || text[16] != ':' || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const std::optional<UtcTime> begin = CheckedUtc(date->date());
  if (!begin) return std::nullopt;
  std::uint64_t nanoseconds = 0;
  if (text.size() > kWhole) {
    const std::string_view digits = text.substr(kWhole + 1);
    if (text[kWhole] != '.' || digits.empty() || digits.size() > kMostDigits) return std::nullopt;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), nanoseconds);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    for (std::size_t i = digits.size(); i < kMostDigits; ++i) nanoseconds *= 10;
  }
  return *begin + std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second} +
         std::chrono::nanoseconds{static_cast<std::int64_t>(nanoseconds)};
}

}  // namespace obsmon
