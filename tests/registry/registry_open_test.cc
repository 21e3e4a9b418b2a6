#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "obsmon/registry.h"
#include "support/gen3_builder.h"
#include "support/registry_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

RegistryOptions Impatient() { return {.busy_timeout = std::chrono::milliseconds{20}}; }

TEST(RegistryOpen, TakesAFolderWithARegistryForGen2) {
  const TempTree tree;
  RegistryBuilder(tree, "repo", RawSchema::kLatiss).Close();
  EXPECT_THAT(Registry::Open(tree / "repo", Impatient()), IsOk());
}

TEST(RegistryOpen, TakesAFolderWithAButlersConfigurationForGen3) {
  const TempTree tree;
  Gen3Builder(tree, "repo").Close();
  tree.Folder("repo/raw");  // Gen3 repositories may have a collection of this name
  EXPECT_THAT(Registry::Open(tree / "repo", Impatient()), IsOk());
  EXPECT_THAT(Registry::Open(tree / "repo/butler.yaml", Impatient()), IsOk());
}

TEST(RegistryOpen, MissesTheConfigurationOfAGen3Repository) {
  const TempTree tree;
  tree.Text("bare/gen3.sqlite3", "");
  EXPECT_THAT(Registry::Open(tree / "bare", Impatient()),
              FailsWith(absl::StatusCode::kNotFound,
                        AllOf(StartsWith((tree / "bare").string()), HasSubstr("no butler.yaml"))));
}

TEST(RegistryOpen, TakesARepositoryOfBothGenerationsForGen2UnlessToldOtherwise) {
  const TempTree tree;
  RegistryBuilder(tree, "repo", RawSchema::kLatiss).Close();
  tree.Text("repo/butler.yaml", "no configuration");
  EXPECT_THAT(Registry::Open(tree / "repo", Impatient()), IsOk());
  RegistryOptions insist = Impatient();
  insist.generation = RegistryGeneration::kGen3;
  EXPECT_THAT(Registry::Open(tree / "repo", insist),
              FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("butler.yaml")));
}

TEST(RegistryOpen, MissesTheRegistryOfAGen2Repository) {
  const TempTree tree;
  tree.Folder("links/raw");
  tree.Text("mapper/_mapper", "lsst.obs.lsst.latiss.LatissMapper\n");
  tree.Text("config/repositoryCfg.yaml", "");
  for (const std::string repo : {"links", "mapper", "config"}) {
    EXPECT_THAT(
        Registry::Open(tree / repo, Impatient()),
        FailsWith(absl::StatusCode::kNotFound,
                  AllOf(StartsWith((tree / repo / "registry.sqlite3").string()), HasSubstr("--repo"))));
  }
}

TEST(RegistryOpen, RefusesAFolderThatIsNoRepository) {
  const TempTree tree;
  tree.Folder("empty");
  EXPECT_THAT(Registry::Open(tree / "empty", Impatient()),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr("no data repository")));
  RegistryOptions insist = Impatient();
  insist.generation = RegistryGeneration::kGen2;
  EXPECT_THAT(Registry::Open(tree / "empty", insist),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr("registry.sqlite3")));
}

TEST(RegistryOpen, RefusesAFolderThatIsNotThereOrIsNone) {
  const TempTree tree;
  tree.File("file");
  for (const std::string repo : {"absent", "file"}) {
    EXPECT_THAT(Registry::Open(tree / repo, Impatient()),
                FailsWith(absl::StatusCode::kNotFound, StartsWith((tree / repo).string())));
  }
}

TEST(RegistryOpen, RefusesAFolderThatMayNotBeEntered) {
  const TempTree tree;
  std::filesystem::permissions(tree.Folder("repo"), std::filesystem::perms::none);
  const WithoutRoot as_nobody;
  EXPECT_THAT(Registry::Open(tree / "repo", Impatient()),
              FailsWith(absl::StatusCode::kPermissionDenied, StartsWith((tree / "repo").string())));
}

// --- Repositories that the observatory's own software made.

// The repository of `camera`, or an empty path where they are not at hand.
std::filesystem::path RealRepository(const std::string& camera) {
  const std::filesystem::path repo = std::filesystem::path(OBSMON_REAL_REPOSITORIES) / "gen2" / camera;
  return std::filesystem::exists(repo) ? repo : std::filesystem::path();
}

