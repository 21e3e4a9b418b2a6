#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "obsmon/report.h"
#include "report/night_bins.h"
#include "report/reason.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const Night kNight = Night::Parse("2020-05-01").value();
const UtcTime kNow = Utc("2020-05-02T03:00:00");
const UtcTime kShot = Utc("2020-05-02T01:00:00");

TransferRow File(std::string_view path, std::uint64_t inode, std::int64_t size = 57'600) {
  return {.path = path,
          .size_bytes = size,
          .creation_time = kShot,
          .arrival_time = kShot + seconds{5},
          .file_id = {.device = 1, .inode = inode}};
}

IngestRow Dataset(std::string_view path, std::uint64_t inode, Night night = kNight) {
  return {.path = path,
          .night = night,
          .file_id = {.device = 1, .inode = inode},
          .size_bytes = 57'600,
          .ingest_time = kShot + seconds{30}};
}

NightReport ReportOf(const std::vector<TransferRow>& files, const std::vector<IngestRow>& datasets,
                     std::vector<StrayFile> strays = {}, std::vector<ScanIssue> issues = {}) {
  NightEvidence evidence;
  for (const TransferRow& file : files) evidence.transfers.Append(file);
  for (const IngestRow& dataset : datasets) evidence.ingests.Append(dataset);
  evidence.strays = std::move(strays);
  evidence.issues = std::move(issues);
  NightMatch match = MatchNight(evidence.transfers, evidence.ingests, kNow);
  return MakeReport("comCam", kNight, kNow, std::move(evidence), std::move(match));
}

TEST(MakeReport, NamesTheExposureAndDetectorOfEachFileThatTells) {
  IngestRow dataset = Dataset("raw/x.fits", 9);
  dataset.storage_stem = "MC_O_20200501_000007_R22_S02";
  const NightReport report = ReportOf(
      {File("2020-05-01/MC_O_20200501_000007_R22_S11.fits", 1), File("2020-05-01/b.fits", 2)}, {dataset});
  ASSERT_EQ(report.files().size(), 3);
  EXPECT_EQ(report.files()[0].obs_id, "MC_O_20200501_000007");
  EXPECT_EQ(report.files()[0].detector, "R22_S11");
  EXPECT_EQ(report.files()[1].obs_id, "");
  EXPECT_EQ(report.files()[2].obs_id, "MC_O_20200501_000007");
  EXPECT_EQ(report.files()[2].detector, "R22_S02");
}

TEST(MakeReport, TellsTheTimesOfARowAloneAsTheRowTellsThem) {
  IngestRow copy = Dataset("raw/2020050100009-det000.fits", 77);
  copy.storage_stem = "MC_O_20200501_000009";
  copy.ingest_time = std::nullopt;
  copy.file_time = kShot + seconds{40};
  const NightReport report = ReportOf({File("2020-05-01/a.fits", 1), File("2020-05-01/b.fits", 2),
                                       File("2020-05-01/MC_O_20200501_000009.fits", 3)},
                                      {Dataset("raw/a.fits", 1), Dataset("raw/gone.fits", 9), copy});
  ASSERT_THAT(report.registry_only, SizeIs(1));
  const NightReport::Files files = report.files();
  for (std::size_t row = 0; row < files.size(); ++row) {
    const FileTimes times = files.TimesOf(row);
    EXPECT_EQ(times.creation, files[row].creation_time) << row;
    EXPECT_EQ(times.arrival, files[row].arrival_time) << row;
    EXPECT_EQ(times.ingest, files[row].ingest_time) << row;
    EXPECT_EQ(times.verdict, files[row].verdict) << row;
    EXPECT_EQ(files.VerdictOf(row), files[row].verdict) << row;
  }
  EXPECT_EQ(files.TimesOf(2).ingest, kShot + seconds{40});
}

TEST(MakeReport, CountsEveryFileUnderExactlyOneVerdict) {
  const NightReport report = ReportOf({File("2020-05-01/a.fits", 1), File("2020-05-01/b.fits", 2),
                                       File("2020-05-01/b.json", 3), File("2020-05-01/c.fits", 4, 2880)},
                                      {Dataset("raw/a.fits", 1)});
  EXPECT_EQ(report.counts.files, 4);
  EXPECT_EQ(report.counts[Verdict::kIngested], 1);
  EXPECT_EQ(report.counts[Verdict::kNotIngested], 1);
  EXPECT_EQ(report.counts[Verdict::kNotFits], 1);
  EXPECT_EQ(report.counts[Verdict::kTooSmall], 1);
  EXPECT_EQ(report.counts.Of(Concern::kAttention), 2);
  EXPECT_EQ(report.state, NightState::kNeedsAttention);
}

