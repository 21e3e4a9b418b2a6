#include "obsmon/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "history/database.h"
#include "history/night_reports.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

class HistoryTest : public testing::Test {
 protected:
  std::unique_ptr<History> Open() const {
    auto history = History::Open(tree_.root());
    EXPECT_THAT(history, IsOk());
    return *std::move(history);
  }
  Database Raw() const { return Database(tree_ / kHistoryFileName); }
  std::vector<NightSummary> Nights() const { return Open()->Nights().value(); }

  /// One run that puts these reports.
  void Put(const std::vector<NightReport>& reports, const NightFingerprint& fingerprint = {}) const {
    const std::unique_ptr<History> history = Open();
    ASSERT_THAT(history->Begin(), IsOk());
    for (const NightReport& report : reports) ASSERT_THAT(history->Put(report, fingerprint), IsOk());
    ASSERT_THAT(history->Commit(), IsOk());
  }

  TempTree tree_;
};

TEST_F(HistoryTest, IsMadeWhereThereIsNoneAndIsEmptyThen) {
  const std::unique_ptr<History> history = Open();
  EXPECT_THAT(*history->Nights(), IsEmpty());
  EXPECT_EQ(*history->Fingerprint(N("2020-05-01")), std::nullopt);
}

TEST_F(HistoryTest, OfAnEmptyFileIsMadeAsIfThereWereNone) {
  tree_.Text(kHistoryFileName, "");
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}})});
  EXPECT_THAT(Nights(), SizeIs(1));
}

TEST_F(HistoryTest, FileHasThePermissionsThatTheUmaskLeaves) {
  const mode_t before = umask(002);
  Open();
  umask(before);
  struct stat found {};
  ASSERT_EQ(stat((tree_ / kHistoryFileName).c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0664U);
}

TEST_F(HistoryTest, GivesBackAllThatASummaryOfANightHolds) {
  NightReport report = Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}});
  report.state = NightState::kInProgress;
  std::int64_t n = 100;
  for (const Verdict verdict : kAllVerdicts) report.counts[verdict] = n++;
  report.counts.files = 7;
  report.counts.last_creation = Utc("2020-05-02T01:00:00") + nanoseconds{1};
  report.counts.last_arrival = Utc("2020-05-02T02:00:00") + nanoseconds{999'999'999};
  report.counts.last_ingest = std::nullopt;
  report.legacy = {.n_files = 1,
                   .n_ingest = 2,
                   .n_small = 3,
                   .n_not_fits = 4,
                   .n_error = 5,
                   .last_creation = UtcTime{} - nanoseconds{1},
                   .last_ingest = Utc("2020-05-02T03:00:00")};
  report.counts.exposures = 12;
  report.counts.without_manifest = 3;
  report.latency = {.creation_to_arrival = {.files = 4,
                                            .negative = 1,
                                            .min = nanoseconds{-5},
                                            .p50 = nanoseconds{1},
                                            .p95 = nanoseconds{2},
                                            .max = nanoseconds{3}},
                    .creation_to_ingest = {.files = 1,
                                           .min = nanoseconds{7},
                                           .p50 = nanoseconds{7},
                                           .p95 = nanoseconds{7},
                                           .max = nanoseconds{7}}};
  report.evidence.issues = {
      {.path = "/data/storage/2020-05-01/x", .status = absl::PermissionDeniedError("no")}};
  Put({report});

  const std::vector<NightSummary> nights = Nights();
  ASSERT_THAT(nights, SizeIs(1));
  EXPECT_EQ(nights[0].night, report.night);
  EXPECT_EQ(nights[0].state, NightState::kInProgress);
  EXPECT_EQ(nights[0].counts, report.counts);
  EXPECT_EQ(nights[0].legacy, report.legacy);
  EXPECT_EQ(nights[0].latency, report.latency);
  EXPECT_EQ(nights[0].num_issues, 1);
  EXPECT_EQ(nights[0].trouble, "");
  EXPECT_EQ(nights[0].looked_at, report.as_of);
  EXPECT_EQ(nights[0].changed_at, report.as_of);
  EXPECT_FALSE(nights[0].from_prototype);
}

