#include "registry/gen3_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "obsmon/registry.h"
#include "registry/gen3_sqlite.h"
#include "sqlite/sqlite.h"
#include "support/gen3_builder.h"
#include "support/registry_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const Night kNight = Night::Parse("2025-05-01").value();

RegistryOptions Impatient() { return {.busy_timeout = std::chrono::milliseconds{20}}; }

// The paths of the night's rows.
std::vector<std::string> PathsOf(const std::filesystem::path& repo, const RegistryOptions& options = {}) {
  absl::StatusOr<std::unique_ptr<Registry>> registry = Registry::Open(repo, options);
  EXPECT_THAT(registry, IsOk());
  if (!registry.ok()) return {};
  absl::StatusOr<NightIngests> ingests = (*registry)->ReadNight(kNight);
  EXPECT_THAT(ingests, IsOk());
  if (!ingests.ok()) return {};
  std::vector<std::string> paths;
  for (const IngestRow& row : ingests->rows) paths.emplace_back(row.path);
  return paths;
}

// --- nights, instruments, types, collections

TEST(Gen3Registry, GivesTheDatasetsOfTheNightAskedFor) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.obs_id = "MC_O_20250430_000009", .path = "before.fits"});
  builder.Dataset({.obs_id = "MC_O_20250501_000001", .path = "this.fits"});
  builder.Dataset({.obs_id = "MC_O_20250502_000001", .path = "after.fits"});
  EXPECT_THAT(PathsOf(builder.Close()), ElementsAre("this.fits"));
}

// It is then read from a copy, for in its place it could not be read without a trace.
TEST(Gen3Registry, IsReadInWalModeToo) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.obs_id = "MC_O_20250501_000001", .path = "a.fits"});
  builder.Dataset({.obs_id = "MC_O_20250501_000002", .path = "b.fits"});
  const std::filesystem::path repo = builder.Close();
  ASSERT_OK_AND_ASSIGN(sqlite::Connection writer,
                       sqlite::Connection::Open((repo / "gen3.sqlite3").string(),
                                                sqlite::OpenMode::kReadWrite, std::chrono::seconds{1}));
  ASSERT_THAT(writer.Execute("PRAGMA journal_mode = WAL; CREATE TABLE of_another_manager (x)"), IsOk());
  ASSERT_TRUE(std::filesystem::exists(repo / "gen3.sqlite3-wal"));
  EXPECT_THAT(PathsOf(repo), ElementsAre("a.fits", "b.fits"));
}

TEST(Gen3Registry, ReadsNightsThatLieApart) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  for (const std::string day : {"20240101", "20240102", "20250101", "20250501"}) {
    builder.Dataset({.obs_id = "MC_O_" + day + "_000001", .path = day + ".fits"});
  }
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.Close()));
  const std::vector<Night> nights = {Night::Parse("2025-05-01").value(), Night::Parse("2024-01-01").value(),
                                     Night::Parse("2024-01-02").value()};
  ASSERT_OK_AND_ASSIGN(const auto snapshot, registry->Read(nights));
  for (const Night night : nights) {
    ASSERT_OK_AND_ASSIGN(const NightIngests ingests, snapshot->Ingests(night));
    ASSERT_EQ(ingests.rows.size(), 1U);
    EXPECT_EQ(ingests.rows[0].path, night.Compact() + ".fits");
  }
}

TEST(Gen3Registry, ReadsBothEncodingsOfTheIngestTimeAndBothShapesOfExposures) {
  for (const bool utc_text : {false, true}) {
    for (const int universe : {5, 7}) {
      const TempTree tree;
      Gen3Builder builder(tree, "repo", {.utc_text = utc_text, .universe = universe});
      builder.Dataset(
          {.path = "a.fits", .ingested = Utc("2025-05-01T20:00:00") + std::chrono::microseconds{123}});
      ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.Close()));
      ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
      ASSERT_EQ(ingests.rows.size(), 1U);
      EXPECT_EQ(ingests.rows[0].ingest_time, Utc("2025-05-01T20:00:00") + std::chrono::microseconds{123});
    }
  }
}

