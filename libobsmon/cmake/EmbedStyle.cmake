# cmake -DSTYLE=style.css -DHEADER=style.h -P EmbedStyle.cmake
#
# Writes a C++ header with the style sheet, and with the hash by which a page's Content-Security-Policy allows
# that style and no other. Comments and indentation stay behind.
file(READ "${STYLE}" css)
string(REGEX REPLACE "/\\*[^*]*\\*/" "" css "${css}")
string(REGEX REPLACE "[ \n]+" " " css "${css}")
string(STRIP "${css}" css)

# CMake gives a digest in hexadecimal, the policy wants base64: three bytes, six digits, are four characters.
set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
string(SHA256 digest "${css}")
string(APPEND digest "00")  # 32 bytes lack one to be whole groups; "=" stands for it at the end
set(base64 "")
foreach(at RANGE 0 60 6)
  string(SUBSTRING "${digest}" ${at} 6 group)
  foreach(shift IN ITEMS 18 12 6 0)
    math(EXPR index "(0x${group} >> ${shift}) & 63")
    string(SUBSTRING "${alphabet}" ${index} 1 character)
    string(APPEND base64 "${character}")
  endforeach()
endforeach()
string(SUBSTRING "${base64}" 0 43 base64)

file(CONFIGURE OUTPUT "${HEADER}" @ONLY CONTENT [==[
// Made from style.css by EmbedStyle.cmake.
#ifndef OBSMON_PAGES_STYLE_H_
#define OBSMON_PAGES_STYLE_H_

namespace obsmon {

inline constexpr char kStyle[] = R"css(@css@)css";
inline constexpr char kStyleHash[] = "sha256-@base64@=";

}  // namespace obsmon

#endif  // OBSMON_PAGES_STYLE_H_
]==])
