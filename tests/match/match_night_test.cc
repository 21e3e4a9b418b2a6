#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "obsmon/match.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const UtcTime kNow = Utc("2020-05-02T03:00:00");
const UtcTime kLongAgo = Utc("2020-05-02T01:00:00");

/// A file that arrived whole, long ago, and is large enough.
TransferRow Arrived(std::string_view path, FileId id) {
  return {
      .path = path, .size_bytes = 57'600, .creation_time = kLongAgo, .arrival_time = kLongAgo, .file_id = id};
}

/// A dataset whose file is there.
IngestRow Dataset(std::string_view path, FileId id) {
  return {.path = path, .night = Night::Parse("2020-05-01").value(), .file_id = id, .size_bytes = 57'600};
}

TransferTable Transfers(const std::vector<TransferRow>& rows) {
  TransferTable table;
  for (const TransferRow& row : rows) table.Append(row);
  return table;
}

IngestTable Ingests(const std::vector<IngestRow>& rows) {
  IngestTable table;
  for (const IngestRow& row : rows) table.Append(row);
  return table;
}

Verdict VerdictOf(const TransferRow& file, const std::vector<IngestRow>& datasets = {},
                  const MatchOptions& options = {}) {
  return MatchNight(Transfers({file}), Ingests(datasets), kNow, options).verdict.front();
}

TEST(MatchNight, AFileIsIngestedWhenADatasetIsTheSameFile) {
  const FileId id{.device = 1, .inode = 7};
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/a.fits", id), {Dataset("raw/a.fits", id)}), Verdict::kIngested);
}

TEST(MatchNight, InodesOfTwoDevicesAreNotTheSameFile) {
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/a.fits", {.device = 1, .inode = 7}),
                      {Dataset("raw/b.fits", {.device = 2, .inode = 7})}),
            Verdict::kNotIngested);
}