TEST(Gen3Registry, AsksForTheInstrumentWhereThereAreSeveral) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "cam.fits"});
  builder.Dataset(
      {.obs_id = "AT_O_20250501_000001", .path = "at.fits", .instrument = "LATISS", .run = "LATISS/raw/all"});
  builder.Close();
  EXPECT_THAT(Registry::Open(tree / "repo", Impatient()),
              FailsWith(StatusCode::kFailedPrecondition,
                        AllOf(StartsWith((tree / "repo/gen3.sqlite3").string()),
                              HasSubstr("2 instruments, LATISS, LSSTCam; choose one with --instrument"))));
  EXPECT_THAT(PathsOf(tree / "repo", {.instrument = "LATISS"}), ElementsAre("at.fits"));
  EXPECT_THAT(Registry::Open(tree / "repo", {.instrument = "LSSTcam"}),
              FailsWith(StatusCode::kFailedPrecondition, HasSubstr("did you mean 'LSSTCam'?")));
}

TEST(Gen3Registry, ReadsRawsAndThoseOfGuidersUnlessToldOtherwise) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "a.fits"});
  builder.Dataset({.detector = "R00_SG0", .path = "b.fits", .type = "guider_raw"});
  builder.Dataset({.path = "c.fits", .type = "post_isr_image"});
  builder.Close();
  EXPECT_THAT(PathsOf(tree / "repo"), ElementsAre("a.fits", "b.fits"));
  EXPECT_THAT(PathsOf(tree / "repo", {.dataset_types = {"post_isr_image"}}), ElementsAre("c.fits"));
  EXPECT_THAT(Registry::Open(tree / "repo", {.dataset_types = {"rwa"}}),
              FailsWith(StatusCode::kFailedPrecondition,
                        HasSubstr("no dataset type 'rwa', only raw, guider_raw, post_isr_image")));
}

TEST(Gen3Registry, KnowsTypesByTheNamesThatButlerYamlGivesThem) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo", {.butler_yaml = R"(
datastore: {root: <butlerRoot>}
registry: {managers: {datasets: {cls: a.B, config: {overrides: {raw: {rename: raw_of_old}, raw_2: {rename: raw}}}}}}
)"});
  builder.Dataset({.path = "old.fits"});
  builder.Dataset({.path = "new.fits", .type = "raw_2"});
  builder.Close();
  EXPECT_THAT(PathsOf(tree / "repo"), ElementsAre("new.fits"));
  EXPECT_THAT(PathsOf(tree / "repo", {.dataset_types = {"raw_of_old"}}), ElementsAre("old.fits"));
}

TEST(Gen3Registry, NamesAGuidersFileAsTheObservatoryDoes) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.detector = "R00_SG0", .path = "b.fits", .type = "guider_raw"});
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.Close()));
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].storage_stem, "MC_O_20250501_000001_R00_SG0_guider");
}

TEST(Gen3Registry, CountsADatasetOnceHoweverManyCollectionsItIsIn) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  const std::string id = builder.Dataset({.path = "a.fits"});
  builder.Tag(id, "good").Tag(id, "best");
  EXPECT_THAT(PathsOf(builder.Close()), ElementsAre("a.fits"));
}

TEST(Gen3Registry, GivesEveryRunsDatasetOfAnExposureAndDetector) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "a.fits"});
  builder.Dataset({.path = "b.fits", .run = "LSSTCam/raw/again"});
  EXPECT_THAT(PathsOf(builder.Close()), ElementsAre("a.fits", "b.fits"));
}

