#include "history/any_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history/earlier_files.h"
#include "history/night_reports.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {

void AnyHistory::Put(const std::vector<NightReport>& reports, const NightFingerprint& fingerprint) {
  const std::unique_ptr<History> history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  for (const NightReport& report : reports) ASSERT_THAT(history->Put(report, fingerprint), IsOk());
  ASSERT_THAT(history->Commit(), IsOk());
}

void RestoreFrom(History& history, NightReport& report) {
  ASSERT_OK_AND_ASSIGN(std::optional<EarlierLook> earlier, history.Recall(report.night));
  ASSERT_TRUE(earlier.has_value());
  EarlierFiles(*std::move(earlier)).Restore(report.evidence.transfers, report.evidence.expected);
}

namespace {

using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

TEST_P(AnyHistory, IsMadeWhereThereIsNoneAndIsEmptyThen) {
  const std::unique_ptr<History> history = Open();
  EXPECT_THAT(*history->Nights(), IsEmpty());
  EXPECT_EQ(*history->Fingerprint(N("2020-05-01")), std::nullopt);
}

TEST_P(AnyHistory, GivesBackAllThatASummaryOfANightHolds) {
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

TEST_P(AnyHistory, ForgetsLatenciesAndAbsentFilesThatANightNoLongerHas) {
  NightReport report = Report(N("2020-05-01"), {});
  report.latency.creation_to_ingest = {.files = 1};
  for (const char* path : {"2020-05-01/b.fits", "2020-05-01/a.fits"}) {
    report.match.absent.push_back(
        {.expected_row = static_cast<std::uint32_t>(report.evidence.expected.size()),
         .verdict = Verdict::kMissing});
    report.evidence.expected.Append({.path = path, .since = Utc("2020-05-02T00:30:00")});
  }
  Put({report});
  EXPECT_THAT(Lines("SELECT path, since / 1000000000, verdict FROM absent"),
              ElementsAre("2020-05-01/a.fits|1588379400|2", "2020-05-01/b.fits|1588379400|2"));
  Put({Report(N("2020-05-01"), {})});
  EXPECT_THAT(Lines("SELECT path FROM absent"), IsEmpty());
  EXPECT_EQ(Nights()[0].latency, Latencies());
}

TEST_P(AnyHistory, KeepsSinceWhenAFileIsExpected) {
  const auto expecting = [](std::string_view since) {
    NightReport report = Report(N("2020-05-01"), {});
    report.match.absent = {{.expected_row = 0, .verdict = Verdict::kMissing}};
    report.evidence.expected.Append({.path = "2020-05-01/a.fits", .since = Utc(since)});
    return report;
  };
  Put({expecting("2020-05-02T00:30:00")});
  NightReport later = expecting("2020-05-02T09:00:00");
  RestoreFrom(*Open(), later);
  EXPECT_THAT(later.evidence.expected.since(), ElementsAre(Utc("2020-05-02T00:30:00")));
}

TEST_P(AnyHistory, ListsNightsNewestFirst) {
  Put({Report(N("2020-05-01"), {}), Report(N("2021-01-01"), {}), Report(N("2020-12-31"), {})});
  EXPECT_THAT(Nights(), ElementsAre(Field(&NightSummary::night, N("2021-01-01")),
                                    Field(&NightSummary::night, N("2020-12-31")),
                                    Field(&NightSummary::night, N("2020-05-01"))));
}

TEST_P(AnyHistory, GivesBackAFingerprintAsItWasPut) {
  const NightFingerprint fingerprint{
      .folders = {{.path = "/data/storage/2020-05-01",
                   .exists = true,
                   .file_id = {.device = 0xFFFF'FFFF'FFFF'FFFF, .inode = 0x8000'0000'0000'0001},
                   .modified = Utc("2020-05-02T00:00:00") + nanoseconds{7},
                   .changed = Utc("2020-05-02T00:00:00") + nanoseconds{8}},
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

TEST_P(AnyHistory, TouchMovesTheTimeOfTheLookAndTheRegistrysTokenAndNothingElse) {
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

TEST_P(AnyHistory, NightWhoseRegistryCannotBeReadKeepsWhatWasKnownOfIt) {
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
  EXPECT_THAT(Lines("SELECT path, verdict FROM transfer"), ElementsAre("2020-05-01/a.fits|0"));
  // The next look must look.
  EXPECT_FALSE(history->Fingerprint(N("2020-05-01"))->value().trusted);
}

TEST_P(AnyHistory, NightThatWasNeverSeenIsKeptAsFarAsItIsKnownWithoutARegistry) {
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

TEST_P(AnyHistory, NightThatIsReadAgainAfterTroubleHasNoneLeft) {
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->PutUnknown(Report(N("2020-05-01"), {}), "the registry is locked"), IsOk());
  ASSERT_THAT(history->Put(Report(N("2020-05-01"), {}), {}), IsOk());
  ASSERT_THAT(history->Commit(), IsOk());
  EXPECT_EQ(history->Nights()->front().state, NightState::kComplete);
  EXPECT_EQ(history->Nights()->front().trouble, "");
}

TEST_P(AnyHistory, UnknownNightSaysWhyInTheWordsOfItsFirstIssue) {
  NightReport report = Report(N("2020-05-01"), {});
  report.state = NightState::kUnknown;
  report.evidence.issues = {
      {.path = "/data/storage/2020-05-01/x", .status = absl::PermissionDeniedError("no")}};
  Put({report});
  EXPECT_EQ(Nights()[0].trouble, "/data/storage/2020-05-01/x: no");
}

TEST_P(AnyHistory, Fault25RunIsVisibleAsAWholeOrNotAtAll) {
  // The prototype committed each night and each table on its own, so that a page could mix two states.
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/old.fits"}})});
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->Put(Report(N("2020-05-01"), {{.path = "2020-05-01/new.fits"}}), {}), IsOk());
  ASSERT_THAT(history->Put(Report(N("2020-05-02"), {}), {}), IsOk());

  const auto reader = OpenReadOnly();
  EXPECT_THAT(*reader->Nights(), SizeIs(1));
  EXPECT_THAT(Lines("SELECT Transfer_Path FROM TRANSFER_LIST"), ElementsAre("2020-05-01/old.fits"));

  ASSERT_THAT(history->Commit(), IsOk());
  EXPECT_THAT(*reader->Nights(), SizeIs(2));
  EXPECT_THAT(Lines("SELECT Transfer_Path FROM TRANSFER_LIST"), ElementsAre("2020-05-01/new.fits"));
}

TEST_P(AnyHistory, RunThatIsNotCommittedIsTakenBack) {
  {
    const auto history = Open();
    ASSERT_THAT(history->Begin(), IsOk());
    ASSERT_THAT(history->Put(Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}}), {}), IsOk());
  }
  EXPECT_THAT(Nights(), IsEmpty());
  EXPECT_THAT(Lines("SELECT path FROM transfer"), IsEmpty());
}

TEST_P(AnyHistory, ChangesNothingOutsideARun) {
  const auto history = Open();
  EXPECT_THAT(history->Put(Report(N("2020-05-01"), {}), {}),
              FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("call Begin first")));
  EXPECT_THAT(history->Commit(), FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("Begin")));
  EXPECT_THAT(*history->Nights(), IsEmpty());
}

