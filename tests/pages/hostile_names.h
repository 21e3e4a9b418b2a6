// Some 300 file names as an attacker, or a bad day, would choose them.
#ifndef OBSMON_TESTS_PAGES_HOSTILE_NAMES_H_
#define OBSMON_TESTS_PAGES_HOSTILE_NAMES_H_

#include <string>
#include <vector>

namespace obsmon::samples {

/// All different, each below `folder` but for some that begin a path: no component is longer than 255 bytes,
/// and none has a byte that Linux refuses in a name.
std::vector<std::string> ManyHostileNames(const std::string& folder);

}  // namespace obsmon::samples

#endif  // OBSMON_TESTS_PAGES_HOSTILE_NAMES_H_
