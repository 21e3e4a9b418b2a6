#include "registry/gen2_links.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/registry_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Night kNight = Night::Parse("2020-05-01").value();

absl::StatusOr<NightIngests> ReadLinks(const std::filesystem::path& repo) {
  absl::StatusOr<std::unique_ptr<Registry>> registry = Registry::Open(repo, {.search_links = true});
  if (!registry.ok()) return registry.status();
  return (*registry)->ReadNight(kNight);
}

std::vector<std::string> PathsOf(const NightIngests& ingests) {
  std::vector<std::string> paths;
  for (const IngestRow& row : ingests.rows) paths.emplace_back(row.path);
  return paths;
}

TEST(Gen2Links, FindsEveryFileOfTheNightsFolderAtAnyDepthWithoutADatabase) {
  const TempTree tree;
  const std::filesystem::path file = tree.File("storage/a.fits", 57'600, Utc("2020-05-02T03:10:00"));
  tree.Symlink("repo/raw/2020-05-01/2020050100012-det000.fits", file, Utc("2020-05-02T03:20:00"));
  tree.File("repo/raw/2020-05-01/3020050100012/Photodiode_Readings.txt", 12);
  tree.File("repo/raw/2020-05-01/a/b/c/d.json", 12);
  tree.File("repo/raw/2020-05-02/other.fits");
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, ReadLinks(tree / "repo"));
  ASSERT_THAT(PathsOf(ingests), ElementsAre("raw/2020-05-01/2020050100012-det000.fits",
                                            "raw/2020-05-01/3020050100012/Photodiode_Readings.txt",
                                            "raw/2020-05-01/a/b/c/d.json"));
  const IngestRow row = ingests.rows[0];
  EXPECT_EQ(row.night, kNight);
  EXPECT_EQ(row.exposure, 2020050100012);
  EXPECT_EQ(row.detector, 0);
  EXPECT_EQ(row.artifact, ArtifactState::kPresent);
  EXPECT_EQ(row.link_target, file.string());
  EXPECT_EQ(row.ingest_time, Utc("2020-05-02T03:20:00"));
  EXPECT_EQ(row.file_time, Utc("2020-05-02T03:10:00"));
  EXPECT_EQ(ingests.rows[1].exposure, 0);
  EXPECT_EQ(ingests.rows[1].ingest_time, std::nullopt);
  EXPECT_EQ(ingests.folders.size(), 5U);
  EXPECT_TRUE(AreUnchanged(ingests.folders));
}

TEST(Gen2Links, OfANightWithoutAFolderAreNoneAndItsAbsenceIsStamped) {
  const TempTree tree;
  tree.Folder("repo");
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, ReadLinks(tree / "repo"));
  EXPECT_TRUE(ingests.rows.empty());
  EXPECT_THAT(ingests.issues, IsEmpty());
  EXPECT_THAT(ingests.folders,
              ElementsAre(FolderStamp{.path = (tree / "repo/raw/2020-05-01").string(), .exists = false}));
}

TEST(Gen2Links, ThatDangleAreGoneAndDoNotEndTheNight) {
  const TempTree tree;
  tree.Symlink("repo/raw/2020-05-01/a.fits", tree / "storage/gone.fits");
  tree.File("repo/raw/2020-05-01/b.fits");
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, ReadLinks(tree / "repo"));
  ASSERT_EQ(ingests.rows.size(), 2U);
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kGone);
  EXPECT_EQ(ingests.rows[0].link_target, (tree / "storage/gone.fits").string());
  EXPECT_EQ(ingests.rows[1].artifact, ArtifactState::kPresent);
}

TEST(Gen2Links, LeaveOutHiddenNames) {
  const TempTree tree;
  tree.File("repo/raw/2020-05-01/.nfs000012");
  tree.File("repo/raw/2020-05-01/.snapshot/a.fits");
  tree.File("repo/raw/2020-05-01/a.fits");
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, ReadLinks(tree / "repo"));
  EXPECT_THAT(PathsOf(ingests), ElementsAre("raw/2020-05-01/a.fits"));
}