TEST(Gen3Registry, ReadsTheCollectionsAskedFor) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "all.fits"});
  builder.Dataset({.path = "again.fits", .run = "LSSTCam/raw/again"});
  const std::string tagged =
      builder.Dataset({.obs_id = "MC_O_20250501_000002", .path = "tagged.fits", .run = "LSSTCam/raw/other"});
  builder.Tag(tagged, "good");
  const std::int64_t chain = builder.Collection("LSSTCam/defaults", 3);
  builder.Sql("INSERT INTO collection_chain VALUES (" + std::to_string(chain) + ", 0, " +
              std::to_string(builder.Collection("LSSTCam/raw/again", 1)) + "), (" + std::to_string(chain) +
              ", 1, " + std::to_string(builder.Collection("good", 2)) + ")");
  builder.Collection("LSSTCam/calib", 4);
  builder.Close();
  const auto paths = [&](const std::string& collection) {
    return PathsOf(tree / "repo", {.collections = {collection}});
  };
  EXPECT_THAT(paths("LSSTCam/raw/all"), ElementsAre("all.fits"));
  EXPECT_THAT(paths("good"), ElementsAre("tagged.fits"));
  EXPECT_THAT(paths("LSSTCam/defaults"), ElementsAre("again.fits", "tagged.fits"));
  EXPECT_THAT(Registry::Open(tree / "repo", {.collections = {"LSSTCam/calib"}}),
              FailsWith(StatusCode::kFailedPrecondition, HasSubstr("LSSTCam/calib can't hold raw files")));
  EXPECT_THAT(Registry::Open(tree / "repo", {.collections = {"LSSTCam/raw/al"}}),
              FailsWith(StatusCode::kFailedPrecondition, HasSubstr("no collection 'LSSTCam/raw/al'")));
}

// --- nothing there yet, and what can't be read

TEST(Gen3Registry, OfARepositoryIntoWhichNothingWasIngestedIsEmpty) {
  const TempTree tree;
  const std::filesystem::path no_instrument = Gen3Builder(tree, "empty").Close();
  EXPECT_THAT(PathsOf(no_instrument), ElementsAre());
  const std::filesystem::path no_records =
      Gen3Builder(tree, "fresh").Instrument("LSSTCam").Sql("DROP TABLE file_datastore_records").Close();
  EXPECT_THAT(PathsOf(no_records), ElementsAre());
}

// Else each file would be called not ingested: nothing is known of any dataset's path.
TEST(Gen3Registry, WhoseDatasetsAreStoredWhereNoTableTellsIsRefused) {
  for (const std::string datastore : {"FileDatastore@<butlerRoot>", "named/before"}) {
    const TempTree tree;
    Gen3Builder builder(tree, "repo");
    builder.Dataset({.path = "a.fits", .datastore = datastore});
    builder.Sql("DROP TABLE file_datastore_records").Close();
    EXPECT_THAT(Registry::Open(tree / "repo", Impatient()),
                FailsWith(StatusCode::kFailedPrecondition,
                          AllOf(StartsWith((tree / "repo/gen3.sqlite3").string()),
                                HasSubstr("the table file_datastore_records of their paths is not there"),
                                HasSubstr("in butler.yaml"))));
  }
}

TEST(Gen3Registry, MayHaveADatastoreThatNobodyHasOpenedYetBesideOneThatWasRenamed) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo", {.butler_yaml = R"(
datastore:
  cls: lsst.daf.butler.datastores.chainedDatastore.ChainedDatastore
  datastores:
    - datastore: {cls: FileDatastore, root: <butlerRoot>}
    - datastore: {cls: FileDatastore, root: <butlerRoot>/new, records: {table: records_new}}
)"});
  builder.Dataset({.path = "a.fits", .datastore = "named/before"});
  EXPECT_THAT(PathsOf(builder.Close()), ElementsAre("a.fits"));
}

TEST(Gen3Registry, OfARepositoryWithoutADatastoreListsDatasetsThatAreNotStored) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo", {.butler_yaml = "datastore: {cls: InMemoryDatastore}\n"});
  builder.Dataset({.located = false, .recorded = false});
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.Close()));
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].artifact, ArtifactState::kNotStored);
}

