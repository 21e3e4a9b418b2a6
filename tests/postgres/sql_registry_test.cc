// A table of an observatory's own, and the event tables of the data backbone, on a real server.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "obsmon/history.h"
#include "obsmon/monitor.h"
#include "obsmon/registry.h"
#include "obsmon/stream.h"
#include "postgres/test_database.h"
#include "sqlite/sqlite.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Night kNight = Night::Parse("2020-05-01").value();
const RegistryOptions kPatient{.busy_timeout = std::chrono::seconds{60}};

// ZTF's way: a table with a row a file, a night number, and how its processing went.
constexpr std::string_view kZtfTable =
    "CREATE TABLE rawfiles (filename text, nightdate int, ingested timestamptz, outcome text, note text);"
    "INSERT INTO rawfiles VALUES"
    " ('20200501/ztf_01.fits.fz', 20200501, '2020-05-02 03:00:00+00', 'OK', NULL),"
    " ('20200501/ztf_02.fits.fz', 20200501, NULL, 'failed', 'bad header'),"
    " ('20200501/ztf_03.fits.fz', 20200501, NULL, 'queued', NULL),"
    " ('20200501/ztf_04.fits.fz', 20200501, NULL, 'skipped', 'a bias'),"
    " ('20200502/ztf_09.fits.fz', 20200502, '2020-05-03 03:00:00+00', 'OK', NULL)";
constexpr std::string_view kZtfQuery =
    "SELECT filename AS path, ingested AS ingest_time, outcome AS status, note AS message FROM rawfiles "
    "WHERE nightdate = {day_obs};";

/// The verdicts of a night by the files' paths, each with its reason.
std::map<std::string, std::string> VerdictsOf(const Stream& stream) {
  std::map<std::string, std::string> verdicts;
  const absl::StatusOr<NightReport> report = ObserveNight(stream, kNight, Utc("2030-01-01T00:00:00"));
  EXPECT_THAT(report, IsOk());
  if (!report.ok()) return verdicts;
  EXPECT_THAT(report->evidence.registry_status, IsOk());
  for (const FileRow& file : report->files()) {
    verdicts[std::string(file.path)] =
        fmt::format("{}{}{}", VerdictName(file.verdict), file.message.empty() ? "" : ": ", file.message);
  }
  return verdicts;
}

TEST(SqlRegistry, TellsOfEachFileWhatTheTableSays) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(kZtfTable);
  const TempTree tree;
  for (int i = 1; i <= 5; ++i) tree.File(fmt::format("storage/20200501/ztf_0{}.fits.fz", i));
  const Stream stream{.storage = tree / "storage",
                      .sql = {.uri = database.uri(), .query = std::string(kZtfQuery)},
                      .busy_timeout = std::chrono::seconds{60}};
  const std::map<std::string, std::string> expected = {{"20200501/ztf_01.fits.fz", "ingested"},
                                                       {"20200501/ztf_02.fits.fz", "failed: bad header"},
                                                       {"20200501/ztf_03.fits.fz", "pending"},
                                                       {"20200501/ztf_04.fits.fz", "ignored: a bias"},
                                                       {"20200501/ztf_05.fits.fz", "not_ingested"}};
  EXPECT_EQ(VerdictsOf(stream), expected);
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(stream, kNight, Utc("2030-01-01T00:00:00")));
  EXPECT_EQ(report.counts.last_ingest, Utc("2020-05-02T03:00:00"));
}

TEST(SqlRegistry, TakesAFileThatIsGoneForGone) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(kZtfTable);
  const TempTree tree;
  tree.Folder("storage");
  const Stream stream{.storage = tree / "storage",
                      .sql = {.uri = database.uri(), .query = std::string(kZtfQuery)},
                      .busy_timeout = std::chrono::seconds{60}};
  EXPECT_EQ(VerdictsOf(stream)["20200501/ztf_01.fits.fz"], "artifact_gone");
}

// What a query for the night's files tells whose answer has `columns` of kZtfTable.
absl::StatusOr<NightIngests> IngestsBy(const std::string& columns) {
  const TestDatabase database;
  database.Execute(kZtfTable);
  const TempTree tree;
  const auto registry =
      Registry::OpenSql({.uri = database.uri(),
                         .query = fmt::format("SELECT {} FROM rawfiles WHERE filename LIKE '20200501/%' AND "
                                              "{{night}}::date = DATE '2020-05-01'",
                                              columns)},
                        tree.root(), kPatient);
  if (!registry.ok()) return registry.status();
  return (*registry)->ReadNight(kNight);
}

