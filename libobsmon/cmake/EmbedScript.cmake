# cmake -DPARTS=a.js;b.js -DHEADER=script.h -P EmbedScript.cmake
#
# Writes a C++ header with the pages' script: its parts, one after the other, in one function of strict mode, so that
# nothing but what they mean to share is seen from outside. Lines that are comments alone, and indentation, stay behind.
# The hash goes into the script's name.
set(script "\"use strict\";(()=>{\n")
foreach(part IN LISTS PARTS)
  file(READ "${part}" text)
  string(APPEND script "${text}")
endforeach()
string(APPEND script "})();\n")
string(REGEX REPLACE "\n +" "\n" script "${script}")
string(REGEX REPLACE "\n(//[^\n]*\n)+" "\n" script "${script}")
string(REGEX REPLACE "\n\n+" "\n" script "${script}")
string(SHA256 hash "${script}")
string(SUBSTRING "${hash}" 0 16 hash)

file(WRITE "${HEADER}" "// Made from the pages' script by EmbedScript.cmake.
#ifndef OBSMON_PAGES_SCRIPT_H_
#define OBSMON_PAGES_SCRIPT_H_

namespace obsmon {

inline constexpr char kScript[] = R\"js(${script})js\";
inline constexpr char kScriptHash[] = \"${hash}\";

}  // namespace obsmon

#endif  // OBSMON_PAGES_SCRIPT_H_
")
