#include "history/takeover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "history/database.h"
#include "history/history_file.h"
#include "history/night_reports.h"
#include "obsmon/history.h"
#include "sqlite/sqlite.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kViewNames[] = {"FILE_COUNT", "TRANSFER_LIST", "INGEST_LIST", "FILE_COUNT_GEN3",
                                      "FILE_LIST_GEN3"};

/// The prototype's last layout, with what its years leave behind: a ghost of a replaced file, a row of
/// another night's run, a night without files.
constexpr const char* kPrototype = R"(
CREATE TABLE FILE_COUNT (Nite_Obs TEXT PRIMARY KEY, Last_Update TEXT, N_Files INTEGER, Last_Creation TEXT,
  N_Ingest INTEGER, N_Small INTEGER, N_Not_Fits, N_Error INTEGER, Last_Ingest TEXT);
CREATE TABLE FILE_COUNT_GEN3 (Nite_Obs TEXT PRIMARY KEY, Last_Update TEXT, N_Files INTEGER, Last_Creation TEXT,
  N_Ingest INTEGER, N_Small INTEGER, N_Not_Fits, N_Error INTEGER, Last_Transfer TEXT, Last_Ingest TEXT);
CREATE TABLE FILE_LIST_GEN3 (Filenum INTEGER PRIMARY KEY, Nite TEXT, Last_Update TEXT, Transfer_Path TEXT,
  Status TEXT, Creation_Time TEXT, Transfer_Time TEXT, Ingest_Time TEXT, File_Size INT, Err_Message TEXT);
CREATE TABLE TRANSFER_LIST (Filenum INTEGER PRIMARY KEY, Nite_Trans TEXT, Last_Update TEXT, Transfer_Path TEXT,
  Creation_Time TEXT, File_Size INT);
CREATE TABLE INGEST_LIST (FILENUM INTEGER PRIMARY KEY, Ingest_Path TEXT, Nite_Obs TEXT, Last_Update TEXT,
  Ingest_Time TEXT);
INSERT INTO FILE_COUNT VALUES
  ('2021-03-09', '2021-03-10T01:02:03', 4, '2021-03-09T23:59:59', 2, 1, 1, 1, '2021-03-10T00:00:07'),
  ('2021-03-10', '2021-03-11T01:02:03', 1, '2021-03-10T20:00:00', 1, 0, 0, 0, '2021-03-10T20:00:07'),
  ('2021-03-11', '2021-03-11T01:02:03', 0, '0000-00-00T00:00:00', 0, 0, 0, 0, '0000-00-00T00:00:00');
INSERT INTO TRANSFER_LIST VALUES
  (1002049, '2021-03-09', '2021-03-10T01:02:03', '20210309/a.fits', '2021-03-09T23:59:59', 57600),
  (1012049, '2021-03-09', '2021-03-10T00:00:00', '20210309/a.fits', '2021-03-09T23:50:00', 57600),
  (1022049, '2021-03-09', '2021-03-10T01:02:03', '20210309/b.txt', '2021-03-09T23:50:01', 100),
  (1032049, '2021-03-10', '2021-03-11T01:02:03', '20210310/c.fits', '2021-03-10T20:00:00', 57600);
INSERT INTO INGEST_LIST VALUES
  (1002049, 'raw/2021-03-09/a.fits', '2021-03-09', '2021-03-10T01:02:03', '2021-03-10T00:00:07'),
  (1032049, 'raw/2021-03-10/c.fits', '2021-03-10', '2021-03-11T01:02:03', '2021-03-10T20:00:07');
INSERT INTO FILE_COUNT_GEN3 VALUES
  ('2021-03-09', '2021-03-10T01:02:03', 1, '2021-03-09T23:59:59.123456', 1, 0, 0, 0, 'x', '');
INSERT INTO FILE_LIST_GEN3 VALUES
  (17, '2021-03-09', '2021-03-10T01:02:03', '20210309/a.fits', 'SUCCESS', '0000-00-00T00:00:00.00',
   '2021-03-09T23:59:59.123', '2021-03-10T00:00:07.1', 0, 'it''s "quoted"');
)";

