#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "obsmon/registry.h"
#include "registry/gen2_files.h"
#include "support/registry_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Night N(std::string_view text) { return Night::Parse(text).value(); }
const Night kNight = N("2020-05-01");

RegistryOptions Impatient() { return {.busy_timeout = milliseconds{50}}; }

// The one row of LATISS that these tests begin with.
const RawValues kLatissRow = {{"dayObs", "2020-05-01"},         {"expId", 2020050100012},
                              {"visit", 2020050100012},         {"detector", 0},
                              {"detectorName", "S00"},          {"dateObs", "2020-05-02T03:10:00.000"},
                              {"obsid", "AT_O_20200501_000012"}};

// One of a camera of rafts.
const RawValues kRaftRow = {{"run", "6489D"},
                            {"expId", 3020050100012},
                            {"visit", 3020050100012},
                            {"raftName", "R22"},
                            {"detectorName", "S01"},
                            {"detector", 91},
                            {"snap", 0},
                            {"dayObs", "2020-05-01"},
                            {"dateObs", "2020-05-02T03:10:00.000"},
                            {"obsid", "MC_C_20200501_000012"}};

constexpr std::string_view kLatissPath = "raw/2020-05-01/2020050100012-det000.fits";
constexpr std::string_view kRaftPath = "raw/2020-05-01/3020050100012/3020050100012-R22-S01-det091.fits";

// What is ingested in `night`, and the test fails where that can't be read.
NightIngests Read(const std::filesystem::path& repo, Night night = kNight) {
  absl::StatusOr<std::unique_ptr<Registry>> registry = Registry::Open(repo, Impatient());
  EXPECT_THAT(registry, IsOk());
  if (!registry.ok()) return {};
  absl::StatusOr<NightIngests> ingests = (*registry)->ReadNight(night);
  EXPECT_THAT(ingests, IsOk());
  return ingests.ok() ? *std::move(ingests) : NightIngests{};
}

std::vector<std::string> PathsOf(const NightIngests& ingests) {
  std::vector<std::string> paths;
  for (const IngestRow& row : ingests.rows) paths.emplace_back(row.path);
  return paths;
}

std::vector<std::string> FoldersOf(const NightIngests& ingests, bool exist) {
  std::vector<std::string> folders;
  for (const FolderStamp& folder : ingests.folders) {
    if (folder.exists == exist) folders.push_back(folder.path);
  }
  return folders;
}

// --- Where the files of each camera and period are.

struct TemplateCase {
  std::string id;
  RawSchema schema;
  std::string mapper;  // "" for none
  RawValues row;
  std::string path;
};

class Gen2Template : public testing::TestWithParam<TemplateCase> {};

TEST_P(Gen2Template, FindsTheFilesOfItsPeriod) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", GetParam().schema);
  builder.Linked(GetParam().row, GetParam().path);
  if (!GetParam().mapper.empty()) builder.Mapper(GetParam().mapper);
  const NightIngests ingests = Read(builder.Close());
  ASSERT_THAT(PathsOf(ingests), ElementsAre(GetParam().path));
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kPresent);
  EXPECT_EQ(ingests.rows[0].size_bytes, 57'600);
  EXPECT_EQ(ingests.rows[0].night, kNight);
  EXPECT_THAT(ingests.issues, IsEmpty());
}

const RawValues kOldRaftRow = {{"run", "6489D"},        {"visit", 5700065}, {"raftName", "R22"},
                               {"detectorName", "S01"}, {"detector", 91},   {"snap", 1},
                               {"dayObs", "2020-05-01"}};
const RawValues kStandRow = {{"run", "6489D"},        {"visit", 20200501031000}, {"raftName", "RTM-004"},
                             {"detectorName", "S01"}, {"detector", 1},           {"dayObs", "2020-05-01"}};
const RawValues kOldLatissRow = {{"dayObs", "2020-05-01"}, {"visit", 65}, {"detector", 0}};
const RawValues kHscRow = {{"visit", 904010},        {"ccd", 42},           {"expId", "HSCA90401000"},
                           {"pointing", 851},        {"field", "SSP_WIDE"}, {"filter", "HSC-R"},
                           {"dateObs", "2020-05-01"}};

