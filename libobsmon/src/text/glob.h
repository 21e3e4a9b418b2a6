// Patterns of names, in which '*' is any text and '?' any character.
#ifndef OBSMON_SRC_TEXT_GLOB_H_
#define OBSMON_SRC_TEXT_GLOB_H_

#include <string_view>

namespace obsmon {

/// Whether all of `text` fits `pattern`. Takes no more than size times size steps, whatever the pattern.
bool FitsGlob(std::string_view pattern, std::string_view text);

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_GLOB_H_
