#include "obsmon/expected.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "expected/manifest.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using expected::ParseExpectedSensors;
using expected::ParseJsonList;
using expected::ParseLines;
using expected::Sensor;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kObsId = "MC_O_20250501_000012";
constexpr std::string_view kFolder = "20250501/MC_O_20250501_000012/";
const Night kNight = Night::Parse("2025-05-01").value();

TEST(ExpectedSensors, AreReadFromTheCamerasManifest) {
  EXPECT_THAT(ParseExpectedSensors(R"({"fileName": "MC_O_20250501_000012_expectedSensors.json",
      "fileType": "expectedSensors", "obsId": "MC_O_20250501_000012", "version": 1.0,
      "expectedSensors": {"R22_S11": "SCIENCE", "R00_SG0": "GUIDER", "R44_SW1": "SCIENCE"}, "more": [{}, null]})",
                                   kObsId)
                  .value()
                  .sensors,
              ElementsAre(Sensor{.detector = "R22_S11"}, Sensor{.detector = "R00_SG0", .guider = true},
                          Sensor{.detector = "R44_SW1"}));
  EXPECT_THAT(ParseExpectedSensors(R"({"expectedSensors": {}})", kObsId).value().sensors, IsEmpty());
}

struct BadText {
  std::string text;
  std::string why;
};