INSTANTIATE_TEST_SUITE_P(
    , Gen2Template,
    testing::Values(TemplateCase{"L3", RawSchema::kLatiss, "", kLatissRow, std::string(kLatissPath)},
                    TemplateCase{"L3_padded", RawSchema::kLatiss, "lsst.obs.lsst.latiss.LatissMapper",
                                 With(kLatissRow, {{"expId", 65}}),
                                 "raw/2020-05-01/0000000000065-det000.fits"},
                    TemplateCase{"L2", RawSchema::kLatiss, "", With(kLatissRow, {{"expId", 65}}),
                                 "raw/2020-05-01/00000065-det000.fits"},
                    TemplateCase{"L1", RawSchema::kLatissBefore2020, "", kOldLatissRow,
                                 "raw/2020-05-01/00000065-det000.fits"},
                    TemplateCase{"M5", RawSchema::kLsstCam, "", kRaftRow, std::string(kRaftPath)},
                    TemplateCase{"M5_of_14_digits", RawSchema::kLsstCam, "lsst.obs.lsst.LsstCamMapper",
                                 With(kRaftRow, {{"expId", 30200501000310}}),
                                 "raw/2020-05-01/30200501000310/30200501000310-R22-S01-det091.fits"},
                    TemplateCase{"M5_padded", RawSchema::kLsstCam, "", With(kRaftRow, {{"expId", 5700065}}),
                                 "raw/2020-05-01/0000005700065/0000005700065-R22-S01-det091.fits"},
                    TemplateCase{"M4", RawSchema::kLsstCam, "lsst.obs.lsst.comCam.LsstComCamMapper",
                                 With(kRaftRow, {{"expId", 5700065}}),
                                 "raw/2020-05-01/5700065/0000005700065-R22-S01-det091.fits"},
                    TemplateCase{"M3", RawSchema::kLsstCam, "", kRaftRow,
                                 "raw/6489D/R22/3020050100012-R22-S01-det091.fits"},
                    TemplateCase{"M2", RawSchema::kLsstCam, "", With(kRaftRow, {{"expId", 700065}}),
                                 "raw/6489D/R22/00700065-R22-S01-det091.fits"},
                    TemplateCase{"M1", RawSchema::kLsstCamBefore2020, "", kOldRaftRow,
                                 "raw/6489D/R22/05700065-R22-S01-det091-001.fits"},
                    TemplateCase{"M1_of_a_table_with_expId", RawSchema::kLsstCam, "",
                                 With(kRaftRow, {{"visit", 5700065}}),
                                 "raw/6489D/R22/05700065-R22-S01-det091-000.fits"},
                    TemplateCase{"M2_of_imsim",
                                 RawSchema::kImsim,
                                 "lsst.obs.lsst.imsim.ImsimMapper",
                                 {{"run", "1"},
                                  {"expId", 204595},
                                  {"visit", 204595},
                                  {"raftName", "R11"},
                                  {"detectorName", "S20"},
                                  {"detector", 42},
                                  {"dateObs", "2020-05-02T03:10:00.000"}},
                                 "raw/1/R11/00204595-R11-S20-det042.fits"},
                    TemplateCase{"T3", RawSchema::kStand, "", With(kStandRow, {{"expId", 202005010310001}}),
                                 "raw/6489D/202005010310001-RTM-004-S01-det001.fits"},
                    TemplateCase{"T2", RawSchema::kStandBefore2020, "lsst.obs.lsst.ts8.Ts8Mapper", kStandRow,
                                 "raw/6489D/20200501031000-RTM-004-S01-det001.fits"},
                    TemplateCase{"T1", RawSchema::kStandBefore2020, "", With(kStandRow, {{"visit", 65}}),
                                 "raw/6489D/00000000065-S01-det001.fits"},
                    TemplateCase{"T1_of_ucd", RawSchema::kStandBefore2020, "lsst.obs.lsst.ucd.UcdMapper",
                                 kStandRow, "raw/6489D/20200501031000-S01-det001.fits"},
                    TemplateCase{"T4", RawSchema::kStand, "lsst.obs.lsst.ucd.UcdMapper",
                                 With(kStandRow, {{"expId", 20200501031000}}),
                                 "raw/6489D/20200501031000-S01-det001.fits"},
                    TemplateCase{"T4_without_a_mapper", RawSchema::kStand, "",
                                 With(kStandRow, {{"expId", 20200501031000}}),
                                 "raw/6489D/20200501031000-S01-det001.fits"},
                    TemplateCase{"H", RawSchema::kHsc, "lsst.obs.subaru.HscMapper", kHscRow,
                                 "SSP_WIDE/2020-05-01/00851/HSC-R/HSC-0904010-042.fits"},
                    TemplateCase{"H_without_a_mapper", RawSchema::kHsc, "", kHscRow,
                                 "SSP_WIDE/2020-05-01/00851/HSC-R/HSC-0904010-042.fits"}),
    [](const testing::TestParamInfo<TemplateCase>& one) { return one.param.id; });

TEST(Gen2Query, FindsEachRowByItsOwnTemplateWhereARepositoryMixesThem) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  const std::string m3 = "raw/6489D/R22/3020050100013-R22-S01-det091.fits";
  const std::string m1 = "raw/6489D/R22/3020050100014-R22-S01-det091-000.fits";
  builder.Linked(kRaftRow, kRaftPath);
  builder.Linked(With(kRaftRow, {{"expId", 3020050100013}, {"visit", 3020050100013}}), m3);
  builder.Linked(With(kRaftRow, {{"expId", 3020050100014}, {"visit", 3020050100014}}), m1);
  const NightIngests ingests = Read(builder.Close());
  EXPECT_THAT(PathsOf(ingests), ElementsAre(kRaftPath, m3, m1));
  for (const IngestRow& row : ingests.rows) EXPECT_EQ(row.artifact, ArtifactState::kPresent) << row.path;
}

