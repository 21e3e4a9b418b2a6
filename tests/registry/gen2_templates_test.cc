#include "registry/gen2_templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "registry/gen2_table.h"

namespace obsmon {
namespace {

using testing::ElementsAre;

// A row with these numbers and texts.
class RowOf {
 public:
  RowOf& Text(RawField field, std::string_view text) {
    row_.SetText(field, texts_.Add(text));
    return *this;
  }
  RowOf& Number(RawField field, std::int64_t value) {
    row_.SetNumber(field, value);
    return *this;
  }
  bool Fits(std::string_view pattern) const { return PathPattern(pattern).Fits(row_); }
  std::string Path(std::string_view pattern) const {
    std::string path;
    PathPattern(pattern).AppendTo(path, row_, texts_);
    return path;
  }
  std::string Stem() const { return StorageStem(row_, texts_); }
  const RawRow& row() const { return row_; }
  std::uint64_t Hash() const { return row_.HashWith(texts_); }

 private:
  RawRow row_;
  TextPool texts_;
};

TEST(PathPattern, PadsNumbersWithZerosAndCutsNone) {
  const RowOf row = RowOf().Number(RawField::kExpId, 2018092000065).Number(RawField::kDetector, 7);
  EXPECT_EQ(row.Path("{expId:013}-det{detector:03}.fits"), "2018092000065-det007.fits");
  EXPECT_EQ(row.Path("{expId:015}"), "002018092000065");
  EXPECT_EQ(row.Path("{expId:08}"), "2018092000065");
  EXPECT_EQ(row.Path("raw/{expId}/{expId:013}"), "raw/2018092000065/2018092000065");
}

TEST(PathPattern, LeavesTextsAsTheyAre) {
  EXPECT_EQ(RowOf().Text(RawField::kRun, "6489D x{y}").Path("raw/{run}"), "raw/6489D x{y}");
}

TEST(PathPattern, FitsWhereTheRowHasAllThatItNeeds) {
  const RowOf row = RowOf().Number(RawField::kVisit, 1).Number(RawField::kDetector, 0);
  EXPECT_TRUE(row.Fits("{visit:08}-det{detector:03}.fits"));
  EXPECT_FALSE(row.Fits("{expId:08}-det{detector:03}.fits"));
}

TEST(PathPattern, TakesCcdForTheDetector) {
  EXPECT_EQ(RowOf().Number(RawField::kDetector, 42).Path("{ccd:03}"), "042");
}

TEST(Gen2Templates, AreKnownForTheCameraThatTheMapperNames) {
  EXPECT_EQ(CameraOfMapper("lsst.obs.lsst.latiss.LatissMapper\n"), Gen2Camera::kLatiss);
  EXPECT_EQ(CameraOfMapper("lsst.obs.lsst.auxTel.AuxTelMapper"), Gen2Camera::kLatiss);
  EXPECT_EQ(CameraOfMapper("lsst.obs.lsst.comCam.LsstComCamMapper"), Gen2Camera::kLsstCam);
  EXPECT_EQ(CameraOfMapper("lsst.obs.lsst.lsstCamMapper.LsstCamMapper"), Gen2Camera::kLsstCam);
  EXPECT_EQ(CameraOfMapper("lsst.obs.lsst.ts8.Ts8Mapper"), Gen2Camera::kStand);
  EXPECT_EQ(CameraOfMapper("lsst.obs.lsst.ts3.Ts3Mapper"), Gen2Camera::kStand);
  EXPECT_EQ(CameraOfMapper("lsst.obs.lsst.ucd.UcdMapper"), Gen2Camera::kUcd);
  EXPECT_EQ(CameraOfMapper("lsst.obs.lsst.imsim.ImsimMapper"), Gen2Camera::kImsim);
  EXPECT_EQ(CameraOfMapper("lsst.obs.lsst.phosim.PhosimMapper"), Gen2Camera::kImsim);
  EXPECT_EQ(CameraOfMapper("!RepositoryCfg_v1\n_mapper: !!python/name:lsst.obs.subaru.HscMapper ''\n"),
            Gen2Camera::kHsc);
  EXPECT_EQ(CameraOfMapper("lsst.obs.decam.DecamMapper"), Gen2Camera::kUnknown);
  EXPECT_EQ(CameraOfMapper(""), Gen2Camera::kUnknown);
}

TEST(Gen2Templates, GoByTheColumnsWhereNoMapperIsNamed) {
  const FieldSet rafts = FieldSet().Add(RawField::kRaftName);
  EXPECT_THAT(CamerasOfColumns(FieldSet(rafts).Add(RawField::kDayObs), false),
              ElementsAre(Gen2Camera::kLsstCam));
  EXPECT_THAT(CamerasOfColumns(rafts, false), ElementsAre(Gen2Camera::kImsim));
  EXPECT_THAT(CamerasOfColumns(rafts, true), ElementsAre(Gen2Camera::kStand, Gen2Camera::kUcd));
  EXPECT_THAT(CamerasOfColumns(FieldSet().Add(RawField::kDayObs), false), ElementsAre(Gen2Camera::kLatiss));
  EXPECT_THAT(CamerasOfColumns(FieldSet().Add(RawField::kSkyField).Add(RawField::kPointing), false),
              ElementsAre(Gen2Camera::kHsc));
  EXPECT_THAT(CamerasOfColumns(FieldSet().Add(RawField::kVisit), false), ElementsAre(Gen2Camera::kUnknown));
}

TEST(Gen2Templates, ThatShareAFolderShareItsListing) {
  EXPECT_EQ(PlansFor(std::array{Gen2Camera::kLatiss}).size(), 1U);                   // raw/{dayObs}
  EXPECT_EQ(PlansFor(std::array{Gen2Camera::kLsstCam}).size(), 3U);                  // M5; M4; M3, M2 and M1
  EXPECT_EQ(PlansFor(std::array{Gen2Camera::kStand, Gen2Camera::kUcd}).size(), 1U);  // raw/{run}
  EXPECT_TRUE(PlansFor(std::array{Gen2Camera::kUnknown}).empty());
}

TEST(RawRow, TakesItsExposureFromExpIdElseFromVisit) {
  EXPECT_EQ(RowOf().row().Exposure(), 0);
  EXPECT_EQ(RowOf().Number(RawField::kVisit, 3620).row().Exposure(), 3620);
  EXPECT_EQ(RowOf().Number(RawField::kVisit, 1).Number(RawField::kExpId, 30211212000310).row().Exposure(),
            30211212000310);
}

TEST(RawRow, HasNoDetectorBeyond32Bits) {
  EXPECT_EQ(RowOf().Number(RawField::kDetector, std::int64_t{1} << 40U).row().Detector(), -1);
  EXPECT_EQ(RowOf().Number(RawField::kDetector, 204).row().Detector(), 204);
}

TEST(RawRow, HashesEqualWhereverItsTextsLieInThePool) {
  const RowOf one = RowOf().Text(RawField::kRun, "a").Text(RawField::kRaftName, "b");
  const RowOf same = RowOf().Text(RawField::kRaftName, "b").Text(RawField::kRun, "a");
  const RowOf swapped = RowOf().Text(RawField::kRun, "b").Text(RawField::kRaftName, "a");
  EXPECT_EQ(one.Hash(), same.Hash());
  EXPECT_NE(one.Hash(), swapped.Hash());
  EXPECT_NE(one.Hash(), RowOf().Text(RawField::kRun, "a").Hash());
}

TEST(StorageStem, IsTheObservationWithRaftAndSensorWhereTheCameraHasRafts) {
  EXPECT_EQ(RowOf()
                .Text(RawField::kObsId, "MC_C_20200501_000012")
                .Text(RawField::kRaftName, "R22")
                .Text(RawField::kDetectorName, "S00")
                .Stem(),
            "MC_C_20200501_000012_R22_S00");
  EXPECT_EQ(
      RowOf().Text(RawField::kObsId, "AT_O_20200501_000012").Text(RawField::kDetectorName, "S00").Stem(),
      "AT_O_20200501_000012");
}

TEST(StorageStem, IsEmptyWhereTheHeaderDidNotTellTheObservation) {
  EXPECT_EQ(RowOf().Stem(), "");
  for (const std::string obsid : {"unknown", "UNKNOWN", "????~????"}) {
    EXPECT_EQ(RowOf().Text(RawField::kObsId, obsid).Stem(), "");
  }
}

TEST(NightOfRow, IsItsDayObsWhateverElseItHas) {
  EXPECT_EQ(NightOfRow("2020-05-01", "2020-05-02T03:00:00.000", ""), Night::Parse("2020-05-01").value());
}

TEST(NightOfRow, IsADateObsThatIsADateAsForHsc) {
  EXPECT_EQ(NightOfRow("", "2014-11-18", "2014-11-20T00:00:00"), Night::Parse("2014-11-18").value());
}

TEST(NightOfRow, IsTheNightOfItsInstantWhereThereIsNoDayObs) {
  const Night night = Night::Parse("2020-05-01").value();
  EXPECT_EQ(NightOfRow("", "2020-05-01T12:00:00.000", ""), night);
  EXPECT_EQ(NightOfRow("", "2020-05-02T11:59:59.999", ""), night);
  EXPECT_EQ(NightOfRow("", "", "2020-05-02 03:00:00"), night);
  EXPECT_EQ(NightOfRow("unknown", "unknown", "2020-05-02T03:00:00"), night);
}

TEST(NightOfRow, IsAbsentWhereNothingTells) {
  EXPECT_EQ(NightOfRow("", "", ""), std::nullopt);
  for (const std::string text : {"unknown", "2020-05-01T", "2020-05-01T2", "2020-05-01T-1:00",
                                 "2020-05-01T24:00", "2020-02-30T01:00", "2020-05-01X01:00"}) {
    EXPECT_EQ(NightOfRow("", text, ""), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace obsmon
