// What scripts written for the prototype's database find in ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "history/database.h"
#include "history/night_reports.h"
#include "history/schema.h"
#include "obsmon/history.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::nanoseconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class LegacyViews : public testing::Test {
 protected:
  void Put(const std::vector<NightReport>& reports) const {
    const std::unique_ptr<History> history = History::Open(tree_.root()).value();
    ASSERT_THAT(history->Begin(), IsOk());
    for (const NightReport& report : reports) ASSERT_THAT(history->Put(report, {}), IsOk());
    ASSERT_THAT(history->Commit(), IsOk());
  }
  std::vector<std::string> Lines(const std::string& sql) const {
    return Database(tree_ / kHistoryFileName).Lines(sql);
  }
  std::string Columns(const std::string& view) const {
    return Lines("SELECT group_concat(name, ' ') FROM pragma_table_info('" + view + "')").at(0);
  }

  TempTree tree_;
};

TEST_F(LegacyViews, HaveThePrototypesColumnsInItsOrder) {
  Put({});
  EXPECT_EQ(Columns("FILE_COUNT"),
            "Nite_Obs Last_Update N_Files Last_Creation N_Ingest N_Small N_Not_Fits N_Error Last_Ingest");
  EXPECT_EQ(Columns("TRANSFER_LIST"), "Filenum Nite_Trans Last_Update Transfer_Path Creation_Time File_Size");
  EXPECT_EQ(Columns("INGEST_LIST"), "FILENUM Ingest_Path Nite_Obs Last_Update Ingest_Time");
  EXPECT_EQ(Columns("FILE_COUNT_GEN3"),
            "Nite_Obs Last_Update N_Files Last_Creation N_Ingest N_Small N_Not_Fits N_Error Last_Transfer "
            "Last_Ingest");
  EXPECT_EQ(Columns("FILE_LIST_GEN3"),
            "Filenum Nite Last_Update Transfer_Path Status Creation_Time Transfer_Time Ingest_Time File_Size "
            "Err_Message");
}

TEST_F(LegacyViews, FileCountHasTheNumbersByThePrototypesRules) {
  NightReport report = Report(N("2020-05-01"), {});
  report.counts.files = 99;
  report.legacy = {.n_files = 9,
                   .n_ingest = 4,
                   .n_small = 3,
                   .n_not_fits = 2,
                   .n_error = 1,
                   .last_creation = Utc("2020-05-02T00:28:59"),
                   .last_ingest = std::nullopt};
  Put({report, Report(N("2020-04-30"), {})});
  EXPECT_THAT(
      Lines("select * from FILE_COUNT where Nite_Obs >= '2020-05-01'"),
      ElementsAre("2020-05-01|2020-05-02T12:00:00|9|2020-05-02T00:28:59|4|3|2|1|0000-00-00T00:00:00"));
}

TEST_F(LegacyViews, TransferListHasWhatHasArrivedAndNotWhatIsInFlight) {
  Put({Report(N("2020-05-01"),
              {{.path = "20200501/a.fits", .file_id = {.device = 2049, .inode = 77}, .size = 123},
               {.path = "20200501/.b.fits.x7Kq2b", .state = TransferState::kInFlight}})});
  EXPECT_THAT(Lines("select * from TRANSFER_LIST"),
              ElementsAre("772049|2020-05-01|2020-05-02T12:00:00|20200501/a.fits|2020-05-02T00:28:59|123"));
}

TEST_F(LegacyViews, IngestListHasWhatIsThereAndIngested) {
  Put({Report(
      N("2020-05-01"), {},
      {{.path = "raw/there", .file_id = {.device = 2049, .inode = 77}},
       {.path = "raw/without time", .file_id = {.device = 2049, .inode = 78}, .ingest_time = std::nullopt},
       {.path = "raw/gone", .artifact = ArtifactState::kGone},
       {.path = "raw/unreadable", .artifact = ArtifactState::kUnreadable},
       {.path = "raw/failed", .status = IngestStatus::kFailed}})});
  EXPECT_THAT(Lines("select * from INGEST_LIST"),
              ElementsAre("772049|raw/there|2020-05-01|2020-05-02T12:00:00|2020-05-02T00:30:00",
                          "782049|raw/without time|2020-05-01|2020-05-02T12:00:00|0000-00-00T00:00:00"));
}

TEST_F(LegacyViews, TimesAreRoundedToMicrosecondsAndThenCutAsThePrototypeDid) {
  const UtcTime second = Utc("2020-05-02T00:28:59");
  const auto time_of = [this](UtcTime creation) {
    Put({Report(N("2020-05-01"), {{.path = "a", .creation = creation}})});
    return Lines("select Creation_Time from TRANSFER_LIST").at(0);
  };
  EXPECT_EQ(time_of(second), "2020-05-02T00:28:59");
  EXPECT_EQ(time_of(second + nanoseconds{999'999'499}), "2020-05-02T00:28:59");
  EXPECT_EQ(time_of(second + nanoseconds{999'999'600}), "2020-05-02T00:29:00");
  EXPECT_EQ(time_of(UtcTime{}), "1970-01-01T00:00:00");
  EXPECT_EQ(time_of(UtcTime{} - nanoseconds{1000}), "1969-12-31T23:59:59");
  EXPECT_EQ(time_of(UtcTime{} - nanoseconds{499}), "1970-01-01T00:00:00");
}