TEST(SqlRegistry, NeedsNoMoreThanAPath) {
  OBSMON_NEEDS_POSTGRES();
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, IngestsBy("filename AS \"Path\""));
  ASSERT_EQ(ingests.rows.size(), 4U);
  EXPECT_EQ(ingests.rows[0].path, "20200501/ztf_01.fits.fz");
  EXPECT_EQ(ingests.rows[0].status, IngestStatus::kIngested);
  EXPECT_EQ(ingests.rows[0].ingest_time, std::nullopt);
}

// The blanks that fill it up are no part of a name.
TEST(SqlRegistry, TakesAColumnOfAFixedWidth) {
  OBSMON_NEEDS_POSTGRES();
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests,
                       IngestsBy("filename::char(80) AS path, 'pending'::char(20) AS status"));
  ASSERT_EQ(ingests.rows.size(), 4U);
  EXPECT_EQ(ingests.rows[0].path, "20200501/ztf_01.fits.fz");
  EXPECT_EQ(ingests.rows[0].status, IngestStatus::kPending);
}

TEST(SqlRegistry, GivesTheNoonsOfANight) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(
      "CREATE TABLE file (path text, taken timestamptz); INSERT INTO file VALUES ('before', '2020-05-01 "
      "11:59:59Z'), "
      "('first', '2020-05-01 12:00:00Z'), ('last', '2020-05-02 11:59:59Z'), ('after', '2020-05-02 "
      "12:00:00Z')");
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(
      const auto registry,
      Registry::OpenSql(
          {.uri = database.uri(), .query = "SELECT path FROM file WHERE taken >= {begin} AND taken < {end}"},
          tree.root(), kPatient));
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
  ASSERT_EQ(ingests.rows.size(), 2U);
  EXPECT_EQ(ingests.rows[0].path, "first");
  EXPECT_EQ(ingests.rows[1].path, "last");
}

TEST(SqlRegistry, ChangesItsDigestWithARow) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(kZtfTable);
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(
      const auto registry,
      Registry::OpenSql({.uri = database.uri(), .query = std::string(kZtfQuery)}, tree.root(), kPatient));
  EXPECT_EQ(registry->ChangeToken(), "");
  const std::vector<Night> nights = {kNight, kNight + 1};
  ASSERT_OK_AND_ASSIGN(const auto before, registry->Read(nights));
  database.Execute("UPDATE rawfiles SET outcome = 'OK' WHERE filename = '20200501/ztf_02.fits.fz'");
  ASSERT_OK_AND_ASSIGN(const auto after, registry->Read(nights));
  EXPECT_NE(before->Digest(kNight), after->Digest(kNight));
  EXPECT_EQ(before->Digest(kNight + 1), after->Digest(kNight + 1));
}

TEST(SqlRegistry, RefusesAQueryThatCanNotBeMeant) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(kZtfTable);
  struct Case {
    std::string query;
    absl::StatusCode code;
    std::string sentence;
  };
  const std::vector<Case> cases = {
      {"SELECT filename AS path FROM rawfiles", absl::StatusCode::kInvalidArgument, "where the night goes"},
      {"SELECT filename AS path FROM rawfiles WHERE nightdate = '{day_obs}'",
       absl::StatusCode::kInvalidArgument, "{day_obs} stands in quotes"},
      {"SELECT filename, note FROM rawfiles WHERE nightdate = {day_obs}",
       absl::StatusCode::kFailedPrecondition, "no column path, only filename, note"},
      {"SELECT nightdate AS path FROM rawfiles WHERE nightdate = {day_obs}",
       absl::StatusCode::kFailedPrecondition, "column path is no text"},
      {"SELECT filename AS path, nightdate AS ingest_time FROM rawfiles WHERE nightdate = {day_obs}",
       absl::StatusCode::kFailedPrecondition, "column ingest_time is no timestamp"},
      {"SELECT filename AS path FROM raw_files WHERE nightdate = {day_obs}",
       absl::StatusCode::kFailedPrecondition, "\"raw_files\" does not exist"},
      {"SELEKT filename AS path FROM rawfiles WHERE nightdate = {day_obs}",
       absl::StatusCode::kFailedPrecondition, "syntax error"},
      {"DELETE FROM rawfiles WHERE nightdate = {day_obs} RETURNING filename AS path",
       absl::StatusCode::kFailedPrecondition, "read-only transaction"},
      {"SELECT filename AS path FROM rawfiles WHERE nightdate = {day_obs}; DELETE FROM rawfiles",
       absl::StatusCode::kFailedPrecondition, "multiple commands"},
      {"SELECT filename AS path, 'sleeping' AS status FROM rawfiles WHERE nightdate = {day_obs}",
       absl::StatusCode::kFailedPrecondition, "the status 'sleeping', which obsmon does not know"},
      {"SELECT filename AS path, ' '::char(3) AS status FROM rawfiles WHERE nightdate = {day_obs}",
       absl::StatusCode::kFailedPrecondition, "the status '', which obsmon does not know"},
      {"SELECT rawfiles AS path FROM rawfiles WHERE nightdate = {day_obs}",
       absl::StatusCode::kFailedPrecondition, "column path is no text"},
      {"SELECT filename AS path, timestamp 'infinity' AS ingest_time FROM rawfiles WHERE nightdate = "
       "{day_obs}",
       absl::StatusCode::kFailedPrecondition,
       "ingest_time of 20200501/ztf_01.fits.fz is no time, but infinity"},
  };
  const TempTree tree;
  for (const Case& wrong : cases) {
    absl::StatusOr<std::unique_ptr<Registry>> registry =
        Registry::OpenSql({.uri = database.uri(), .query = wrong.query}, tree.root(), kPatient);
    const absl::Status status = registry.ok() ? (*registry)->ReadNight(kNight).status() : registry.status();
    EXPECT_THAT(status, FailsWith(wrong.code, HasSubstr(wrong.sentence))) << wrong.query;
  }
  database.Execute("SELECT 1 / (SELECT count(*) FROM rawfiles)");  // all rows are there still
}

