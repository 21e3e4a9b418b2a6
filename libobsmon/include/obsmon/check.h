// CHECK: should someone be called? What the histories of streams say of their latest nights, in the one line
// and the four words of the Monitoring Plugins guidelines
// (https://www.monitoring-plugins.org/doc/guidelines.html), which Nagios, Icinga and their kin all read.
//
// Pure: no I/O, no clock, no failure.
// Threads: call from any number at once.
#ifndef OBSMON_CHECK_H_
#define OBSMON_CHECK_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/history.h"
#include "obsmon/night.h"

namespace obsmon {

/// What a check ends with. The numbers are the exit statuses of a plugin.
enum class CheckState : std::uint8_t { kOk = 0, kWarning = 1, kCritical = 2, kUnknown = 3 };

/// "OK", "WARNING", "CRITICAL", "UNKNOWN".
std::string_view CheckStateName(CheckState state);

/// From when on something is worth a call.
struct CheckLimits {
  Night since{};              ///< the first night that counts
  std::int64_t warning = 1;   ///< so many files that need attention are a WARNING; 0 or less: never
  std::int64_t critical = 1;  ///< so many are CRITICAL, which is asked first; 0 or less: never
  /// A stream that was last looked at longer ago is UNKNOWN whatever was found then: its monitor is dead.
  std::chrono::seconds max_age = std::chrono::minutes{15};
};

/// What is to be said of one stream.
struct StreamCheck {
  std::string stream{};
  CheckState state = CheckState::kUnknown;
  std::string sentence{};              ///< why, without the stream's name and without a full stop
  std::int64_t num_nights = 0;         ///< nights that count
  std::int64_t files = 0;              ///< of these nights
  std::int64_t attention = 0;          ///< those of the files that need attention
  std::int64_t waiting = 0;            ///< those in flight, settling or pending
  std::optional<UtcTime> last_look{};  ///< at any of its nights; absent where there was none
};

/// Judges one stream by what its history says, or by why that can't be read. `nights` as History::Nights
/// gives them.
///
/// The first of these that holds: UNKNOWN (no history, never looked at, or not lately); CRITICAL and WARNING
/// by the number of files that need attention; UNKNOWN (a registry, or a part of storage, that could not be
/// read at the last look); OK.
StreamCheck CheckStream(std::string stream, const absl::StatusOr<std::vector<NightSummary>>& nights,
                        UtcTime as_of, const CheckLimits& limits);

/// The state of them all: CRITICAL where one is, else UNKNOWN, else WARNING, else OK. Of none, UNKNOWN.
CheckState WorstOf(std::span<const StreamCheck> checks);

/// "OBSMON OK - comCam: …| files=109 attention=0;0;0;0 …": the one line of output, without a newline. The
/// performance data are files, attention, waiting (of the nights that count) and age (of the last look, in
/// seconds), of several streams each with the stream's name before it.
std::string CheckLine(std::span<const StreamCheck> checks, UtcTime as_of, const CheckLimits& limits);

}  // namespace obsmon

#endif  // OBSMON_CHECK_H_