TEST_P(AnyHistory, RefusesAReportWhoseVerdictsAreNotThoseOfItsFiles) {
  NightReport report = Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}});
  report.match.verdict.clear();
  const auto history = Open();
  ASSERT_THAT(history->Begin(), IsOk());
  EXPECT_THAT(history->Put(report, {}),
              FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr("0 verdicts for 1 files")));
}

TEST_P(AnyHistory, KeepsWhenAFileWasFirstSeenWhileItIsTheSame) {
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits", .arrival = Utc("2020-05-02T00:29:30")},
                                {.path = "2020-05-01/b.fits", .arrival = Utc("2020-05-02T00:29:30")}})});
  NightReport later =
      Report(N("2020-05-01"),
             {{.path = "2020-05-01/a.fits", .arrival = Utc("2020-05-02T09:00:00")},
              {.path = "2020-05-01/b.fits", .size = 28'800, .arrival = Utc("2020-05-02T09:00:00")}});
  RestoreFrom(*Open(), later);
  EXPECT_THAT(later.evidence.transfers.arrival_time(),
              ElementsAre(Utc("2020-05-02T00:29:30"), Utc("2020-05-02T09:00:00")));
}

TEST_P(AnyHistory, GivesBackTheFilesOfANightAsTheyWereFound) {
  const NightReport report =
      Report(N("2020-05-01"),
             {{.path = "2020-05-01/a.fits", .file_id = {.device = 5, .inode = ~std::uint64_t{0}}, .size = 7},
              {.path = "2020-05-01/not\xFFutf8.fits", .creation = Utc("1969-07-20T20:17:40")},
              {.path = "2020-05-01/.b.fits.x7Kq2b", .state = TransferState::kInFlight}});
  Put({report, Report(N("2020-05-02"), {{.path = "2020-05-02/c.fits"}})});
  ASSERT_OK_AND_ASSIGN(const std::optional<EarlierLook> earlier, Open()->Recall(N("2020-05-01")));
  ASSERT_TRUE(earlier.has_value());
  const TransferTable& files = earlier->files;
  const std::vector<TransferRow> put(report.evidence.transfers.begin(), report.evidence.transfers.end());
  EXPECT_THAT(std::vector<TransferRow>(files.begin(), files.end()), testing::UnorderedElementsAreArray(put));
  EXPECT_EQ(earlier->found_at, report.as_of);
  ASSERT_OK_AND_ASSIGN(const std::optional<EarlierLook> none, Open()->Recall(N("2020-04-30")));
  EXPECT_FALSE(none.has_value());
}

TEST_P(AnyHistory, GivesBackTheLinksOfANightThatLedToFiles) {
  const FileId file_id{.device = ~std::uint64_t{0}, .inode = 7};
  NightFingerprint fingerprint{
      .folders = {{.path = "/data/gen2repo/raw", .exists = true, .file_id = file_id},
                  {.path = "/data/storage", .exists = true, .file_id = file_id, .num_plain_files = 8}}};
  Put({Report(N("2020-05-01"), {},
              {{.path = "raw/a.fits", .file_id = file_id, .link_target = "/data/storage/a.fits"},
               {.path = "raw/copy.fits"},
               {.path = "raw/gone.fits", .artifact = ArtifactState::kGone, .link_target = "/data/gone.fits"},
               {.path = "raw/no time.fits", .ingest_time = std::nullopt, .link_target = "/data/b.fits"},
               {.path = "raw/odd.fits", .link_target = "/data/not\xFFutf8.fits"},
               {.path = "raw/slashes.fits", .link_target = "//data/c.fits"},
               {.path = "/data/storage/d.fits", .link_target = "/data/storage/d.fits"}})},
      fingerprint);
  ASSERT_OK_AND_ASSIGN(const std::optional<EarlierLook> recalled, Open()->Recall(N("2020-05-01")));
  ASSERT_TRUE(recalled.has_value());
  const EarlierLook& earlier = *recalled;
  ASSERT_EQ(earlier.links.path.size(), 1U);
  EXPECT_EQ(earlier.links.path[0], "raw/a.fits");
  EXPECT_EQ(earlier.links.target[0], "/data/storage/a.fits");
  EXPECT_THAT(earlier.links.ingest_time, ElementsAre(Utc("2020-05-02T00:30:00")));
  EXPECT_THAT(earlier.links.file_id, ElementsAre(file_id));
  EXPECT_EQ(earlier.folders, fingerprint.folders);
}

TEST_P(AnyHistory, KeepsTheChecksumOfAFileWhileItIsTheSame) {
  NightReport report =
      Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}, {.path = "2020-05-01/b.fits"}});
  const Checksum checksum = 0xFEDC'BA98'7654'3210;
  report.evidence.transfers.SetChecksum(0, checksum);
  report.evidence.transfers.SetChecksum(1, checksum);
  Put({report});
  // A look that compares no checksums does not lose those that are known.
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits", .verdict = Verdict::kIngested},
                                {.path = "2020-05-01/b.fits", .verdict = Verdict::kIngested}})});
  NightReport later = Report(
      N("2020-05-01"),
      {{.path = "2020-05-01/a.fits"}, {.path = "2020-05-01/b.fits", .creation = Utc("2020-05-02T09:00:00")}});
  RestoreFrom(*Open(), later);
  EXPECT_THAT(later.evidence.transfers.checksum(), ElementsAre(checksum, kNoChecksum));
}

