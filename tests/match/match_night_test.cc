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

TEST(MatchNight, AFileInFlightIsNoProblemHoweverOldOrSmall) {
  TransferRow file = Arrived("2020-05-01/.a.fits.x7Kq2b", {});
  file.size_bytes = 0;
  file.state = TransferState::kInFlight;
  EXPECT_EQ(VerdictOf(file), Verdict::kInFlight);
}

TEST(MatchNight, WithoutARegistryNothingIsCalledNotIngested) {
  const MatchOptions unreadable{.registry_readable = false};
  TransferRow file = Arrived("2020-05-01/a.fits", {});
  EXPECT_EQ(VerdictOf(file, {}, unreadable), Verdict::kUnknown);
  file.size_bytes = 20;
  EXPECT_EQ(VerdictOf(file, {}, unreadable), Verdict::kUnknown);
  EXPECT_EQ(VerdictOf(Arrived("2020-05-01/a.json", {}), {}, unreadable), Verdict::kUnknown);
  file.state = TransferState::kInFlight;
  EXPECT_EQ(VerdictOf(file, {}, unreadable), Verdict::kInFlight);
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

}  // namespace
}  // namespace obsmon