TEST(Gen2Query, TakesTheNewestPathWhereAFileIsAtTwo) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  builder.Linked(kRaftRow, kRaftPath);
  tree.File("gen2repo/raw/6489D/R22/3020050100012-R22-S01-det091.fits");
  EXPECT_THAT(PathsOf(Read(builder.Close())), ElementsAre(kRaftPath));
}

TEST(Gen2Query, FindsCompressedFilesUnderTheNamesThatTheButlerAccepts) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Linked(kLatissRow, std::string(kLatissPath) + ".fz");
  builder.Linked(With(kLatissRow, {{"expId", 2020050100013}}), "raw/2020-05-01/2020050100013-det000.fits.gz");
  const NightIngests ingests = Read(builder.Close());
  EXPECT_THAT(PathsOf(ingests), ElementsAre("raw/2020-05-01/2020050100012-det000.fits.fz",
                                            "raw/2020-05-01/2020050100013-det000.fits.gz"));
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kPresent);
}

// --- What a row tells.

TEST(Gen2Query, TellsOfALinkWhatTheIngestLeft) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  builder.Row(kRaftRow);
  const UtcTime taken = Utc("2020-05-02T03:10:00");
  const UtcTime ingested = Utc("2020-05-02T03:20:00");
  const std::filesystem::path file =
      tree.File("storage/20200501/MC_C_20200501_000012_R22_S01.fits", 64'800, taken);
  tree.Symlink("gen2repo/" + std::string(kRaftPath), file, ingested);
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 1U);
  const IngestRow row = ingests.rows[0];
  EXPECT_EQ(row.exposure, 3020050100012);
  EXPECT_EQ(row.detector, 91);
  EXPECT_EQ(row.storage_stem, "MC_C_20200501_000012_R22_S01");
  EXPECT_EQ(row.status, IngestStatus::kIngested);
  EXPECT_EQ(row.link_target, file.string());
  EXPECT_EQ(row.size_bytes, 64'800);
  EXPECT_EQ(row.ingest_time, ingested);
  EXPECT_EQ(row.file_time, taken);
  EXPECT_NE(row.file_id.inode, 0U);
}

TEST(Gen2Query, TakesTheTimeOfIngestFromTheLinkNeverFromAnAccess) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Linked(kLatissRow, kLatissPath);
  const std::filesystem::path link = tree / "gen2repo" / kLatissPath;
  SetTimes(link, Utc("2026-01-01T00:00:00"), Utc("2020-05-02T03:20:00"));
  EXPECT_EQ(Read(builder.Close()).rows[0].ingest_time, Utc("2020-05-02T03:20:00"));
}

TEST(Gen2Query, SaysNothingOfTheTimeAtWhichAHardLinkOrACopyWasMade) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Row(kLatissRow);
  const UtcTime taken = Utc("2020-05-02T03:10:00");
  tree.HardLink("gen2repo/" + std::string(kLatissPath), tree.File("storage/a.fits", 57'600, taken));
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].ingest_time, std::nullopt);
  EXPECT_EQ(ingests.rows[0].file_time, taken);
  EXPECT_EQ(ingests.rows[0].link_target, "");
}

TEST(Gen2Query, ResolvesARelativeLinkByItsLetters) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Row(kLatissRow);
  tree.File("storage/a.fits");
  tree.Symlink("gen2repo/" + std::string(kLatissPath), "../../../storage/./a.fits");
  EXPECT_EQ(Read(builder.Close()).rows[0].link_target, (tree / "storage/a.fits").string());
}

TEST(Gen2Query, TakesTheVisitOfHscForItsExposureSinceExpIdIsNoNumber) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kHsc);
  const NightIngests ingests = Read(builder.Row(kHscRow).Close());
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].exposure, 904010);
  EXPECT_EQ(ingests.rows[0].detector, 42);
  EXPECT_EQ(ingests.rows[0].storage_stem, "");
}

TEST(Gen2Query, LooksColumnsUpWhateverTheirCaseAndOrder) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo",
                          "CREATE TABLE RAW (OBSID TEXT, Detector INT, EXPID INT, dayobs TEXT, id integer)");
  builder.Linked({{"dayObs", "2020-05-01"}, {"expId", 2020050100012}, {"detector", 0}}, kLatissPath);
  EXPECT_THAT(PathsOf(Read(builder.Close())), ElementsAre(kLatissPath));
}

