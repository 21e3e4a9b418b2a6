// A table of an observatory's own in an SQLite file, and how streams name such a registry.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "obsmon/registry.h"
#include "obsmon/stream.h"
#include "sqlite/sqlite.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Night kNight = Night::Parse("2020-05-01").value();

std::string MakeTable(const TempTree& tree) {
  const std::string file = (tree / "files.sqlite3").string();
  absl::StatusOr<sqlite::Connection> database =
      sqlite::Connection::Open(file, sqlite::OpenMode::kReadWrite, std::chrono::seconds{1});
  EXPECT_THAT(database, IsOk());
  EXPECT_THAT(database->Execute(
                  "CREATE TABLE exposure (file TEXT, night INTEGER, at, state TEXT);"
                  "INSERT INTO exposure VALUES ('20200501/a.fits', 20200501, '2020-05-02 01:02:03.5', NULL),"
                  "('20200501/b.fits', 20200501, 1588381324, 'done'),"
                  "('20200501/c.fits', 20200501, NULL, 'error'), ('x.fits', 20200502, NULL, NULL)"),
              IsOk());
  return file;
}

// What a query tells of the night's files in that table.
absl::StatusOr<NightIngests> IngestsBy(std::string query) {
  const TempTree tree;
  const auto registry =
      Registry::OpenSql({.uri = "sqlite:///" + MakeTable(tree), .query = std::move(query)}, tree.root());
  if (!registry.ok()) return registry.status();
  return (*registry)->ReadNight(kNight);
}

TEST(SqliteQuery, TellsOfEachFileWhatTheTableSays) {
  const TempTree tree;
  const std::string file = MakeTable(tree);
  const std::string before = ReadFile(file);
  ASSERT_OK_AND_ASSIGN(
      const auto registry,
      Registry::OpenSql(
          {.uri = "sqlite:///" + file,
           .query = "SELECT file AS path, at AS ingest_time, state AS status FROM exposure WHERE "
                    "night = {day_obs} ORDER BY file DESC;\n"},
          tree.root()));
  EXPECT_EQ(registry->ChangeToken(), "") << "what a query gives may depend on the time as well";
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
  ASSERT_EQ(ingests.rows.size(), 3U);
  EXPECT_EQ(ingests.rows[0].path, "20200501/a.fits");
  EXPECT_EQ(ingests.rows[0].ingest_time, Utc("2020-05-02T01:02:03") + std::chrono::milliseconds{500});
  EXPECT_EQ(ingests.rows[1].ingest_time, Utc("2020-05-02T01:02:04"));
  EXPECT_EQ(ingests.rows[2].status, IngestStatus::kFailed);
  EXPECT_EQ(ReadFile(file), before);
}

// Else a file would count as often as the query names it.
TEST(SqliteQuery, CountsAFileOnceHoweverManyRowsNameIt) {
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests,
                       IngestsBy("SELECT 'x.fits' AS path, CASE file WHEN '20200501/a.fits' THEN 'error' END "
                                 "AS status FROM exposure WHERE night = {day_obs} ORDER BY file"));
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].status, IngestStatus::kIngested) << "an attempt that failed does not undo it";
}

TEST(SqliteQuery, TakesSecondsWithAFractionForATime) {
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests,
                       IngestsBy("SELECT file AS path, 1588381324.25 AS ingest_time FROM exposure "
                                 "WHERE night = {day_obs}"));
  ASSERT_EQ(ingests.rows.size(), 3U);
  EXPECT_EQ(ingests.rows[0].ingest_time, Utc("2020-05-02T01:02:04") + std::chrono::milliseconds{250});
}

// In a quoted text it would be text, and the query would find nothing.
TEST(SqliteQuery, RefusesAPlaceholderInAQuotedText) {
  const TempTree tree;
  const std::string uri = "sqlite:///" + MakeTable(tree);
  for (const char* const condition :
       {"file LIKE '{day_obs}/%'", "file = 'it''s {day_obs}'", "night = '{day_obs}'"}) {
    EXPECT_THAT(
        Registry::OpenSql(
            {.uri = uri, .query = std::string("SELECT file AS path FROM exposure WHERE ") + condition},
            tree.root()),
        FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr("{day_obs} stands in quotes")))
        << condition;
  }
}

TEST(SqliteQuery, TakesNoPlaceholderFromACommentOrAName) {
  ASSERT_OK_AND_ASSIGN(
      const NightIngests ingests,
      IngestsBy("SELECT file AS path, '' AS \"it's {night}\" FROM exposure -- don't: {begin}\n"
                "WHERE /* '{end}' */ file LIKE {day_obs} || '/%'"));
  EXPECT_EQ(ingests.rows.size(), 3U);
}

TEST(SqliteQuery, RefusesWhatCanNotBeMeant) {
  const TempTree tree;
  const std::string file = MakeTable(tree);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"SELECT file FROM exposure WHERE night = {day_obs}", "no column path, only file"},
      {"SELECT file AS path FROM exposures WHERE night = {day_obs}", "no such table: exposures"},
      {"DELETE FROM exposure WHERE night = {day_obs} RETURNING file AS path", "would write"},
      {"SELECT file AS path FROM exposure WHERE night = {day_obs}; DELETE FROM exposure",
       "not one statement"},
      {"SELECT file AS path, state AS ingest_time FROM exposure WHERE night = {day_obs} AND state = 'done'",
       "the ingest_time 'done', which is no time"},
      {"SELECT file AS path, '' AS status FROM exposure WHERE night = {day_obs}",
       "the status '', which obsmon does not know"},
  };
  for (const auto& [query, sentence] : cases) {
    auto registry = Registry::OpenSql({.uri = "sqlite:///" + file, .query = query}, tree.root());
    const absl::Status status = registry.ok() ? (*registry)->ReadNight(kNight).status() : registry.status();
    EXPECT_THAT(status, FailsWith(absl::StatusCode::kFailedPrecondition,
                                  AllOf(StartsWith(file), HasSubstr(sentence))));
  }
  EXPECT_THAT(Registry::OpenSql({.uri = "sqlite:////absent", .query = "SELECT {night} AS path"}, tree.root()),
              FailsWith(absl::StatusCode::kNotFound, StartsWith("/absent")));
  EXPECT_THAT(Registry::OpenSql({.uri = "mysql://h/d", .query = "SELECT {night} AS path"}, tree.root()),
              FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr("postgresql://user@host/database")));
}