TEST(MatchNight, InodesOf64BitsDoNotCollideAsThePrototypesKeyDid) {
  const std::uint64_t huge = std::numeric_limits<std::uint64_t>::max() - 1;
  const FileId id{.device = 70'000, .inode = huge};
  const FileId packed_alike{.device = 60'000, .inode = huge + 1};
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/a.fits", id), {Dataset("raw/a.fits", id)}), Verdict::kIngested);
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/a.fits", id), {Dataset("raw/b.fits", packed_alike)}),
            Verdict::kNotIngested);
}

TEST(MatchNight, AnUningestedFileIsTheProblemOnceItsGraceIsOver) {
  const MatchOptions options{.grace = seconds{60}};
  TransferRow file = Arrived("2020-05-01/a.fits", {});
  file.arrival_time = kNow - seconds{59};
  EXPECT_EQ(VerdictOf(file, {}, options), Verdict::kSettling);
  file.arrival_time = kNow - seconds{60};
  EXPECT_EQ(VerdictOf(file, {}, options), Verdict::kNotIngested);
}

TEST(MatchNight, AFitsFileOfExactlyTheMinimumSizeIsNotTooSmall) {
  TransferRow file = Arrived("2020-05-01/a.fits", {});
  file.size_bytes = 10'000;
  EXPECT_EQ(VerdictOf(file), Verdict::kNotIngested);
  file.size_bytes = 9'999;
  EXPECT_EQ(VerdictOf(file), Verdict::kTooSmall);
}

TEST(MatchNight, ASmallFileThatIsNoFitsIsNotFitsAlone) {
  TransferRow file = Arrived("2020-05-01/a.json", {});
  file.size_bytes = 20;
  EXPECT_EQ(VerdictOf(file), Verdict::kNotFits);
}

TEST(MatchNight, CompressedAndUpperCaseFitsAreFits) {
  EXPECT_TRUE(IsFitsName("n/a.fits"));
  EXPECT_TRUE(IsFitsName("n/a.fits.fz"));
  EXPECT_TRUE(IsFitsName("n/a.fits.gz"));
  EXPECT_TRUE(IsFitsName("n/A.FITS"));
  EXPECT_FALSE(IsFitsName("n/a.fits.json"));
  EXPECT_FALSE(IsFitsName("n/afits"));
  EXPECT_FALSE(IsFitsName(""));
}

TransferRow InFlight(std::string_view path, UtcTime last_write) {
  TransferRow file = Arrived(path, {});
  file.size_bytes = 0;
  file.arrival_time = last_write;
  file.state = TransferState::kInFlight;
  return file;
}

TEST(MatchNight, AFileInFlightIsNoProblemHoweverSmallUntilNobodyHasWrittenToItForAnHour) {
  const std::string_view path = "2020-05-01/.a.fits.x7Kq2b";
  EXPECT_EQ(VerdictOf(InFlight(path, kNow - seconds{3599})), Verdict::kInFlight);
  EXPECT_EQ(VerdictOf(InFlight(path, kNow - seconds{3600})), Verdict::kMissing);
  EXPECT_EQ(VerdictOf(InFlight(path, kNow - seconds{10}), {}, {.partial_age = seconds{10}}),
            Verdict::kMissing);
  EXPECT_EQ(VerdictOf(InFlight(path, kLongAgo), {}, {.registry_readable = false}), Verdict::kUnknown);
}

TEST(MatchNight, AnOrphanWhoseFileHasArrivedOrIsOnItsWayAgainIsIgnored) {
  const TransferRow orphan = InFlight("2020-05-01/.a.fits.x7Kq2b", kLongAgo);
  EXPECT_THAT(MatchNight(Transfers({orphan, Arrived("2020-05-01/a.fits", {.inode = 1})}), {}, kNow).verdict,
              ElementsAre(Verdict::kIgnored, Verdict::kNotIngested));
  EXPECT_THAT(MatchNight(Transfers({orphan, InFlight("2020-05-01/.a.fits.Kq2bx7", kNow)}), {}, kNow).verdict,
              ElementsAre(Verdict::kIgnored, Verdict::kInFlight));
  EXPECT_THAT(MatchNight(Transfers({orphan, Arrived("2020-05-01/b.fits", {.inode = 1})}), {}, kNow).verdict,
              ElementsAre(Verdict::kMissing, Verdict::kNotIngested));
}

TEST(MatchNight, WhatRsyncDelaysIsNoOrphanWhileItStillWritesSomethingElse) {
  const TransferRow delayed = InFlight("2020-05-01/.~tmp~/a.fits", kLongAgo);
  EXPECT_THAT(MatchNight(Transfers({delayed, InFlight("2020-05-01/.b.fits.x7Kq2b", kNow)}), {}, kNow).verdict,
              ElementsAre(Verdict::kInFlight, Verdict::kInFlight));
  EXPECT_THAT(MatchNight(Transfers({delayed}), {}, kNow).verdict, ElementsAre(Verdict::kMissing));
}

ExpectedTable Expected(const std::vector<std::string_view>& paths, UtcTime since = kLongAgo) {
  ExpectedTable table;
  for (const std::string_view path : paths) table.Append({.path = path, .since = since});
  return table;
}

std::vector<AbsentFile> Absent(const std::vector<TransferRow>& files, const std::vector<IngestRow>& datasets,
                               const ExpectedTable& expected, const MatchOptions& options = {}) {
  return MatchNight(Transfers(files), Ingests(datasets), expected, kNow, options).absent;
}

TEST(MatchNight, AnExpectedFileIsMissingUnlessItsNameArrivedAnywhereInTheNightOrIsKnownToTheRegistry) {
  const ExpectedTable expected = Expected({"20200501/x/a.fits", "20200501/x/a.json"});
  EXPECT_THAT(Absent({}, {}, expected),
              ElementsAre(AbsentFile{.expected_row = 0, .verdict = Verdict::kMissing},
                          AbsentFile{.expected_row = 1, .verdict = Verdict::kMissing}));
  const auto missing_json = ElementsAre(AbsentFile{.expected_row = 1, .verdict = Verdict::kMissing});
  for (const std::string_view path :
       {"2020-05-01/a.fits", "20200501/x/a.fits.fz", "20200501/y/a.fits.gz", "20200501/y/A.fits"}) {
    const std::vector<AbsentFile> absent = Absent({Arrived(path, {.inode = 1})}, {}, expected);
    EXPECT_EQ(absent.size(), path == "20200501/y/A.fits" ? 2 : 1) << path;
  }
  EXPECT_THAT(Absent({InFlight("20200501/x/.a.fits.x7Kq2b", kNow)}, {}, expected), missing_json);
  EXPECT_THAT(Absent({InFlight("20200501/x/.rsync-partial/a.fits", kLongAgo)}, {}, expected), missing_json)
      << "the orphan itself is called missing, once";
  EXPECT_THAT(Absent({}, {Dataset("raw/a.fits", {.inode = 1})}, expected), missing_json);
  IngestRow by_stem = Dataset("raw/3020050100012-det004.fits", {.inode = 1});
  by_stem.storage_stem = "a";
  by_stem.artifact = ArtifactState::kGone;
  EXPECT_THAT(Absent({}, {by_stem}, expected), missing_json) << "it is gone, which is another verdict";
}

TEST(MatchNight, OfTwoExpectedFilesOfOneNameEachIsMissingUnlessItArrivedInItsFolder) {
  ExpectedTable expected;
  for (const std::string_view path : {"20200501/blue/12.fits", "20200501/red/12.fits"}) {
    expected.Append({.path = path, .since = kLongAgo, .folder_counts = true});
  }
  const auto missing_red = ElementsAre(AbsentFile{.expected_row = 1, .verdict = Verdict::kMissing});
  EXPECT_THAT(Absent({}, {}, expected), SizeIs(2));
  EXPECT_THAT(Absent({Arrived("2020-05-01/blue/12.fits.fz", {.inode = 1})}, {}, expected), missing_red);
  for (const std::string_view path : {"20200501/blue/.12.fits.x7Kq2b", "20200501/blue/.~tmp~/12.fits"}) {
    EXPECT_THAT(Absent({InFlight(path, kNow)}, {}, expected), missing_red) << path;
  }
  EXPECT_THAT(Absent({Arrived("20200501/12.fits", {.inode = 1})}, {}, expected), SizeIs(2));

  IngestRow blue = Dataset("raw/12.fits", {.inode = 1});
  EXPECT_THAT(Absent({Arrived("20200501/blue/12.fits", {.inode = 1})}, {blue}, expected), missing_red)
      << "a dataset is known to be of the file that it is";
  EXPECT_THAT(Absent({}, {blue}, expected), IsEmpty()) << "of which of the two it is, nobody can tell";
  blue.link_target = "/data/storage/20200501/blue/12.fits";
  EXPECT_THAT(Absent({}, {blue}, expected, {.storage_names = {"/data/storage"}}), missing_red);
}

TEST(MatchNight, AnExpectedFileHasItsGraceFromTheArrivalOfTheManifest) {
  const auto verdict = [](seconds age, const MatchOptions& options) {
    return Absent({}, {}, Expected({"20200501/a.fits"}, kNow - age), options).front().verdict;
  };
  EXPECT_EQ(verdict(seconds{59}, {}), Verdict::kSettling);
  EXPECT_EQ(verdict(seconds{60}, {}), Verdict::kMissing);
  EXPECT_EQ(verdict(seconds{299}, {.missing_grace = seconds{300}}), Verdict::kSettling);
  EXPECT_EQ(verdict(seconds{300}, {.missing_grace = seconds{300}}), Verdict::kMissing);
}

TEST(MatchNight, WhatMayLieInAFolderThatCouldNotBeReadIsUnknownNotMissing) {
  const MatchOptions options{.hidden_folders = {"20200501/x"}};
  EXPECT_THAT(Absent({}, {}, Expected({"20200501/x/a.fits", "20200501/xy/b.fits"}), options),
              ElementsAre(AbsentFile{.expected_row = 0, .verdict = Verdict::kUnknown},
                          AbsentFile{.expected_row = 1, .verdict = Verdict::kMissing}));
  EXPECT_THAT(Absent({}, {}, Expected({"20200501/x/a.fits"}), {.registry_readable = false}),
              ElementsAre(AbsentFile{.expected_row = 0, .verdict = Verdict::kUnknown}))
      << "it may have been ingested, and been cleaned away";
}

TEST(MatchNight, AFolderThatCouldNotBeReadHidesWhateverOfItsNamesTheNightHas) {
  const ExpectedTable expected = Expected({"20200501/x/a.fits", "20200501/y/b.fits", "20200501/c.fits"});
  const auto verdicts = [&](const std::string& hidden) {
    std::vector<Verdict> found;
    for (const AbsentFile& file : Absent({}, {}, expected, {.hidden_folders = {hidden}})) {
      found.push_back(file.verdict);
    }
    return found;
  };
  EXPECT_THAT(verdicts("2020-05-01/x"),
              ElementsAre(Verdict::kUnknown, Verdict::kMissing, /*a mere name*/ Verdict::kUnknown));
  EXPECT_THAT(verdicts("2020-05-01"), ElementsAre(Verdict::kUnknown, Verdict::kUnknown, Verdict::kUnknown));
}

TEST(MatchNight, AFileInAnotherPlaceIsWhereItsNightsFolderThereHasIt) {
  TransferRow blue = Arrived("/data/pending/2020-05-01/blue/12.fits", {1, 1});
  TransferRow red = Arrived("/data/pending/2020-05-01/red/12.fits", {1, 2});
  blue.place = red.place = TransferPlace::kPending;
  const MatchOptions options{.ignore = {{.pattern = "blue/*.fits", .reason = "blue is off"}},
                             .other_names = {"/data/pending"}};
  ExpectedTable expected;
  expected.Append({.path = "20200501/blue/12.fits", .since = kLongAgo, .folder_counts = true});
  expected.Append({.path = "20200501/red/12.fits", .since = kLongAgo, .folder_counts = true});
  const NightMatch match = MatchNight(Transfers({blue, red}), {}, expected, kNow, options);
  EXPECT_THAT(match.absent, IsEmpty());
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIgnored, Verdict::kPending));
}

