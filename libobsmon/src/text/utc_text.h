// An instant as databases and lists write it.
#ifndef OBSMON_SRC_TEXT_UTC_TEXT_H_
#define OBSMON_SRC_TEXT_UTC_TEXT_H_

#include <chrono>
#include <optional>
#include <string_view>

#include "obsmon/night.h"

namespace obsmon {

/// Absent where `time`, of a coarser clock, is beyond obsmon's instants.
template <typename Duration>
std::optional<UtcTime> CheckedUtc(std::chrono::sys_time<Duration> time) {
  if (time < std::chrono::ceil<Duration>(kEarliestTime)) return std::nullopt;
  if (time > std::chrono::floor<Duration>(kLatestTime)) return std::nullopt;
  return UtcTime(time);
}

/// Reads "2024-10-03 01:02:03", with T for the blank, a fraction of a second, and a Z behind it, or without,
/// as UTC. Nothing where it is something else, or beyond obsmon's instants.
std::optional<UtcTime> ParseUtcText(std::string_view text);

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_UTC_TEXT_H_