TEST(Gen2Query, DerivesTheNightFromTheInstantWhereThereIsNoDayObs) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kImsim);
  const RawValues row = {{"run", "1"}, {"expId", 7}, {"raftName", "R11"}, {"detectorName", "S20"}};
  builder.Row(With(row, {{"detector", 1}, {"dateObs", "2020-05-01T11:59:59.999"}}));
  builder.Row(With(row, {{"detector", 2}, {"dateObs", "2020-05-01T12:00:00.000"}}));
  builder.Row(With(row, {{"detector", 3}, {"date", "2020-05-02T11:59:59.000"}}));
  builder.Row(With(row, {{"detector", 4}, {"dateObs", "2020-05-02T12:00:00.000"}}));
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 2U);
  EXPECT_EQ(ingests.rows[0].detector, 2);
  EXPECT_EQ(ingests.rows[1].detector, 3);
}

TEST(Gen2Query, FindsTheFileOfARowWhoseDayObsIsEmptyInTheFolderOfItsNight) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Linked(With(kLatissRow, {{"dayObs", ""}, {"dateObs", "2020-05-02T03:00:00.000"}}), kLatissPath);
  const NightIngests ingests = Read(builder.Close());
  ASSERT_THAT(PathsOf(ingests), ElementsAre(kLatissPath));
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kPresent);
}

// --- Rows without a file.

TEST(Gen2Query, KeepsARowWhoseFileIsNowhereAtItsNewestPath) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  const NightIngests ingests = Read(builder.Row(kRaftRow).Close());
  ASSERT_THAT(PathsOf(ingests), ElementsAre(kRaftPath));
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kGone);
  EXPECT_EQ(ingests.rows[0].size_bytes, -1);
  EXPECT_EQ(ingests.rows[0].ingest_time, std::nullopt);
  EXPECT_EQ(ingests.rows[0].storage_stem, "MC_C_20200501_000012_R22_S01");
  EXPECT_THAT(ingests.issues, IsEmpty());
}

TEST(Gen2Query, KeepsTheTargetOfADanglingLink) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Row(kLatissRow);
  tree.Symlink("gen2repo/" + std::string(kLatissPath), tree / "storage/gone.fits",
               Utc("2020-05-02T03:20:00"));
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kGone);
  EXPECT_EQ(ingests.rows[0].link_target, (tree / "storage/gone.fits").string());
  EXPECT_EQ(ingests.rows[0].ingest_time, Utc("2020-05-02T03:20:00"));
  EXPECT_THAT(ingests.issues, IsEmpty());
}

TEST(Gen2Query, TakesALinkThatTurnsInACircleOrLeadsToAFolderForGone) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Row(kLatissRow).Row(With(kLatissRow, {{"expId", 2020050100013}}));
  tree.Symlink("gen2repo/" + std::string(kLatissPath), tree / "gen2repo" / kLatissPath);
  tree.Symlink("gen2repo/raw/2020-05-01/2020050100013-det000.fits", tree.Folder("storage/folder"));
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 2U);
  for (const IngestRow& row : ingests.rows) EXPECT_EQ(row.artifact, ArtifactState::kGone) << row.path;
}

TEST(Gen2Query, NamesAFolderThatCanNotBeReadAndReadsTheOthers) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  const std::string hidden = "raw/2020-05-01/3020050100013/3020050100013-R22-S01-det091.fits";
  builder.Linked(kRaftRow, kRaftPath).Linked(With(kRaftRow, {{"expId", 3020050100013}}), hidden);
  builder.Close();
  const std::filesystem::path folder = tree / "gen2repo/raw/2020-05-01/3020050100013";
  std::filesystem::permissions(folder, std::filesystem::perms::none);
  const WithoutRoot as_nobody;
  const NightIngests ingests = Read(builder.repo());
  ASSERT_THAT(PathsOf(ingests), ElementsAre(kRaftPath, hidden));
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kPresent);
  EXPECT_EQ(ingests.rows[1].artifact, ArtifactState::kUnreadable);
  ASSERT_EQ(ingests.issues.size(), 1U);
  EXPECT_EQ(ingests.issues[0].path, folder.string());
  EXPECT_THAT(ingests.issues[0].status,
              FailsWith(absl::StatusCode::kPermissionDenied, HasSubstr("Permission denied")));
  EXPECT_FALSE(AreUnchanged(ingests.folders)) << "a folder that can't be read may not be trusted later";
}

TEST(Gen2Query, FindsAFileAtAnOlderPathThoughTheNewerFolderCanNotBeRead) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  const std::string m3 = "raw/6489D/R22/3020050100012-R22-S01-det091.fits";
  builder.Linked(kRaftRow, m3);
  builder.Close();
  const std::filesystem::path folder = tree.Folder("gen2repo/raw/2020-05-01/3020050100012");
  std::filesystem::permissions(folder, std::filesystem::perms::none);
  const WithoutRoot as_nobody;
  const NightIngests ingests = Read(builder.repo());
  ASSERT_THAT(PathsOf(ingests), ElementsAre(m3));
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kPresent);
}

