#include "text/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace obsmon {
namespace {

TEST(Utf8, AcceptsCharactersOfEveryLength) {
  EXPECT_TRUE(IsUtf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\xAD"));
  EXPECT_TRUE(IsUtf8(""));
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndCutOffCharacters) {
  for (const std::string bad :
       {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "\xE2\x82", "\x80"}) {
    EXPECT_FALSE(IsUtf8(bad)) << HexBytes(bad);
  }
}

TEST(Utf8, ShowsAByteThatDoesNotBelongAsItsNumberAndLeavesTheRest) {
  EXPECT_EQ(EscapeInvalidUtf8("a\xFFz\xC3\xA4"), "a\\xffz\xC3\xA4");
  EXPECT_EQ(EscapeInvalidUtf8("plain \\ text"), "plain \\ text");
}

TEST(Utf8, ShowsWhatWouldActOnATerminalOrTurnTheText) {
  EXPECT_EQ(EscapeForDisplay("a\nb\tc\x1b[31m"), "a\\nb\\tc\\x1b[31m");
  EXPECT_EQ(EscapeForDisplay("evil\xE2\x80\xAEstif"), "evil\\u{202e}stif");
  EXPECT_EQ(EscapeForDisplay("\xC2\x9B"), "\\u{9b}");
}

TEST(Utf8, CountsTheColumnsOfATerminal) {
  EXPECT_EQ(DisplayWidth("plain"), 5U);
  EXPECT_EQ(DisplayWidth("\xE8\xA6\xB3\xE6\xB8\xAC"), 4U);  // two ideographs
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1U);                 // e and a combining accent
  EXPECT_EQ(DisplayWidth("\xF0\x9F\x94\xAD"), 2U);          // a telescope
  EXPECT_EQ(DisplayWidth("\xFF"), 1U);
}

TEST(Utf8, GivesTheBytesInHexadecimal) { EXPECT_EQ(HexBytes(std::string("\x00\xFF", 2)), "00ff"); }

}  // namespace
}  // namespace obsmon