TEST_P(AnyHistory, KeepsNamesOfAllKinds) {
  const std::vector<std::string> names = {"plain.fits",
                                          "with \"quotes\", 'more' and \\.fits",
                                          "{braces,NULL}",
                                          "NULL",
                                          "not\xFFutf8.fits",
                                          "//bytes:looks like ours %41",
                                          "umlaut \u00e4.fits",
                                          "tab\tnewline\n",
                                          std::string(4000, 'x') + "1",
                                          std::string(4000, 'x') + "2"};
  std::vector<ArrivedFile> files;
  for (const std::string& name : names) files.push_back({.path = name});
  Put({Report(N("2020-05-01"), files)});
  Put({Report(N("2020-05-01"), files)});
  EXPECT_THAT(Lines("SELECT count(*) FROM transfer"), ElementsAre(std::to_string(names.size())));

  NightReport later = Report(N("2020-05-01"), files);
  for (std::size_t row = 0; row < names.size(); ++row) {
    later.evidence.transfers.SetArrivalTime(row, Utc("2020-05-02T09:00:00"));
  }
  RestoreFrom(*Open(), later);
  EXPECT_THAT(later.evidence.transfers.arrival_time(), testing::Each(Utc("2020-05-02T00:29:30")));

  for (ArrivedFile& file : files) file.verdict = Verdict::kIngested;
  Put({Report(N("2020-05-01"), files)});
  EXPECT_THAT(Lines("SELECT DISTINCT verdict FROM transfer"), ElementsAre("0"));
  Put({Report(N("2020-05-01"), {})});
  EXPECT_THAT(Lines("SELECT path FROM transfer"), IsEmpty());
}