TEST(Gen2Query, NamesATargetThatCanNotBeAskedFor) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Linked(kLatissRow, kLatissPath).Close();
  std::filesystem::permissions(tree / "storage", std::filesystem::perms::none);
  const WithoutRoot as_nobody;
  const NightIngests ingests = Read(builder.repo());
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kUnreadable);
  ASSERT_EQ(ingests.issues.size(), 1U);
  EXPECT_EQ(ingests.issues[0].path, (tree / "gen2repo" / kLatissPath).string());
}

TEST(Gen2Query, CountsRowsThatFillNoTemplateInOneIssue) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Linked(kLatissRow, kLatissPath);
  builder.Row({{"dayObs", "2020-05-01"}, {"expId", 2020050100013}, {"obsid", "AT_O_20200501_000013"}});
  builder.Row({{"dayObs", "2020-05-01"}, {"expId", 2020050100014}, {"detector", "none"}});
  const NightIngests ingests = Read(builder.Close());
  ASSERT_THAT(PathsOf(ingests), ElementsAre(kLatissPath, kUnknownPath, kUnknownPath));
  EXPECT_EQ(ingests.rows[1].artifact, ArtifactState::kGone);
  EXPECT_EQ(ingests.rows[1].exposure, 2020050100013);
  EXPECT_EQ(ingests.rows[1].detector, -1);
  EXPECT_EQ(ingests.rows[1].storage_stem, "AT_O_20200501_000013");
  ASSERT_EQ(ingests.issues.size(), 1U);
  EXPECT_EQ(ingests.issues[0].path, (tree / "gen2repo/registry.sqlite3").string());
  EXPECT_THAT(ingests.issues[0].status,
              FailsWith(absl::StatusCode::kFailedPrecondition, StartsWith("2 rows of 2020-05-01 lack")));
}

TEST(Gen2Query, SkipsATemplateWhoseColumnIsNullInTheRow) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Linked(With(kLatissRow, {{"expId", nullptr}, {"visit", 65}}),
                 "raw/2020-05-01/00000065-det000.fits");
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kPresent);
  EXPECT_EQ(ingests.rows[0].exposure, 65);
}

TEST(Gen2Query, NeverLeavesTheRepositoryForATextThatLeadsOutOfIt) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kStand);
  builder.Row(With(kStandRow, {{"run", "../../secret"}, {"expId", 1}}));
  builder.Row(With(kStandRow, {{"run", (tree / "secret").string()}, {"expId", 2}}));
  tree.File("secret/00000000001-RTM-004-S01-det001.fits");
  tree.File("secret/00000000002-RTM-004-S01-det001.fits");
  EXPECT_THAT(PathsOf(Read(builder.Close())), ElementsAre(kUnknownPath, kUnknownPath));
}

// --- Which folders the answer depends on.

TEST(Gen2Query, StampsEveryFolderThatItLookedFor) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  builder.Linked(kRaftRow, kRaftPath);
  builder.Row(With(kRaftRow, {{"expId", 5700065}, {"visit", 5700065}}));
  const NightIngests ingests = Read(builder.Close());
  const std::string raw = (tree / "gen2repo/raw").string();
  EXPECT_THAT(FoldersOf(ingests, true), ElementsAre(raw + "/2020-05-01/3020050100012"));
  EXPECT_THAT(FoldersOf(ingests, false), ElementsAre(raw + "/2020-05-01/0000005700065",
                                                     raw + "/2020-05-01/5700065", raw + "/6489D/R22"));
  EXPECT_TRUE(AreUnchanged(ingests.folders));
  tree.Folder("gen2repo/raw/6489D/R22");
  EXPECT_FALSE(AreUnchanged(ingests.folders));
}

TEST(Gen2Query, AsksForNoOlderFolderOnceAFileIsFound) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  const NightIngests ingests = Read(builder.Linked(kRaftRow, kRaftPath).Close());
  EXPECT_EQ(ingests.folders.size(), 1U);
}

TEST(Gen2Query, HasNoFolderToStampForANightWithoutRows) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  const NightIngests ingests = Read(builder.Row(kLatissRow).Close(), kNight + 1);
  EXPECT_TRUE(ingests.rows.empty());
  EXPECT_THAT(ingests.folders, IsEmpty());
}

// --- Many nights, threads, cancellation.