TEST(SqlRegistry, MakesANightUnknownThatItCanNotAskAbout) {
  const TempTree tree;
  tree.File("storage/20200501/a.fits");
  const Stream stream{.storage = tree / "storage",
                      .sql = {.uri = "postgresql://rubin@127.0.0.1:1/lsst",
                              .query = "SELECT path FROM f WHERE night = {night}"},
                      .busy_timeout = std::chrono::seconds{5}};
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(stream, kNight, Utc("2030-01-01T00:00:00")));
  EXPECT_EQ(report.state, NightState::kUnknown);
  EXPECT_EQ(report.counts[Verdict::kUnknown], 1);
  EXPECT_THAT(
      report.evidence.registry_status,
      FailsWith(absl::StatusCode::kUnavailable,
                AllOf(StartsWith("postgresql://rubin@127.0.0.1:1/lsst"), HasSubstr("Connection refused"))));
}

// --- what should arrive

TEST(SqlExpected, NamesWhatNeverArrivedByATelemetryDatabase) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(
      "CREATE TABLE exposure (name text, day_obs int, obs_end timestamptz, img_type text);"
      "INSERT INTO exposure VALUES"
      " ('AT_O_20200501_000001.fits', 20200501, '2020-05-02 03:00:00+02', 'OBJECT'),"
      " ('AT_O_20200501_000002.fits', 20200501, '2020-05-02 03:00:00+02', 'DARK'),"
      " ('AT_O_20200502_000001.fits', 20200502, '2020-05-03 03:00:00+02', 'OBJECT')");
  const TempTree tree;
  tree.Folder("storage");
  const Stream stream{
      .storage = tree / "storage",
      .sql = {.uri = database.uri(),
              .query = "SELECT name AS path FROM exposure WHERE day_obs = {day_obs} AND false"},
      .ignore = {{.observation_type = "dark", .reason = "stays at the summit"}},
      .expected = {.uri = database.uri(),
                   .query = "SELECT name AS path, obs_end AS since, img_type AS "
                            "observation_type FROM exposure WHERE day_obs = {day_obs}"},
      .busy_timeout = std::chrono::seconds{60}};
  const std::map<std::string, std::string> expected = {
      {"20200501/AT_O_20200501_000001.fits", "missing"},
      {"20200501/AT_O_20200501_000002.fits", "ignored: stays at the summit"}};
  EXPECT_EQ(VerdictsOf(stream), expected);
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(stream, kNight, Utc("2030-01-01T00:00:00")));
  EXPECT_EQ(report.files()[0].expected_since, Utc("2020-05-02T01:00:00"));
}

TEST(SqlExpected, IsUnknownWhereTheServerIsDownOrSlowAndTheRegistryIsReadAllTheSame) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(kZtfTable);
  const TempTree tree;
  tree.File("storage/20200501/ztf_01.fits.fz");
  tree.File("storage/20200501/ztf_05.fits.fz");
  Stream stream{.storage = tree / "storage",
                .sql = {.uri = database.uri(), .query = std::string(kZtfQuery)},
                .expected = {.uri = "postgresql://rubin@127.0.0.1:1/lsst",
                             .query = "SELECT path FROM f WHERE night = {night}"}};
  const auto observe = [&] { return ObserveNight(stream, kNight, Utc("2030-01-01T00:00:00")); };
  ASSERT_OK_AND_ASSIGN(const NightReport down, observe());
  EXPECT_THAT(down.evidence.registry_status, IsOk());
  EXPECT_EQ(down.counts[Verdict::kIngested], 1);
  EXPECT_EQ(down.counts[Verdict::kNotIngested], 1);
  ASSERT_EQ(down.evidence.issues.size(), 1U);
  EXPECT_EQ(down.evidence.issues[0].path, "postgresql://rubin@127.0.0.1:1/lsst");
  EXPECT_THAT(std::string(down.evidence.issues[0].status.message()), HasSubstr("Connection refused"));

  stream.expected = {
      .uri = database.uri(),
      .query = "SELECT filename AS path FROM rawfiles, pg_sleep(600) WHERE nightdate = {day_obs}"};
  stream.busy_timeout = std::chrono::seconds{5};
  ASSERT_OK_AND_ASSIGN(const NightReport slow, observe());
  EXPECT_EQ(slow.counts[Verdict::kNotIngested], 1);
  EXPECT_THAT(slow.evidence.expected_status,
              FailsWith(absl::StatusCode::kUnavailable, EndsWith("which files are missing is not known")));
}