TEST_P(AnyHistory, ShowsItselfAsThePrototypesTables) {
  NightReport report = Report(
      N("2020-05-01"),
      {{.path = "2020-05-01/a.fits"}, {.path = "2020-05-01/.b.fits.X", .state = TransferState::kInFlight}},
      {{.path = "raw/a.fits"}, {.path = "raw/gone.fits", .artifact = ArtifactState::kGone}});
  report.legacy = {.n_files = 1, .n_ingest = 1, .last_creation = Utc("2020-05-02T00:28:59")};
  report.evidence.events = {
      {.path = "2020-05-01/a.fits",
       .number = 7,
       .status = "SUCCESS",
       .found_time = Utc("2020-05-02T00:30:00")},
      {.path = "2020-05-01/c.fits", .number = 8, .status = "FAILURE", .message = "no <header>"}};
  Put({report});
  EXPECT_THAT(Lines("SELECT Nite_Obs, Last_Update, N_Files, Last_Creation, N_Ingest, N_Error, Last_Ingest "
                    "FROM FILE_COUNT"),
              ElementsAre("2020-05-01|2020-05-02T12:00:00|1|2020-05-02T00:28:59|1|0|0000-00-00T00:00:00"));
  EXPECT_THAT(Lines("SELECT Filenum, Nite_Trans, Transfer_Path, Creation_Time, File_Size FROM TRANSFER_LIST"),
              ElementsAre("1000005|2020-05-01|2020-05-01/a.fits|2020-05-02T00:28:59|57600"));
  EXPECT_THAT(Lines("SELECT FILENUM, Ingest_Path, Nite_Obs, Ingest_Time FROM INGEST_LIST"),
              ElementsAre("1000005|raw/a.fits|2020-05-01|2020-05-02T00:30:00"));
  EXPECT_THAT(
      Lines("SELECT Filenum, Transfer_Path, Status, Creation_Time, Transfer_Time, Ingest_Time, File_Size, "
            "Err_Message "
            "FROM FILE_LIST_GEN3 ORDER BY 1"),
      ElementsAre(
          "7|2020-05-01/a.fits|SUCCESS|2020-05-02T00:29:30.00|2020-05-02T00:30:00|0000-00-00T00:00:00|57600|",
          "8|2020-05-01/c.fits|FAILURE|0000-00-00T00:00:00.00|0000-00-00T00:00:00|0000-00-00T00:00:00|0|no "
          "<header>"));
  EXPECT_THAT(Lines("SELECT Nite_Obs, N_Files, Last_Creation, N_Ingest, N_Small, N_Not_Fits, N_Error FROM "
                    "FILE_COUNT_GEN3"),
              ElementsAre("2020-05-01|2|2020-05-02T00:29:30.00|1|1|0|0"));
}

}  // namespace
}  // namespace obsmon