TEST(Gen2Query, OneReadOf400NightsGivesWhatAReadOfEachGives) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  const Night first = N("2019-06-01");
  std::vector<Night> nights;
  for (int i = 0; i < 400; ++i) {
    const Night night = first + i;
    nights.push_back(night);
    const std::int64_t exposure = std::int64_t{night.yyyymmdd()} * 100'000 + 1;
    for (int detector = 0; detector < i % 3; ++detector) {
      builder.Row(With(
          kRaftRow,
          {{"dayObs", night.ToString()}, {"expId", exposure}, {"visit", exposure}, {"detector", detector}}));
    }
  }
  builder.Close();
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.repo(), Impatient()));
  ASSERT_OK_AND_ASSIGN(const auto all, registry->Read(nights));
  std::size_t num_rows = 0;
  for (const Night night : nights) {
    ASSERT_OK_AND_ASSIGN(const NightIngests of_all, all->Ingests(night));
    num_rows += of_all.rows.size();
    if ((night - first) % 7 != 0) continue;  // each read is of the whole table
    ASSERT_OK_AND_ASSIGN(const auto one, registry->Read(std::vector{night}));
    ASSERT_OK_AND_ASSIGN(const NightIngests of_one, one->Ingests(night));
    EXPECT_EQ(PathsOf(of_all), PathsOf(of_one));
    EXPECT_EQ(of_all.folders, of_one.folders);
    EXPECT_EQ(all->Digest(night), one->Digest(night));
  }
  EXPECT_EQ(num_rows, 399U);
}

TEST(Gen2Query, GivesTheSameAnswerForAnyNumberOfThreads) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLsstCam);
  for (std::int64_t i = 300; i > 0; --i) {  // more folders than one batch has, and not in their order
    const std::int64_t exposure = 3020050100000 + i;
    const RawValues row = With(kRaftRow, {{"expId", exposure}, {"visit", exposure}});
    const std::string id = std::to_string(exposure);
    const std::string name = id + "-R22-S01-det091.fits";
    if (i % 3 == 0) builder.Linked(row, "raw/2020-05-01/" + id + "/" + name);
    if (i % 3 == 1) builder.Linked(row, "raw/6489D/R22/" + name);
    if (i % 3 == 2) builder.Row(row);
  }
  builder.Close();
  std::vector<NightIngests> answers;
  for (const int num_threads : {1, 16}) {
    RegistryOptions options = Impatient();
    options.control.num_threads = num_threads;
    ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.repo(), options));
    ASSERT_OK_AND_ASSIGN(answers.emplace_back(), registry->ReadNight(kNight));
  }
  EXPECT_EQ(answers[0].rows.size(), 300U);
  EXPECT_TRUE(std::ranges::is_sorted(PathsOf(answers[0])));
  EXPECT_EQ(PathsOf(answers[0]), PathsOf(answers[1]));
  EXPECT_EQ(answers[0].folders, answers[1].folders);
  for (std::size_t i = 0; i < answers[0].rows.size(); ++i) {
    EXPECT_EQ(answers[0].rows[i].file_id, answers[1].rows[i].file_id);
  }
}

TEST(Gen2Query, EndsAsCancelledOnceItIsToldToStop) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Linked(kLatissRow, kLatissPath).Close();
  std::stop_source stop;
  RegistryOptions options = Impatient();
  options.control.stop = stop.get_token();
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.repo(), options));
  ASSERT_OK_AND_ASSIGN(const auto snapshot, registry->Read(std::vector{kNight}));
  stop.request_stop();
  EXPECT_THAT(snapshot->Ingests(kNight), FailsWith(absl::StatusCode::kCancelled, testing::_));
  EXPECT_THAT(registry->Read(std::vector{kNight}), FailsWith(absl::StatusCode::kCancelled, testing::_));
}

TEST(Gen2Query, SaysFromWhenOnNothingThatIsCommittedComesAmongItsRows) {
  for (const std::string_view journal : {"DELETE", "WAL"}) {
    const TempTree tree;
    RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
    builder.Row(kLatissRow).Close();
    ASSERT_OK_AND_ASSIGN(
        sqlite::Connection writer,
        sqlite::Connection::Open(builder.file().string(), sqlite::OpenMode::kReadWrite, milliseconds{0}));
    ASSERT_THAT(writer.Execute(fmt::format("PRAGMA journal_mode = {}", journal)), IsOk());
    ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.repo(), Impatient()));
    std::vector<absl::Status> commits;
    ASSERT_OK_AND_ASSIGN(const auto snapshot, registry->Read(std::vector{kNight}, [&] {
      commits.push_back(writer.Execute("INSERT INTO raw (dayObs, expId) VALUES ('2020-05-01', 7)"));
    }));
    ASSERT_EQ(commits.size(), 1U);
    EXPECT_EQ(commits.front().ok(), journal == "WAL") << "else the reader's lock keeps it waiting";
    ASSERT_OK_AND_ASSIGN(const NightIngests ingests, snapshot->Ingests(kNight));
    EXPECT_EQ(ingests.rows.size(), 1U) << journal;
  }
}

// --- What a later look needs to know.