class Takeover : public testing::Test {
 protected:
  std::filesystem::path file() const { return tree_ / kHistoryFileName; }
  void MakePrototypes(const std::string& sql) const { Database(file()).Query(sql); }
  std::vector<std::string> Lines(const std::string& sql) const { return Database(file()).Lines(sql); }
  /// All that scripts can read.
  std::vector<std::vector<std::string>> AllViews() const {
    std::vector<std::vector<std::string>> all;
    for (const std::string view : kViewNames) all.push_back(Lines("SELECT * FROM " + view + " ORDER BY 1"));
    return all;
  }
  std::unique_ptr<History> Open() const { return History::Open(tree_.root()).value(); }

  TempTree tree_;
};

TEST_F(Takeover, LeavesScriptsTheVerySameRows) {
  MakePrototypes(kPrototype);
  const auto before = AllViews();
  ASSERT_THAT(before, SizeIs(5));
  Open();
  EXPECT_EQ(AllViews(), before);
  EXPECT_THAT(Lines("SELECT count(*) FROM sqlite_master WHERE type = 'view'"), ElementsAre("8"));
  EXPECT_THAT(Lines("PRAGMA user_version"), ElementsAre("7"));
  Open();  // it is ours now
  EXPECT_EQ(AllViews(), before);
}

TEST_F(Takeover, KeepsTheTypesOfTheValues) {
  MakePrototypes(kPrototype);
  const std::string types =
      "SELECT typeof(Filenum), typeof(Nite_Trans), typeof(Last_Update), typeof(Creation_Time), "
      "typeof(File_Size) FROM TRANSFER_LIST LIMIT 1";
  const auto before = Lines(types);
  Open();
  EXPECT_EQ(Lines(types), before);
  EXPECT_THAT(
      Lines("SELECT DISTINCT typeof(N_Files), typeof(N_Not_Fits), typeof(Last_Ingest) FROM FILE_COUNT"),
      ElementsAre("integer|integer|text"));
}

TEST_F(Takeover, GivesNightsWithWhatThePrototypeKnewOfThem) {
  MakePrototypes(kPrototype);
  const std::vector<NightSummary> nights = Open()->Nights().value();
  ASSERT_THAT(nights, SizeIs(3));
  const NightSummary& night = nights[2];
  EXPECT_EQ(night.night, N("2021-03-09"));
  EXPECT_EQ(night.state, NightState::kNeedsAttention);
  EXPECT_TRUE(night.from_prototype);
  EXPECT_EQ(night.looked_at, Utc("2021-03-10T01:02:03"));
  EXPECT_EQ(night.changed_at, std::nullopt);
  EXPECT_EQ(night.counts.files, 4);
  EXPECT_EQ(night.counts[Verdict::kIngested], 2);
  EXPECT_EQ(night.counts[Verdict::kTooSmall], 0) << "its one small file is no FITS file";
  EXPECT_EQ(night.counts[Verdict::kNotFits], 1);
  EXPECT_EQ(night.counts[Verdict::kNotIngested], 1);
  EXPECT_EQ(night.counts.last_creation, Utc("2021-03-09T23:59:59"));
  EXPECT_EQ(night.legacy.n_error, 1);
  EXPECT_EQ(nights[1].state, NightState::kComplete);
  EXPECT_EQ(nights[0].counts.last_creation, std::nullopt);
  EXPECT_EQ(*Open()->Fingerprint(N("2021-03-09")), std::nullopt);
}

// N_Small counts small files of any name, and so overlaps N_Not_Fits.
TEST_F(Takeover, CallsNobodyForSmallFilesThatAreNoFitsFiles) {
  MakePrototypes(kPrototype);
  MakePrototypes(
      "UPDATE FILE_COUNT SET N_Files = 3, N_Error = 0 WHERE Nite_Obs = '2021-03-09';"
      "INSERT INTO FILE_COUNT VALUES"
      " ('2021-03-12', '', 4, '', 1, 2, 1, 0, '')");
  const std::vector<NightSummary> nights = Open()->Nights().value();
  ASSERT_THAT(nights, SizeIs(4));
  EXPECT_EQ(nights[3].state, NightState::kComplete);
  EXPECT_EQ(nights[3].counts.Of(Concern::kAttention), 0);
  EXPECT_EQ(nights[0].state, NightState::kNeedsAttention);
  EXPECT_EQ(nights[0].counts[Verdict::kTooSmall], 2);
}