// --- event tables

constexpr std::string_view kEventTables =
    "CREATE TYPE status AS ENUM "
    "('UNTRIED','RERUN','PENDING','SUCCESS','FAILURE','UNKNOWN','IGNORED','INVALID',"
    "'BACKFILL');"
    "CREATE TABLE x_files (id bigint PRIMARY KEY, relpath varchar NOT NULL, filename varchar NOT NULL "
    "UNIQUE, checksum "
    "varchar, size_bytes bigint, added_on timestamp NOT NULL);"
    "CREATE TABLE x_gen3_file_events (ingest_ver varchar, start_time timestamp, duration interval, "
    "err_message text, "
    "status status, files_id bigint REFERENCES x_files (id), PRIMARY KEY (start_time, files_id));";

/// A file of the night with events in the order of time, as "STATUS" or "STATUS: message".
std::string FileWithEvents(int id, const std::vector<std::string>& events,
                           std::string_view table = "gen3_file_events") {
  std::string sql = fmt::format(
      "INSERT INTO x_files VALUES ({0}, '20200501', 'f{0}.fits', 'c{0}', 57600, '2020-05-02 00:00:{0:02}') "
      "ON CONFLICT DO NOTHING;",
      id);
  int minute = 0;
  for (const std::string& event : events) {
    const std::size_t colon = event.find(": ");
    const std::string message =
        colon == std::string::npos ? "NULL" : fmt::format("'{}'", event.substr(colon + 2));
    sql += fmt::format(
        "INSERT INTO x_{} (start_time, status, err_message, files_id) VALUES ('2020-05-02 00:{:02}:00', "
        "'{}', {}, {});",
        table, ++minute, event.substr(0, colon), message, id);
  }
  return sql;
}

TEST(EventTables, OfAFolderThatIsWrittenWithADotAreOfItsNight) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(std::string(kEventTables) + FileWithEvents(1, {"FAILURE: disk"}) +
                   "UPDATE x_files SET relpath = './20210201', added_on = '2021-02-05';");
  const Stream stream{.storage = "/nowhere",
                      .events = {.uri = database.uri(), .prefix = "x_"},
                      .busy_timeout = std::chrono::seconds{60}};
  ASSERT_OK_AND_ASSIGN(const auto registry, OpenRegistry(stream));
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(Night::Parse("2021-02-01").value()));
  ASSERT_EQ(ingests.rows.size(), 1U);
  EXPECT_EQ(ingests.rows[0].path, "20210201/f1.fits");
  EXPECT_EQ(ingests.rows[0].message, "disk");
}

TEST(EventTables, GoByTheLatestEventOfEachFile) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::map<int, std::vector<std::string>> events = {
      {1, {"UNTRIED", "PENDING", "SUCCESS"}},
      {2, {"UNTRIED", "PENDING", "FAILURE: it''s no FITS"}},
      {3, {"UNTRIED"}},
      {4, {"UNTRIED", "PENDING"}},
      {5, {"UNTRIED", "PENDING", "FAILURE: disk", "RERUN"}},
      {6, {"UNTRIED", "PENDING", "FAILURE: disk", "RERUN", "PENDING", "SUCCESS"}},
      {7, {"UNKNOWN"}},
      {8, {"IGNORED: search criteria not met"}},
      {9, {"INVALID: file has 0 bytes"}},
      {10, {"BACKFILL"}},
      {11, {}},
  };
  const TempTree tree;
  std::string sql(kEventTables);
  for (const auto& [id, of_file] : events) {
    sql += FileWithEvents(id, of_file);
    tree.File(fmt::format("storage/20200501/f{}.fits", id));
  }
  tree.File("storage/20200501/f12.fits");  // the endpoint manager has not found it
  database.Execute(sql);
  const Stream stream{.storage = tree / "storage",
                      .events = {.uri = database.uri(), .prefix = "x_"},
                      .busy_timeout = std::chrono::seconds{60}};
  const std::map<std::string, std::string> expected = {
      {"20200501/f1.fits", "ingested"},
      {"20200501/f2.fits", "failed: it's no FITS"},
      {"20200501/f3.fits", "pending"},
      {"20200501/f4.fits", "pending"},
      {"20200501/f5.fits", "pending: it is to be tried once more"},
      {"20200501/f6.fits", "ingested"},
      {"20200501/f7.fits", "failed: the ingester lost track of this attempt"},
      {"20200501/f8.fits", "ignored: search criteria not met"},
      {"20200501/f9.fits", "failed: file has 0 bytes"},
      {"20200501/f10.fits",
       "ignored: it was in storage before the ingester began; whether it is ingested was not checked"},
      {"20200501/f11.fits", "pending"},
      {"20200501/f12.fits", "not_ingested"}};
  EXPECT_EQ(VerdictsOf(stream), expected);
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(stream, kNight, Utc("2030-01-01T00:00:00")));
  EXPECT_EQ(report.counts.last_ingest, Utc("2020-05-02T00:06:00"));
}

