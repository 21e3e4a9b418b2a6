#include "obsmon/raw_file_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace obsmon {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(RawFileName, NamesExposureAndDetector) {
  EXPECT_THAT(ParseRawFileName("20250501/MC_O_20250501_000123/MC_O_20250501_000123_R22_S11.fits.fz"),
              Optional(Eq(RawFileName{
                  .obs_id = "MC_O_20250501_000123", .detector = "R22_S11", .ending = ".fits.fz"})));
  EXPECT_THAT(
      ParseRawFileName("MC_O_20250501_000123_R22_S11.json"),
      Optional(Eq(RawFileName{.obs_id = "MC_O_20250501_000123", .detector = "R22_S11", .ending = ".json"})));
}

TEST(RawFileName, SplitsADetectorIntoRaftAndSensor) {
  EXPECT_EQ(ParseRawFileName("MC_O_20250501_000123_R22_S11.fits")->raft(), "R22");
  EXPECT_EQ(ParseRawFileName("MC_O_20250501_000123_R22_S11.fits")->sensor(), "S11");
  EXPECT_EQ(ParseRawFileName("AT_O_20250501_000123.fits")->raft(), "");
  EXPECT_EQ(ParseRawFileName("AT_O_20250501_000123.fits")->sensor(), "");
}

TEST(RawFileName, KnowsTheSensorsOfCornerRaftsAndGuiderFiles) {
  EXPECT_THAT(
      ParseRawFileName("MC_O_20250501_000123_R00_SG0_guider.fits"),
      Optional(Eq(RawFileName{
          .obs_id = "MC_O_20250501_000123", .detector = "R00_SG0", .guider = true, .ending = ".fits"})));
  EXPECT_EQ(ParseRawFileName("MC_O_20250501_000123_R44_SW1.fits")->detector, "R44_SW1");
  EXPECT_EQ(ParseRawFileName("MC_O_20250501_000123_R44_SW.fits")->detector, "R44_SW");
  EXPECT_EQ(ParseRawFileName("AT_O_20250501_000123_RXX_S00.fits")->detector, "RXX_S00");
}

TEST(RawFileName, OfACameraWithOneDetectorNamesNone) {
  EXPECT_THAT(ParseRawFileName("2020-05-01/AT_O_20200501_000012.fits"),
              Optional(Eq(RawFileName{.obs_id = "AT_O_20200501_000012", .ending = ".fits"})));
}

TEST(RawFileName, MayHaveTheDetectorAsTheArchiverWritesIt) {
  for (const std::string_view name :
       {"AT_O_20220317_000471-R00S00.fits", "AT_O_20220317_000471--R00S00.fits"}) {
    const std::optional<RawFileName> raw = ParseRawFileName(name);
    ASSERT_TRUE(raw) << name;
    EXPECT_EQ(*raw, (RawFileName{.obs_id = "AT_O_20220317_000471", .detector = "R00S00", .ending = ".fits"}));
    EXPECT_EQ(raw->raft(), "R00");
    EXPECT_EQ(raw->sensor(), "S00");
  }
  EXPECT_FALSE(ParseRawFileName("AT_O_20220317_000471-focus.fits"));
}

TEST(RawFileName, OfAWholeExposureKeepsTheRest) {
  EXPECT_THAT(ParseRawFileName("MC_O_20250501_000123_expectedSensors.json"),
              Optional(Eq(RawFileName{
                  .obs_id = "MC_O_20250501_000123", .rest = "expectedSensors", .ending = ".json"})));
  EXPECT_EQ(ParseRawFileName("MC_O_20250501_000123_R22_S11_2.fits")->rest, "2");
  EXPECT_EQ(ParseRawFileName("MC_O_20250501_000123_R22_S111.fits")->detector, "");
  EXPECT_EQ(ParseRawFileName("MC_O_20250501_000123")->ending, "");
}

TEST(RawFileName, IsReadThroughRsyncsTemporaryName) {
  EXPECT_THAT(
      ParseRawFileName("20250501/.MC_O_20250501_000123_R22_S11.fits.x7Kq2b"),
      Optional(Eq(RawFileName{.obs_id = "MC_O_20250501_000123", .detector = "R22_S11", .ending = ".fits"})));
}

TEST(RawFileName, IsNoOtherName) {
  for (const std::string_view name :
       {"", "/", "a.fits", "3020050100004-R22-S11-det094.fits", "MC_O_20250501_00012.fits",
        "MC_O_20250501_0001234.fits", "mc_o_20250501_000123.fits", "MC_O_20250501_000123x.fits",
        "x MC_O_20250501_000123.fits", "MC_O_20250501_000123/a.fits"}) {
    EXPECT_EQ(ParseRawFileName(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace obsmon
