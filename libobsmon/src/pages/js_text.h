// Values as JavaScript reads them: the only way into a data file.
#ifndef OBSMON_SRC_PAGES_JS_TEXT_H_
#define OBSMON_SRC_PAGES_JS_TEXT_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "obsmon/night.h"

namespace obsmon {

/// Appends any bytes as a quoted string. A byte that does not belong to UTF-8 becomes the lone surrogate
/// U+DC00 + byte, as Python's surrogateescape has it, so that no two names become one and each can be given
/// back exactly.
void AppendJsString(std::string_view bytes, std::string& out);

/// Milliseconds since 1970 in UTC, as a Date has them.
inline std::int64_t Milliseconds(UtcTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

/// Appends `value` in base 64, five bits a character, the lowest first, as source maps write numbers: a
/// difference that is small takes one character.
void AppendVlq(std::int64_t value, std::string& out);

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_JS_TEXT_H_