std::uint64_t DigestOf(const std::filesystem::path& repo) {
  absl::StatusOr<std::unique_ptr<Registry>> registry = Registry::Open(repo, Impatient());
  EXPECT_THAT(registry, IsOk());
  absl::StatusOr<std::unique_ptr<RegistrySnapshot>> snapshot = (*registry)->Read(std::vector{kNight});
  EXPECT_THAT(snapshot, IsOk());
  return (*snapshot)->Digest(kNight);
}

TEST(Gen2Query, HasTheSameDigestForTheSameRowsInWhateverOrder) {
  const TempTree tree;
  const RawValues other = With(kLatissRow, {{"expId", 2020050100013}});
  RegistryBuilder one(tree, "one", RawSchema::kLatiss);
  RegistryBuilder two(tree, "two", RawSchema::kLatiss);
  const std::uint64_t digest = DigestOf(one.Row(kLatissRow).Row(other).Close());
  EXPECT_EQ(DigestOf(two.Row(other).Row(kLatissRow).Close()), digest);
}

TEST(Gen2Query, HasTheSameDigestOnEveryMachine) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  EXPECT_EQ(DigestOf(builder.Row(kLatissRow).Close()),
            12273985853198034063U);  // kept in histories: it may not change
}

TEST(Gen2Query, HasAnotherDigestOnceARowOfTheNightIsAddedOrChanged) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Row(kLatissRow).Sql("COMMIT");
  const std::uint64_t digest = DigestOf(builder.repo());
  builder.Row(With(kLatissRow, {{"dayObs", "2020-05-02"}, {"expId", 2020050200001}}));
  EXPECT_EQ(DigestOf(builder.repo()), digest) << "another night's row";
  builder.Row(With(kLatissRow, {{"expId", 2020050100013}}));
  const std::uint64_t with_another = DigestOf(builder.repo());
  EXPECT_NE(with_another, digest);
  builder.Sql("UPDATE raw SET obsid = 'AT_O_20200501_000099' WHERE expId = 2020050100013");
  EXPECT_NE(DigestOf(builder.repo()), with_another);
}

TEST(Gen2Query, HasAnotherTokenAfterEveryCommit) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Row(kLatissRow).Sql("COMMIT");
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.repo(), Impatient()));
  const std::string token = registry->ChangeToken();
  EXPECT_NE(token, "");
  EXPECT_EQ(registry->ChangeToken(), token);
  builder.Sql("UPDATE raw SET obsid = 'AT_O_20200501_000013'");
  EXPECT_NE(registry->ChangeToken(), token);
}

TEST(Gen2Query, SeesTheFileThatTookTheRegistrysPlace) {
  // As ingests did it until 2020-01-27: a copy is changed and renamed over the old file.
  const TempTree tree;
  RegistryBuilder before(tree, "gen2repo", RawSchema::kLatiss);
  before.Linked(kLatissRow, kLatissPath).Close();
  RegistryBuilder after(tree, "new", RawSchema::kLatiss);
  after.Row(kLatissRow).Row(With(kLatissRow, {{"expId", 2020050100013}})).Close();
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(before.repo(), Impatient()));
  ASSERT_OK_AND_ASSIGN(const NightIngests old, registry->ReadNight(kNight));
  const std::string token = registry->ChangeToken();
  std::filesystem::rename(after.file(), before.file());
  ASSERT_OK_AND_ASSIGN(const NightIngests now, registry->ReadNight(kNight));
  EXPECT_EQ(old.rows.size(), 1U);
  EXPECT_EQ(now.rows.size(), 2U);
  EXPECT_NE(registry->ChangeToken(), token);
}

// --- Trouble with the database; nothing is ever written.

TEST(Gen2Query, NeverWritesBelowTheRepositoryWhateverStateItIsIn) {
  const TempTree tree;
  RegistryBuilder plain(tree, "in/plain", RawSchema::kLatiss);
  plain.Linked(kLatissRow, kLatissPath).Close();
  RegistryBuilder wal(tree, "in/wal", RawSchema::kLatiss);
  wal.Row(kLatissRow).Close();
  RegistryBuilder hot(tree, "in/hot", RawSchema::kLatiss);
  hot.Row(kLatissRow).Close();
  const auto open_writer = [](const std::filesystem::path& file) {
    return sqlite::Connection::Open(file.string(), sqlite::OpenMode::kReadWrite, milliseconds{0});
  };
  ASSERT_OK_AND_ASSIGN(sqlite::Connection wal_writer, open_writer(wal.file()));
  ASSERT_THAT(wal_writer.Execute("PRAGMA journal_mode = WAL; UPDATE raw SET detector = 1"), IsOk());
  InOtherProcess([&] {
    absl::StatusOr<sqlite::Connection> writer = open_writer(hot.file());
    EXPECT_THAT(
        writer->Execute("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN;"
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                        "INSERT INTO raw (dayObs, expId) SELECT '2020-05-01', i FROM n"),
        IsOk());
    DieHere();
  });
  const std::string before = PortraitOf(tree / "in");
  for (const RegistryBuilder* const builder : {&plain, &wal, &hot}) {
    ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder->repo(), Impatient()));
    registry->ChangeToken();
    ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
    EXPECT_EQ(ingests.rows.size(), 1U) << builder->repo();
  }
  EXPECT_EQ(PortraitOf(tree / "in"), before);
}

