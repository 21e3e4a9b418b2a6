// Numbers as people read them, appended to a text: a page of 20,000 rows has no time for temporaries.
#ifndef OBSMON_SRC_TEXT_HUMAN_H_
#define OBSMON_SRC_TEXT_HUMAN_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "obsmon/night.h"

namespace obsmon {

/// "1,234,567".
void AppendCount(std::int64_t count, std::string& out);
std::string HumanCount(std::int64_t count);

/// "1 file", "1,234 files".
std::string CountOf(std::int64_t count, std::string_view one, std::string_view many);

/// "2,880 B", "57.6 kB", "33.6 MB", "1.2 TB": a kB is 1000 bytes.
void AppendSize(std::int64_t bytes, std::string& out);
std::string HumanSize(std::int64_t bytes);

/// "2020-05-02 00:28:59Z", cut to whole seconds; HTML takes it for a time as it stands.
void AppendTime(UtcTime time, std::string& out);
std::string HumanTime(UtcTime time);

/// "28.1 s", "2 min 05 s", "1 h 05 min 12 s": exact to what is shown, for columns that are compared; cut, not
/// rounded, with a "−" before it where it is negative.
void AppendSpan(std::chrono::nanoseconds span, std::string& out);

/// "0.8 s", "42 s", "12 min", "3 h 05 min", "2 d 4 h": cut, not rounded, to what a reader wants at that size,
/// for sentences; with a "−" before it where it is negative.
std::string HumanDuration(std::chrono::nanoseconds span);

/// "97.3 %". What is not all is never shown as "100 %", and what is not nothing never as "0 %".
/// REQUIRES: 0 <= part <= whole.
std::string HumanShare(std::int64_t part, std::int64_t whole);

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_HUMAN_H_