TEST(MatchNight, AFileThatIsKnownByItsPathMayBeSeveralDatasets) {
  IngestRow first = Dataset("raw/a.fits", {9, 1});
  IngestRow second = Dataset("raw/b.fits", {9, 1});
  first.link_target = second.link_target = "/data/storage/2020-05-01/a.fits";
  const NightMatch match = MatchNight(Transfers({Arrived("2020-05-01/a.fits", {1, 1})}),
                                      Ingests({first, second}), kNow, {.storage_names = {"/data/storage"}});
  EXPECT_THAT(match.basis, ElementsAre(MatchBasis::kPath));
  EXPECT_THAT(match.transfer_of, ElementsAre(0, 0));
}

TEST(MatchNight, ARuleIgnoresWhatIsNotIngestedAndWhatIsMissingButNothingThatIsIngested) {
  const FileId id{.device = 1, .inode = 7};
  const std::string_view path = "20200501/MC_C_20200501_000007/MC_C_20200501_000007_R22_S11.fits";
  const MatchOptions options{.ignore = {{.pattern = "*_dark.fits", .reason = "darks"},
                                        {.detector = "R22_*", .reason = "R22 is turned off"}}};
  EXPECT_EQ(VerdictOf(Arrived(path, id), {}, options), Verdict::kIgnored);
  EXPECT_EQ(VerdictOf(Arrived(path, id), {Dataset("raw/x.fits", id)}, options), Verdict::kIngested);
  EXPECT_EQ(MatchNight(Transfers({Arrived(path, id)}), {}, kNow, options).rule_of.front(), 1);
  EXPECT_THAT(Absent({}, {}, Expected({path}), options),
              ElementsAre(AbsentFile{.expected_row = 0, .verdict = Verdict::kIgnored, .rule = 1}));
}

TEST(MatchNight, ARuleAboutTheIngestAloneHidesNothingThatNeverArrived) {
  const MatchOptions options{.ignore = {{.pattern = "*.fits", .reason = "darks", .missing = false}}};
  EXPECT_EQ(VerdictOf(Arrived("20200501/a.fits", {.inode = 1}), {}, options), Verdict::kIgnored);
  EXPECT_EQ(VerdictOf(InFlight("20200501/.a.fits.x7Kq2b", kLongAgo), {}, options), Verdict::kMissing)
      << "an orphan's file has not arrived";
  EXPECT_THAT(Absent({}, {}, Expected({"20200501/a.fits"}), options),
              ElementsAre(AbsentFile{.expected_row = 0, .verdict = Verdict::kMissing}));
  EXPECT_THAT(Absent({}, {}, Expected({"20200501/a.fits"}, kNow), options),
              ElementsAre(AbsentFile{.expected_row = 0, .verdict = Verdict::kSettling}));
}

TEST(IgnoreRule, HoldsForAFileThatFitsAllThatItNames) {
  const std::string_view path = "20200501/focus/MC_C_20200501_000007_R22_S11.fits";
  EXPECT_TRUE(Holds({.pattern = "MC_C_*_R22_S??.fits"}, path));
  EXPECT_TRUE(Holds({.pattern = "*"}, path));
  EXPECT_TRUE(Holds({.pattern = "focus/*"}, path));
  EXPECT_TRUE(Holds({.detector = "R22_S11"}, path));
  EXPECT_TRUE(Holds({.pattern = "*.fits", .detector = "R??_S11"}, path));
  const ObservationTypes types = {{"MC_C_20200501_000007", "CWFS"}};
  EXPECT_TRUE(Holds({.observation_type = "cwfs"}, path, types));
  EXPECT_FALSE(Holds({.observation_type = "dark"}, path, types));
  EXPECT_FALSE(Holds({.detector = "R30_*", .observation_type = "cwfs"}, path, types));
  EXPECT_FALSE(Holds({.observation_type = "*"}, path)) << "a type that is not known is none";
  EXPECT_FALSE(Holds({}, path)) << "a rule that names nothing must not ignore everything";
  EXPECT_FALSE(Holds({.pattern = "MC_C"}, path)) << "all of the name, not a part of it";
  EXPECT_FALSE(Holds({.pattern = "*.fits", .detector = "R22"}, path));
  EXPECT_FALSE(Holds({.detector = "*"}, "20200501/notes.txt")) << "no detector is no detector";
  EXPECT_FALSE(Holds({.pattern = "*a*a*a*a*a*a*a*a*a*a*b"}, std::string(4000, 'a'))) << "and soon says so";
}