// The prototype's views show each event, whatever it makes of the file.
TEST(EventTables, ChangeTheirDigestWithEachEvent) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(std::string(kEventTables) + FileWithEvents(1, {}));
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(const auto registry,
                       Registry::OpenEvents({.uri = database.uri(), .prefix = "x_"}, tree.root(), kPatient));
  const std::vector<Night> nights = {kNight};
  ASSERT_OK_AND_ASSIGN(const auto none, registry->Read(nights));
  database.Execute(FileWithEvents(1, {"PENDING"}));
  ASSERT_OK_AND_ASSIGN(const auto pending, registry->Read(nights));
  EXPECT_NE(pending->Digest(kNight), none->Digest(kNight));
  database.Execute("UPDATE x_gen3_file_events SET status = 'UNTRIED'");
  ASSERT_OK_AND_ASSIGN(const auto untried, registry->Read(nights));
  EXPECT_NE(untried->Digest(kNight), pending->Digest(kNight));
}

TEST(EventTables, OfSeveralIngestersGoByTheOneThatHasNotIgnoredTheFile) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(std::string(kEventTables) +
                   "CREATE TABLE x_o_gen3_file_events (LIKE x_gen3_file_events INCLUDING ALL);" +
                   FileWithEvents(1, {"SUCCESS"}) +
                   FileWithEvents(1, {"UNTRIED", "IGNORED"}, "o_gen3_file_events") +
                   FileWithEvents(2, {"IGNORED"}) + FileWithEvents(2, {"PENDING"}, "o_gen3_file_events") +
                   FileWithEvents(3, {"IGNORED"}) + FileWithEvents(3, {"IGNORED"}, "o_gen3_file_events") +
                   FileWithEvents(4, {"SUCCESS"}) +
                   FileWithEvents(4, {"PENDING", "FAILURE"}, "o_gen3_file_events") + FileWithEvents(5, {}));
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(
      const auto registry,
      Registry::OpenEvents({.uri = database.uri(),
                            .files_table = "public.x_files",
                            .events_tables = {"x_gen3_file_events", "public.x_o_gen3_file_events"}},
                           tree.root(), kPatient));
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
  std::map<std::string, IngestStatus> statuses;
  for (const IngestRow& row : ingests.rows) statuses[std::string(row.path)] = row.status;
  const std::map<std::string, IngestStatus> expected = {{"20200501/f1.fits", IngestStatus::kIngested},
                                                        {"20200501/f2.fits", IngestStatus::kPending},
                                                        {"20200501/f3.fits", IngestStatus::kIgnored},
                                                        {"20200501/f4.fits", IngestStatus::kIngested},
                                                        {"20200501/f5.fits", IngestStatus::kPending}};
  EXPECT_EQ(statuses, expected);
}