TEST_F(Takeover, Fault8NightThatIsLookedAtAgainLosesThePrototypesGhosts) {
  MakePrototypes(kPrototype);
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->Put(Report(N("2021-03-09"), {{.path = "20210309/a.fits", .size = 1}}), {}), IsOk());
  ASSERT_THAT(history->Commit(), IsOk());
  EXPECT_THAT(Lines("SELECT Transfer_Path, File_Size FROM TRANSFER_LIST ORDER BY Nite_Trans"),
              ElementsAre("20210309/a.fits|1", "20210310/c.fits|57600"));
  EXPECT_THAT(Lines("SELECT Ingest_Path FROM INGEST_LIST"), ElementsAre("raw/2021-03-10/c.fits"));
  EXPECT_THAT(*history->Nights(), ElementsAre(Field(&NightSummary::from_prototype, true),
                                              Field(&NightSummary::from_prototype, true),
                                              Field(&NightSummary::from_prototype, false)));
}

TEST_F(Takeover, NightWhoseRegistryCannotBeReadKeepsThePrototypesNumbers) {
  MakePrototypes(kPrototype);
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->PutUnknown(Report(N("2021-03-09"), {}), "the registry is locked"), IsOk());
  ASSERT_THAT(history->Commit(), IsOk());
  const NightSummary night = history->Nights()->back();
  EXPECT_EQ(night.state, NightState::kUnknown);
  EXPECT_TRUE(night.from_prototype);
  EXPECT_EQ(night.counts.files, 4);
  EXPECT_THAT(Lines("SELECT count(*) FROM TRANSFER_LIST"), ElementsAre("4"));
}

TEST_F(Takeover, IsNotNeededToReadAPrototypesDatabase) {
  MakePrototypes(kPrototype);
  const std::string before = ReadFile(file());
  {
    const auto history = History::OpenReadOnly(tree_.root()).value();
    EXPECT_THAT(*history->Nights(), ElementsAre(Field(&NightSummary::night, N("2021-03-11")),
                                                Field(&NightSummary::night, N("2021-03-10")),
                                                Field(&NightSummary::night, N("2021-03-09"))));
    EXPECT_EQ(*history->Fingerprint(N("2021-03-09")), std::nullopt);
    EXPECT_THAT(history->Begin(),
                FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("reading alone")));
  }
  EXPECT_TRUE(ReadFile(file()) == before);
}

/// One of the layouts before the last, with one matched and one unmatched file, and what its views must give.
struct Layout {
  const char* name;
  const char* sql;
  std::vector<std::string> counts;
  std::vector<std::string> transfers;
  std::vector<std::string> matched;
};

void PrintTo(const Layout& layout, std::ostream* out) { *out << layout.name; }

class OlderLayout : public Takeover, public testing::WithParamInterface<Layout> {};

TEST_P(OlderLayout, Fault23IsTakenOverWithAllThatItKnows) {
  // The prototype itself stopped at a database of an older layout.
  MakePrototypes(GetParam().sql);
  const std::vector<NightSummary> untouched = History::OpenReadOnly(tree_.root()).value()->Nights().value();
  const auto history = History::Open(tree_.root());
  ASSERT_THAT(history, IsOk());
  EXPECT_EQ(Lines("SELECT * FROM FILE_COUNT"), GetParam().counts);
  EXPECT_EQ(
      Lines("SELECT Nite_Trans, Last_Update, Transfer_Path, Creation_Time, File_Size FROM TRANSFER_LIST"),
      GetParam().transfers);
  EXPECT_EQ(
      Lines("SELECT Transfer_Path, Ingest_Path, Nite_Obs, Ingest_Time FROM TRANSFER_LIST t, INGEST_LIST i"
            " WHERE t.Filenum = i.FILENUM"),
      GetParam().matched);
  const std::vector<NightSummary> nights = (*history)->Nights().value();
  ASSERT_THAT(nights, SizeIs(1));
  EXPECT_EQ(nights[0].state, NightState::kNeedsAttention);
  ASSERT_THAT(untouched, SizeIs(1));
  EXPECT_EQ(untouched[0].counts, nights[0].counts);
}

