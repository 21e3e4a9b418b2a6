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
#include "obsmon/report.h"

namespace obsmon {

/// What a check ends with. The numbers are the exit statuses of a plugin.
enum class CheckState : std::uint8_t { kOk = 0, kWarning = 1, kCritical = 2, kUnknown = 3 };

/// "OK", "WARNING", "CRITICAL", "UNKNOWN".
std::string_view CheckStateName(CheckState state);

/// A range as plugins of Nagios have it: a number that leaves it is worth a call.
struct CheckRange {
  std::optional<std::int64_t> least = 0;  ///< absent: there is no bound
  std::optional<std::int64_t> most{};     ///< likewise
  bool is_inverted = false;               ///< a number within is worth a call ("@")

  bool IsLeftBy(double value) const;
  /// As the guidelines write it: "10" (0 to 10), "5:" (from 5 on), "~:10" (up to 10), "@5:10".
  std::string ToString() const;

  friend bool operator==(const CheckRange&, const CheckRange&) = default;
};

/// What is worth a call. CRITICAL is asked before WARNING.
struct CheckLimits {
  Night since{};                   ///< the first night that counts
  CheckRange warning{.most = 0};   ///< of the files that need attention
  CheckRange critical{.most = 0};  ///< likewise
  /// Of how long files took, in seconds: 95 % of them, and the longest. Absent: whatever it was. Lateness
  /// can't be mended later, so that the newest night that counts and has such files is judged alone.
  std::optional<CheckRange> p95_warning{};
  std::optional<CheckRange> p95_critical{};
  std::optional<CheckRange> longest_warning{};
  std::optional<CheckRange> longest_critical{};
  LatencySummary Latencies::*latency = &Latencies::arrival_to_ingest;  ///< from when to when
  /// A stream that was last looked at longer ago is UNKNOWN whatever was found then: its monitor is dead.
  /// Absent: the stream's own (StreamOutput::max_age).
  std::optional<std::chrono::seconds> max_age{};
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
  std::chrono::seconds max_age{};      ///< how old it might be
  LatencySummary latency{};            ///< of the newest night that counts and has such files
  Night latency_night{};               ///< that night; meaningless where there are none
};

/// Judges one stream by what its history says, or by why that can't be read. `nights` as History::Nights
/// gives them.
///
/// The first of these that holds: UNKNOWN (no history, never looked at, or not lately); CRITICAL and WARNING
/// by the limits; UNKNOWN (a registry, or a part of storage, that could not be read at the last look; no
/// night that counts); OK.
StreamCheck CheckStream(std::string stream, const absl::StatusOr<std::vector<NightSummary>>& nights,
                        UtcTime as_of, const CheckLimits& limits);

/// The state of them all: CRITICAL where one is, else UNKNOWN, else WARNING, else OK. Of none, UNKNOWN.
CheckState WorstOf(std::span<const StreamCheck> checks);

/// "OBSMON OK - comCam: …| files=109 attention=0;0;0;0 …": the one line of output, without a newline. The
/// performance data are files, attention, waiting (of the nights that count), age (of the last look, in
/// seconds), and p95 and longest (in seconds, where there is a latency), of several streams each with the
/// stream's name before it. A stream that was never looked at, or whose history can't be read, has none.
std::string CheckLine(std::span<const StreamCheck> checks, UtcTime as_of, const CheckLimits& limits);

}  // namespace obsmon

#endif  // OBSMON_CHECK_H_