TEST(EventTables, WithSeveralRowsForAFileGoByTheOneThatSaysMostAndElseByTheLatest) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  std::string sql = std::string(kEventTables) + "ALTER TABLE x_files DROP CONSTRAINT x_files_filename_key;";
  const auto add = [&sql](int file, const std::vector<std::vector<std::string>>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t id = static_cast<std::size_t>(file) + 10 * (i + 1);
      sql += FileWithEvents(static_cast<int>(id), rows[i]);
      sql += fmt::format("UPDATE x_files SET filename = 'f{}.fits' WHERE id = {};", file, id);
    }
  };
  add(1, {{"SUCCESS"}, {"PENDING", "FAILURE"}});
  add(2, {{"PENDING", "FAILURE: second"}, {"PENDING"}});
  add(3, {{}, {"FAILURE"}, {}});
  add(4, {{"FAILURE: first"}, {"FAILURE: second"}, {"FAILURE: third"}});  // all at one time
  database.Execute(sql);
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(const auto registry,
                       Registry::OpenEvents({.uri = database.uri(), .prefix = "x_"}, tree.root(), kPatient));
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
  std::vector<std::string> found;
  for (const IngestRow& row : ingests.rows) {
    found.push_back(fmt::format("{} {} {}", row.path, row.status == IngestStatus::kIngested, row.message));
  }
  EXPECT_THAT(found, testing::ElementsAre("20200501/f1.fits true ", "20200501/f2.fits false second",
                                          "20200501/f3.fits false ", "20200501/f4.fits false third"));
  std::vector<std::int64_t> numbers;
  for (const FileEvent& event : ingests.events) numbers.push_back(event.number);
  EXPECT_THAT(numbers, testing::ElementsAre(11, 12, 23, 34));
}

TEST(EventTables, GiveAFileWhoseFolderIsNoNightTheNightInWhichItWasFound) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(std::string(kEventTables) +
                   "INSERT INTO x_files VALUES (1, 'mcm', 'a.fits', 'a', 1, '2020-05-01 12:00:00'),"
                   " (2, '.', 'b.fits', 'b', 1, '2020-05-02 11:59:59'),"
                   " (3, 'mcm', 'c.fits', 'c', 1, '2020-05-02 12:00:00'),"
                   " (4, '2020-05-01/sub', 'd.fits', 'd', 1, '2023-01-01 00:00:00'),"
                   " (5, '20200502', 'e.fits', 'e', 1, '2020-05-01 13:00:00')");
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(const auto registry,
                       Registry::OpenEvents({.uri = database.uri(), .prefix = "x_"}, tree.root(), kPatient));
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
  std::vector<std::string> paths;
  for (const IngestRow& row : ingests.rows) paths.emplace_back(row.path);
  EXPECT_THAT(paths, testing::ElementsAre("2020-05-01/sub/d.fits", "b.fits", "mcm/a.fits"));
}

std::vector<std::string> LinesOf(const std::filesystem::path& file, std::string_view sql) {
  absl::StatusOr<sqlite::Connection> database =
      sqlite::Connection::Open(file.string(), sqlite::OpenMode::kReadOnly, std::chrono::seconds{1});
  EXPECT_THAT(database, IsOk());
  absl::StatusOr<sqlite::Statement> statement = database->Prepare(sql);
  EXPECT_THAT(statement, IsOk());
  std::vector<std::string> lines;
  while (statement->Step().value()) {
    std::string line;
    for (int i = 0; i < static_cast<int>(statement->ColumnNames().size()); ++i) {
      line += fmt::format("{}{}", i == 0 ? "" : "|", statement->Text(i));
    }
    lines.push_back(line);
  }
  return lines;
}