TEST(MakeReport, ANightWithoutFilesIsComplete) {
  const NightReport report = ReportOf({}, {});
  EXPECT_EQ(report.state, NightState::kComplete);
  EXPECT_EQ(report.counts, NightCounts{});
  EXPECT_EQ(report.legacy, LegacyCounts{});
}

TEST(MakeReport, ListsADatasetWhoseFileLeftStorage) {
  IngestRow gone = Dataset("raw/b.fits", 0);
  gone.artifact = ArtifactState::kGone;
  gone.size_bytes = -1;
  const NightReport report = ReportOf({}, {Dataset("raw/a.fits", 1), gone});
  ASSERT_THAT(report.files(), SizeIs(2));
  EXPECT_EQ(report.files()[0].verdict, Verdict::kIngested);
  EXPECT_FALSE(report.files()[0].in_storage);
  EXPECT_EQ(report.files()[1].verdict, Verdict::kArtifactGone);
  EXPECT_EQ(report.files()[1].path, "raw/b.fits");
  EXPECT_EQ(report.files()[1].size_bytes, std::nullopt);
}

TEST(MakeReport, CountsAFileIngestedUnderAnotherNightHereAndThePrototypesWayThere) {
  const NightReport folder_night =
      ReportOf({File("2020-05-01/a.fits", 1)}, {Dataset("raw/a.fits", 1, kNight + 1)});
  EXPECT_EQ(folder_night.counts[Verdict::kIngested], 1);
  EXPECT_EQ(folder_night.files()[0].ingest_night, kNight + 1);
  EXPECT_EQ(folder_night.legacy.n_files, 0);
  EXPECT_EQ(folder_night.legacy.n_ingest, 0);

  const NightReport registry_night =
      ReportOf({}, {Dataset("raw/a.fits", 1)},
               {{.ingest_row = 0, .path = "2020-04-30/a.fits", .creation_time = kShot}});
  EXPECT_EQ(registry_night.counts.files, 0);
  EXPECT_EQ(registry_night.legacy.n_files, 1);
  EXPECT_EQ(registry_night.legacy.n_ingest, 1);
  EXPECT_EQ(registry_night.legacy.last_creation, kShot);
}

