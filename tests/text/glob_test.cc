#include "text/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace obsmon {
namespace {

TEST(Glob, StarsAreAnyTextAndQuestionMarksAnyCharacter) {
  for (const char* pattern :
       {"MC_O_*.fits", "*", "M*_O_*_R22_S??.fits", "MC_O_20250501_000012_R22_S11.fits", "**"}) {
    EXPECT_TRUE(FitsGlob(pattern, "MC_O_20250501_000012_R22_S11.fits")) << pattern;
  }
  for (const char* pattern : {"", "MC_O_", "*.json", "?", "MC_O_*.fits?", "*R22_S1.fits"}) {
    EXPECT_FALSE(FitsGlob(pattern, "MC_O_20250501_000012_R22_S11.fits")) << pattern;
  }
  EXPECT_TRUE(FitsGlob("", ""));
  EXPECT_TRUE(FitsGlob("*", ""));
}

// Tried in all ways, this would take longer than the universe has lasted.
TEST(Glob, TakesNoLongerForManyStars) {
  std::string pattern;
  for (int i = 0; i < 40; ++i) pattern += "*a";
  EXPECT_FALSE(FitsGlob(pattern + "b", std::string(4000, 'a')));
}

}  // namespace
}  // namespace obsmon
