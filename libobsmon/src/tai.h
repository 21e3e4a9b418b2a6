// International Atomic Time, by which some cameras and Gen3 registries count. Private to the library.
#ifndef OBSMON_SRC_TAI_H_
#define OBSMON_SRC_TAI_H_

#include <chrono>

namespace obsmon {

/// TAI-UTC since 2017-01-01 (IERS Bulletin C 52). Instants of earlier dates would be off by a few seconds; no
/// stream that obsmon knows is as old (the first Gen3 repositories are of 2019).
inline constexpr std::chrono::seconds kTaiMinusUtc{37};

}  // namespace obsmon

#endif  // OBSMON_SRC_TAI_H_