TEST(EventTables, FillThePrototypesViewsAndPagesByItsRules) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(std::string(kEventTables) + FileWithEvents(1, {"PENDING", "SUCCESS"}) +
                   FileWithEvents(2, {"FAILURE: it''s no FITS"}) + FileWithEvents(3, {"SUCCESS"}) +
                   FileWithEvents(4, {"PENDING"}) + FileWithEvents(5, {}) + FileWithEvents(6, {"FAILURE"}) +
                   "UPDATE x_files SET added_on = '2020-05-02 00:00:01.123456' WHERE id = 1;"
                   "UPDATE x_files SET filename = 'f4.json' WHERE id = 4");
  const TempTree tree;
  tree.File("storage/20200501/f1.fits", 20'000);
  tree.File("storage/20200501/f2.fits", 20'000);
  tree.File("storage/20200501/f3.fits", 9'999);
  tree.File("storage/20200501/f4.json", 100);
  const Stream stream{.name = "auxtel",
                      .output_dir = tree / "out",
                      .storage = tree / "storage",
                      .events = {.uri = database.uri(), .prefix = "x_"},
                      .busy_timeout = std::chrono::seconds{60}};
  const UpdateResult result =
      UpdateStream(stream, {.first_day = kNight, .last_day = kNight}, Utc("2030-01-01T00:00:00"));
  EXPECT_THAT(result.status, IsOk());
  const std::filesystem::path history = tree / "out" / kHistoryFileName;
  EXPECT_THAT(
      LinesOf(
          history,
          "SELECT Filenum, Nite, Transfer_Path, Status, Transfer_Time, Ingest_Time, File_Size, Err_Message "
          "FROM FILE_LIST_GEN3 ORDER BY Filenum"),
      testing::ElementsAre(
          "1|2020-05-01|20200501/f1.fits|SUCCESS|2020-05-02T00:00:01.12345|2020-05-02T00:02:00|20000|",
          "2|2020-05-01|20200501/f2.fits|FAILURE|2020-05-02T00:00:02|2020-05-02T00:01:00|20000|it's no FITS",
          "3|2020-05-01|20200501/f3.fits|SUCCESS|2020-05-02T00:00:03|2020-05-02T00:01:00|9999|",
          "4|2020-05-01|20200501/f4.json|PENDING|2020-05-02T00:00:04|2020-05-02T00:01:00|100|",
          "6|2020-05-01|20200501/f6.fits|FAILURE|2020-05-02T00:00:06|2020-05-02T00:01:00|0|"));
  // f6 is gone, and so counts as small.
  EXPECT_THAT(LinesOf(history,
                      "SELECT Nite_Obs, N_Files, N_Ingest, N_Small, N_Not_Fits, N_Error, Last_Transfer, "
                      "Last_Ingest FROM FILE_COUNT_GEN3"),
              testing::ElementsAre("2020-05-01|5|2|2|1|1|2020-05-02T00:00:06|2020-05-02T00:02:00"));
  EXPECT_EQ(LinesOf(history, "SELECT length(Last_Creation) FROM FILE_COUNT_GEN3").at(0), "22");
  for (const std::string page : {"2020-05-01", "index"}) {
    EXPECT_EQ(ReadFile(tree / "out" / (page + "_gen3.html")), ReadFile(tree / "out" / (page + ".html")));
  }
  // Whoever deletes the one name gets it back.
  std::filesystem::remove(tree / "out" / "2020-05-01_gen3.html");
  UpdateStream(stream, {.first_day = kNight, .last_day = kNight}, Utc("2030-01-01T00:01:00"));
  EXPECT_TRUE(std::filesystem::exists(tree / "out" / "2020-05-01_gen3.html"));
}

TEST(EventTables, SayWhichTableIsMissingAndHowToNameIt) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const TempTree tree;
  EXPECT_THAT(
      Registry::OpenEvents({.uri = database.uri(), .prefix = "obs_auxtel_arc_"}, tree.root(), kPatient),
      FailsWith(absl::StatusCode::kFailedPrecondition,
                AllOf(HasSubstr("\"obs_auxtel_arc_files\" does not exist"), HasSubstr("registry_prefix"))));
  EXPECT_THAT(
      Registry::OpenEvents({.uri = database.uri(), .prefix = "x\"; DROP TABLE y; --"}, tree.root(), kPatient),
      FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr("no name of a table")));
  EXPECT_THAT(Registry::OpenEvents({.uri = database.uri()}, tree.root(), kPatient),
              FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr("registry_prefix")));
}

// What a policy hides would seem not to be ingested.
TEST(SqlRegistry, IsRefusedWhereRowLevelSecurityWouldHideAPartOfIt) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::string role = database.name() + "_reader";
  database.Execute(std::string(kZtfTable) +
                   fmt::format("; CREATE ROLE {0} LOGIN; GRANT SELECT ON rawfiles TO {0};"
                               "ALTER TABLE rawfiles ENABLE ROW LEVEL SECURITY;"
                               "CREATE POLICY done ON rawfiles USING (outcome = 'OK')",
                               role));
  const TempTree tree;
  EXPECT_THAT(Registry::OpenSql({.uri = database.uri() + "?user=" + role, .query = std::string(kZtfQuery)},
                                tree.root(), kPatient),
              FailsWith(absl::StatusCode::kPermissionDenied,
                        HasSubstr("row-level security policy for table \"rawfiles\"")));
  EXPECT_THAT(
      Registry::OpenSql({.uri = database.uri(), .query = std::string(kZtfQuery)}, tree.root(), kPatient),
      IsOk());
  database.Execute(fmt::format("DROP OWNED BY {0}; DROP ROLE {0}", role));
}

TEST(EventTables, RefuseTimesThatAreNone) {
  OBSMON_NEEDS_POSTGRES();
  const TempTree tree;
  for (const auto& [table, column] :
       {std::pair("x_files", "added_on"), {"x_gen3_file_events", "start_time"}}) {
    for (const char* const type : {"text", "numeric USING extract(epoch FROM {})", "bigint USING 0"}) {
      const TestDatabase database;
      database.Execute(std::string(kEventTables) + FileWithEvents(1, {"SUCCESS"}) +
                       fmt::format("ALTER TABLE {} ALTER {} TYPE {}", table, column,
                                   fmt::format(fmt::runtime(type), column)));
      EXPECT_THAT(
          Registry::OpenEvents({.uri = database.uri(), .prefix = "x_"}, tree.root(), kPatient),
          FailsWith(absl::StatusCode::kFailedPrecondition,
                    AllOf(StartsWith("postgresql://"),
                          HasSubstr(fmt::format("column {} of its event tables is no timestamp", column)),
                          HasSubstr("registry_files_table"))));
    }
  }
}

