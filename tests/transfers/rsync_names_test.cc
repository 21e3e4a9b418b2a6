#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "obsmon/transfers.h"

namespace obsmon {
namespace {

TEST(RsyncTemporaryName, IsADotTheNameAndSixLettersOrDigits) {
  EXPECT_TRUE(IsRsyncTemporaryName(".AT_O_20200501_000013.fits.x7Kq2b"));
  EXPECT_TRUE(IsRsyncTemporaryName(".name-without-suffix.AAAAAA"));
  EXPECT_TRUE(IsRsyncTemporaryName(".a.000000"));
  EXPECT_TRUE(IsRsyncTemporaryName(".a name with 'quotes'\n and \xff.zzzzzz"));
}

TEST(RsyncTemporaryName, IsNoFinalNameHoweverItEnds) {
  EXPECT_FALSE(IsRsyncTemporaryName("AT_O_20200501_000013.fits.x7Kq2b"));
  EXPECT_FALSE(IsRsyncTemporaryName("AT_O_20200501_000013.fits"));
}

TEST(RsyncTemporaryName, IsNoOtherHiddenName) {
  EXPECT_FALSE(IsRsyncTemporaryName(".snapshot"));
  EXPECT_FALSE(IsRsyncTemporaryName(".a.fits"));
  EXPECT_FALSE(IsRsyncTemporaryName(".a.fits.x7Kq2"));    // five
  EXPECT_FALSE(IsRsyncTemporaryName(".a.fits.x7Kq2bc"));  // seven
  EXPECT_FALSE(IsRsyncTemporaryName(".a.fits.x7Kq-b"));
  EXPECT_FALSE(
      IsRsyncTemporaryName(".a.fits.x7K\xc3\xa9"
                           "b"));  // mkstemp uses ASCII alone
  EXPECT_FALSE(IsRsyncTemporaryName(".~tmp~"));
}

TEST(RsyncTemporaryName, NeedsANameBetweenTheDots) {
  EXPECT_FALSE(IsRsyncTemporaryName("..x7Kq2b"));
  EXPECT_FALSE(IsRsyncTemporaryName(".x7Kq2b"));
  EXPECT_FALSE(IsRsyncTemporaryName("."));
  EXPECT_FALSE(IsRsyncTemporaryName(""));
}

}  // namespace
}  // namespace obsmon