TEST(MatchNight, TellsWhenTheFirstVerdictChangesWithTheTimeAlone) {
  TransferRow young = Arrived("2020-05-01/a.fits", {.inode = 1});
  young.arrival_time = kNow - seconds{50};
  const TransferRow in_flight = InFlight("2020-05-01/.b.fits.x7Kq2b", kNow - seconds{3595});
  const ExpectedTable expected = Expected({"2020-05-01/c.fits"}, kNow - seconds{53});
  EXPECT_EQ(MatchNight(Transfers({young}), {}, kNow).holds_until, kNow + seconds{10});
  EXPECT_EQ(MatchNight(Transfers({young}), {}, expected, kNow).holds_until, kNow + seconds{7});
  EXPECT_EQ(MatchNight(Transfers({young, in_flight}), {}, expected, kNow).holds_until, kNow + seconds{5});
  EXPECT_EQ(MatchNight(Transfers({Arrived("2020-05-01/a.fits", {.inode = 1})}), {}, kNow).holds_until,
            std::nullopt);
}

TEST(MatchNight, GuidersHaveAGraceOfTheirOwn) {
  const MatchOptions options{.grace = seconds{60}, .guider_grace = seconds{300}};
  TransferRow guider = Arrived("20200501/MC_O_20200501_000007_R00_SG0_guider.fits", {});
  TransferRow science = Arrived("20200501/MC_O_20200501_000007_R22_S11.fits", {});
  guider.arrival_time = science.arrival_time = kNow - seconds{299};
  EXPECT_EQ(VerdictOf(guider, {}, options), Verdict::kSettling);
  EXPECT_EQ(VerdictOf(science, {}, options), Verdict::kNotIngested);
  guider.arrival_time = kNow - seconds{300};
  EXPECT_EQ(VerdictOf(guider, {}, options), Verdict::kNotIngested);
}

TEST(MatchNight, WithoutARegistryNothingIsCalledNotIngested) {
  const MatchOptions unreadable{.registry_readable = false};
  TransferRow file = Arrived("2020-05-01/a.fits", {});
  EXPECT_EQ(VerdictOf(file, {}, unreadable), Verdict::kUnknown);
  file.size_bytes = 20;
  EXPECT_EQ(VerdictOf(file, {}, unreadable), Verdict::kUnknown);
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/a.json", {}), {}, unreadable), Verdict::kUnknown);
  EXPECT_EQ(VerdictOf(InFlight("2020-05-01/.a.fits.x7Kq2b", kNow), {}, unreadable), Verdict::kInFlight);
}

TEST(MatchNight, TheRegistrysEventsComeBeforeWhatTheFileLooksLike) {
  const FileId id{.device = 1, .inode = 7};
  TransferRow small = Arrived("2020-05-01/a.fits", id);
  small.size_bytes = 20;
  IngestRow event = Dataset("raw/a.fits", id);
  event.status = IngestStatus::kPending;
  EXPECT_EQ(VerdictOf(small, {event}), Verdict::kPending);
  event.status = IngestStatus::kFailed;
  EXPECT_EQ(VerdictOf(small, {event}), Verdict::kFailed);
}

TEST(MatchNight, ADatasetsLinkNamesItsFileWhereDeviceNumbersDiffer) {
  IngestRow dataset = Dataset("raw/a.fits", {.device = 99, .inode = 7});
  dataset.link_target = "/data/storage/2020-05-01/a.fits";
  const MatchOptions options{.storage_names = {"/data/storage"}};
  const NightMatch match = MatchNight(Transfers({Arrived("2020-05-01/a.fits", {.device = 1, .inode = 7})}),
                                      Ingests({dataset}), kNow, options);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIngested));
  EXPECT_THAT(match.basis, ElementsAre(MatchBasis::kPath));
}

// Base names may be the same in each exposure's folder.
TEST(MatchNight, AFileListedByItsPathIsNoOtherOfItsNameInAnotherFolder) {
  const MatchOptions options{.storage_names = {"/data/storage"}};
  IngestRow listed = Dataset("20200501/exp1/image.fits", {});
  listed.artifact = ArtifactState::kGone;
  listed.link_target = "/data/storage/20200501/exp1/image.fits";
  EXPECT_EQ(VerdictOf(Arrived("20200501/exp2/image.fits", {}), {listed}, options), Verdict::kNotIngested);
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/exp1/image.fits", {}), {listed}, options), Verdict::kArtifactGone);
  listed.path = "image.fits";  // a name alone says nothing of a folder
  listed.link_target = "/data/storage/image.fits";
  EXPECT_EQ(VerdictOf(Arrived("20200501/exp2/image.fits", {}), {listed}, options), Verdict::kArtifactGone);
}

TEST(MatchNight, AFolderWhoseNameOnlyBeginsLikeStorageIsNotStorage) {
  IngestRow dataset = Dataset("raw/a-det000.fits", {.device = 99, .inode = 7});
  dataset.link_target = "/data/storage-old/2020-05-01/a.fits";
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/a.fits", {.device = 1, .inode = 7}), {dataset},
                      {.storage_names = {"/data/storage"}}),
            Verdict::kNotIngested);
}

TEST(MatchNight, ACopyIsRecognisedByItsNameAndSizeAndSaidToBe) {
  IngestRow copy =
      Dataset("raw/2020-05-01/3020050100012/3020050100012-R22-S00-det009.fits", {.device = 1, .inode = 8});
  copy.storage_stem = "MC_C_20200501_000012_R22_S00";
  TransferRow file =
      Arrived("2020-05-01/MC_C_20200501_000012/MC_C_20200501_000012_R22_S00.fits", {.device = 1, .inode = 7});
  const NightMatch match = MatchNight(Transfers({file}), Ingests({copy}), kNow);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIngested));
  EXPECT_THAT(match.basis, ElementsAre(MatchBasis::kName));

  file.size_bytes += 2880;
  EXPECT_EQ(VerdictOf(file, {copy}), Verdict::kNotIngested);
}

TEST(MatchNight, AFileWhoseDatasetHasLostItsOwnFileIsArtifactGone) {
  IngestRow gone = Dataset("raw/2020-05-01/a-det000.fits", {});
  gone.artifact = ArtifactState::kGone;
  gone.storage_stem = "a";
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/a.fits", {.device = 1, .inode = 7}), {gone}),
            Verdict::kArtifactGone);
}

TEST(MatchNight, WhatCouldNotBeReadIsUnknownNotGone) {
  IngestRow hidden = Dataset("raw/2020-05-01/a-det000.fits", {});
  hidden.artifact = ArtifactState::kUnreadable;
  hidden.storage_stem = "a";
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/a.fits", {.device = 1, .inode = 7}), {hidden}), Verdict::kUnknown);
}