TEST(MakeReport, GivesThePrototypesOverlappingClasses) {
  const NightReport report =
      ReportOf({File("2020-05-01/small.json", 1, 9'999), File("2020-05-01/small.fits", 2, 9'999),
                File("2020-05-01/exactly.fits", 3, 10'000), File("2020-05-01/error.fits", 4, 10'001),
                File("2020-05-01/packed.fits.fz", 5, 57'600)},
               {});
  EXPECT_EQ(report.legacy.n_files, 5);
  EXPECT_EQ(report.legacy.n_small, 2);     // whatever the ending
  EXPECT_EQ(report.legacy.n_not_fits, 2);  // by the last five characters
  EXPECT_EQ(report.legacy.n_error, 1);     // exactly 10,000 bytes is in no class
}

TEST(MakeReport, TellsLatencyFromCreationToIngestByNearestRank) {
  std::vector<TransferRow> files;
  std::vector<IngestRow> datasets;
  std::vector<std::string> names;
  for (int i = 1; i <= 20; ++i) names.push_back("2020-05-01/" + std::to_string(i) + ".fits");
  for (std::uint64_t i = 1; i <= 20; ++i) {
    files.push_back(File(names[i - 1], i));
    datasets.push_back(Dataset(names[i - 1], i));
    datasets.back().ingest_time = kShot + seconds{i};
  }
  const NightReport report = ReportOf(files, datasets);
  EXPECT_EQ(report.latency.creation_to_ingest.files, 20);
  EXPECT_EQ(report.latency.creation_to_ingest.p50, seconds{10});
  EXPECT_EQ(report.latency.creation_to_ingest.p95, seconds{19});
  EXPECT_EQ(report.latency.creation_to_ingest.min, seconds{1});
  EXPECT_EQ(report.latency.creation_to_ingest.max, seconds{20});
  EXPECT_EQ(report.latency.creation_to_ingest.negative, 0);
  EXPECT_EQ(report.latency.creation_to_arrival.files, 20);
  EXPECT_EQ(report.latency.creation_to_arrival.p50, seconds{5});
  EXPECT_EQ(report.latency.arrival_to_ingest.p50, seconds{5});
  EXPECT_EQ(report.latency.arrival_to_ingest.negative, 4);
  EXPECT_EQ(report.latency.arrival_to_ingest.min, seconds{-4});
}

TEST(MakeReport, AddsUpEachExposureWithItsManifestAndLatencies) {
  NightEvidence evidence;
  const char* const kFirst = "20200501/MC_O_20200501_000007_R22_S11.fits";
  evidence.transfers.Append(File("20200501/MC_O_20200501_000008_R22_S11.fits", 2));
  evidence.transfers.Append(File(kFirst, 1));
  evidence.transfers.Append(File("20200501/notes.txt", 3));
  evidence.ingests.Append(Dataset("raw/x.fits", 1));
  evidence.expected.Append({.path = "20200501/MC_O_20200501_000007_R22_S12.fits", .since = kShot});
  evidence.exposures_with_manifest = {"MC_O_20200501_000007"};
  NightMatch match = MatchNight(evidence.transfers, evidence.ingests, evidence.expected, kNow);
  const NightReport report = MakeReport("comCam", kNight, kNow, std::move(evidence), std::move(match));
  ASSERT_THAT(report.exposures, SizeIs(2));
  const ExposureSummary& first = report.exposures[0];
  EXPECT_EQ(first.obs_id, "MC_O_20200501_000007");
  EXPECT_EQ(first.manifest, ManifestState::kRead);
  EXPECT_EQ(first.files, 2);
  EXPECT_EQ(first[Verdict::kIngested], 1);
  EXPECT_EQ(first[Verdict::kMissing], 1);
  EXPECT_EQ(first.first_creation, kShot);
  EXPECT_EQ(first.last_arrival, kShot + seconds{5});
  EXPECT_EQ(first.latency.creation_to_ingest.max, seconds{30});
  EXPECT_EQ(report.exposures[1].manifest, ManifestState::kNone);
  EXPECT_EQ(report.exposures[1].latency.creation_to_arrival.files, 1);
  EXPECT_EQ(report.exposures[1].latency.creation_to_ingest.files, 0);
  EXPECT_EQ(report.counts.exposures, 2);
  EXPECT_EQ(report.counts.without_manifest, 1);
  EXPECT_EQ(report.counts.files, 4);
  EXPECT_EQ(report.state, NightState::kNeedsAttention);
  const FileRow missing = report.files()[3];
  EXPECT_FALSE(missing.in_storage);
  EXPECT_EQ(missing.obs_id, "MC_O_20200501_000007");
  EXPECT_EQ(missing.detector, "R22_S12");
  EXPECT_EQ(missing.expected_since, kShot);
}

TEST(MakeReport, SaysNothingOfAHardLinksIngestTimeForNothingIsKnown) {
  IngestRow hard_link = Dataset("raw/a.fits", 1);
  hard_link.ingest_time.reset();
  hard_link.file_time = kShot;
  const NightReport report = ReportOf({File("2020-05-01/a.fits", 1)}, {hard_link});
  EXPECT_EQ(report.files()[0].ingest_time, std::nullopt);
  EXPECT_EQ(report.latency.creation_to_ingest.files, 0);
}

TEST(MakeReport, TakesACopysOwnMtimeAsItsIngestTime) {
  IngestRow copy = Dataset("raw/x-det000.fits", 99);
  copy.ingest_time.reset();
  copy.file_time = kShot + minutes{2};
  copy.storage_stem = "a";
  const NightReport report = ReportOf({File("2020-05-01/a.fits", 1)}, {copy});
  EXPECT_EQ(report.files()[0].ingest_time, kShot + minutes{2});
}

TEST(MakeReport, ANightWithAnUnreadableFolderIsUnknownButWhatIsGoneOrLeavesNothingOutHidesNothing) {
  const std::vector<TransferRow> files = {File("2020-05-01/a.fits", 1)};
  const std::vector<IngestRow> datasets = {Dataset("raw/a.fits", 1)};
  EXPECT_EQ(
      ReportOf(files, datasets, {}, {{.path = "/s/2020-05-01/x", .status = absl::PermissionDeniedError("")}})
          .state,
      NightState::kUnknown);
  EXPECT_EQ(
      ReportOf(files, datasets, {}, {{.path = "/s/2020-05-01/x", .status = absl::NotFoundError("")}}).state,
      NightState::kComplete);
  EXPECT_EQ(ReportOf(files, datasets, {},
                     {{.path = "/s/2020-05-01/x",
                       .status = absl::FailedPreconditionError(""),
                       .leaves_nothing_out = true}})
                .state,
            NightState::kComplete);
}

TEST(MakeReport, GivesNoArrivalToWhatATransferHasLeftUnfinishedWhateverItsVerdict) {
  TransferRow left = File("2020-05-01/.a.fits.x7Kq2b", 2);
  left.state = TransferState::kInFlight;
  left.arrival_time = kShot + minutes{1};
  const NightReport report = ReportOf({File("2020-05-01/a.fits", 1), left}, {Dataset("raw/a.fits", 1)});
  ASSERT_EQ(report.counts[Verdict::kIgnored], 1) << "its transfer was begun anew";
  EXPECT_EQ(report.counts.last_arrival, kShot + seconds{5});
  EXPECT_EQ(report.latency.creation_to_arrival.files, 1);
}

// As the prototype's INGEST_LIST, which has what was ingested.
TEST(MakeReport, CountsWhatWasTriedInVainAsUningestedInThePrototypesWay) {
  IngestRow failed = Dataset("raw/a.fits", 1);
  failed.status = IngestStatus::kFailed;
  const NightReport report = ReportOf({File("2020-05-01/a.fits", 1)}, {failed});
  EXPECT_EQ(report.counts[Verdict::kFailed], 1);
  EXPECT_EQ(report.legacy.n_files, 1);
  EXPECT_EQ(report.legacy.n_ingest, 0);
  EXPECT_EQ(report.legacy.n_error, 1);
}

TEST(WarningsOf, TellOnceWhatOfTheInputCouldNotBeReadAndNothingOfWhatTheReportAloneHas) {
  const ScanIssue hidden{.path = "/s/x", .status = absl::PermissionDeniedError("Permission denied")};
  NightReport report = ReportOf({}, {}, {},
                                {hidden,
                                 hidden,
                                 {.path = "/s/y", .status = absl::NotFoundError("gone")},
                                 {.path = "/l", .status = absl::NotFoundError("no log"), .is_option = true}});
  report.evidence.registry_status = absl::UnavailableError("the registry is locked");
  report.evidence.expected_status = absl::UnavailableError("the database is down");
  EXPECT_THAT(WarningsOf(report),
              testing::ElementsAre("the registry is locked", "the database is down",
                                   HasSubstr("/s/x: can't be read (Permission denied)"), "/l: no log"));
  EXPECT_THAT(WarningsOf(ReportOf({}, {})), testing::IsEmpty());
}

TEST(Reason, OfAnUnknownFileTellsWhatCouldNotBeRead) {
  EXPECT_EQ(Reason({.verdict = Verdict::kUnknown, .ingest_path = "raw/a.fits"}, kNow),
            "the registry lists raw/a.fits, but whether that file is there could not be asked");
  EXPECT_EQ(Reason({.verdict = Verdict::kUnknown}, kNow), VerdictMeaning(Verdict::kUnknown));
}

TEST(Reason, NamesAnOrphanAndWhetherItsFileHasArrived) {
  FileRow file{.path = "2020-05-01/.a.fits.x7Kq2b", .verdict = Verdict::kInFlight, .arrival_time = kShot};
  EXPECT_EQ(Reason(file, kShot + minutes{59}), "rsync has not finished it; last written 59 min ago");
  file.verdict = Verdict::kMissing;
  EXPECT_THAT(Reason(file, kShot + minutes{60}),
              HasSubstr("an orphan: a transfer that wrote to it last 60 min ago"));
  file.verdict = Verdict::kIgnored;
  EXPECT_THAT(Reason(file, kShot + minutes{60}), HasSubstr("may be removed"));
}

TEST(Reason, TellsSinceWhenAMissingFileIsExpectedAndWhyAnIgnoredOneIs) {
  const FileRow missing{.verdict = Verdict::kMissing, .in_storage = false, .expected_since = kShot};
  EXPECT_EQ(Reason(missing, kShot + minutes{5}),
            "expected since 2020-05-02 01:00:00Z by its manifest (5 min ago), but it never arrived");
  EXPECT_EQ(Reason({.verdict = Verdict::kSettling, .in_storage = false, .expected_since = kShot},
                   kShot + seconds{5}),
            "expected for 5.0 s; it may arrive yet");
  EXPECT_EQ(Reason({.verdict = Verdict::kSettling, .in_storage = false, .expected_since = kShot},
                   kShot - seconds{5}),
            "expected at 2020-05-02 01:00:00Z; it may arrive yet");
  EXPECT_EQ(Reason({.verdict = Verdict::kIgnored, .message = "R22 is turned off"}, kNow),
            "left out by a rule: R22 is turned off");
}

TEST(Reason, SaysOfAGuidersFileWhatItsIngestNeedsUnlessThatIsThere) {
  const std::string_view science = "20200501/MC_O_20200501_000001_R22_S11.fits";
  const std::string_view guider = "20200501/MC_O_20200501_000001_R00_SG0_guider.fits";
  const std::string needs = "; a guider's images need an ingested image of their exposure";
  const std::string late = "arrived whole 119 min ago, but the registry does not list it";
  const NightReport none = ReportOf({File(guider, 1), File(science, 2)}, {});
  EXPECT_EQ(Reason(none.files()[0], kNow), late + needs);
  EXPECT_EQ(Reason(none.files()[1], kNow), late);
  const NightReport one = ReportOf({File(guider, 1), File(science, 2)}, {Dataset("raw/a.fits", 2)});
  EXPECT_EQ(Reason(one.files()[0], kNow), late);
}

TEST(Reason, TellsWhatIsTheMatterWithADamagedCopy) {
  IngestRow copy = Dataset("raw/a.fits", 2);
  copy.storage_stem = "MC_O_20200501_000001_R22_S11";
  copy.ingested_size_bytes = 57'600;
  copy.size_bytes = 2;
  const NightReport report = ReportOf({File("20200501/MC_O_20200501_000001_R22_S11.fits", 1)}, {copy});
  EXPECT_THAT(Reason(report.files()[0], kNow),
              HasSubstr("; but its copy has 2 bytes instead of 57600, and a Butler can't read it"));
  copy.size_bytes = 57'600;
  const NightReport whole = ReportOf({File("20200501/MC_O_20200501_000001_R22_S11.fits", 1)}, {copy});
  EXPECT_THAT(Reason(whole.files()[0], kNow), testing::Not(HasSubstr("Butler")));
}

TEST(Reason, SaysWhatTheObserverAsksFor) {
  const NightReport report = ReportOf(
      {File("2020-05-01/a.fits", 1), File("2020-05-01/b.fits", 2), File("2020-05-01/c.fits", 3, 2880)},
      {Dataset("raw/a.fits", 1)});
  EXPECT_EQ(Reason(report.files()[0], kNow), "ingested 30 s after its creation");
  EXPECT_EQ(Reason(report.files()[1], kNow), "arrived whole 119 min ago, but the registry does not list it");
  EXPECT_THAT(Reason(report.files()[2], kNow), HasSubstr("only 2880 bytes"));
}

TEST(Reason, NeedsNoMinusWhereAClockIsWrongOrAFileYoungerThanTheLook) {
  FileRow file{.verdict = Verdict::kIngested, .creation_time = kShot, .ingest_time = kShot - minutes{93}};
  EXPECT_EQ(Reason(file, kNow), "ingested 93 min before its creation");
  file = {.verdict = Verdict::kInFlight, .arrival_time = kNow + std::chrono::milliseconds{40}};
  EXPECT_EQ(Reason(file, kNow), "rsync has not finished it; last written 0.0 s ago");
}

TEST(LastingReason, HasInstantsWhereAReasonHasAges) {
  FileRow file{.verdict = Verdict::kNotIngested, .arrival_time = kShot};
  EXPECT_EQ(LastingReason(file, kNow),
            "arrived whole at 2020-05-02 01:00:00Z, but the registry does not list it");
  file = {.verdict = Verdict::kMissing, .in_storage = false, .expected_since = kShot};
  EXPECT_EQ(LastingReason(file, kNow),
            "expected since 2020-05-02 01:00:00Z by its manifest, but it never arrived");
  file.verdict = Verdict::kSettling;
  EXPECT_EQ(LastingReason(file, kNow), "expected since 2020-05-02 01:00:00Z; it may arrive yet");
}

// How many files of the bins `count` has, all together.
std::int64_t InAllBins(const NightBins& night, std::int64_t NightBin::*count) {
  std::int64_t sum = 0;
  for (const NightBin& bin : night.bins) sum += bin.*count;
  return sum;
}

TEST(NightBins, HaveNoArrivalOfAFileThatIsStillInFlight) {
  TransferRow in_flight = File("2020-05-01/.b.fits.x7Kq2b", 2);
  in_flight.state = TransferState::kInFlight;
  const NightBins night = BinsOf(ReportOf({File("2020-05-01/a.fits", 1), in_flight}, {}));
  EXPECT_EQ(InAllBins(night, &NightBin::arrived), 1);
  EXPECT_TRUE(BinsOf(ReportOf({in_flight}, {})).empty());
}

}  // namespace
}  // namespace obsmon
