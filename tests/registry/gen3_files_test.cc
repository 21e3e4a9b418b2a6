#include "registry/gen3_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "obsmon/registry.h"
#include "support/gen3_builder.h"
#include "support/registry_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

const Night kNight = Night::Parse("2025-05-01").value();

NightIngests Read(const std::filesystem::path& repo, const RegistryOptions& options = {}) {
  absl::StatusOr<std::unique_ptr<Registry>> registry = Registry::Open(repo, options);
  EXPECT_THAT(registry, IsOk());
  if (!registry.ok()) return {};
  absl::StatusOr<NightIngests> ingests = (*registry)->ReadNight(kNight);
  EXPECT_THAT(ingests, IsOk());
  return ingests.ok() ? *std::move(ingests) : NightIngests();
}

// --- what a record's path names

TEST(Gen3Path, ThatIsRelativeStartsAtItsDatastore) {
  const Gen3Artifact file = ResolveGen3Path("LSSTCam/raw/all/a.fits", "/repo");
  EXPECT_EQ(file.location, "/repo/LSSTCam/raw/all/a.fits");
  EXPECT_TRUE(file.is_in_datastore);
  EXPECT_FALSE(file.is_remote);
  EXPECT_EQ(ResolveGen3Path("a.fits", "/").location, "/a.fits");
}

TEST(Gen3Path, ThatIsRelativeIsNotDecoded) {
  EXPECT_EQ(ResolveGen3Path("in/place#1 100%.fits", "/repo").location, "/repo/in/place#1 100%.fits");
}

TEST(Gen3Path, OfADirectIngestIsDecoded) {
  const Gen3Artifact file = ResolveGen3Path("file:///data/a%20b%2Bc%23d.fits", "/repo");
  EXPECT_EQ(file.location, "/data/a b+c#d.fits");
  EXPECT_FALSE(file.is_in_datastore);
  EXPECT_EQ(ResolveGen3Path("file://localhost/data/a.fits", "/repo").location, "/data/a.fits");
  EXPECT_EQ(ResolveGen3Path("/data/a.fits", "/repo").location, "/data/a.fits");
}

TEST(Gen3Path, OnAnotherHostOrInAnObjectStoreIsRemote) {
  for (const std::string uri :
       {"s3://embargo@rubin-summit/LSSTCam/a.fits", "https://host/a.fits", "file://otherhost/data/a.fits"}) {
    const Gen3Artifact file = ResolveGen3Path(uri, "/repo");
    EXPECT_TRUE(file.is_remote) << uri;
    EXPECT_EQ(file.location, uri);
  }
  EXPECT_EQ(ResolveGen3Path("s3://a%40b/LSSTCam/a%2B1.fits", "/repo").location,
            "s3://a%40b/LSSTCam/a+1.fits");
  const Gen3Artifact below = ResolveGen3Path("LSSTCam/a.fits", "s3://bucket/repo");
  EXPECT_TRUE(below.is_remote);
  EXPECT_EQ(below.location, "s3://bucket/repo/LSSTCam/a.fits");
}

TEST(Gen3Path, OfAZipFilesMemberIsThatOfTheZipFile) {
  const Gen3Artifact file = ResolveGen3Path("zips/01ab/01ab.zip#zip-path=MC_O_1.fits", "/repo");
  EXPECT_EQ(file.location, "/repo/zips/01ab/01ab.zip");
  EXPECT_EQ(file.zip_member, "MC_O_1.fits");
}

// --- what became of the files