TEST_F(LegacyViews, Gen3ViewsAreEmptyForAGen2Stream) {
  Put({Report(N("2020-05-01"), {{.path = "a"}}, {{.path = "raw/a"}})});
  EXPECT_THAT(Lines("select * from FILE_COUNT_GEN3"), IsEmpty());
  EXPECT_THAT(Lines("select * from FILE_LIST_GEN3"), IsEmpty());
}

TEST_F(LegacyViews, JoinOnFilenumGivesTheMatchedFiles) {
  Put({Report(N("2020-05-01"),
              {{.path = "2020-05-01/a.fits", .file_id = {.device = 1, .inode = 10}},
               {.path = "2020-05-01/b.fits", .file_id = {.device = 1, .inode = 11}},
               {.path = "2020-05-01/lustre.fits", .file_id = {.device = 1, .inode = 0x8000'0000'0000'0007}}},
              {{.path = "raw/a", .file_id = {.device = 1, .inode = 10}},
               {.path = "raw/lustre", .file_id = {.device = 1, .inode = 0x8000'0000'0000'0007}}})});
  EXPECT_THAT(Lines("select Transfer_Path, Ingest_Path from TRANSFER_LIST t, INGEST_LIST i"
                    " where t.Filenum = i.FILENUM order by 1"),
              ElementsAre("2020-05-01/a.fits|raw/a", "2020-05-01/lustre.fits|raw/lustre"));
  EXPECT_THAT(Lines("select Transfer_Path from TRANSFER_LIST where FILENUM not in (select FILENUM from "
                    "INGEST_LIST) and Nite_Trans = '2020-05-01'"),
              ElementsAre("2020-05-01/b.fits"));
}

TEST_F(LegacyViews, PhotodiodeScriptFindsItsFiles) {
  Put({Report(N("2020-05-01"), {{.path = "20200501/MC_C_1/Photodiode_Readings_1.txt"}}),
       Report(N("2020-05-02"), {{.path = "20200502/MC_C_2/Photodiode_Readings_2.txt"},
                                {.path = "20200502/MC_C_2/MC_C_2_R22_S00.fits"}})});
  EXPECT_THAT(Lines("select Transfer_Path from TRANSFER_LIST where Transfer_Path like '%Photo%txt' and "
                    "Nite_Trans > '2020-05-01'"),
              ElementsAre("20200502/MC_C_2/Photodiode_Readings_2.txt"));
}

/// Each line of SQLite's plan for a query.
std::vector<std::string> Plan(const Database& database, const std::string& sql) {
  std::vector<std::string> plan;
  for (const Row& row : database.Query("EXPLAIN QUERY PLAN " + sql)) plan.push_back(row.back());
  return plan;
}

TEST_F(LegacyViews, JoinsOnFilenumTakeNoQuadraticTime) {
  Put({Report(N("2020-05-01"), {{.path = "a"}}, {{.path = "raw/a"}})});
  const std::string join =
      "select Transfer_Path, Ingest_Path from TRANSFER_LIST t, INGEST_LIST i where t.Filenum = i.FILENUM";
  for (const std::string& sql :
       {join, join + " and Nite_Obs = '2020-05-01'", join + " and Nite_Trans = '2020-05-01'",
        join + " and Nite_Trans = '2020-05-01' and Nite_Obs = '2020-05-01'",
        join + " and Nite_Obs >= '2020-05-01' ORDER BY Creation_Time",
        std::string("select * from TRANSFER_LIST t left join INGEST_LIST i on t.Filenum = i.FILENUM where "
                    "Nite_Trans = "
                    "'2020-05-01'")}) {
    const std::vector<std::string> plan = Plan(Database(tree_ / kHistoryFileName), sql);
    // One side is scanned, the other looked up in an index made for it.
    EXPECT_THAT(plan, Contains(AllOf(StartsWith("SEARCH"), HasSubstr("AUTOMATIC"))))
        << sql << testing::PrintToString(plan);
  }
}

TEST_F(LegacyViews, ConditionOnTheNightReadsNoOtherNights) {
  Put({Report(N("2020-05-01"), {{.path = "a"}})});
  const std::vector<std::string> plan =
      Plan(Database(tree_ / kHistoryFileName),
           "select Transfer_Path from TRANSFER_LIST where Transfer_Path like "
           "'%Photo%txt' and Nite_Trans > '2020-05-01'");
  EXPECT_THAT(plan, Contains(StartsWith("SEARCH n USING INDEX"))) << testing::PrintToString(plan);
  EXPECT_THAT(plan, Contains("SEARCH p USING PRIMARY KEY (night=?)")) << testing::PrintToString(plan);
  EXPECT_THAT(plan, Contains(StartsWith("SEARCH prototype_transfer USING INDEX")));
}

TEST(Schema, Fault21NeedsNoDoubleQuotedStrings) {
  // A string in double quotes is an error where SQLite is built or told so, as on some observatories' hosts.
  TempTree tree;
  const Database strict(tree / "strict.sqlite3");
  ASSERT_EQ(sqlite3_db_config(strict.handle(), SQLITE_DBCONFIG_DQS_DDL, 0, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_db_config(strict.handle(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr), SQLITE_OK);
  for (const char* const sql : {kTables, kPackTables, kPackViews, kViews, kGen3Views}) strict.Query(sql);
  for (const char* view :
       {"FILE_COUNT", "TRANSFER_LIST", "INGEST_LIST", "FILE_COUNT_GEN3", "FILE_LIST_GEN3"}) {
    EXPECT_THAT(strict.Lines(std::string("SELECT * FROM ") + view), IsEmpty());
  }
}

}  // namespace
}  // namespace obsmon