TEST(Gen3Registry, RefusesWhatItCanNotReadWithASentence) {
  struct Case {
    std::string sql;
    std::string sentence;
  };
  const std::vector<Case> cases = {
      {"DROP TABLE dataset", "lacks the tables dataset, dataset_type and exposure"},
      {"DROP TABLE dataset; CREATE TABLE dataset (id INTEGER PRIMARY KEY, ingest_date TIMESTAMP, run_id "
       "BIGINT)",
       "its datasets are numbered"},
      {"DROP TABLE dataset; CREATE TABLE dataset (id CHAR(32), ingest_date BIGINT, run_name TEXT)",
       "collections are kept by name"},
      {"DROP TABLE dataset; CREATE TABLE dataset (id CHAR(32), ingest_date REAL, run_id BIGINT)",
       "ingest_date of type 'real'"},
      {"INSERT INTO butler_attributes VALUES ('config:registry.managers.datasets', 'a.B'), ('version:a.B', "
       "'3.0.0')",
       "its datasets manager has version 3.0.0, which this obsmon does not know"},
      {"INSERT INTO instrument VALUES ('LSSTCam', ''); "
       "INSERT INTO dataset_type VALUES (1, 'raw', '', 1, 'dataset_tags_1; DROP TABLE dataset')",
       "not told apart by exposure and detector"},
  };
  for (const Case& wrong : cases) {
    const TempTree tree;
    Gen3Builder(tree, "repo").Sql(wrong.sql).Close();
    EXPECT_THAT(
        Registry::Open(tree / "repo", Impatient()),
        FailsWith(StatusCode::kFailedPrecondition,
                  AllOf(StartsWith((tree / "repo/gen3.sqlite3").string()), HasSubstr(wrong.sentence))));
  }
}

// SQLite sorts bytes after all texts, so that no step leads past them. Found by the fuzzer, in a damaged
// index.
TEST(Gen3Registry, WhoseDatastoresAreNamedInNoOrderIsNotReadForEver) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "a.fits"});
  builder.Sql("INSERT INTO dataset_location SELECT x'2A', dataset_id FROM dataset_location");
  EXPECT_THAT(Registry::Open(builder.Close()),
              FailsWith(absl::StatusCode::kDataLoss, HasSubstr("in no order")));
}

TEST(Gen3Registry, WithoutItsDatabaseIsMissed) {
  const TempTree tree;
  Gen3Builder(tree, "repo").Close();
  std::filesystem::remove(tree / "repo/gen3.sqlite3");
  EXPECT_THAT(Registry::Open(tree / "repo", Impatient()),
              FailsWith(StatusCode::kNotFound, StartsWith((tree / "repo/gen3.sqlite3").string())));
  tree.Text("repo/gen3.sqlite3",
            "this is no database, whatever it is called, and it is long enough to be sure");
  EXPECT_THAT(Registry::Open(tree / "repo", Impatient()),
              FailsWith(StatusCode::kDataLoss, HasSubstr("restore it")));
}

// --- a second look

TEST(Gen3Registry, HasAnotherTokenAndDigestAfterAnIngest) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "a.fits"});
  builder.Dataset({.obs_id = "MC_O_20250502_000001", .path = "other.fits"});
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(builder.Close()));
  const std::vector<Night> nights = {kNight, kNight + 1};
  const std::string token = registry->ChangeToken();
  ASSERT_OK_AND_ASSIGN(const auto before, registry->Read(nights));
  EXPECT_EQ(registry->ChangeToken(), token);

  ASSERT_OK_AND_ASSIGN(sqlite::Connection database,
                       sqlite::Connection::Open((tree / "repo/gen3.sqlite3").string(),
                                                sqlite::OpenMode::kReadWrite, std::chrono::milliseconds{20}));
  ASSERT_THAT(database.Execute("UPDATE file_datastore_records SET file_size = 1 WHERE path = 'a.fits'"),
              IsOk());
  EXPECT_NE(registry->ChangeToken(), token);
  ASSERT_OK_AND_ASSIGN(const auto after, registry->Read(nights));
  EXPECT_NE(after->Digest(kNight), before->Digest(kNight));
  EXPECT_EQ(after->Digest(kNight + 1), before->Digest(kNight + 1));
}

}  // namespace
}  // namespace obsmon
