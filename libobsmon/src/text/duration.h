// Spans of time for people.
#ifndef OBSMON_SRC_TEXT_DURATION_H_
#define OBSMON_SRC_TEXT_DURATION_H_

#include <chrono>
#include <string>

namespace obsmon {

/// "0.8 s", "42 s", "12 min", "3 h 05 min", "2 d 4 h": cut, not rounded, to what a reader wants at that size;
/// with a "−" before it where it is negative.
std::string HumanDuration(std::chrono::nanoseconds span);

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_DURATION_H_
