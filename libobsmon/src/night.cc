#include "obsmon/night.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "absl/status/status.h"
#include "tai.h"

namespace obsmon {
namespace {

bool IsDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int ToInt(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

std::optional<Night> NightOf(std::string_view year, std::string_view month, std::string_view day) {
  if (!IsDigits(year) || !IsDigits(month) || !IsDigits(day)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{ToInt(year)},
                                         std::chrono::month{static_cast<unsigned>(ToInt(month))},
                                         std::chrono::day{static_cast<unsigned>(ToInt(day))}};
  if (!date.ok()) return std::nullopt;
  return Night(std::chrono::sys_days{date});
}

struct CivilSecond {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::nanoseconds> clock;
};

CivilSecond CivilOf(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss<std::chrono::nanoseconds>{time - day}};
}

std::string FormatSecond(const CivilSecond& civil) {
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(civil.date.year()),
                     static_cast<unsigned>(civil.date.month()), static_cast<unsigned>(civil.date.day()),
                     civil.clock.hours().count(), civil.clock.minutes().count(),
                     civil.clock.seconds().count());
}

}  // namespace

std::string FormatUtc(UtcTime time) { return FormatSecond(CivilOf(time)) + 'Z'; }

std::string FormatUtcNanos(UtcTime time) {
  const CivilSecond civil = CivilOf(time);
  return fmt::format("{}.{:09}Z", FormatSecond(civil), civil.clock.subseconds().count());
}

absl::StatusOr<Night> Night::Parse(std::string_view text) {
  if (const std::optional<Night> night = FromFolderName(text)) return *night;
  return absl::InvalidArgumentError(
      fmt::format("'{}' is no night: write a day of the calendar as YYYY-MM-DD or YYYYMMDD", text));
}

std::optional<Night> Night::FromFolderName(std::string_view name) {
  if (name.size() == 8) return NightOf(name.substr(0, 4), name.substr(4, 2), name.substr(6, 2));
  if (name.size() == 10 && name[4] == '-' && name[7] == '-') {
    return NightOf(name.substr(0, 4), name.substr(5, 2), name.substr(8, 2));
  }
  return std::nullopt;
}

Night Night::Containing(UtcTime time, const NightRule& rule) {
  const std::chrono::seconds scale = rule.scale == TimeScale::kTai ? kTaiMinusUtc : std::chrono::seconds{0};
  return Night(std::chrono::floor<std::chrono::days>(time + scale - rule.offset));
}

Night Night::OfUtcDate(UtcTime time) { return Night(std::chrono::floor<std::chrono::days>(time)); }

std::string Night::ToString() const {
  const std::chrono::year_month_day date{date_};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string Night::Compact() const { return fmt::format("{:08}", yyyymmdd()); }

int Night::yyyymmdd() const {
  const std::chrono::year_month_day date{date_};
  return static_cast<int>(date.year()) * 10000 + static_cast<int>(static_cast<unsigned>(date.month())) * 100 +
         static_cast<int>(static_cast<unsigned>(date.day()));
}

}  // namespace obsmon
