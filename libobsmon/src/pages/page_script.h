// The pages' script, by name.
#ifndef OBSMON_SRC_PAGES_PAGE_SCRIPT_H_
#define OBSMON_SRC_PAGES_PAGE_SCRIPT_H_

#include <string>

namespace obsmon {

/// "data/obsmon-0123456789abcdef.js".
std::string PageScriptName();

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_PAGE_SCRIPT_H_