TEST(Gen3Files, AreFoundWhereTheirRecordsSay) {
  const TempTree tree;
  const std::filesystem::path in_place = tree.File("repo/raw/a.fits", 57'600);
  const std::filesystem::path direct = tree.File("staging/b 1.fits", 20'000);
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.obs_id = "MC_O_20250501_000001", .path = "raw/a.fits"});
  builder.Dataset({.obs_id = "MC_O_20250501_000002",
                   .path = "file://" + (tree / "staging").string() + "/b%201.fits",
                   .size = 30'000});
  builder.Close();
  const std::string before = PortraitOf(tree / "repo");

  const NightIngests ingests = Read(tree / "repo");
  ASSERT_EQ(ingests.rows.size(), 2U);
  EXPECT_TRUE(ingests.issues.empty());
  const IngestRow outside = ingests.rows[0];
  EXPECT_EQ(outside.path, direct.string());
  EXPECT_EQ(outside.link_target, direct.string());
  EXPECT_EQ(outside.size_bytes, 20'000);
  EXPECT_EQ(outside.ingested_size_bytes, 30'000);
  const IngestRow inside = ingests.rows[1];
  EXPECT_EQ(inside.path, "raw/a.fits");
  EXPECT_EQ(inside.artifact, ArtifactState::kPresent);
  EXPECT_EQ(inside.storage_stem, "MC_O_20250501_000001_R22_S11");
  EXPECT_EQ(inside.exposure, 2025050100001);
  EXPECT_EQ(inside.night, kNight);
  EXPECT_EQ(inside.ingest_time, Utc("2025-05-01T20:00:00"));
  EXPECT_EQ(inside.link_target, "");
  EXPECT_EQ(PortraitOf(tree / "repo"), before);
}

TEST(Gen3Files, ThatAreGoneOrPrunedAreSaidToBe) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.obs_id = "MC_O_20250501_000001", .path = "raw/gone.fits"});
  builder.Dataset({.obs_id = "MC_O_20250501_000002", .path = "raw/trashed.fits", .located = false});
  builder.Dataset({.obs_id = "MC_O_20250501_000003", .located = false, .recorded = false});
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 3U);
  EXPECT_EQ(ingests.rows[0].path, "MC_O_20250501_000002_R22_S11");
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kNotStored);
  EXPECT_EQ(ingests.rows[1].artifact, ArtifactState::kNotStored);
  EXPECT_EQ(ingests.rows[2].path, "raw/gone.fits");
  EXPECT_EQ(ingests.rows[2].artifact, ArtifactState::kGone);
}

TEST(Gen3Files, OutsideOfTheRepositoryAreAskedForAndNeverOpened) {
  const TempTree tree;
  std::filesystem::permissions(tree.File("outside/a.fits", 20'000), std::filesystem::perms::none);
  ASSERT_EQ(mkfifo((tree / "outside/pipe").c_str(), 0666), 0);  // whoever opened it would wait for ever
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.obs_id = "MC_O_20250501_000001", .path = "../outside/a.fits"});
  builder.Dataset({.obs_id = "MC_O_20250501_000002", .path = "raw/../../outside/pipe"});
  builder.Dataset({.obs_id = "MC_O_20250501_000003", .path = "../../../../../../../etc"});
  builder.Close();
  tree.Folder("repo/raw");
  const std::string before = PortraitOf(tree / "outside");
  const WithoutRoot as_nobody;
  const NightIngests ingests = Read(tree / "repo");
  ASSERT_EQ(ingests.rows.size(), 3U);
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kGone);  // a folder is no file
  EXPECT_EQ(ingests.rows[1].path, "../outside/a.fits");
  EXPECT_EQ(ingests.rows[1].size_bytes, 20'000);
  EXPECT_EQ(ingests.rows[2].size_bytes, 0);
}

TEST(Gen3Files, InAnObjectStoreAreNotAskedFor) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "s3://bucket/20250501/a.fits"});
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].path, "s3://bucket/20250501/a.fits");
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kRemote);
  EXPECT_TRUE(ingests.folders.empty());
}

TEST(Gen3Files, BehindAFolderThatMayNotBeEnteredAreUnknown) {
  const TempTree tree;
  tree.File("repo/raw/a.fits");
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "raw/a.fits"});
  builder.Close();
  std::filesystem::permissions(tree / "repo/raw", std::filesystem::perms::none);
  const WithoutRoot as_nobody;
  const NightIngests ingests = Read(tree / "repo");
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kUnreadable);
  ASSERT_EQ(ingests.issues.size(), 1U);
  EXPECT_EQ(ingests.issues[0].path, (tree / "repo/raw").string());
}