TEST_F(HistoryTest, ForgetsLatenciesAndAbsentFilesThatANightNoLongerHas) {
  NightReport report = Report(N("2020-05-01"), {});
  report.latency.creation_to_ingest = {.files = 1};
  for (const char* path : {"2020-05-01/b.fits", "2020-05-01/a.fits"}) {
    report.match.absent.push_back(
        {.expected_row = static_cast<std::uint32_t>(report.evidence.expected.size()),
         .verdict = Verdict::kMissing});
    report.evidence.expected.Append({.path = path, .since = Utc("2020-05-02T00:30:00")});
  }
  Put({report});
  EXPECT_THAT(Raw().Lines("SELECT path, since / 1000000000, verdict FROM absent"),
              ElementsAre("2020-05-01/a.fits|1588379400|2", "2020-05-01/b.fits|1588379400|2"));
  Put({Report(N("2020-05-01"), {})});
  EXPECT_THAT(Raw().Lines("SELECT path FROM absent"), IsEmpty());
  EXPECT_EQ(Nights()[0].latency, Latencies());
}

TEST_F(HistoryTest, OfVersion1IsReadAsItIsAndBroughtToThisVersionByTheFirstThatMayWrite) {
  Raw().Query(ReadFile(std::filesystem::path(OBSMON_SOURCE_DIR) / "tests/history/version1.sql"));
  const std::string before = ReadFile(tree_ / kHistoryFileName);
  const auto read_only = History::OpenReadOnly(tree_.root());
  ASSERT_THAT(read_only, IsOk());
  const std::vector<NightSummary> nights = (*read_only)->Nights().value();
  ASSERT_THAT(nights, SizeIs(1));
  EXPECT_EQ(nights[0].counts.files, 109);
  EXPECT_EQ(nights[0].counts[Verdict::kNotIngested], 3);
  EXPECT_EQ(nights[0].latency, Latencies());
  EXPECT_TRUE(ReadFile(tree_ / kHistoryFileName) == before);

  const auto rows = Raw().Query("SELECT * FROM transfer");
  EXPECT_EQ(Nights()[0].counts, nights[0].counts);  // opens it for writing
  EXPECT_EQ(Raw().Query("SELECT * FROM transfer"), rows);
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("2"));
  NightReport report = Report(N("2020-05-02"), {});
  report.latency.arrival_to_ingest = {.files = 8};
  Put({report});
  EXPECT_EQ(Nights()[0].latency, report.latency);
}

TEST_F(HistoryTest, BroughtToThisVersionHasTheTablesOfANewOne) {
  const std::string tables =
      "SELECT m.name, c.cid, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk FROM sqlite_master m,"
      " pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite%' ORDER BY "
      "1, 2";
  Open();
  const auto of_a_new_one = Raw().Lines(tables);
  std::filesystem::remove(tree_ / kHistoryFileName);
  Raw().Query(ReadFile(std::filesystem::path(OBSMON_SOURCE_DIR) / "tests/history/version1.sql"));
  Open();
  EXPECT_EQ(Raw().Lines(tables), of_a_new_one);
}

TEST_F(HistoryTest, ListsNightsNewestFirst) {
  Put({Report(N("2020-05-01"), {}), Report(N("2021-01-01"), {}), Report(N("2020-12-31"), {})});
  EXPECT_THAT(Nights(), ElementsAre(Field(&NightSummary::night, N("2021-01-01")),
                                    Field(&NightSummary::night, N("2020-12-31")),
                                    Field(&NightSummary::night, N("2020-05-01"))));
}

