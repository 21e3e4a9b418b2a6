#include "pages/js_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "text/utf8.h"

namespace obsmon {
namespace {

void AppendUnit(std::uint32_t unit, std::string& out) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit);
}

}  // namespace

void AppendJsString(std::string_view bytes, std::string& out) {
  out += '"';
  if (std::ranges::all_of(bytes, IsPlainInQuotes)) {
    out += bytes;
    out += '"';
    return;
  }
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = Utf8Length(bytes, at);
    const char32_t c = length == 0 ? 0 : DecodeUtf8(bytes, at, length);
    if (length == 0) {
      AppendUnit(0xDC00U + static_cast<unsigned char>(bytes[at]), out);
    } else if (c == U'"' || c == U'\\' || (ActsOnDisplay(c) && c < 0x10000)) {
      AppendUnit(c, out);
    } else {
      out += bytes.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  out += '"';
}

void AppendVlq(std::int64_t value, std::string& out) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // The sign is the lowest bit. A number of 64 bits keeps its sign at the cost of the lowest negative one.
  const bool negative = value < 0;
  auto rest = negative ? 0U - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::uint64_t digit = ((rest & 0xFU) << 1U) | (negative ? 1U : 0U);
  rest >>= 4U;
  while (rest != 0) {
    out += kDigits[digit | 32U];
    digit = rest & 0x1FU;
    rest >>= 5U;
  }
  out += kDigits[digit];
}

}  // namespace obsmon