TEST(Gen3Files, OfAChainAreFoundInEachDatastore) {
  const TempTree tree;
  tree.File("repo/FileDatastore_1/a.fits");
  Gen3Builder builder(tree, "repo", {.butler_yaml = R"(
datastore:
  cls: lsst.daf.butler.datastores.chainedDatastore.ChainedDatastore
  datastores:
    - datastore: {cls: lsst.daf.butler.datastores.inMemoryDatastore.InMemoryDatastore}
    - cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore
      root: <butlerRoot>/FileDatastore_1
    - datastore:
        cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore
        root: <butlerRoot>/FileDatastore_2
        records: {table: records_2}
)"});
  builder.RecordsTable("records_2");
  Gen3Raw raw{.path = "a.fits", .datastore = "FileDatastore@<butlerRoot>/FileDatastore_1"};
  const std::string id = builder.Dataset(raw);
  raw.records_table = "records_2";
  raw.datastore = "FileDatastore@<butlerRoot>/FileDatastore_2";
  builder.Record(id, raw);
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 2U);
  EXPECT_EQ(ingests.rows[0].path, "FileDatastore_1/a.fits");
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kPresent);
  EXPECT_EQ(ingests.rows[1].path, "FileDatastore_2/a.fits");
  EXPECT_EQ(ingests.rows[1].artifact, ArtifactState::kGone);
}

// As they do by default; one that takes no raws holds nothing in a repository that has nothing else.
TEST(Gen3Files, OfAChainThatSharesATableAreThoseOfTheDatastoreThatHasThem) {
  for (const std::string holder : {"FileDatastore@<butlerRoot>/b", "named/before"}) {
    const TempTree tree;
    const std::string folder = holder == "named/before" ? "a" : "b";
    tree.File("repo/" + folder + "/1.fits");
    Gen3Builder builder(tree, "repo", {.butler_yaml = R"(
datastore:
  cls: lsst.daf.butler.datastores.chainedDatastore.ChainedDatastore
  datastores:
    - datastore: {cls: FileDatastore, root: <butlerRoot>/a}
    - datastore: {cls: FileDatastore, root: <butlerRoot>/b}
)"});
    builder.Dataset({.path = "1.fits", .datastore = holder});
    const NightIngests ingests = Read(builder.Close());
    ASSERT_EQ(ingests.rows.size(), 1U) << holder;
    EXPECT_EQ(ingests.rows[0].path, folder + "/1.fits");
    EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kPresent);
  }
}

TEST(Gen3Files, OfSeveralDetectorsAreOneRow) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  for (const std::string path : {"file:///data/direct.fits", "raw/copy.fits", "s3://bucket/object.fits"}) {
    for (const std::string detector : {"S1", "S2", "S3"}) {
      builder.Dataset({.obs_id = path.starts_with("raw") ? "MC_O_20250501_000001" : "MC_O_20250501_000002",
                       .detector = detector,
                       .path = path,
                       .run = path.starts_with("s3") ? "again" : "once"});
    }
  }
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 3U);
  EXPECT_EQ(ingests.rows[0].path, "/data/direct.fits");
  EXPECT_EQ(ingests.rows[0].storage_stem, "MC_O_20250501_000002");
  EXPECT_EQ(ingests.rows[0].detector, -1);
  EXPECT_EQ(ingests.rows[1].path, "raw/copy.fits");
  EXPECT_EQ(ingests.rows[1].storage_stem, "MC_O_20250501_000001");
  EXPECT_EQ(ingests.rows[2].path, "s3://bucket/object.fits");
}

TEST(Gen3Files, ThatSeveralRunsHaveIngestedWhereTheyLieAreThoseOfTheFirstIngest) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "file:///data/a.fits", .run = "again", .ingested = Utc("2025-05-01T22:00:00")});
  builder.Dataset({.path = "file:///data/a.fits", .run = "once", .ingested = Utc("2025-05-01T21:00:00")});
  builder.Dataset({.detector = "R22_S12", .path = "zips/1.zip#zip-path=b.fits"});
  builder.Dataset({.detector = "R22_S10", .path = "zips/1.zip#zip-path=c.fits"});
  const NightIngests ingests = Read(builder.Close());
  ASSERT_EQ(ingests.rows.size(), 3U) << "the members of a zip file are files of their own";
  EXPECT_EQ(ingests.rows[0].path, "/data/a.fits");
  EXPECT_EQ(ingests.rows[0].ingest_time, Utc("2025-05-01T21:00:00"));
  EXPECT_EQ(ingests.rows[0].storage_stem, "MC_O_20250501_000001_R22_S11");
}

}  // namespace
}  // namespace obsmon