const std::vector<std::string> kCounts = {
    "2020-05-07|2020-05-08T01:02:03|2|2020-05-07T23:59:59|1|0|0|1|2020-05-08T00:00:07"};
const std::vector<std::string> kTransfers = {
    "2020-05-07|2020-05-08T01:02:03|20200507/a.fits|2020-05-07T23:59:59|NULL",
    "2020-05-07|2020-05-08T01:02:03|20200507/o'b.fits|2020-05-07T23:59:58|NULL"};
const std::vector<std::string> kSizedTransfers = {
    "2020-05-07|2020-05-08T01:02:03|20200507/a.fits|2020-05-07T23:59:59|57600",
    "2020-05-07|2020-05-08T01:02:03|20200507/o'b.fits|2020-05-07T23:59:58|57601"};
const std::vector<std::string> kMatched = {"20200507/a.fits|raw/a.fits|2020-05-07|2020-05-08T00:00:07"};

INSTANTIATE_TEST_SUITE_P(
    Since, OlderLayout,
    testing::Values(Layout{.name = "of 2020-05-07, without file numbers",
                           .sql = R"(
CREATE TABLE FILE_COUNT (Nite_Obs TEXT PRIMARY KEY, Last_Update TEXT, N_Files INTEGER, Last_Transfer TEXT,
  N_Ingest INTEGER, Last_Ingest TEXT);
CREATE TABLE TRANSFER_LIST (File_Name TEXT PRIMARY KEY, Nite_Trans TEXT, Last_Update TEXT, Transfer_Path TEXT,
  Transfer_Time TEXT);
CREATE TABLE INGEST_LIST (File_Name TEXT PRIMARY KEY, Nite_Obs TEXT, Last_Update TEXT, Ingest_Path TEXT,
  Transfer_Path TEXT, Ingest_Time TEXT);
INSERT INTO FILE_COUNT VALUES ('2020-05-07', '2020-05-08-01:02:03', 2, '2020-05-07-23:59:59', 1,
  '2020-05-08-00:00:07');
INSERT INTO TRANSFER_LIST VALUES
  ('a.fits', '2020-05-07', '2020-05-08-01:02:03', '20200507/a.fits', '2020-05-07-23:59:59'),
  ('o''b.fits', '2020-05-07', '2020-05-08-01:02:03', '20200507/o''b.fits', '2020-05-07-23:59:58');
INSERT INTO INGEST_LIST VALUES
  ('a.fits', '2020-05-07', '2020-05-08-01:02:03', 'raw/a.fits', '20200507/a.fits', '2020-05-08-00:00:07'),
  ('x.fits', '2020-05-07', '2020-05-08-01:02:03', 'raw/x.fits', 'None', '2020-05-08-00:00:07');
)",
                           .counts = kCounts,
                           .transfers = kTransfers,
                           .matched = kMatched},
                    Layout{.name = "of 2020-06-23, with device and inode",
                           .sql = R"(
CREATE TABLE FILE_COUNT (Nite_Obs TEXT PRIMARY KEY, Last_Update TEXT, N_Files INTEGER, Last_Transfer TEXT,
  N_Ingest INTEGER, Last_Ingest TEXT);
CREATE TABLE TRANSFER_LIST (File_Name TEXT PRIMARY KEY, ST_DEV INTEGER, ST_INO INTEGER, FILENUM INTEGER,
  Nite_Trans TEXT, Last_Update TEXT, Transfer_Path TEXT, Transfer_Time TEXT);
CREATE TABLE INGEST_LIST (Ingest_Path TEXT PRIMARY KEY, File_Name TEXT, ST_DEV INTEGER, ST_INO INTEGER,
  FILENUM INTEGER, Nite_Obs TEXT, Last_Update TEXT, Transfer_Path TEXT, Ingest_Time TEXT);
INSERT INTO FILE_COUNT VALUES ('2020-05-07', '2020-05-08-01:02:03', 2, '2020-05-07-23:59:59', 1,
  '2020-05-08-00:00:07');
INSERT INTO TRANSFER_LIST VALUES
  ('a.fits', 2049, 7, 72049, '2020-05-07', '2020-05-08-01:02:03', '20200507/a.fits', '2020-05-07-23:59:59'),
  ('o''b.fits', 2049, 8, 82049, '2020-05-07', '2020-05-08-01:02:03', '20200507/o''b.fits',
   '2020-05-07-23:59:58');
INSERT INTO INGEST_LIST VALUES
  ('raw/a.fits', 'a.fits', 2049, 7, 72049, '2020-05-07', '2020-05-08-01:02:03', 'NONE', '2020-05-08-00:00:07');
)",
                           .counts = kCounts,
                           .transfers = kTransfers,
                           .matched = kMatched},
                    Layout{.name = "of 2020-06-29, with N_Uningested",
                           .sql = R"(
CREATE TABLE FILE_COUNT (Nite_Obs TEXT PRIMARY KEY, Last_Update TEXT, N_Files INTEGER, Last_Transfer TEXT,
  N_Ingest INTEGER, N_Uningested, Last_Ingest TEXT);
CREATE TABLE TRANSFER_LIST (File_Name TEXT PRIMARY KEY, FILENUM INTEGER, Nite_Trans TEXT, Last_Update TEXT,
  Transfer_Path TEXT, Transfer_Time TEXT);
CREATE TABLE INGEST_LIST (Ingest_Path TEXT PRIMARY KEY, FILENUM INTEGER, Nite_Obs TEXT, Last_Update TEXT,
  Ingest_Time TEXT);
INSERT INTO FILE_COUNT VALUES ('2020-05-07', '2020-05-08-01:02:03', 2, '2020-05-07-23:59:59', 1, 1,
  '2020-05-08-00:00:07');
INSERT INTO TRANSFER_LIST VALUES
  ('a.fits', 72049, '2020-05-07', '2020-05-08-01:02:03', '20200507/a.fits', '2020-05-07-23:59:59'),
  ('o''b.fits', 82049, '2020-05-07', '2020-05-08-01:02:03', '20200507/o''b.fits', '2020-05-07-23:59:58');
INSERT INTO INGEST_LIST VALUES
  ('raw/a.fits', 72049, '2020-05-07', '2020-05-08-01:02:03', '2020-05-08-00:00:07');
)",
                           .counts = kCounts,
                           .transfers = kTransfers,
                           .matched = kMatched},
                    Layout{.name = "of 2020-07-30, with creation times",
                           .sql = R"(
CREATE TABLE FILE_COUNT (Nite_Obs TEXT PRIMARY KEY, Last_Update TEXT, N_Files INTEGER, Last_Creation TEXT,
  N_Ingest INTEGER, N_Uningested, Last_Ingest TEXT);
CREATE TABLE TRANSFER_LIST (File_Name TEXT PRIMARY KEY, FILENUM INTEGER, Nite_Trans TEXT, Last_Update TEXT,
  Transfer_Path TEXT, Creation_Time TEXT);
CREATE TABLE INGEST_LIST (Ingest_Path TEXT PRIMARY KEY, FILENUM INTEGER, Nite_Obs TEXT, Last_Update TEXT,
  Ingest_Time TEXT);
INSERT INTO FILE_COUNT VALUES ('2020-05-07', '2020-05-08T01:02:03', 2, '2020-05-07T23:59:59', 1, 1,
  '2020-05-08T00:00:07');
INSERT INTO TRANSFER_LIST VALUES
  ('a.fits', 72049, '2020-05-07', '2020-05-08T01:02:03', '20200507/a.fits', '2020-05-07T23:59:59'),
  ('o''b.fits', 82049, '2020-05-07', '2020-05-08T01:02:03', '20200507/o''b.fits', '2020-05-07T23:59:58');
INSERT INTO INGEST_LIST VALUES
  ('raw/a.fits', 72049, '2020-05-07', '2020-05-08T01:02:03', '2020-05-08T00:00:07');
)",
                           .counts = kCounts,
                           .transfers = kTransfers,
                           .matched = kMatched},
                    Layout{.name = "of 2020-09-02, with sizes",
                           .sql = R"(
CREATE TABLE FILE_COUNT (Nite_Obs TEXT PRIMARY KEY, Last_Update TEXT, N_Files INTEGER, Last_Creation TEXT,
  N_Ingest INTEGER, N_Small INTEGER, N_Not_Fits, N_Error INTEGER, Last_Ingest TEXT);
CREATE TABLE TRANSFER_LIST (File_Name TEXT PRIMARY KEY, FILENUM INTEGER, Nite_Trans TEXT, Last_Update TEXT,
  Transfer_Path TEXT, Creation_Time TEXT, File_Size INT);
CREATE TABLE INGEST_LIST (Ingest_Path TEXT PRIMARY KEY, FILENUM INTEGER, Nite_Obs TEXT, Last_Update TEXT,
  Ingest_Time TEXT);
INSERT INTO FILE_COUNT VALUES ('2020-05-07', '2020-05-08T01:02:03', 2, '2020-05-07T23:59:59', 1, 0, 0, 1,
  '2020-05-08T00:00:07');
INSERT INTO TRANSFER_LIST VALUES
  ('a.fits', 72049, '2020-05-07', '2020-05-08T01:02:03', '20200507/a.fits', '2020-05-07T23:59:59', 57600),
  ('o''b.fits', 82049, '2020-05-07', '2020-05-08T01:02:03', '20200507/o''b.fits', '2020-05-07T23:59:58', 57601);
INSERT INTO INGEST_LIST VALUES
  ('raw/a.fits', 72049, '2020-05-07', '2020-05-08T01:02:03', '2020-05-08T00:00:07');
)",
                           .counts = kCounts,
                           .transfers = kSizedTransfers,
                           .matched = kMatched},
                    Layout{.name = "of 2020-09-30, keyed by file number, with a column that nobody knows",
                           .sql = R"(
CREATE TABLE FILE_COUNT (Nite_Obs TEXT PRIMARY KEY, Last_Update TEXT, N_Files INTEGER, Last_Creation TEXT,
  N_Ingest INTEGER, N_Small INTEGER, N_Not_Fits, N_Error INTEGER, Last_Ingest TEXT, Note TEXT);
CREATE TABLE TRANSFER_LIST (Filenum INTEGER PRIMARY KEY, Nite_Trans TEXT, Last_Update TEXT, Transfer_Path TEXT,
  Creation_Time TEXT, File_Size INT);
CREATE TABLE INGEST_LIST (FILENUM INTEGER PRIMARY KEY, Ingest_Path TEXT, Nite_Obs TEXT, Last_Update TEXT,
  Ingest_Time TEXT);
INSERT INTO FILE_COUNT VALUES ('2020-05-07', '2020-05-08T01:02:03', 2, '2020-05-07T23:59:59', 1, 0, 0, 1,
  '2020-05-08T00:00:07', 'cloudy');
INSERT INTO TRANSFER_LIST VALUES
  (72049, '2020-05-07', '2020-05-08T01:02:03', '20200507/a.fits', '2020-05-07T23:59:59', 57600),
  (82049, '2020-05-07', '2020-05-08T01:02:03', '20200507/o''b.fits', '2020-05-07T23:59:58', 57601);
INSERT INTO INGEST_LIST VALUES
  (72049, 'raw/a.fits', '2020-05-07', '2020-05-08T01:02:03', '2020-05-08T00:00:07');
)",
                           .counts = kCounts,
                           .transfers = kSizedTransfers,
                           .matched = kMatched}));

