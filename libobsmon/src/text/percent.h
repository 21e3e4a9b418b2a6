// Escapes of URIs.
#ifndef OBSMON_SRC_TEXT_PERCENT_H_
#define OBSMON_SRC_TEXT_PERCENT_H_

#include <string>
#include <string_view>

namespace obsmon {

/// `text` with each %XX replaced by its byte.
std::string PercentDecoded(std::string_view text);

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_PERCENT_H_