TEST(Gen2Query, IsUnavailableWhileAWriterKeepsItLockedForLongerThanTheLimit) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Row(kLatissRow).Close();
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.repo(), Impatient()));
  ASSERT_OK_AND_ASSIGN(
      sqlite::Connection writer,
      sqlite::Connection::Open(builder.file().string(), sqlite::OpenMode::kReadWrite, milliseconds{0}));
  ASSERT_THAT(writer.Execute("BEGIN EXCLUSIVE"), IsOk());
  const auto locked = FailsWith(absl::StatusCode::kUnavailable,
                                AllOf(StartsWith(builder.file().string() + ": "), HasSubstr("locked")));
  EXPECT_THAT(registry->ReadNight(kNight), locked);
  EXPECT_THAT(Registry::Open(builder.repo(), Impatient()), locked);
  ASSERT_THAT(writer.Execute("ROLLBACK"), IsOk());
  EXPECT_THAT(registry->ReadNight(kNight), IsOk());
}

TEST(Gen2Query, IsUnavailableOnceTheRegistryThatItOpenedIsGone) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Row(kLatissRow).Close();
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.repo(), Impatient()));
  std::filesystem::remove(builder.file());
  EXPECT_THAT(registry->ReadNight(kNight),
              FailsWith(absl::StatusCode::kUnavailable, StartsWith(builder.file().string())));
}

TEST(Gen2Query, RefusesWhatIsNoDatabase) {
  const TempTree tree;
  tree.Text("gen2repo/registry.sqlite3", std::string(8192, 'x'));
  EXPECT_THAT(
      Registry::Open(tree / "gen2repo", Impatient()),
      FailsWith(absl::StatusCode::kDataLoss, StartsWith((tree / "gen2repo/registry.sqlite3").string())));
}

TEST(Gen2Query, RefusesADatabaseThatIsCutOffAnywhere) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  for (int i = 0; i < 200; ++i) builder.Row(With(kLatissRow, {{"expId", 2020050100012 + i}}));
  builder.Close();
  const auto whole = std::filesystem::file_size(builder.file());
  ASSERT_GT(whole, 5U * 4096);
  for (const std::uintmax_t size : {whole - 1, whole - 4096, whole / 2, std::uintmax_t{4096 + 17},
                                    std::uintmax_t{4096}, std::uintmax_t{100}, std::uintmax_t{50}}) {
    std::filesystem::resize_file(builder.file(), size);
    absl::StatusOr<std::unique_ptr<Registry>> registry = Registry::Open(builder.repo(), Impatient());
    const absl::Status status = registry.ok() ? (*registry)->ReadNight(kNight).status() : registry.status();
    EXPECT_THAT(status, FailsWith(absl::StatusCode::kDataLoss, StartsWith(builder.file().string()))) << size;
  }
}

TEST(Gen2Query, RefusesADatabaseWithoutTheTableRaw) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", "CREATE TABLE cooked (x)");
  builder.Close();
  EXPECT_THAT(Registry::Open(builder.repo(), Impatient()),
              FailsWith(absl::StatusCode::kFailedPrecondition,
                        AllOf(StartsWith(builder.file().string()), HasSubstr("no table 'raw'"))));
}

TEST(Gen2Query, RefusesATableThatDoesNotTellTheNights) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", "CREATE TABLE raw (visit int)");
  builder.Close();
  EXPECT_THAT(Registry::Open(builder.repo(), Impatient()),
              FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("dayObs, dateObs and date")));
}

TEST(Gen2Query, RefusesAnEmptyFile) {
  const TempTree tree;
  tree.Text("gen2repo/registry.sqlite3", "");
  EXPECT_THAT(Registry::Open(tree / "gen2repo", Impatient()),
              FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("empty")));
}

TEST(Gen2Query, SaysWhoMayNotReadTheRegistry) {
  const TempTree tree;
  RegistryBuilder builder(tree, "gen2repo", RawSchema::kLatiss);
  builder.Close();
  std::filesystem::permissions(builder.file(), std::filesystem::perms::none);
  const WithoutRoot as_nobody;
  EXPECT_THAT(Registry::Open(builder.repo(), Impatient()),
              FailsWith(absl::StatusCode::kPermissionDenied, StartsWith(builder.file().string())));
}

}  // namespace
}  // namespace obsmon