TEST_F(Takeover, OfAListAloneIsEnough) {
  MakePrototypes(
      "CREATE TABLE TRANSFER_LIST (Filenum INTEGER PRIMARY KEY, Nite_Trans TEXT, Last_Update TEXT,"
      " Transfer_Path TEXT, Creation_Time TEXT, File_Size INT)");
  EXPECT_THAT(*Open()->Nights(), IsEmpty());
}

TEST_F(Takeover, LeavesOtherTablesAndViewsOfTheFileAlone) {
  MakePrototypes(
      std::string(kPrototype) +
      "CREATE TABLE notes (text); INSERT INTO notes VALUES ('seeing 0.7');"
      "CREATE VIEW recent AS SELECT Transfer_Path FROM TRANSFER_LIST WHERE Nite_Trans > '2021-03-09';");
  Open();
  EXPECT_THAT(Lines("SELECT text FROM notes"), ElementsAre("seeing 0.7"));
  EXPECT_THAT(Lines("SELECT * FROM recent"), ElementsAre("20210310/c.fits"));
}

// A write-ahead log needs memory that all readers share, which NFS and GPFS do not have.
TEST_F(Takeover, LeavesNoWriteAheadLogWhoeverHasSetOne) {
  MakePrototypes(std::string("PRAGMA journal_mode = WAL;") + kPrototype);
  Open();
  EXPECT_THAT(Lines("PRAGMA journal_mode"), ElementsAre("delete"));
  Lines("PRAGMA journal_mode = WAL");
  Open();  // a history by now
  EXPECT_THAT(Lines("PRAGMA journal_mode"), ElementsAre("delete"));
}