TEST_F(HistoryTest, GivesBackAFingerprintAsItWasPut) {
  const NightFingerprint fingerprint{
      .folders = {{.path = "/data/storage/2020-05-01",
                   .exists = true,
                   .file_id = {.device = 0xFFFF'FFFF'FFFF'FFFF, .inode = 0x8000'0000'0000'0001},
                   .modified = Utc("2020-05-02T00:00:00") + nanoseconds{7}},
                  {.path = "/data/storage/20200501"},
                  {.path = "/data/raw/not\xFFutf8", .exists = true},
                  {.path = "/data/a sorted list would have this first"}},
      .registry_token = "change counter 17",
      .registry_digest = 0xFEDC'BA98'7654'3210,
      .rules_digest = 0x8000'0000'0000'0000,
      .good_until = Utc("2020-05-02T00:01:00"),
      .trusted = true};
  Put({Report(N("2020-05-01"), {})}, fingerprint);
  EXPECT_THAT(*Open()->Fingerprint(N("2020-05-01")), Optional(fingerprint));
  EXPECT_EQ(*Open()->Fingerprint(N("2020-05-02")), std::nullopt);

  NightFingerprint fewer = fingerprint;
  fewer.folders.resize(1);
  fewer.good_until = std::nullopt;
  Put({Report(N("2020-05-01"), {})}, fewer);
  EXPECT_THAT(*Open()->Fingerprint(N("2020-05-01")), Optional(fewer));
}

TEST_F(HistoryTest, TouchMovesTheTimeOfTheLookAndTheRegistrysTokenAndNothingElse) {
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}})}, {.trusted = true});
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->Touch(N("2020-05-01"), Utc("2020-05-03T00:00:00"), "change counter 18"), IsOk());
  ASSERT_THAT(history->Commit(), IsOk());
  const NightSummary night = history->Nights()->front();
  EXPECT_EQ(night.looked_at, Utc("2020-05-03T00:00:00"));
  EXPECT_EQ(night.changed_at, Utc("2020-05-02T12:00:00"));
  EXPECT_EQ(night.counts.files, 1);
  EXPECT_TRUE(history->Fingerprint(N("2020-05-01"))->value().trusted);
  EXPECT_EQ(history->Fingerprint(N("2020-05-01"))->value().registry_token, "change counter 18");
}

TEST_F(HistoryTest, NightWhoseRegistryCannotBeReadKeepsWhatWasKnownOfIt) {
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits", .verdict = Verdict::kIngested}})},
      {.trusted = true});

  NightReport blind = Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits", .verdict = Verdict::kUnknown}});
  blind.as_of = Utc("2020-05-02T13:00:00");
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->PutUnknown(blind, "the registry is locked"), IsOk());
  ASSERT_THAT(history->Commit(), IsOk());

  const NightSummary night = history->Nights()->front();
  EXPECT_EQ(night.state, NightState::kUnknown);
  EXPECT_EQ(night.trouble, "the registry is locked");
  EXPECT_EQ(night.looked_at, Utc("2020-05-02T13:00:00"));
  EXPECT_EQ(night.changed_at, Utc("2020-05-02T12:00:00"));
  EXPECT_EQ(night.counts[Verdict::kIngested], 1);
  EXPECT_EQ(night.counts[Verdict::kUnknown], 0);
  EXPECT_THAT(Raw().Lines("SELECT path, verdict FROM transfer"), ElementsAre("2020-05-01/a.fits|0"));
  // The next look must look.
  EXPECT_FALSE(history->Fingerprint(N("2020-05-01"))->value().trusted);
}

TEST_F(HistoryTest, NightThatWasNeverSeenIsKeptAsFarAsItIsKnownWithoutARegistry) {
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->PutUnknown(
                  Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits", .verdict = Verdict::kUnknown}}),
                  "the registry is locked"),
              IsOk());
  ASSERT_THAT(history->Commit(), IsOk());
  const NightSummary night = history->Nights()->front();
  EXPECT_EQ(night.state, NightState::kUnknown);
  EXPECT_EQ(night.trouble, "the registry is locked");
  EXPECT_EQ(night.counts.files, 1);
  EXPECT_EQ(*history->Fingerprint(N("2020-05-01")), std::nullopt);
}

TEST_F(HistoryTest, NightThatIsReadAgainAfterTroubleHasNoneLeft) {
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->PutUnknown(Report(N("2020-05-01"), {}), "the registry is locked"), IsOk());
  ASSERT_THAT(history->Put(Report(N("2020-05-01"), {}), {}), IsOk());
  ASSERT_THAT(history->Commit(), IsOk());
  EXPECT_EQ(history->Nights()->front().state, NightState::kComplete);
  EXPECT_EQ(history->Nights()->front().trouble, "");
}

