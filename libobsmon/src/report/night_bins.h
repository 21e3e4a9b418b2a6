// A night in equal stretches of time: what arrived and was ingested in each, and how long files took.
#ifndef OBSMON_SRC_REPORT_NIGHT_BINS_H_
#define OBSMON_SRC_REPORT_NIGHT_BINS_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "obsmon/report.h"

namespace obsmon {

inline constexpr std::size_t kNightBins = 96;

struct NightBin {
  UtcTime begin{};  ///< it ends where the next begins
  std::int64_t arrived = 0;
  std::int64_t ingested = 0;
  LatencySummary creation_to_ingest{};  ///< of the ingested files that were created in it
};

struct NightBins {
  /// From a round time at or before the first creation on, of a round length: all of them hold the night's
  /// creations, and arrivals and ingests up to six hours after the last of these.
  std::array<NightBin, kNightBins> bins{};
  std::chrono::nanoseconds length{};  ///< of each; 0 where no file has a time that belongs to the night
  std::int64_t arrived_outside = 0;   ///< arrivals that lie in none
  std::int64_t ingested_outside = 0;  ///< likewise

  bool empty() const { return length == std::chrono::nanoseconds::zero(); }
  UtcTime EndOf(std::size_t bin) const { return bins.at(bin).begin + length; }
};

NightBins BinsOf(const NightReport& report);

/// Files of the night's folders that were created at another time, as a folder that got a wrong name, or a
/// camera whose clock was never set, leaves them.
struct CreatedElsewhere {
  std::int64_t files = 0;
  UtcTime earliest{};  ///< of their creations; meaningless where there are none
  UtcTime latest{};
};

/// Meant is what was created before the noon that precedes the night's own, or more than two days after that
/// of the night: by whatever rule a stream's nights begin, that is in none of them.
CreatedElsewhere CreatedElsewhereOf(const NightReport& report);

/// "3 files were created at another time, from 2019-01-01 00:00:00Z to …"; empty where there are none.
std::string InWords(const CreatedElsewhere& elsewhere);

}  // namespace obsmon

#endif  // OBSMON_SRC_REPORT_NIGHT_BINS_H_