TEST_F(Takeover, RefusesADatabaseOfAnybodyElseAndLeavesItAsItIs) {
  for (const std::string sql :
       {"CREATE TABLE raw (id INTEGER)", "CREATE TABLE FILE_COUNT (a, b)", "PRAGMA user_version = 3",
        "CREATE TABLE FILE_COUNT (Nite_Obs, N_Files, N_Ingest); INSERT INTO FILE_COUNT VALUES ('May Day', 1, "
        "1)",
        "PRAGMA application_id = 42",
        "PRAGMA journal_mode = WAL; CREATE TABLE raw (id INTEGER)",  // a mode of its own choice
        "CREATE TABLE t (Nite_Obs); CREATE VIEW FILE_COUNT AS SELECT * FROM t"}) {
    std::filesystem::remove(file());
    MakePrototypes(sql);
    const std::string before = ReadFile(file());
    EXPECT_THAT(History::Open(tree_.root()), FailsWith(absl::StatusCode::kFailedPrecondition,
                                                       HasSubstr("neither obsmon's nor the prototype's")))
        << sql;
    EXPECT_THAT(History::OpenReadOnly(tree_.root()),
                FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("neither")))
        << sql;
    EXPECT_TRUE(ReadFile(file()) == before) << sql;
  }
}

TEST_F(Takeover, RefusesTheHistoryOfANewerObsmonAndLeavesItAsItIs) {
  Open();
  MakePrototypes("PRAGMA user_version = 99; PRAGMA journal_mode = WAL");
  const std::string before = ReadFile(file());
  EXPECT_THAT(History::Open(tree_.root()), FailsWith(absl::StatusCode::kFailedPrecondition,
                                                     HasSubstr("a newer obsmon wrote this history")));
  EXPECT_TRUE(ReadFile(file()) == before);
}