TEST(ExpectedSensors, SayWhatIsWrongWithThem) {
  for (const BadText& bad : {
           BadText{"", "no JSON"},
           BadText{"{", "no JSON"},
           BadText{"<html>", "no JSON"},
           BadText{R"({"expectedSensors": {"R22_S11": "SCIENCE"}} rest)", "no JSON"},
           BadText{"{\"expectedSensors\": {\"R22_S11\": \"SCI\xFF\"}}", "no JSON"},
           BadText{"[]", "a list"},
           BadText{"17", "no object"},
           BadText{"\"text\"", "a text"},
           BadText{"{}", "has no 'expectedSensors'"},
           BadText{R"({"expectedsensors": {}})", "has no 'expectedSensors'"},
           BadText{R"({"expectedSensors": ["R22_S11"]})", "is no object"},
           BadText{R"({"expectedSensors": null})", "is no object"},
           BadText{R"({"expectedSensors": "R22_S11"})", "is no object"},
           BadText{R"({"expectedSensors": {"R22_S11": "SCIENCE", "R22_S11": "SCIENCE"}})", "'R22_S11' twice"},
           BadText{R"({"expectedSensors": {}, "expectedSensors": {}})", "'expectedSensors' twice"},
           BadText{R"({"expectedSensors": {"R22_S11": {"a": "SCIENCE"}}})", "'R22_S11' is no word"},
           BadText{R"({"obsId": "MC_O_20250501_000013", "expectedSensors": {}})", "of another exposure"},
           BadText{R"({"a": )" + std::string(100'000, '['), "nested"},
           BadText{R"({"expectedSensors": )" + std::string(100'000, '['), "is no object"},
       }) {
    EXPECT_THAT(ParseExpectedSensors(bad.text, kObsId),
                FailsWith(absl::StatusCode::kDataLoss, HasSubstr(bad.why)))
        << bad.text.substr(0, 80);
  }
}

TEST(ExpectedSensors, LeaveOutAnEntryThatTheyDoNotUnderstandAndSayWhich) {
  for (const BadText& odd : {
           BadText{R"("R22_S12": "ENGINEERING")", "'R22_S12' is 'ENGINEERING', neither SCIENCE nor GUIDER"},
           BadText{R"("R22_S12": 1)", "'R22_S12' is neither SCIENCE nor GUIDER"},
           BadText{R"("../../etc/passwd": "SCIENCE")", "'../../etc/passwd' is no detector"},
           BadText{R"("R22_S12/..": "SCIENCE")", "is no detector"},
           BadText{R"("": "SCIENCE")", "is no detector"},
           BadText{R"("R22_S12_guider": "SCIENCE")", "is no detector"},
       }) {
    const std::string text = R"({"expectedSensors": {"R22_S10": "SCIENCE", )" + odd.text +
                             R"(, "R22_S11": "SCIENCE", "R22_S13": false}})";
    const auto found = ParseExpectedSensors(text, kObsId);
    ASSERT_THAT(found.status(), IsOk()) << text;
    EXPECT_THAT(found->sensors, ElementsAre(Sensor{.detector = "R22_S10"}, Sensor{.detector = "R22_S11"}));
    EXPECT_THAT(found->left_out, FailsWith(absl::StatusCode::kDataLoss, HasSubstr(odd.why))) << text;
  }
}

TEST(ManifestList, IsReadInLinesAndInJson) {
  const std::string lines =
      "path,since\n# the first two\nAT_O_20250501_000012.fits\r\n\n"
      "  AT_O_20250501_000013.fits , 2025-05-01T23:59:59.5Z\nx/b.fits\n";
  const std::vector<ListedFile> files = {
      {.path = "AT_O_20250501_000012.fits"},
      {.path = "AT_O_20250501_000013.fits",
       .since = Utc("2025-05-01T23:59:59") + std::chrono::milliseconds{500}},
      {.path = "x/b.fits"}};
  EXPECT_EQ(ParseLines(lines).value().files, files);
  EXPECT_EQ(ParseJsonList(R"(["AT_O_20250501_000012.fits",
      {"path": "AT_O_20250501_000013.fits", "since": "2025-05-01 23:59:59.5", "more": {"path": ["y"]}}, {"path": "x/b.fits"}])")
                .value()
                .files,
            files);
  EXPECT_THAT(ParseLines("").value().files, IsEmpty());
  EXPECT_THAT(ParseJsonList("[]").value().files, IsEmpty());
}

TEST(ManifestList, SaysWhatIsWrongAndWhere) {
  for (const BadText& bad :
       {BadText{"# none\n../a.fits\n", "line 2: '../a.fits' leads out"}, BadText{"/a.fits", "line 1"},
        BadText{"a//b.fits", "leads out"}, BadText{"a/", "no path"},
        BadText{"a.fits,yesterday", "'yesterday' is no time"},
        BadText{",2025-05-01T00:00:00", "an empty path"}, BadText{"\xFF", "not UTF-8"}}) {
    EXPECT_THAT(ParseLines(bad.text), FailsWith(absl::StatusCode::kDataLoss, HasSubstr(bad.why))) << bad.text;
  }
  for (const BadText& bad :
       {BadText{"{}", "not an array"}, BadText{"[[]]", "entry 1: neither a name nor an object"},
        BadText{"[1]", "entry 1: neither a name nor an object"}, BadText{R"([{}])", "entry 1: an empty path"},
        BadText{R"(["../a"])", "leads out"}, BadText{"[", "no JSON"}, BadText{R"("a")", "is a text"},
        BadText{"1", "no array"},
        BadText{R"([{"path": "a", "since": "2025-13-01T00:00:00"}])", "is no time"}}) {
    EXPECT_THAT(ParseJsonList(bad.text), FailsWith(absl::StatusCode::kDataLoss, HasSubstr(bad.why)))
        << bad.text;
  }
}

TEST(ManifestList, LosesNoMoreThanTheEntriesThatAreWrongAndSaysWhichIsTheFirst) {
  const std::vector<ListedFile> files = {{.path = "a.fits"}, {.path = "b.fits"}};
  const auto lines = ParseLines("a.fits\nx.fits,garbage\n\xFF.fits\nb.fits\n");
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_EQ(lines->files, files);
  EXPECT_THAT(lines->left_out,
              FailsWith(absl::StatusCode::kDataLoss, HasSubstr("line 2: 'garbage' is no time")));
  for (const std::string_view odd :
       {"5", "null", R"(["a.fits", {"path": "x"}])", "{}", R"({"path": "../x"})"}) {
    const auto json = ParseJsonList(fmt::format(R"(["a.fits", {}, {{"path": "b.fits"}}])", odd));
    ASSERT_TRUE(json.ok()) << odd << json.status();
    EXPECT_EQ(json->files, files) << odd;
    EXPECT_THAT(json->left_out, FailsWith(absl::StatusCode::kDataLoss, HasSubstr("entry 2: "))) << odd;
  }
}

class ReadExpectedTest : public testing::Test {
 protected:
  NightExpected Read(const ExpectedOptions& options = {}) const {
    const absl::StatusOr<TransferScan> scan = ScanTransfers(tree_ / "storage", kNight);
    EXPECT_THAT(scan, IsOk());
    absl::StatusOr<NightExpected> found = ReadExpected(tree_ / "storage", scan->files, kNight, options);
    EXPECT_THAT(found, IsOk());
    return *std::move(found);
  }
  std::string Path(std::string_view name) const {
    return "storage/" + std::string(kFolder) + std::string(name);
  }
  static std::vector<std::string> Paths(const NightExpected& found) {
    std::vector<std::string> paths;
    for (const ExpectedRow& row : found.files) paths.emplace_back(row.path.substr(kFolder.size()));
    return paths;
  }

  TempTree tree_;
};

TEST_F(ReadExpectedTest, CallsForFitsAndJsonOfEachSensorBesideTheManifestSinceItsArrival) {
  tree_.Text(Path("MC_O_20250501_000012_expectedSensors.json"),
             R"({"expectedSensors": {"R22_S11": "SCIENCE", "R00_SG0": "GUIDER"}})");
  const NightExpected found = Read();
  EXPECT_THAT(
      Paths(found),
      ElementsAre("MC_O_20250501_000012_R00_SG0_guider.fits", "MC_O_20250501_000012_R00_SG0_guider.json",
                  "MC_O_20250501_000012_R22_S11.fits", "MC_O_20250501_000012_R22_S11.json"));
  EXPECT_EQ(found.files.since()[0], ScanTransfers(tree_ / "storage", kNight)->files.arrival_time()[0]);
  EXPECT_THAT(found.exposures, ElementsAre(kObsId));
  EXPECT_THAT(found.issues, IsEmpty());
}

TEST_F(ReadExpectedTest, OfOneListForManyNightsTakesWhatIsOfItsOwn) {
  tree_.Folder("storage");
  const std::filesystem::path list =
      tree_.Text("taken.txt", "20250430/a.fits\n20250501/b.fits\n2025-05-02/c.fits\n");
  const NightExpected found = Read({.manifest = list});
  ASSERT_THAT(found.files, SizeIs(1));
  EXPECT_EQ(found.files[0].path, "20250501/b.fits");
}

TEST_F(ReadExpectedTest, AListThatIsNotThereIsToComeWhereThereIsOneANightElseNamed) {
  tree_.Folder("storage");
  EXPECT_THAT(Read({.manifest = tree_ / "{night}.txt"}).issues, IsEmpty());
  EXPECT_THAT(Read({.manifest = tree_ / "typo.txt"}).issues, SizeIs(1));
  ASSERT_EQ(mkfifo((tree_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(Read({.manifest = tree_ / "pipe"}).issues, SizeIs(1));
}

TEST_F(ReadExpectedTest, ABadManifestIsNamedAndCostsNothingButItsOwnExposure) {
  tree_.Text(Path("MC_O_20250501_000012_expectedSensors.json"), R"({"expectedSensors": {"../x": {}}})");
  tree_.Text(Path("MC_O_20250501_000013_expectedSensors.json"),
             R"({"expectedSensors": {"R22_S11": "SCIENCE"}})");
  tree_.File(Path("MC_O_20250501_000014_expectedSensors.json"), std::size_t{2} << 20);
  const NightExpected found = Read();
  EXPECT_THAT(found.files, SizeIs(2));
  EXPECT_THAT(found.exposures, ElementsAre("MC_O_20250501_000013"));
  EXPECT_THAT(found.broken_exposures, ElementsAre("MC_O_20250501_000012", "MC_O_20250501_000014"));
  ASSERT_THAT(found.issues, SizeIs(2));
  EXPECT_EQ(found.issues[0].path, tree_ / Path("MC_O_20250501_000012_expectedSensors.json"));
  EXPECT_THAT(std::string(found.issues[0].status.message()), HasSubstr("'../x' is no word"));
  EXPECT_THAT(std::string(found.issues[1].status.message()), HasSubstr("larger than 1 MiB"));
  EXPECT_TRUE(IsOfManifest(found.issues[0]) && IsOfManifest(found.issues[1]));
}

TEST_F(ReadExpectedTest, OfAManifestThatIsUnderstoodInPartTheRestIsExpected) {
  tree_.Text(Path("MC_O_20250501_000012_expectedSensors.json"),
             R"({"expectedSensors": {"R22_S11": "SCIENCE", "R22_S12": "ENGINEERING"}})");
  const NightExpected found = Read();
  EXPECT_THAT(Paths(found),
              ElementsAre("MC_O_20250501_000012_R22_S11.fits", "MC_O_20250501_000012_R22_S11.json"));
  EXPECT_THAT(found.exposures, IsEmpty()) << "whether it is complete is not known";
  EXPECT_THAT(found.broken_exposures, ElementsAre(kObsId));
  ASSERT_THAT(found.issues, SizeIs(1));
  EXPECT_THAT(std::string(found.issues[0].status.message()), HasSubstr("can't be used whole: 'R22_S12' is"));
  EXPECT_TRUE(IsOfManifest(found.issues[0]));
}

// Whoever may write to storage could have an issue quote a file that obsmon alone may read.
TEST_F(ReadExpectedTest, AManifestThatIsALinkIsABadOneAndNothingOfItsTargetIsTold) {
  tree_.Text("elsewhere.json", R"({"obsId": "a-secret", "expectedSensors": {"R22_S11": "SCIENCE"}})");
  tree_.Symlink(Path("MC_O_20250501_000012_expectedSensors.json"), tree_ / "elsewhere.json");
  const NightExpected found = Read();
  EXPECT_THAT(found.files, IsEmpty());
  EXPECT_THAT(found.broken_exposures, ElementsAre(kObsId));
  ASSERT_THAT(found.issues, SizeIs(1));
  const std::string message(found.issues[0].status.message());
  EXPECT_THAT(message, HasSubstr("a link, and only the file itself is read"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

TEST_F(ReadExpectedTest, AListTellsOfACameraWithoutManifestsOfItsOwn) {
  tree_.Folder("storage/20250501");
  tree_.Text("taken/2025-05-01.txt",
             "MC_O_20250501_000012/MC_O_20250501_000012_R22_S11.fits,2025-05-02T01:00:00\n"
             "20250501/MC_O_20250501_000012/MC_O_20250501_000012_R22_S12.fits,2025-05-02T01:00:00\n"
             "MC_O_20250501_000012_R22_S12.fits,2025-05-02T00:59:00\n");
  const NightExpected found = Read({.manifest = tree_ / "taken/{night}.txt"});
  EXPECT_THAT(Paths(found),
              ElementsAre("MC_O_20250501_000012_R22_S11.fits", "MC_O_20250501_000012_R22_S12.fits"));
  EXPECT_EQ(found.files.since()[0], Utc("2025-05-02T01:00:00"));
  EXPECT_EQ(found.files.since()[1], Utc("2025-05-02T00:59:00")) << "of two that call for it, the earlier";
  EXPECT_THAT(found.exposures, ElementsAre(kObsId));
  EXPECT_THAT(Read({.manifest = tree_ / "taken/{day_obs}.txt"}).files, IsEmpty())
      << "no list yet is no trouble";
  EXPECT_THAT(Read({.manifest = tree_ / "taken/{day_obs}.txt"}).issues, IsEmpty());
}

TEST_F(ReadExpectedTest, FilesOfOneNameInTwoFoldersAreTwoWhereTheNameIsOfNoExposure) {
  tree_.Folder("storage/20250501");
  tree_.Text("taken.txt",
             "blue/12.fits\n2025-05-01/blue/12.fits\nred/12.fits\n12.fits\nblue/13.fits\n14.fits\n"
             "a/MC_O_20250501_000012_R22_S11.fits\nb/MC_O_20250501_000012_R22_S11.fits\n");
  const NightExpected found = Read({.manifest = tree_ / "taken.txt"});
  std::vector<std::string> paths;
  std::vector<std::string> whose_folder_counts;
  for (const ExpectedRow& row : found.files) {
    paths.emplace_back(row.path);
    if (row.folder_counts) whose_folder_counts.emplace_back(row.path);
  }
  EXPECT_THAT(paths, ElementsAre("20250501/14.fits", "20250501/a/MC_O_20250501_000012_R22_S11.fits",
                                 "20250501/blue/12.fits", "20250501/blue/13.fits", "20250501/red/12.fits"));
  EXPECT_THAT(whose_folder_counts, ElementsAre("20250501/blue/12.fits", "20250501/red/12.fits"));
}

TEST_F(ReadExpectedTest, OfAListThatIsUnderstoodInPartTheRestIsExpected) {
  tree_.Folder("storage/20250501");
  tree_.Text("taken.txt", "a.fits\nb.fits,garbage\n");
  const NightExpected found = Read({.manifest = tree_ / "taken.txt"});
  ASSERT_THAT(found.files, SizeIs(1));
  EXPECT_EQ(found.files.path()[0], "20250501/a.fits");
  ASSERT_THAT(found.issues, SizeIs(1));
  EXPECT_THAT(std::string(found.issues[0].status.message()), HasSubstr("can't be used whole: line 2"));
  EXPECT_TRUE(found.issues[0].is_option) << "whoever gave it is told";
}

TEST_F(ReadExpectedTest, ABadListIsNamed) {
  tree_.Folder("storage/20250501");
  tree_.Text("taken.json", "[\"../a.fits\"]");
  const NightExpected found = Read({.manifest = tree_ / "taken.json"});
  ASSERT_THAT(found.issues, SizeIs(1));
  EXPECT_THAT(std::string(found.issues[0].status.message()), HasSubstr("entry 1"));
  tree_.Folder("taken.txt");
  EXPECT_THAT(Read({.manifest = tree_ / "taken.txt"}).issues, SizeIs(1));
}

}  // namespace
}  // namespace obsmon
