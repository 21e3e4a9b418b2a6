#include "text/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace obsmon {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"input_dir", "output_dir", "not_fits", "not_ingested",
                                                    "gen"};

TEST(EditDistance, CountsSlipsAndTakesASwapOfNeighboursForOne) {
  EXPECT_EQ(EditDistance("", "abc"), 3U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
  EXPECT_EQ(EditDistance("inptu", "input"), 1U);
  EXPECT_EQ(EditDistance("same", "same"), 0U);
}

TEST(NearestWord, FindsTheWordBehindASlip) {
  EXPECT_EQ(NearestWord("inptu_dir", kWords), "input_dir");
  EXPECT_EQ(NearestWord("outputdir", kWords), "output_dir");
  EXPECT_EQ(NearestWord("not_ingestd", kWords), "not_ingested");
}

TEST(NearestWord, DoesNotCountCaseAndHyphensAsSlips) {
  EXPECT_EQ(NearestWord("Not-Fits", kWords), "not_fits");
}

TEST(NearestWord, TakesABeginningOrALongerFormForTheWord) {
  EXPECT_EQ(NearestWord("generation", kWords), "gen");
  EXPECT_EQ(NearestWord("ingested", kWords), "not_ingested");
}

TEST(NearestWord, PrefersASlipToAPartOfTheWord) {
  constexpr std::array<std::string_view, 2> kVerdicts = {"ingested", "not_ingested"};
  EXPECT_EQ(NearestWord("notingested", kVerdicts), "not_ingested");
}

TEST(NearestWord, IsSilentWhereNothingIsNear) {
  EXPECT_EQ(NearestWord("colour", kWords), "");
  EXPECT_EQ(NearestWord("", kWords), "");
  EXPECT_EQ(NearestWord(std::string(100'000, 'i'), kWords), "");
}

TEST(DidYouMean, EndsASentence) {
  EXPECT_EQ("no such key: 'imput_dir'" + DidYouMean("imput_dir", kWords),
            "no such key: 'imput_dir'; did you mean 'input_dir'?");
  EXPECT_EQ(DidYouMean("colour", kWords), "");
}

}  // namespace
}  // namespace obsmon