TEST(RegistryKeys, AreAMapInAStreamsYaml) {
  const TempTree tree;
  tree.Text(
      "streams.yaml",
      "streams:\n"
      "  - name: ztf\n    storage: /ztf/raw\n    output_dir: ztf\n"
      "    registry:\n      sql: postgresql://reader@db.example/ztf\n      query: SELECT p AS path FROM f "
      "WHERE n = "
      "{day_obs}, and more\n"
      "  - name: auxtel\n    input_dir: /data/auxTel\n    output_dir: auxtel\n"
      "    registry: {events: 'postgresql://', files_table: a_files, events_tables: [a_events, b_events]}\n"
      "  - name: own\n    storage: /own\n    output_dir: own\n    registry_sql: sqlite:///own.sqlite3\n"
      "    registry_query: SELECT {night} AS path\n");
  ASSERT_OK_AND_ASSIGN(const std::vector<StreamConfig> streams, ReadStreams(tree / "streams.yaml"));
  EXPECT_EQ(streams[0].stream.sql.uri, "postgresql://reader@db.example/ztf");
  EXPECT_EQ(streams[0].stream.sql.query, "SELECT p AS path FROM f WHERE n = {day_obs}, and more");
  EXPECT_EQ(streams[1].stream.events.files_table, "a_files");
  EXPECT_THAT(streams[1].stream.events.events_tables, testing::ElementsAre("a_events", "b_events"));
  EXPECT_EQ(streams[2].stream.sql.uri, "sqlite:///" + (tree / "own.sqlite3").string());
  tree.Text("wrong.yaml", "streams:\n  - input_dir: a\n    output_dir: b\n    registry: {sqll: c}\n");
  EXPECT_THAT(ReadStreams(tree / "wrong.yaml"),
              FailsWith(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(":4: "), HasSubstr("'sqll'"))));
}

TEST(RegistryKeys, RefuseAPasswordAndDoNotRepeatIt) {
  StreamConfig config;
  for (const char* const key : {"registry_sql", "registry_events"}) {
    for (const char* const uri : {"postgresql://u:sesame@h/d", "postgresql://h/d?password=sesame",
                                  "postgresql+psycopg2://u:ses?same@h/d", "host=h password=sesame"}) {
      EXPECT_THAT(SetStreamField(key, uri, {}, config),
                  FailsWith(absl::StatusCode::kInvalidArgument,
                            AllOf(Not(HasSubstr("ses")), Not(HasSubstr("same")))));
    }
  }
}

TEST(EventTablesOfAStream, AreThoseOfThePrototypeForItsFolders) {
  EXPECT_EQ(EventTablesPrefixOf("/lsstdata/offline/teststand/NCSA_auxTel"), "nts_auxtel_");
  EXPECT_EQ(EventTablesPrefixOf("/lsstdata/offline/teststand/NCSA_comcam"), "nts_comcam_");
  EXPECT_EQ(EventTablesPrefixOf("/lsstdata/offline/teststand/auxTel/L1Archiver"), "obs_auxtel_arc_");
  EXPECT_EQ(EventTablesPrefixOf("/lsstdata/offline/teststand/auxTel/DAQ"), "obs_auxtel_ccs_");
  EXPECT_EQ(EventTablesPrefixOf("/lsstdata/offline/teststand/comcam/Archiver"), "obs_comcam_arc_");
  EXPECT_EQ(EventTablesPrefixOf("/lsstdata/offline/teststand/comcam/CCS"), "obs_comcam_ccs_");
  EXPECT_EQ(EventTablesPrefixOf("/lsstdata/offline/teststand/BOT"), "slac_bot_");
  EXPECT_EQ(EventTablesPrefixOf("/data/elsewhere"), "");
}

TEST(EventTablesOfAStream, AreMeantByGen3WhereNoRepositoryIs) {
  const TempTree tree;
  const std::filesystem::path input = tree.Folder("NCSA_auxTel");
  tree.Folder("NCSA_auxTel/gen2repo");
  Stream stream{.input_dir = input, .generation = RegistryGeneration::kGen3};
  EXPECT_EQ(EventTablesOf(stream).value().prefix, "nts_auxtel_");
  stream.generation = RegistryGeneration::kGen2;
  EXPECT_EQ(EventTablesOf(stream), std::nullopt);
  stream.events.uri = "postgresql://";
  EXPECT_THAT(EventTablesOf(stream).value().events_tables,
              testing::ElementsAre("nts_auxtel_gen2_file_events"));
  stream = {.input_dir = input, .generation = RegistryGeneration::kGen3};
  tree.Text("NCSA_auxTel/gen3repo/butler.yaml", "");
  EXPECT_EQ(EventTablesOf(stream), std::nullopt);
}

}  // namespace
}  // namespace obsmon