TEST_F(HistoryTest, UnknownNightSaysWhyInTheWordsOfItsFirstIssue) {
  NightReport report = Report(N("2020-05-01"), {});
  report.state = NightState::kUnknown;
  report.counts.exposures = 12;
  report.counts.without_manifest = 3;
  report.latency = {.creation_to_arrival = {.files = 4,
                                            .negative = 1,
                                            .min = nanoseconds{-5},
                                            .p50 = nanoseconds{1},
                                            .p95 = nanoseconds{2},
                                            .max = nanoseconds{3}},
                    .creation_to_ingest = {.files = 1,
                                           .min = nanoseconds{7},
                                           .p50 = nanoseconds{7},
                                           .p95 = nanoseconds{7},
                                           .max = nanoseconds{7}}};
  report.evidence.issues = {
      {.path = "/data/storage/2020-05-01/x", .status = absl::PermissionDeniedError("no")}};
  Put({report});
  EXPECT_EQ(Nights()[0].trouble, "/data/storage/2020-05-01/x: no");
}

TEST_F(HistoryTest, Fault25RunIsVisibleAsAWholeOrNotAtAll) {
  // The prototype committed each night and each table on its own, so that a page could mix two states.
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/old.fits"}})});
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->Put(Report(N("2020-05-01"), {{.path = "2020-05-01/new.fits"}}), {}), IsOk());
  ASSERT_THAT(history->Put(Report(N("2020-05-02"), {}), {}), IsOk());

  const auto reader = History::OpenReadOnly(tree_.root()).value();
  EXPECT_THAT(*reader->Nights(), SizeIs(1));
  EXPECT_THAT(Raw().Lines("SELECT Transfer_Path FROM TRANSFER_LIST"), ElementsAre("2020-05-01/old.fits"));

  ASSERT_THAT(history->Commit(), IsOk());
  EXPECT_THAT(*reader->Nights(), SizeIs(2));
  EXPECT_THAT(Raw().Lines("SELECT Transfer_Path FROM TRANSFER_LIST"), ElementsAre("2020-05-01/new.fits"));
}

TEST_F(HistoryTest, RunThatIsNotCommittedIsTakenBack) {
  {
    const auto history = Open();
    ASSERT_THAT(history->Begin(), IsOk());
    ASSERT_THAT(history->Put(Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}}), {}), IsOk());
  }
  EXPECT_THAT(Nights(), IsEmpty());
  EXPECT_THAT(Raw().Lines("SELECT path FROM transfer"), IsEmpty());
}

TEST_F(HistoryTest, ChangesNothingOutsideARun) {
  const auto history = Open();
  EXPECT_THAT(history->Put(Report(N("2020-05-01"), {}), {}),
              FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("call Begin first")));
  EXPECT_THAT(history->Commit(), FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("Begin")));
  EXPECT_THAT(*history->Nights(), IsEmpty());
}

TEST_F(HistoryTest, RefusesAReportWhoseVerdictsAreNotThoseOfItsFiles) {
  NightReport report = Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}});
  report.match.verdict.clear();
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  EXPECT_THAT(history->Put(report, {}),
              FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr("0 verdicts for 1 files")));
}

TEST_F(HistoryTest, OpenForReadingChangesNothingAndMakesNothing) {
  EXPECT_THAT(History::OpenReadOnly(tree_.root()),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr("run `obsmon update` first")));
  EXPECT_FALSE(std::filesystem::exists(tree_ / kHistoryFileName));
  tree_.Text(kHistoryFileName, "");
  EXPECT_THAT(History::OpenReadOnly(tree_.root()),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr("no history")));

  Put({Report(N("2020-05-01"), {})});
  const std::string before = ReadFile(tree_ / kHistoryFileName);
  {
    const auto reader = History::OpenReadOnly(tree_.root()).value();
    EXPECT_THAT(*reader->Nights(), SizeIs(1));
    EXPECT_THAT(reader->Begin(),
                FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("reading alone")));
  }
  EXPECT_TRUE(ReadFile(tree_ / kHistoryFileName) == before);
}

}  // namespace
}  // namespace obsmon