TEST(Gen2Links, FollowALinkToAFolderButNotRoundAndRound) {
  const TempTree tree;
  tree.File("elsewhere/a.fits");
  tree.Symlink("repo/raw/2020-05-01/away", tree / "elsewhere");
  tree.Symlink("repo/raw/2020-05-01/sub/back", tree / "repo/raw/2020-05-01");
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, ReadLinks(tree / "repo"));
  EXPECT_THAT(PathsOf(ingests), ElementsAre("raw/2020-05-01/away/a.fits"));
}

TEST(Gen2Links, NameAFolderThatCanNotBeRead) {
  const TempTree tree;
  tree.File("repo/raw/2020-05-01/a/a.fits");
  tree.File("repo/raw/2020-05-01/b/b.fits");
  std::filesystem::permissions(tree / "repo/raw/2020-05-01/a", std::filesystem::perms::none);
  const WithoutRoot as_nobody;
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, ReadLinks(tree / "repo"));
  EXPECT_THAT(PathsOf(ingests), ElementsAre("raw/2020-05-01/b/b.fits"));
  ASSERT_EQ(ingests.issues.size(), 1U);
  EXPECT_EQ(ingests.issues[0].path, (tree / "repo/raw/2020-05-01/a").string());
  EXPECT_FALSE(AreUnchanged(ingests.folders));
}

// By all the ways through them there would be 2^20 files.
TEST(Gen2Links, AreNotFollowedFromFolderToFolderForEver) {
  const TempTree tree;
  for (int i = 0; i < 20; ++i) {
    const std::string folder = fmt::format("repo/raw/2020-05-01/f{:02}", i);
    tree.File(folder + "/x.fits");
    for (const char* link : {"/a", "/b"}) {
      std::filesystem::create_directory_symlink(fmt::format("../f{:02}", i + 1), tree / (folder + link));
    }
  }
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, ReadLinks(tree / "repo"));
  EXPECT_LE(ingests.rows.size(), 200U);
  EXPECT_FALSE(ingests.issues.empty());
}

TEST(Gen2Links, DoNotAskTheDatabase) {
  const TempTree tree;
  tree.Text("repo/registry.sqlite3", "no database at all");
  tree.File("repo/raw/2020-05-01/a.fits");
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, ReadLinks(tree / "repo"));
  EXPECT_EQ(ingests.rows.size(), 1U);
}

TEST(Gen2Links, HaveOneTokenAndOneDigestForTheFoldersTellWhatChanged) {
  const TempTree tree;
  tree.Folder("repo/raw");
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(tree / "repo", {.search_links = true}));
  const std::string token = registry->ChangeToken();
  EXPECT_NE(token, "");
  ASSERT_OK_AND_ASSIGN(const auto snapshot, registry->Read(std::vector{kNight}));
  const std::uint64_t digest = snapshot->Digest(kNight);
  tree.File("repo/raw/2020-05-01/a.fits");
  EXPECT_EQ(registry->ChangeToken(), token);
  EXPECT_EQ(snapshot->Digest(kNight), digest);
}

TEST(DatasetName, IsReadWhereItHasTheShapeOfATemplate) {
  const auto is = [](std::int64_t exposure, std::int32_t detector) {
    return DatasetName{.exposure = exposure, .detector = detector};
  };
  EXPECT_EQ(ParseDatasetName("2020050100012-det000.fits"), is(2020050100012, 0));
  EXPECT_EQ(ParseDatasetName("3019032200002-R10-S22-det035.fits"), is(3019032200002, 35));
  EXPECT_EQ(ParseDatasetName("05700065-R22-S01-det091-001.fits"), is(5700065, 91));
  EXPECT_EQ(ParseDatasetName("00000000065-S01-det001.fits.fz"), is(65, 1));
}

TEST(DatasetName, TellsNothingWhereItHasAnother) {
  for (const std::string name :
       {"", "Photodiode_Readings_20211212_000310.txt", "2020050100012.fits", "-det000.fits",
        "2020050100012-det.fits", "2020050100012-det000.fits.bak", "2020050100012-det000.json",
        "2020050100012x-det000.fits", "99999999999999999999-det000.fits", "1-a-b-c-det000.fits",
        "-1-det000.fits"}) {
    EXPECT_EQ(ParseDatasetName(name), DatasetName{}) << name;
  }
}

}  // namespace
}  // namespace obsmon
