// The pages' script, by name.
#ifndef OBSMON_SRC_PAGES_PAGE_SCRIPT_H_
#define OBSMON_SRC_PAGES_PAGE_SCRIPT_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace obsmon {

/// "data/obsmon-0123456789abcdef.js".
std::string PageScriptName();

/// "data/status.js".
std::string PageStatusName();
/// The age that was given to RenderPageStatus when it wrote `status`; absent where there is none.
std::optional<std::chrono::milliseconds> MaxAgeIn(std::string_view status);

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_PAGE_SCRIPT_H_
