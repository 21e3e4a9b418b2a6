// An instant as databases and lists write it.
#ifndef OBSMON_SRC_TEXT_UTC_TEXT_H_
#define OBSMON_SRC_TEXT_UTC_TEXT_H_

#include <optional>
#include <string_view>

#include "obsmon/night.h"

namespace obsmon {

/// Reads "2024-10-03 01:02:03", with T for the blank, a fraction of a second, and a Z behind it, or without,
/// as UTC. Nothing where it is something else.
std::optional<UtcTime> ParseUtcText(std::string_view text);

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_UTC_TEXT_H_
