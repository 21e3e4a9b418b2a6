#include "text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace obsmon {
namespace {

unsigned Byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

bool IsContinuation(unsigned byte) { return (byte & 0xC0U) == 0x80U; }

// Nearly every name is ASCII, and eight of its bytes are looked at in one step.
bool IsAscii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  std::uint64_t seen = 0;
  while (text.size() >= sizeof(seen)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    seen |= word;
    text.remove_prefix(sizeof(word));
  }
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return (seen & kHighBits) == 0 && (seen & 0x80) == 0;
}

void AppendEscaped(char32_t c, std::string& out) {
  if (c == U'\n') {
    out += "\\n";
  } else if (c == U'\t') {
    out += "\\t";
  } else if (c == U'\r') {
    out += "\\r";
  } else if (c < 0x80) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint32_t>(c));
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(c));
  }
}

// Two columns for the ideographs, kana, Hangul, full-width forms and emoji; none for the common combining
// marks. Enough to keep a table straight; a terminal has the last word.
std::size_t ColumnsOf(char32_t c) {
  const auto in = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  if (in(0x0300, 0x036F) || in(0x1AB0, 0x1AFF) || in(0x20D0, 0x20FF) || in(0xFE00, 0xFE0F)) return 0;
  const bool wide = in(0x1100, 0x115F) || in(0x2E80, 0xA4CF) || in(0xAC00, 0xD7A3) || in(0xF900, 0xFAFF) ||
                    in(0xFE30, 0xFE6F) || in(0xFF00, 0xFF60) || in(0xFFE0, 0xFFE6) || in(0x1F300, 0x1FAFF) ||
                    in(0x20000, 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::size_t Utf8Length(std::string_view text, std::size_t at) {
  const unsigned first = Byte(text, at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsContinuation(Byte(text, at + i))) return 0;
  }
  const unsigned second = Byte(text, at + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool too_large = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

char32_t DecodeUtf8(std::string_view text, std::size_t at, std::size_t length) {
  if (length == 1) return static_cast<char32_t>(Byte(text, at));
  char32_t c = Byte(text, at) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) c = (c << 6U) | (Byte(text, at + i) & 0x3FU);
  return c;
}

bool ActsOnDisplay(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

bool IsUtf8(std::string_view text) {
  if (IsAscii(text)) return true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Utf8Length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string EscapeInvalidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Utf8Length(text, at);
    if (length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", Byte(text, at));
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  return out;
}

std::string EscapeForDisplay(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Utf8Length(text, at);
    if (length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", Byte(text, at));
      ++at;
      continue;
    }
    const char32_t c = DecodeUtf8(text, at, length);
    if (ActsOnDisplay(c)) {
      AppendEscaped(c, out);
    } else {
      out += text.substr(at, length);
    }
    at += length;
  }
  return out;
}

std::string_view Utf8Prefix(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && IsContinuation(static_cast<unsigned char>(text[bytes]))) --bytes;
  return text.substr(0, bytes);
}

std::string_view Utf8Suffix(std::string_view text, std::size_t bytes) {
  std::size_t begin = text.size() - std::min(text.size(), bytes);
  if (begin == 0) return text;
  while (begin < text.size() && IsContinuation(static_cast<unsigned char>(text[begin]))) ++begin;
  return text.substr(begin);
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(Utf8Length(text, at), 1);
    width += ColumnsOf(DecodeUtf8(text, at, length));
    at += length;
  }
  return width;
}

std::string HexBytes(std::string_view text) {
  std::string out;
  out.reserve(text.size() * 2);
  for (std::size_t at = 0; at < text.size(); ++at) {
    fmt::format_to(std::back_inserter(out), "{:02x}", Byte(text, at));
  }
  return out;
}

}  // namespace obsmon