// "not ingested" would be a false alarm: the registry has a row that may be this file's.
TEST(MatchNight, AFileThatMayBeADatasetWhichCouldNotBeReadIsUnknown) {
  const TransferRow plain = Arrived("2020-05-01/e.fits", {.device = 1, .inode = 7});
  const TransferRow raw = Arrived("2020-05-01/AT_O_20200501_000007_R00_S00.fits", {.device = 1, .inode = 8});
  IngestRow hidden = Dataset("raw/2020-05-01/2020050100001-det000.fits", {});
  hidden.artifact = ArtifactState::kUnreadable;
  EXPECT_EQ(VerdictOf(plain, {hidden}), Verdict::kUnknown);
  EXPECT_EQ(VerdictOf(raw, {hidden}), Verdict::kUnknown) << "the row tells no exposure";
  hidden.storage_stem = "AT_O_20200501_000001_R00_S00";
  EXPECT_EQ(VerdictOf(plain, {hidden}), Verdict::kUnknown);
  EXPECT_EQ(VerdictOf(raw, {hidden}), Verdict::kNotIngested) << "the row is of another exposure";
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/e.txt", {.device = 1, .inode = 9}), {hidden}), Verdict::kNotFits);
  TransferRow failed = plain;
  failed.place = TransferPlace::kBad;
  EXPECT_EQ(VerdictOf(failed, {hidden}), Verdict::kFailed) << "its folder tells";
  hidden.link_target = "/data/storage/2020-05-01/f.fits";
  const MatchOptions options{.storage_names = {"/data/storage"}};
  EXPECT_EQ(VerdictOf(plain, {hidden}, options), Verdict::kNotIngested) << "the row is about another file";
  hidden.link_target = "/mnt/other/2020-05-01/e.fits";
  EXPECT_EQ(VerdictOf(plain, {hidden}, options), Verdict::kUnknown) << "who knows what is mounted there";
  hidden.link_target = "";
  hidden.artifact = ArtifactState::kGone;
  EXPECT_EQ(VerdictOf(plain, {hidden}), Verdict::kNotIngested);
}

TEST(MatchNight, EveryNameOfAnIngestedFileIsIngested) {
  const FileId id{.device = 1, .inode = 7};
  const NightMatch match =
      MatchNight(Transfers({Arrived("2020-05-01/a.fits", id), Arrived("20200501/a.fits", id)}),
                 Ingests({Dataset("raw/a.fits", id), Dataset("raw/b.fits", id)}), kNow);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIngested, Verdict::kIngested));
  EXPECT_THAT(match.transfer_of, ElementsAre(0, 0));
}

TEST(MatchNight, AFileIdOfNothingMatchesNothing) {
  IngestRow gone = Dataset("raw/a.fits", {});
  gone.artifact = ArtifactState::kGone;
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/other.fits", {}), {gone}), Verdict::kNotIngested);
}

// Random nights, against the definition written down as two nested loops.
TEST(MatchNight, AgreesWithANestedLoopOracleWhateverTheOrderOfRows) {
  std::mt19937 random(20200501);
  for (int round = 0; round < 200; ++round) {
    const auto up_to = [&random](int n) { return std::uniform_int_distribution<int>(0, n)(random); };
    std::vector<std::string> names;
    std::vector<TransferRow> files;
    std::vector<IngestRow> datasets;
    for (int i = 0; i < 40; ++i)
      names.push_back("2020-05-01/f" + std::to_string(i) + (up_to(3) == 0 ? ".json" : ".fits"));
    for (const std::string& name : names) {
      TransferRow file = Arrived(name, {.device = static_cast<std::uint64_t>(up_to(1)),
                                        .inode = static_cast<std::uint64_t>(up_to(30))});
      file.size_bytes = 9'999 + up_to(2);
      file.arrival_time = kNow - seconds{up_to(120)};
      files.push_back(file);
    }
    std::vector<std::string> paths;
    for (int i = 0; i < 20; ++i) paths.push_back("raw/d" + std::to_string(i));
    for (const std::string& path : paths) {
      datasets.push_back(Dataset(path, {.device = static_cast<std::uint64_t>(up_to(1)),
                                        .inode = static_cast<std::uint64_t>(up_to(30))}));
    }
    std::ranges::shuffle(files, random);
    std::ranges::shuffle(datasets, random);
    const NightMatch match = MatchNight(Transfers(files), Ingests(datasets), kNow);
    for (std::size_t i = 0; i < files.size(); ++i) {
      const bool ingested =
          std::ranges::any_of(datasets, [&](const IngestRow& d) { return d.file_id == files[i].file_id; });
      const Verdict expected = ingested                                     ? Verdict::kIngested
                               : kNow - files[i].arrival_time < seconds{60} ? Verdict::kSettling
                               : !files[i].path.ends_with(".fits")          ? Verdict::kNotFits
                               : files[i].size_bytes < 10'000               ? Verdict::kTooSmall
                                                                            : Verdict::kNotIngested;
      ASSERT_EQ(match.verdict[i], expected) << files[i].path;
    }
  }
}