TEST_F(Takeover, ThatIsKilledBeforeItsEndLeavesThePrototypesDatabaseWhole) {
  MakePrototypes(kPrototype);
  // Enough that a cache of one page can't hold it: half of the change is on the disk when the process ends.
  MakePrototypes(
      "INSERT INTO TRANSFER_LIST WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
      "5000)"
      " SELECT 5000000 + i, '2021-03-08', '2021-03-10T01:02:03', '20210308/' || i || '.fits',"
      " '2021-03-09T00:00:00', i FROM n");
  const std::string before = ReadFile(file());
  const auto rows = AllViews();

  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto database = sqlite::Connection::Open(file(), sqlite::OpenMode::kReadWrite, std::chrono::seconds{0});
    const bool taken_over = database.ok() &&
                            database->Execute("PRAGMA cache_size = 1; BEGIN IMMEDIATE").ok() &&
                            TakeOver(*database).ok();
    _exit(taken_over ? 0 : 1);  // killed: no COMMIT, nothing closed
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  ASSERT_TRUE(ReadFile(file()) != before);  // half done
  ASSERT_TRUE(std::filesystem::exists(file().string() + "-journal"));

  EXPECT_EQ(AllViews(), rows);  // the first to open it takes that back
  EXPECT_TRUE(ReadFile(file()) == before);
  Open();
  EXPECT_EQ(AllViews(), rows);
}

}  // namespace
}  // namespace obsmon