// --- who asks

TEST(DbAuth, GivesTheUserAndThePasswordOfTheFirstEntryThatMatches) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::string role = database.name() + "_reader";
  database.Execute(
      fmt::format("CREATE TABLE f (path text, night text); INSERT INTO f VALUES ('a.fits', '2020-05-01');"
                  "CREATE ROLE {0} LOGIN PASSWORD 'sesame'; GRANT SELECT ON f TO {0}",
                  role));
  const TempTree tree;
  const std::filesystem::path file = tree.Text(
      "db-auth.yaml", fmt::format("- url: postgresql://other.host/*\n  username: nobody\n  password: wrong\n"
                                  "- url: postgresql://127.0.?.1/test_*\n  username: {}\n  password: sesame\n"
                                  "- url: postgresql://127.0.0.1\n  username: nobody\n  password: wrong\n",
                                  role));
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  const SqlQuery sql{
      .uri = fmt::format("postgresql://127.0.0.1:{}/{}", TestServer::Get().port, database.name()),
      .query = "SELECT path FROM f WHERE night = {night}"};
  RegistryOptions options = kPatient;
  options.logins.file = file;
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::OpenSql(sql, tree.root(), options));
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, registry->ReadNight(kNight));
  EXPECT_EQ(ingests.rows.size(), 1U);

  // Of no file that is named, the one in the home.
  std::filesystem::create_directories(tree / "home/.lsst");
  std::filesystem::copy_file(file, tree / "home/.lsst/db-auth.yaml");
  for (const char* named : {"", "~/.lsst/db-auth.yaml"}) {
    options.logins = {.file = named, .home = tree / "home"};
    EXPECT_THAT(Registry::OpenSql(sql, tree.root(), options), IsOk()) << named;
  }

  options.logins = {
      .credentials = fmt::format(
          R"([{{"url": "postgresql://127.0.0.1", "username": "{}", "password": "sesame"}}])", role)};
  EXPECT_THAT(Registry::OpenSql(sql, tree.root(), options), IsOk());
  options.logins.credentials =
      R"([{"url": "postgresql://127.0.0.1", "username": "nobody", "password": "open-wrong"}])";
  EXPECT_THAT(Registry::OpenSql(sql, tree.root(), options),
              FailsWith(absl::StatusCode::kUnavailable,
                        AllOf(HasSubstr("password authentication failed for user \"nobody\""),
                              Not(HasSubstr("open-wrong")))));

  std::filesystem::permissions(file, std::filesystem::perms(0640));
  options.logins = {.file = file};
  EXPECT_THAT(Registry::OpenSql(sql, tree.root(), options),
              FailsWith(absl::StatusCode::kPermissionDenied,
                        AllOf(StartsWith(file.string()), HasSubstr("chmod 600"))));
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  tree.Text("db-auth.yaml", "url: [sesame\n");
  EXPECT_THAT(Registry::OpenSql(sql, tree.root(), options),
              FailsWith(absl::StatusCode::kFailedPrecondition,
                        AllOf(HasSubstr("no list of logins"), Not(HasSubstr("sesame")))));
  database.Execute(fmt::format("DROP OWNED BY {0}; DROP ROLE {0}", role));
}

TEST(DbAuth, SendsThePasswordOfOneServerToNoOther) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::string role = database.name() + "_reader";
  database.Execute(fmt::format("CREATE ROLE {} LOGIN PASSWORD 'sesame'", role));
  RegistryOptions options = kPatient;
  const TempTree tree;
  options.logins.credentials =
      fmt::format(R"([{{"url": "postgresql://trusted.*", "username": "{0}", "password": "sesame"}},
          {{"url": "postgresql://*127.0.0.2", "username": "{0}", "password": "sesame"}}])",
                  role);
  const std::string& port = TestServer::Get().port;
  for (const std::string& servers :
       {fmt::format("trusted.example/{}?host=127.0.0.1&port={}", database.name(), port),
        fmt::format("trusted.example:{}/{}?hostaddr=127.0.0.1", port, database.name()),
        fmt::format("127.0.0.1:{1},127.0.0.2:{1}/{0}", database.name(), port)}) {
    const SqlQuery sql{.uri = fmt::format("postgresql://{}@{}", role, servers),
                       .query = "SELECT 'a' AS path, {night}"};
    EXPECT_THAT(Registry::OpenSql(sql, tree.root(), options),
                FailsWith(absl::StatusCode::kUnavailable,
                          AllOf(HasSubstr("127.0.0.1"), HasSubstr("no password supplied"))))
        << servers;
  }
  database.Execute(fmt::format("DROP ROLE {}", role));
}

}  // namespace
}  // namespace obsmon