TEST(Verdict, EachHasItsOwnWords) {
  std::vector<std::string_view> names;
  for (const Verdict verdict : kAllVerdicts) {
    names.push_back(VerdictName(verdict));
    EXPECT_FALSE(VerdictLabel(verdict).empty());
    EXPECT_FALSE(VerdictMeaning(verdict).empty());
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

// --- what Gen3's modes of transfer leave to go by

/// A dataset of Gen3: what the registry recorded, and no file in common with any other.
IngestRow Copy(std::string_view path, std::string_view stem, std::int64_t size, FileId id) {
  IngestRow row = Dataset(path, id);
  row.storage_stem = stem;
  row.size_bytes = size;
  row.ingested_size_bytes = size;
  return row;
}

constexpr std::string_view kPath = "20250501/MC_O_20250501_000001/MC_O_20250501_000001_R22_S11.fits";
constexpr std::string_view kStem = "MC_O_20250501_000001_R22_S11";

TEST(MatchNight, ACopyIsKnownByItsExposureAndDetectorAndItsSizeAtIngest) {
  const NightMatch match = MatchNight(Transfers({Arrived(kPath, {1, 1})}),
                                      Ingests({Copy("LSSTCam/raw/all/a.fits", kStem, 57'600, {1, 2})}), kNow);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIngested));
  EXPECT_THAT(match.basis, ElementsAre(MatchBasis::kName));
}

TEST(MatchNight, AFileThatHasChangedSinceItsIngestIsIngestedAllTheSame) {
  const NightMatch match = MatchNight(Transfers({Arrived(kPath, {1, 1})}),
                                      Ingests({Copy("LSSTCam/raw/all/a.fits", kStem, 60'000, {1, 2})}), kNow);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIngested));
}

TEST(MatchNight, OfSeveralCopiesAWholeOneCounts) {
  IngestRow damaged = Copy("LSSTCam/raw/all/a.fits", kStem, 57'600, {1, 2});
  damaged.size_bytes = 2;
  const NightMatch match = MatchNight(Transfers({Arrived(kPath, {1, 1})}),
                                      Ingests({damaged, Copy("again/a.fits", kStem, 57'600, {1, 3})}), kNow);
  EXPECT_THAT(match.ingest_of, ElementsAre(1));
}

TEST(MatchNight, OfTwoFilesOfAnExposureAndDetectorThatOfTheRightSizeIsTheIngestedOne) {
  TransferRow packed = Arrived("20250501/MC_O_20250501_000001/MC_O_20250501_000001_R22_S11.fits.fz", {1, 1});
  packed.size_bytes = 30'000;
  const NightMatch match = MatchNight(Transfers({packed, Arrived(kPath, {1, 3})}),
                                      Ingests({Copy("LSSTCam/raw/all/a.fits", kStem, 57'600, {1, 2})}), kNow);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kNotIngested, Verdict::kIngested));
}

TEST(MatchNight, AFileMayBeADatasetOfSeveralRuns) {
  const NightMatch match = MatchNight(
      Transfers({Arrived(kPath, {1, 1})}),
      Ingests({Copy("run1/a.fits", kStem, 57'600, {1, 2}), Copy("run2/a.fits", kStem, 57'600, {1, 3})}),
      kNow);
  EXPECT_THAT(match.ingest_of, ElementsAre(0));
  EXPECT_THAT(match.transfer_of, ElementsAre(0, 0));
}

TEST(MatchNight, AFileThatIsALinkOfOneDatastoreMayBeACopyInAnother) {
  IngestRow link = Dataset("datastore1/a.fits", {1, 1});
  IngestRow copy = Copy("datastore2/a.fits", kStem, 57'600, {1, 2});
  IngestRow of_another_exposure = Copy("datastore2/b.fits", kStem, 57'600, {1, 3});
  IngestRow of_another_size = Copy("datastore3/a.fits", kStem, 60'000, {1, 4});
  link.exposure = copy.exposure = of_another_size.exposure = 2025050100001;
  of_another_exposure.exposure = 2025050100002;
  const NightMatch match = MatchNight(Transfers({Arrived(kPath, {1, 1})}),
                                      Ingests({link, copy, of_another_exposure, of_another_size}), kNow);
  EXPECT_THAT(match.basis, ElementsAre(MatchBasis::kFileId));
  EXPECT_THAT(match.ingest_of, ElementsAre(0));
  EXPECT_THAT(match.transfer_of, ElementsAre(0, 0, NightMatch::kNoRow, NightMatch::kNoRow));
}

TEST(MatchNight, ACopyIsRatherOfAFileThatHasNoDatasetYet) {
  IngestRow link = Dataset("datastore1/a.fits", {1, 1});
  IngestRow copy = Copy("datastore2/a.fits", kStem, 57'600, {1, 2});
  link.exposure = copy.exposure = 2025050100001;
  const NightMatch match =
      MatchNight(Transfers({Arrived(kPath, {1, 1}),
                            Arrived("20250501/again/MC_O_20250501_000001_R22_S11.fits", {1, 3})}),
                 Ingests({link, copy}), kNow);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIngested, Verdict::kIngested));
  EXPECT_THAT(match.transfer_of, ElementsAre(0, 1));
}

TEST(MatchNight, OfSeveralDatasetsThatWithAnArtifactCounts) {
  IngestRow gone = Copy("datastore1/a.fits", kStem, 57'600, {});
  gone.artifact = ArtifactState::kGone;
  const NightMatch match =
      MatchNight(Transfers({Arrived(kPath, {1, 1})}),
                 Ingests({gone, Copy("datastore2/a.fits", kStem, 57'600, {1, 3})}), kNow);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIngested));
  EXPECT_THAT(match.transfer_of, ElementsAre(NightMatch::kNoRow, 0));
}

TEST(MatchNight, AnObjectInAStoreIsKnownByItsKeyAndSize) {
  IngestRow object = Copy(
      "s3://embargo@summit/LSSTCam/2025-05-01/MC_O_20250501_000001/"
      "MC_O_20250501_000001_R22_S11.fits",
      "", 57'600, {});
  object.artifact = ArtifactState::kRemote;
  const NightMatch match = MatchNight(Transfers({Arrived(kPath, {1, 1})}), Ingests({object}), kNow);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIngested));
  EXPECT_THAT(match.basis, ElementsAre(MatchBasis::kKey));

  object.ingested_size_bytes = 1;
  EXPECT_EQ(VerdictOf(Arrived(kPath, {1, 1}), {object}), Verdict::kNotIngested);
  object.ingested_size_bytes = 57'600;
  object.path = "s3://bucket/elsewhere/MC_O_20250501_000001_R22_S11.fits";
  EXPECT_THAT(MatchNight(Transfers({Arrived(kPath, {1, 1})}), Ingests({object}), kNow).basis,
              ElementsAre(MatchBasis::kName));
}

TEST(MatchNight, ACopyOfTheSameChecksumIsSure) {
  TransferRow file = Arrived(kPath, {1, 1});
  IngestRow copy = Copy("LSSTCam/raw/all/a.fits", kStem, 57'600, {1, 2});
  file.checksum = copy.ingested_checksum = 7;
  EXPECT_THAT(MatchNight(Transfers({file}), Ingests({copy}), kNow).basis, ElementsAre(MatchBasis::kChecksum));
  EXPECT_EQ(MatchBasisName(MatchBasis::kChecksum), "checksum");
  copy.path = "s3://embargo/20250501/MC_O_20250501_000001/MC_O_20250501_000001_R22_S11.fits";
  copy.artifact = ArtifactState::kRemote;
  EXPECT_THAT(MatchNight(Transfers({file}), Ingests({copy}), kNow).basis, ElementsAre(MatchBasis::kChecksum));
  file.checksum = kNoChecksum;
  EXPECT_THAT(MatchNight(Transfers({file}), Ingests({copy}), kNow).basis, ElementsAre(MatchBasis::kKey));
}

TEST(MatchNight, ACopyOfAnotherChecksumIsAFileThatHasChangedSince) {
  TransferRow file = Arrived(kPath, {1, 1});
  IngestRow copy = Copy("LSSTCam/raw/all/a.fits", kStem, 57'600, {1, 2});
  file.checksum = 7;
  copy.ingested_checksum = 8;
  const NightMatch match = MatchNight(Transfers({file}), Ingests({copy}), kNow);
  EXPECT_THAT(match.verdict, ElementsAre(Verdict::kIngested));
  EXPECT_THAT(match.basis, ElementsAre(MatchBasis::kName));
}

TEST(MatchNight, OfSeveralRunsThatOfTheSameChecksumCounts) {
  TransferRow file = Arrived(kPath, {1, 1});
  IngestRow before = Copy("run1/a.fits", kStem, 57'600, {1, 2});
  IngestRow again = Copy("run2/a.fits", kStem, 57'600, {1, 3});
  file.checksum = again.ingested_checksum = 7;
  before.ingested_checksum = 8;
  const NightMatch match = MatchNight(Transfers({file}), Ingests({before, again}), kNow);
  EXPECT_THAT(match.ingest_of, ElementsAre(1));
  EXPECT_THAT(match.basis, ElementsAre(MatchBasis::kChecksum));
}

TEST(MatchNight, OfDatasetsOfOneNameEachFileHasThatOfItsFolderItsSizeOrItsChecksum) {
  const MatchOptions options{.storage_names = {"/data/storage"}};
  std::vector<TransferRow> files;
  std::vector<IngestRow> listed;
  std::vector<IngestRow> copies;
  for (const std::string_view path :
       {"20250501/e1/image.fits", "20250501/e2/image.fits", "20250501/e3/image.fits"}) {
    files.push_back(Arrived(path, {1, files.size() + 1}));
  }
  for (const std::string_view path : {"2025-05-01/e3/image.fits", "2025-05-01/e1/image.fits"}) {
    listed.push_back(Dataset(path, {}));
    listed.back().artifact = ArtifactState::kGone;
  }
  listed[0].link_target = "/data/storage/2025-05-01/e3/image.fits";
  listed[1].link_target = "/data/storage/2025-05-01/e1/image.fits";
  EXPECT_THAT(MatchNight(Transfers(files), Ingests(listed), kNow, options).ingest_of, ElementsAre(1, -1, 0));

  for (const std::string_view path : {"a/image.fits", "b/image.fits", "c/image.fits"}) {
    copies.push_back(Copy(path, "", 57'600, {1, 10 + copies.size()}));
    copies.back().exposure = static_cast<std::int64_t>(copies.size());
  }
  EXPECT_THAT(MatchNight(Transfers(files), Ingests(copies), kNow).ingest_of, ElementsAre(0, 1, 2))
      << "which is of which nobody can tell, but there are as many";
  files[0].size_bytes = copies[2].ingested_size_bytes = 60'000;
  EXPECT_THAT(MatchNight(Transfers(files), Ingests(copies), kNow).ingest_of, ElementsAre(2, 0, 1));
  files[1].checksum = copies[1].ingested_checksum = 7;
  copies[0].ingested_checksum = 8;
  EXPECT_THAT(MatchNight(Transfers(files), Ingests(copies), kNow).ingest_of, ElementsAre(2, 1, 0));
}

// A list tells no exposure, so that all of its rows seem to be of one.
TEST(MatchNight, AFileTakesNoDatasetThatIsListedForAnotherFolder) {
  const MatchOptions options{.storage_names = {"/data/storage"}};
  std::vector<TransferRow> files;
  std::vector<IngestRow> listed;
  for (const std::string exposure : {"e1", "e2"}) {
    files.push_back(Arrived(exposure == "e1" ? "2025-05-01/e1/image.fits" : "2025-05-01/e2/image.fits",
                            {1, files.size() + 1}));
    listed.push_back(Dataset(exposure == "e1" ? "20250501/e1/image.fits" : "20250501/e2/image.fits",
                             {1, listed.size() + 11}));
  }
  listed[0].link_target = "/data/storage/20250501/e1/image.fits";
  listed[1].link_target = "/data/storage/20250501/e2/image.fits";
  EXPECT_THAT(MatchNight(Transfers(files), Ingests(listed), kNow, options).ingest_of, ElementsAre(0, 1));
}

TEST(MatchNight, AnObjectIsKnownByItsKeyHoweverDeepItsFileLies) {
  for (const std::string below : {"a.fits", "e1/a.fits", "x/y/z/a.fits"}) {
    const std::string key = "s3://bucket/2025-05-01/" + below;
    IngestRow object = Copy(key, "", 57'600, {});
    object.artifact = ArtifactState::kRemote;
    const std::string path = "20250501/" + below;
    const TransferTable files = Transfers({Arrived("20250501/e2/b.fits", {1, 1}), Arrived(path, {1, 2})});
    EXPECT_THAT(MatchNight(files, Ingests({object}), kNow).basis,
                ElementsAre(MatchBasis::kNone, MatchBasis::kKey))
        << below;
  }
}

TEST(MatchNight, AMemberOfAZipFileIsKnownByItsName) {
  const IngestRow member = Copy("zips/01/01.zip#zip-path=x-R22-S11.fits", "", 57'600, {1, 9});
  EXPECT_EQ(VerdictOf(Arrived("20250501/x-R22-S11.fits", {1, 1}), {member}), Verdict::kIngested);
}

TEST(MatchNight, AnIngestedFileThatATransferHasCutOffIsInFlightAndThenAnOrphan) {
  TransferRow cut_off = Arrived("2020-05-01/a.fits", {1, 7});
  cut_off.state = TransferState::kInFlight;
  cut_off.arrival_time = kNow - seconds{60};
  EXPECT_EQ(VerdictOf(cut_off, {Dataset("raw/a.fits", {1, 7})}), Verdict::kInFlight);
  cut_off.arrival_time = kNow - std::chrono::hours{2};
  EXPECT_EQ(VerdictOf(cut_off, {Dataset("raw/a.fits", {1, 7})}), Verdict::kMissing);
}

TEST(MatchNight, TheFileOfACameraWithOneDetectorIsKnownByItsExposureAlone) {
  const MatchOptions options{.detector_names = {{"R00_S00", "RXX_S00"}, {"R00S00", "RXX_S00"}}};
  const IngestRow copy = Copy("raw/2022-03-17/a-det000.fits", "AT_O_20220317_000471", 57'600, {1, 2});
  for (const std::string_view name :
       {"AT_O_20220317_000471-R00S00", "AT_O_20220317_000471--R00S00", "AT_O_20220317_000471_R00_S00"}) {
    const std::string path = "20220317/" + std::string(name) + ".fits";
    EXPECT_EQ(VerdictOf(Arrived(path, {1, 1}), {copy}, options), Verdict::kIngested) << name;
  }
}

TEST(MatchNight, ADetectorMayHaveAnotherNameInTheRegistry) {
  const MatchOptions latiss{.detector_names = {{"R00_S00", "RXX_S00"}, {"", "RXX_S00"}}};
  const IngestRow dataset = Copy("LATISS/raw/all/a.fits", "AT_O_20250501_000001_RXX_S00", 57'600, {1, 2});
  for (const std::string name : {"AT_O_20250501_000001_R00_S00.fits", "AT_O_20250501_000001.fits"}) {
    TransferTable files;
    files.Append({.path = "20250501/" + name,
                  .size_bytes = 57'600,
                  .creation_time = kLongAgo,
                  .arrival_time = kLongAgo,
                  .file_id = {1, 1}});
    EXPECT_THAT(MatchNight(files, Ingests({dataset}), kNow, latiss).verdict, ElementsAre(Verdict::kIngested));
    EXPECT_THAT(MatchNight(files, Ingests({dataset}), kNow).verdict, ElementsAre(Verdict::kNotIngested));
  }
}

TEST(MatchNight, AFileMayBeNamedByTheNumbersOfItsExposureAndDetector) {
  struct Case {
    std::string name;
    std::int64_t exposure;
    std::int32_t detector;
  };
  for (const Case& named : std::vector<Case>{{"3019103101985-R22-S11-det094.fits", 3019103101985, 94},
                                             {"3018092000065-det000.fits", 3018092000065, 0},
                                             {"7024032100720-R22-S11-det094.fits.fz", 7024032100720, 94},
                                             {"2019031900001-R22-S21-det097-000.fits", 2019031900001, 97},
                                             {"201807241028453-RTM-010-S11-det067.fits", 201807241028453, 67},
                                             {"20180530150355-S00-det002.fits", 20180530150355, 2},
                                             {"30211212000310-R22-S22-det098.fits", 3021121200310, 98},
                                             {"00204595-R11-S20-det042.FITS", 204595, 42}}) {
    IngestRow dataset = Copy("LSSTCam/raw/all/a.fits", kStem, 57'600, {1, 2});
    dataset.exposure = named.exposure;
    dataset.detector = named.detector;
    const std::string path = "20250501/" + named.name;
    EXPECT_EQ(VerdictOf(Arrived(path, {1, 1}), {dataset}), Verdict::kIngested) << named.name;
    dataset.detector += 1;
    EXPECT_EQ(VerdictOf(Arrived(path, {1, 1}), {dataset}), Verdict::kNotIngested) << named.name;
  }
}

TEST(MatchNight, NumbersTellNoGuidersImagesNorWhatOnlyLooksLikeThem) {
  IngestRow dataset = Copy("LSSTCam/raw/all/a.fits", kStem, 57'600, {1, 2});
  dataset.exposure = 2025050100001;
  dataset.detector = 94;
  for (const std::string_view path :
       {"20250501/2025050100001-R22--det094.fits", "20250501/2025050100001-det94x.fits",
        "20250501/2025050100001-R22_S11-det094.fits", "20250501/2025050100001-det094-0.fits",
        "20250501/x2025050100001-det094.fits", "20250501/2025050100001.fits",
        "20250501/2025050100001-det99999999999.fits", "20250501/000202505010000001-det094.fits"}) {
    EXPECT_EQ(VerdictOf(Arrived(path, {1, 1}), {dataset}), Verdict::kNotIngested) << path;
  }
  constexpr std::string_view kByNumbers = "20250501/2025050100001-R22-S11-det094.fits";
  EXPECT_EQ(VerdictOf(Arrived(kByNumbers, {1, 1}), {dataset}), Verdict::kIngested);
  dataset.storage_stem = "MC_O_20250501_000001_R22_S11_guider";
  EXPECT_EQ(VerdictOf(Arrived(kByNumbers, {1, 1}), {dataset}), Verdict::kNotIngested);
}

TEST(MatchNight, APrunedDatasetHasNoArtifact) {
  IngestRow pruned = Copy(kStem, kStem, -1, {});
  pruned.artifact = ArtifactState::kNotStored;
  EXPECT_EQ(VerdictOf(Arrived(kPath, {1, 1}), {pruned}), Verdict::kArtifactGone);
}

TEST(MatchNight, AFileInAnotherPlaceWaitsOrHasFailedUnlessItIsTheIngestedOne) {
  TransferRow file = Arrived("/data/bad/20250501/MC_O_20250501_000001_R22_S11.fits", {1, 1});
  file.place = TransferPlace::kBad;
  const IngestRow delivered_before = Copy("LSSTCam/raw/all/a.fits", kStem, 57'600, {1, 2});
  EXPECT_EQ(VerdictOf(file, {delivered_before}), Verdict::kFailed);
  EXPECT_EQ(VerdictOf(file, {Copy("a.fits", kStem, 57'600, {1, 1})}), Verdict::kIngested);
  file.place = TransferPlace::kPending;
  EXPECT_EQ(VerdictOf(file), Verdict::kPending);
  file.state = TransferState::kInFlight;
  file.arrival_time = kNow - seconds{1};
  EXPECT_EQ(VerdictOf(file), Verdict::kInFlight);
  EXPECT_EQ(VerdictOf({.path = "/data/wait/20250501/a.json",
                       .size_bytes = 2,
                       .arrival_time = kLongAgo,
                       .place = TransferPlace::kPending}),
            Verdict::kNotFits);
}

}  // namespace
}  // namespace obsmon
