#include "pages/hostile_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace obsmon::samples {
namespace {

// The kinds of OWASP's XSS filter evasion list. A '/' would begin a folder; U+2215 looks like one.
constexpr std::string_view kScripts[] = {
    "<script>alert(1)<\xE2\x88\x95script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "\" onmouseover=\"alert(1)\" x=\"",
    "' onfocus='alert(1)' autofocus '",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>x",
    "<iframe src=javascript:alert(1)>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "--><script>alert(1)",
    "]]><script>alert(1)",
    "*"
    "\xEF\xBC\x8F><script>alert(1)",
    "</title><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "\");alert(1);(\"",
    "');alert(1);('",
    "\\\");alert(1);//",
    "${alert(1)}",
    "`;alert(1);`",
    "{{constructor.constructor('alert(1)')()}}",
    "&#60;script&#62;alert(1)",
    "&lt;script&gt;alert(1)",
    "\\u003cscript\\u003ealert(1)",
    "%3Cscript%3Ealert(1)",
    "#exposure=<script>alert(1)",
    "data:text,<script>alert(1)",
    "__proto__",
    "constructor",
};
constexpr std::string_view kTexts[] = {
    "a\nb",
    "a\rb",
    "a\r\nb",
    "a\tb",
    "\x01",
    "\x1b[31mred",
    "\x7f",
    " leading",
    "trailing ",
    "-rf",
    "--help",
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "=cmd|' \xE2\x88\x95"
    "C calc'!A0",
    "\tx",
    "\rx",
    "comma,comma",
    "semi;colon",
    "\"",
    "\"\"",
    "'",
    "''",
    "\"a\",\"b\"",
    "\\",
    "\\\\",
    "\\n",
    "\\x00",
    "\\xff",
    "\\udcff",
    "\xC3\xA9",
    "e\xCC\x81",
    "\xE2\x80\xAE"
    "stif.exe",
    "\xE2\x80\x8F"
    "rtl",
    "\xE2\x81\xA7"
    "isolate",
    "\xE2\x80\x8B"
    "zero",
    "\xEF\xBB\xBF"
    "bom",
    "\xE2\x80\xA8"
    "line",
    "\xE2\x80\xA9"
    "paragraph",
    "\xC2\x85next",
    "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",
    "\xD8\xB3\xD9\x84\xD8\xA7\xD9\x85",
    "\xE8\xA6\xB3\xE6\xB8\xAC",
    "\xF0\x9F\x94\xAD",
    "\xF0\x9F\x87\xA8\xF0\x9F\x87\xB1",
    "\xFF",
    "\xC3",
    "\xC3\x28",
    "\xE2\x82",
    "\xED\xA0\x80",
    "\xF5\x80\x80\x80",
    "\xC0\xAF",
    "a\xFFz\xFE",
    "\xF0\x9F\x94",
    "\xED\xB2\x80",
    "~",
    "*",
    "?",
    "[a]",
    "$(id)",
    "`id`",
    "|",
    "&&",
    ".hidden",
    "..double",
    "CON",
    "NULL",
    "undefined",
    "NaN",
    "0",
    "1e9",
    "#",
    "%",
    "%00",
    "&",
    "&amp;",
    "<",
    ">",
    "<!--",
};

}  // namespace

std::vector<std::string> ManyHostileNames(const std::string& folder) {
  std::vector<std::string> names;
  const auto add = [&](std::string name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  };
  for (const std::string_view script : kScripts) {
    add(fmt::format("{}{}.fits", folder, script));
    add(fmt::format("{}{}", folder, script));
    add(fmt::format("{}{}/x.fits", folder, script));                     // a folder of that name
    add(fmt::format("{}MC_O_20200501_000001_{}.fits", folder, script));  // after what obsmon knows
    add(fmt::format("{}MC_O_20200501_000001_R22_S11.fits.{}", folder, script));
  }
  for (const std::string_view text : kTexts) {
    add(fmt::format("{}{}.fits", folder, text));
    add(fmt::format("{}{}", text, text));  // at the beginning of a path
  }
  for (const char c : std::string_view("xX<\"'&\\\xFF")) add(folder + std::string(255, c));
  std::ranges::sort(names);
  return names;
}

}  // namespace obsmon::samples