#define OBSMON_REAL_REPOSITORY(repo, camera)                 \
  const std::filesystem::path repo = RealRepository(camera); \
  if (repo.empty())                                          \
  GTEST_SKIP() << "the real repositories are not beside the checkout, in " << OBSMON_REAL_REPOSITORIES

NightIngests ReadReal(const std::filesystem::path& repo, std::string_view night, bool search_links = false) {
  absl::StatusOr<std::unique_ptr<Registry>> registry = Registry::Open(repo, {.search_links = search_links});
  EXPECT_THAT(registry, IsOk());
  absl::StatusOr<NightIngests> ingests = (*registry)->ReadNight(Night::Parse(night).value());
  EXPECT_THAT(ingests, IsOk());
  EXPECT_TRUE(ingests->issues.empty());
  return *std::move(ingests);
}

TEST(RealGen2Repository, OfLatissHasOneImage) {
  OBSMON_REAL_REPOSITORY(repo, "latiss");
  const std::string before = PortraitOf(repo);
  const NightIngests ingests = ReadReal(repo, "2018-09-20");
  ASSERT_EQ(ingests.rows.size(), 1U);
  const IngestRow row = ingests.rows[0];
  EXPECT_EQ(row.path, "raw/2018-09-20/3018092000065-det000.fits");
  EXPECT_EQ(row.exposure, 3018092000065);
  EXPECT_EQ(row.detector, 0);
  EXPECT_EQ(row.storage_stem, "AT_C_20180920_000065");
  EXPECT_EQ(row.artifact, ArtifactState::kPresent);
  EXPECT_EQ(row.size_bytes, 94'940);
  EXPECT_EQ(row.ingest_time, std::nullopt);
  EXPECT_EQ(PortraitOf(repo), before);
}

TEST(RealGen2Repository, OfComCamHasOneImage) {
  OBSMON_REAL_REPOSITORY(repo, "comCam");
  const NightIngests ingests = ReadReal(repo, "2019-05-30");
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].path, "raw/2019-05-30/3019053000001/3019053000001-R22-S00-det000.fits");
  EXPECT_EQ(ingests.rows[0].storage_stem, "CC_C_20190530_000001_R22_S00");
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kPresent);
  EXPECT_EQ(ingests.rows[0].size_bytes, 95'147);
}

TEST(RealGen2Repository, OfLsstCamHasThreeImagesOfTwoNights) {
  OBSMON_REAL_REPOSITORY(repo, "lsstCam");
  const NightIngests first = ReadReal(repo, "2019-03-19");
  ASSERT_EQ(first.rows.size(), 2U);
  EXPECT_EQ(first.rows[0].path, "raw/2019-03-19/3019031900001/3019031900001-R10-S02-det029.fits");
  EXPECT_EQ(first.rows[0].detector, 29);
  EXPECT_EQ(first.rows[0].storage_stem, "MC_C_20190319_000001_R10_S02");
  EXPECT_EQ(first.rows[1].path, "raw/2019-03-19/3019031900001/3019031900001-R22-S21-det097.fits");
  const NightIngests second = ReadReal(repo, "2019-03-22");
  ASSERT_EQ(second.rows.size(), 1U);
  EXPECT_EQ(second.rows[0].path, "raw/2019-03-22/3019032200002/3019032200002-R10-S22-det035.fits");
  for (const NightIngests* const night : {&first, &second}) {
    for (const IngestRow& row : night->rows) EXPECT_EQ(row.artifact, ArtifactState::kPresent) << row.path;
  }
}

TEST(RealGen2Repository, OfLsstCamHasAnExposureThatOnlyTheLinksTellOf) {
  OBSMON_REAL_REPOSITORY(repo, "lsstCam");
  EXPECT_TRUE(ReadReal(repo, "2021-12-12").rows.empty());
  const NightIngests links = ReadReal(repo, "2021-12-12", true);
  ASSERT_EQ(links.rows.size(), 2U);
  EXPECT_EQ(links.rows[0].path, "raw/2021-12-12/30211212000310/30211212000310-R22-S22-det098.fits");
  EXPECT_EQ(links.rows[0].exposure, 30211212000310);
  EXPECT_EQ(links.rows[0].detector, 98);
  EXPECT_EQ(links.rows[1].path, "raw/2021-12-12/30211212000310/Photodiode_Readings_20211212_000310.txt");
}

}  // namespace
}  // namespace obsmon
