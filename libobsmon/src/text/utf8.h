// What is UTF-8 and what is not. Private to the stages that write names out.
#ifndef OBSMON_SRC_TEXT_UTF8_H_
#define OBSMON_SRC_TEXT_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace obsmon {

/// Length in bytes (1 to 4) of the character that begins at `text[at]`, or 0 where no UTF-8 character does:
/// overlong forms, surrogates and code points above U+10FFFF are none.
/// REQUIRES: at < text.size().
std::size_t Utf8Length(std::string_view text, std::size_t at);

/// The code point of the `length` bytes at `text[at]`, as Utf8Length gave them.
char32_t DecodeUtf8(std::string_view text, std::size_t at, std::size_t length);

bool IsUtf8(std::string_view text);

/// Whether `c` would end a line, act on a terminal, or change how what follows is read.
bool ActsOnDisplay(char32_t c);

/// Whether `c` is ASCII that stands for itself between double quotes, in JSON and in JavaScript.
constexpr bool IsPlainInQuotes(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

/// `text` with each byte that does not belong to UTF-8 written as \xNN; equal to `text` where it is UTF-8.
std::string EscapeInvalidUtf8(std::string_view text);

/// `text` fit to be shown on a line: as EscapeInvalidUtf8, and control characters, line and paragraph
/// separators and the characters that turn the direction of writing as \n, \t, \x1b or \u{202e}.
std::string EscapeForDisplay(std::string_view text);

/// At most `bytes` of `text` from its beginning on, with no character cut in two.
std::string_view Utf8Prefix(std::string_view text, std::size_t bytes);
/// The same up to its end.
std::string_view Utf8Suffix(std::string_view text, std::size_t bytes);

/// How many columns of a terminal `text` takes, as far as that can be told.
std::size_t DisplayWidth(std::string_view text);

/// Two lower-case hexadecimal digits a byte.
std::string HexBytes(std::string_view text);

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_UTF8_H_
