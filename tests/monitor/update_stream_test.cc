#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "monitor/night_look.h"
#include "monitor/stream_view.h"
#include "obsmon/monitor.h"
#include "obsmon/pages.h"
#include "sqlite/sqlite.h"
#include "support/sample_stream.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Night N(std::string_view text) { return Night::Parse(text).value(); }
const Night kNight = N("2020-05-01");

NightWindow Only(Night night) { return {.first_day = night, .last_day = night}; }
NightWindow Between(Night first, Night last) { return {.first_day = first, .last_day = last}; }

NightSummary SummaryOf(const SampleStream& stream, Night night) {
  const auto history = History::OpenReadOnly(stream.Output());
  EXPECT_TRUE(history.ok()) << history.status();
  const std::vector<NightSummary> nights = (*history)->Nights().value();
  const auto found = std::ranges::find(nights, night, &NightSummary::night);
  if (found != nights.end()) return *found;
  ADD_FAILURE() << "the history does not know " << night.ToString();
  return {};
}

// One number of the history by SQL, as scripts read it.
std::int64_t Ask(const SampleStream& stream, const std::string& sql) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open_v2((stream.Output() / kHistoryFileName).c_str(), &db, SQLITE_OPEN_READONLY, nullptr),
            SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  const std::int64_t value = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return value;
}

ino_t InodeOf(const std::filesystem::path& path) {
  struct stat found {};
  EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
  return found.st_ino;
}

// Every name below `root` with what a write to it would change.
std::map<std::string, std::string> Inventory(const std::filesystem::path& root) {
  std::map<std::string, std::string> inventory;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    struct stat found {};
    EXPECT_EQ(lstat(entry.path().c_str(), &found), 0);
    std::string state = std::to_string(found.st_ino) + ' ' + std::to_string(found.st_size) + ' ' +
                        std::to_string(found.st_mtim.tv_sec) + '.' + std::to_string(found.st_mtim.tv_nsec);
    if (entry.is_regular_file() && !entry.is_symlink()) state += ReadFile(entry.path());
    inventory[entry.path().string()] = std::move(state);
  }
  return inventory;
}

constexpr std::string_view kExposure = "20200501/MC_O_20200501_000007/MC_O_20200501_000007";

FileRow RowOf(const NightReport& report, std::string_view end_of_path) {
  for (const FileRow& file : report.files()) {
    if (file.path.ends_with(end_of_path)) return file;
  }
  ADD_FAILURE() << "no file " << end_of_path;
  return {};
}

TEST(ObserveNight, CallsMissingWhatTheManifestListsOnceTheGraceIsOver) {
  const SampleStream stream;
  stream.tree().Text("storage/" + std::string(kExposure) + "_expectedSensors.json",
                     R"({"expectedSensors": {"R22_S11": "SCIENCE", "R22_S12": "SCIENCE"}})");
  stream.Arrive(std::string(kExposure) + "_R22_S11.fits");
  stream.Arrive(std::string(kExposure) + "_R22_S11.json", 100);
  const auto look = [&](UtcTime as_of) { return ObserveNight(stream.Options(), kNight, as_of).value(); };
  const NightReport young = look(stream.Later() - hours{1} + seconds{1});
  EXPECT_EQ(young.counts[Verdict::kMissing], 0);
  EXPECT_EQ(RowOf(young, "R22_S12.fits").verdict, Verdict::kSettling);
  const NightReport report = look(stream.Later());
  EXPECT_EQ(report.counts[Verdict::kMissing], 2);
  EXPECT_EQ(RowOf(report, "R22_S12.fits").verdict, Verdict::kMissing);
  EXPECT_EQ(RowOf(report, "R22_S12.json").detector, "R22_S12");
  EXPECT_EQ(report.counts.without_manifest, 0);
}

TEST(ObserveNight, ABadManifestIsAnIssueAndTheNightIsWhatItIsWithoutIt) {
  SampleStream stream;
  stream.Arrive("20200501/AT_O_20200501_000001.fits");
  stream.Ingest("20200501/AT_O_20200501_000001.fits", "2020-05-01");
  stream.tree().Text("storage/20200501/AT_O_20200501_000001_expectedSensors.json", "{not json");
  const NightReport report = ObserveNight(stream.Options(), kNight, stream.Later()).value();
  EXPECT_EQ(report.state, NightState::kComplete);
  ASSERT_THAT(report.evidence.issues, SizeIs(1));
  EXPECT_THAT(std::string(report.evidence.issues[0].status.message()), HasSubstr("no JSON"));
  EXPECT_EQ(report.exposures[0].manifest, ManifestState::kBad);
  EXPECT_THAT(RenderNightPage(report), HasSubstr("no JSON"));
  EXPECT_THAT(UpdateStream(stream.Options(), Only(kNight), stream.Later()).warnings, IsEmpty());
}

TEST(ObserveNight, WhatLiesInAFolderThatCannotBeReadIsUnknownNotMissing) {
  const SampleStream stream;
  const std::filesystem::path list = stream.tree().Text(
      "taken.txt", std::string(kExposure) + "_R22_S11.fits\n20200501/other/b.fits\na.txt\n");
  const std::filesystem::path folder = stream.Storage() / "20200501/MC_O_20200501_000007";
  stream.Arrive(std::string(kExposure) + "_R22_S11.fits");
  Stream options = stream.Options();
  options.manifest = list;
  const UtcTime later = stream.Later();
  std::filesystem::permissions(folder, std::filesystem::perms::none);
  {
    const WithoutRoot user;
    const NightReport report = ObserveNight(options, kNight, later).value();
    EXPECT_EQ(RowOf(report, "_R22_S11.fits").verdict, Verdict::kUnknown);
    EXPECT_EQ(RowOf(report, "other/b.fits").verdict, Verdict::kMissing);
    EXPECT_EQ(RowOf(report, "a.txt").verdict, Verdict::kUnknown) << "which may lie in any folder";
  }
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
}

// As where a database can't be read: who is ingested is not known.
TEST(ObserveNight, OfFoldersOfLinksThatCanNotBeListedMakesFilesUnknownNotUningested) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  stream.Arrive("2020-05-01/b.fits");
  Stream by_links = stream.Options();
  by_links.search_links = true;
  const UtcTime later = stream.Later();
  EXPECT_EQ(RowOf(ObserveNight(by_links, kNight, later).value(), "b.fits").verdict, Verdict::kNotIngested);
  const std::filesystem::path folder = stream.Repo() / "raw/2020-05-01";
  std::filesystem::permissions(folder, std::filesystem::perms::none);
  {
    const WithoutRoot user;
    const NightReport report = ObserveNight(by_links, kNight, later).value();
    EXPECT_EQ(RowOf(report, "a.fits").verdict, Verdict::kUnknown);
    EXPECT_EQ(RowOf(report, "b.fits").verdict, Verdict::kUnknown);
    EXPECT_EQ(report.state, NightState::kUnknown);
  }
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
}

// A file may be ingested under the night before, which here nobody can tell.
TEST(ObserveNight, OfANeighboursLinksThatCanNotBeListedMakesWhatMayBeThereUnknown) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  stream.Arrive("2020-05-01/b.fits");
  stream.Ingest("2020-05-01/b.fits", "2020-04-30");
  Stream by_links = stream.Options();
  by_links.search_links = true;
  const UtcTime later = stream.Later();
  EXPECT_EQ(RowOf(ObserveNight(by_links, kNight, later).value(), "b.fits").verdict, Verdict::kIngested);
  std::filesystem::create_directory(stream.Output());
  std::filesystem::permissions(stream.Output(), std::filesystem::perms::all);
  const std::filesystem::path folder = stream.Repo() / "raw/2020-04-30";
  std::filesystem::permissions(folder, std::filesystem::perms::none);
  {
    const WithoutRoot user;
    const NightReport report = ObserveNight(by_links, kNight, later).value();
    EXPECT_EQ(RowOf(report, "a.fits").verdict, Verdict::kIngested);
    EXPECT_EQ(RowOf(report, "b.fits").verdict, Verdict::kUnknown);
    ASSERT_THAT(report.evidence.issues, SizeIs(1));
    EXPECT_EQ(report.evidence.issues[0].path, folder);

    const UpdateResult result = UpdateStream(by_links, {.first_day = kNight - 1, .last_day = kNight}, later);
    EXPECT_THAT(result.status, IsOk());
    EXPECT_THAT(result.warnings, SizeIs(1)) << "once, though two nights are about it";
  }
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
}

TEST(UpdateStream, LooksAgainWhenALogOfRsyncIsNamed) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.txt");
  Stream options = stream.Options();
  const UtcTime later = stream.Later();
  UpdateStream(options, Only(kNight), later);
  ASSERT_THAT(UpdateStream(options, Only(kNight), later + seconds{1}).changed, IsEmpty());
  options.rsync_log = stream.tree().Text("rsync.log", "");
  EXPECT_THAT(UpdateStream(options, Only(kNight), later + seconds{2}).changed, ElementsAre(kNight));
  ASSERT_THAT(UpdateStream(options, Only(kNight), later + seconds{3}).changed, IsEmpty());
  stream.tree().Text("rsync.log", "of another night\n");
  EXPECT_THAT(UpdateStream(options, Only(kNight), later + seconds{4}).changed, ElementsAre(kNight));
}

TEST(UpdateStream, LeavesANightAloneOfWhichAGrowingLogCanSayNothingNew) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  stream.Arrive("2020-04-30/b.fits");
  Stream options = stream.Options();
  options.ingest_log = stream.tree().Text("ingest.log", "");
  options.rsync_log = stream.tree().Text("rsync.log", "");
  const UtcTime later = stream.Later() + hours{24};
  UpdateStream(options, Between(kNight - 1, kNight), later);
  stream.tree().Text("ingest.log", "of another night: ERROR c.fits\n");
  // The other night has a file that the ingest's log may say something of.
  EXPECT_THAT(UpdateStream(options, Between(kNight - 1, kNight), later + hours{1}).changed,
              ElementsAre(kNight - 1));
  stream.tree().Text("rsync.log", "of another night\n");
  EXPECT_THAT(UpdateStream(options, Between(kNight - 1, kNight), later + hours{2}).changed, IsEmpty());
}

TEST(UpdateStream, FollowsWhatALogSaysOfAFileThatFailed) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  Stream options = stream.Options();
  options.ingest_log = stream.tree().Text("ingest.log", "ERROR a.fits: no header\n");
  const UtcTime later = stream.Later();
  UpdateStream(options, Only(kNight), later);
  ASSERT_EQ(SummaryOf(stream, kNight).counts[Verdict::kFailed], 1);
  stream.tree().Text("ingest.log", "ERROR a.fits: no header\nsuccess: a.fits\n");
  UpdateStream(options, Only(kNight), later + hours{1});
  EXPECT_EQ(SummaryOf(stream, kNight).counts[Verdict::kFailed], 0);
}

TEST(UpdateStream, LooksAgainWhenAnotherListOfTheSameSizeAndTimeTookItsPlace) {
  SampleStream stream;
  stream.Arrive("20200501/a.txt");
  Stream options = stream.Options();
  options.manifest = stream.tree().Text("taken.txt", "20200501/a.txt\n");
  const UtcTime later = stream.Later();
  SetTimes(options.manifest, later - hours{2}, later - hours{2});
  UpdateStream(options, Only(kNight), later);
  ASSERT_THAT(UpdateStream(options, Only(kNight), later + seconds{1}).changed, IsEmpty());
  stream.tree().Text("taken.txt", "20200501/b.txt\n");
  SetTimes(options.manifest, later - hours{2}, later - hours{2});
  UpdateStream(options, Only(kNight), later + hours{1});
  EXPECT_EQ(SummaryOf(stream, kNight).counts[Verdict::kMissing], 1);
}

TEST(UpdateStream, LooksAgainWhenAListOfWhatWasTakenChanges) {
  SampleStream stream;
  Stream options = stream.Options();
  options.manifest = stream.tree().Text("taken.txt", "");
  stream.tree().Folder("storage/20200501");
  const UtcTime later = stream.Later();
  UpdateStream(options, Only(kNight), later);
  EXPECT_THAT(UpdateStream(options, Only(kNight), later + seconds{1}).changed, IsEmpty());
  stream.tree().Text("taken.txt", "20200501/a.fits\n");
  UpdateStream(options, Only(kNight), later + hours{1});
  EXPECT_EQ(SummaryOf(stream, kNight).counts[Verdict::kMissing], 1);
  stream.Arrive("20200501/a.fits");
  UpdateStream(options, Only(kNight), later + hours{2});
  EXPECT_EQ(SummaryOf(stream, kNight).counts[Verdict::kMissing], 0);
  EXPECT_EQ(Ask(stream, "SELECT count(*) FROM absent"), 0);
}

TEST(UpdateStream, KeepsTheFirstArrivalThroughAChmodAndAHardLink) {
  SampleStream stream;
  const std::filesystem::path file = stream.Arrive("20200501/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  const std::int64_t first = Ask(stream, "SELECT arrival FROM transfer");
  struct stat before {};
  struct stat now {};
  ASSERT_EQ(stat(file.c_str(), &before), 0);
  do {  // until the file system's clock has gone on
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    ASSERT_EQ(stat(file.c_str(), &now), 0);
  } while (now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
  stream.Ingest("20200501/a.fits", "2020-05-01", IngestMode::kHardLink);
  UpdateStream(stream.Options(), Only(kNight), stream.Later() + hours{1});
  EXPECT_EQ(Ask(stream, "SELECT arrival FROM transfer"), first);
  EXPECT_EQ(Ask(stream, "SELECT last_arrival FROM night"), first) << "the report has it too";
}

TEST(ObserveNight, TellsWhyAFileFailedByTheLogOfTheIngest) {
  SampleStream stream;
  stream.Arrive("20200501/AT_O_20200501_000001.fits");
  stream.Arrive("20200501/AT_O_20200501_000002.fits");
  stream.Ingest("20200501/AT_O_20200501_000002.fits", "2020-05-01");
  Stream options = stream.Options();
  options.ingest_log = stream.tree().Text("ingest.log",
                                          "WARN: Failed to ingest AT_O_20200501_000001.fits: no DATE-OBS\n"
                                          "WARN: Failed to ingest AT_O_20200501_000002.fits: too early\n");
  const NightReport report = ObserveNight(options, kNight, stream.Later()).value();
  EXPECT_EQ(report.counts[Verdict::kFailed], 1);
  EXPECT_EQ(report.counts[Verdict::kIngested], 1) << "whatever the log says";
  EXPECT_THAT(std::string(RowOf(report, "000001.fits").message), HasSubstr("no DATE-OBS"));
  EXPECT_EQ(report.counts.files, 2);
  EXPECT_EQ(report.legacy.n_ingest, 1);
  options.ingest_log = stream.tree() / "none.log";
  const NightReport without = ObserveNight(options, kNight, stream.Later()).value();
  EXPECT_EQ(without.counts[Verdict::kNotIngested], 1);
  ASSERT_THAT(without.evidence.issues, SizeIs(1));
  EXPECT_FALSE(HidesFiles(without.evidence.issues[0]));
}

TEST(ObserveNight, TakesNoFailureFromALogWhereTheRegistryCannotBeAsked) {
  SampleStream stream;
  stream.Arrive("20200501/AT_O_20200501_000001.fits");
  Stream options = stream.Options();
  options.ingest_log =
      stream.tree().Text("ingest.log", "WARN: Failed to ingest AT_O_20200501_000001.fits: no DATE-OBS\n");
  ASSERT_OK_AND_ASSIGN(sqlite::Connection writer,
                       sqlite::Connection::Open((stream.Repo() / "registry.sqlite3").string(),
                                                sqlite::OpenMode::kReadWrite, std::chrono::seconds{1}));
  ASSERT_THAT(writer.Execute("BEGIN EXCLUSIVE"), IsOk());
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(options, kNight, stream.Later()));
  EXPECT_EQ(report.counts[Verdict::kUnknown], 1);
  EXPECT_TRUE(report.evidence.ingests.empty()) << "no registry has listed any";
}

TEST(UpdateStream, AnOrphanIsToldAboutAndDoesNotKeepANightInProgressForEver) {
  SampleStream stream;
  stream.Arrive("20200501/.a.fits.x7Kq2b");
  UpdateStream(stream.Options(), Only(kNight), stream.Later() - seconds{1800});
  EXPECT_EQ(SummaryOf(stream, kNight).state, NightState::kInProgress);
  UpdateStream(stream.Options(), Only(kNight), stream.Later() + seconds{1});
  EXPECT_EQ(SummaryOf(stream, kNight).state, NightState::kNeedsAttention);
  stream.Arrive("20200501/a.fits");
  stream.Ingest("20200501/a.fits", "2020-05-01");
  UpdateStream(stream.Options(), Only(kNight), stream.Later() + hours{2});
  EXPECT_EQ(SummaryOf(stream, kNight).state, NightState::kComplete);
  EXPECT_EQ(SummaryOf(stream, kNight).counts[Verdict::kIgnored], 1);
}

TEST(UpdateStream, WritesAPageANightAnIndexAndTheHistory) {
  SampleStream stream;
  stream.Arrive("2020-05-01/AT_O_20200501_000001.fits");
  stream.Arrive("20200501/sub/deeper/AT_O_20200501_000002.fits");
  stream.Ingest("2020-05-01/AT_O_20200501_000001.fits", "2020-05-01");

  const UpdateResult result = UpdateStream(stream.Options(), Only(kNight), stream.Later());
  EXPECT_EQ(result.outcome, UpdateOutcome::kDone) << result.status;
  ASSERT_THAT(result.nights, SizeIs(1));
  EXPECT_EQ(result.nights[0].state, NightState::kNeedsAttention);
  EXPECT_EQ(result.nights[0].counts[Verdict::kIngested], 1);
  EXPECT_EQ(result.nights[0].counts[Verdict::kNotIngested], 1);
  EXPECT_THAT(ReadFile(stream.Page("2020-05-01.html")), HasSubstr("AT_O_20200501_000002.fits"));
  EXPECT_THAT(ReadFile(stream.Page("index.html")), HasSubstr("2020-05-01.html"));
  EXPECT_EQ(Ask(stream, "select N_Files from FILE_COUNT where Nite_Obs = '2020-05-01'"), 2);
}

TEST(UpdateStream, TellsOfFilesWhoseTimesContradictTheirFoldersName) {
  SampleStream stream;  // whose files are of 2020-05-02, 01:00 UTC
  for (const std::string_view folder : {"2020-05-01", "2020-05-02", "2019-12-24"}) {
    stream.Arrive(std::string(folder) + "/AT_O_20200501_000001.fits");
    stream.Ingest(std::string(folder) + "/AT_O_20200501_000001.fits", folder);
    const Night night = N(folder);
    ASSERT_EQ(UpdateStream(stream.Options(), Only(night), stream.Later()).outcome, UpdateOutcome::kDone);
    EXPECT_EQ(SummaryOf(stream, night).counts[Verdict::kIngested], 1)
        << "the folder's name decides the night";
    const std::string page = ReadFile(stream.Page(night.ToString() + ".html"));
    const auto told =
        HasSubstr("1 file was created at another time, at 2020-05-02 01:00:00Z: a clock was wrong");
    if (folder == "2019-12-24") {
      EXPECT_THAT(page, told);
    } else {
      EXPECT_THAT(page, Not(HasSubstr("at another time"))) << "a night holds hours of two dates";
    }
  }
}

TEST(UpdateStream, TellsOfClocksThatAreWrongOnThePage) {
  SampleStream stream;  // whose links are of 2020-05-02, 01:00:40 UTC, and whose arrivals are of today
  stream.Arrive("2020-05-01/AT_O_20200501_000001.fits");
  stream.Ingest("2020-05-01/AT_O_20200501_000001.fits", "2020-05-01");
  ASSERT_EQ(UpdateStream(stream.Options(), Only(kNight), stream.Later()).outcome, UpdateOutcome::kDone);
  EXPECT_THAT(ReadFile(stream.Page("2020-05-01.html")),
              AllOf(HasSubstr("From creation to arrival"),
                    HasSubstr("From creation to ingest</dt><dd>half within 40 s"),
                    HasSubstr("before it began: a clock is wrong, or they were touched later")));
}

TEST(UpdateStream, LeavesAnUnchangedNightsPageAloneAndSaysWhenItLooked) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  const ino_t page = InodeOf(stream.Page("2020-05-01.html"));
  const NightSummary first = SummaryOf(stream, kNight);

  const UtcTime again = stream.Later() + hours{1};
  const UpdateResult result = UpdateStream(stream.Options(), Only(kNight), again);
  EXPECT_EQ(result.outcome, UpdateOutcome::kDone) << result.status;
  EXPECT_THAT(result.changed, IsEmpty());
  EXPECT_EQ(InodeOf(stream.Page("2020-05-01.html")), page);
  EXPECT_EQ(SummaryOf(stream, kNight).looked_at, again);
  EXPECT_EQ(SummaryOf(stream, kNight).changed_at, first.changed_at);
}

TEST(UpdateStream, SeesEveryChangeThatMakesANightAnother) {
  SampleStream stream;
  const auto not_ingested = [&stream] {
    const UpdateResult result = UpdateStream(stream.Options(), Only(kNight), stream.Later());
    EXPECT_EQ(result.outcome, UpdateOutcome::kDone) << result.status;
    return result.nights.at(0).counts[Verdict::kNotIngested];
  };
  EXPECT_EQ(not_ingested(), 0);  // no folder yet
  stream.Arrive("2020-05-01/a.fits");
  EXPECT_EQ(not_ingested(), 1);
  stream.Arrive("20200501/b.fits");  // the other folder appears
  EXPECT_EQ(not_ingested(), 2);
  stream.Arrive("2020-05-01/sub/c.fits");
  EXPECT_EQ(not_ingested(), 3);
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  EXPECT_EQ(not_ingested(), 2);
  stream.Ingest("20200501/b.fits", "2020-05-02");  // ingested under the next night
  EXPECT_EQ(not_ingested(), 1);
  stream.Remove("2020-05-01/sub/c.fits");
  EXPECT_EQ(not_ingested(), 0);
  stream.RemakeRepository();  // no rm of the output needed
  EXPECT_EQ(not_ingested(), 2);
}

TEST(UpdateStream, AFileReplacedByRsyncLeavesNoGhostRow) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  stream.Arrive("2020-05-01/.a.fits.Ab3xYz");
  std::filesystem::rename(stream.Storage() / "2020-05-01/.a.fits.Ab3xYz",
                          stream.Storage() / "2020-05-01/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  EXPECT_EQ(Ask(stream, "select count(*) from TRANSFER_LIST"), 1);
  EXPECT_EQ(Ask(stream, "select N_Error from FILE_COUNT"), 1);
}

TEST(UpdateStream, ASettlingFileBecomesAProblemWithoutAnyChangeOnDisk) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  const UtcTime arrived = stream.Later() - hours{1};
  UpdateResult result = UpdateStream(stream.Options(), Only(kNight), arrived + seconds{30});
  EXPECT_EQ(result.nights.at(0).state, NightState::kInProgress);
  result = UpdateStream(stream.Options(), Only(kNight), arrived + seconds{61});
  EXPECT_EQ(result.nights.at(0).state, NightState::kNeedsAttention);
}

TEST(UpdateStream, ADanglingLinkIsArtifactGoneAndNotTheEndOfTheRun) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  stream.Remove("2020-05-01/a.fits");
  const UpdateResult result = UpdateStream(stream.Options(), Only(kNight), stream.Later());
  EXPECT_EQ(result.outcome, UpdateOutcome::kDone) << result.status;
  EXPECT_EQ(result.nights.at(0).counts[Verdict::kArtifactGone], 1);
}

TEST(UpdateStream, CountsALinkedOrCopiedFileAsIngestedHoweverItWasIngested) {
  SampleStream stream;
  for (const std::string_view name : {"a", "b", "c"})
    stream.Arrive("2020-05-01/" + std::string(name) + ".fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01", IngestMode::kSymlink);
  stream.Ingest("2020-05-01/b.fits", "2020-05-01", IngestMode::kHardLink);
  stream.Ingest("2020-05-01/c.fits", "2020-05-01", IngestMode::kCopy);
  const UpdateResult result = UpdateStream(stream.Options(), Only(kNight), stream.Later());
  EXPECT_EQ(result.nights.at(0).state, NightState::kComplete);
  EXPECT_EQ(result.nights.at(0).counts[Verdict::kIngested], 3);
}

TEST(UpdateStream, AFileIngestedUnderAnotherNightIsIngestedInItsFolderAndCountsThereThePrototypesWay) {
  for (const IngestMode mode : {IngestMode::kSymlink, IngestMode::kHardLink}) {
    SampleStream stream;
    stream.Arrive("2020-05-01/late.fits");
    stream.Ingest("2020-05-01/late.fits", "2020-05-02", mode);
    UpdateStream(stream.Options(), Between(kNight, kNight + 1), stream.Later());
    EXPECT_EQ(SummaryOf(stream, kNight).counts[Verdict::kIngested], 1);
    EXPECT_EQ(SummaryOf(stream, kNight + 1).counts.files, 0);
    EXPECT_EQ(SummaryOf(stream, kNight).legacy.n_files, 0);
    EXPECT_EQ(SummaryOf(stream, kNight + 1).legacy.n_ingest, 1);
  }
}

TEST(UpdateStream, LooksBeyondItsWindowForTheIngestOfAFile) {
  SampleStream stream;
  stream.Arrive("2020-05-01/late.fits");
  stream.Ingest("2020-05-01/late.fits", "2020-05-02");
  const UpdateResult result = UpdateStream(stream.Options(), Only(kNight), stream.Later());
  EXPECT_EQ(result.nights.at(0).state, NightState::kComplete);
}

// Nights that are neither small nor large: each is kept while the next one is looked at.
class UpdateOfManyNights : public testing::Test {
 protected:
  static constexpr int kFiles = 100;

  void Arrive(int num_nights) {
    nights_ = Between(kNight - (num_nights - 1), kNight);
    ForEachFile([this](Night, int, const std::string& path) { stream_.Arrive(path); });
  }

  // Every fourth of the files; the first of each night under the night before.
  void Ingest() {
    ForEachFile([this](Night night, int i, const std::string& path) {
      if (i % 4 == 0) stream_.Ingest(path, (i == 0 ? night - 1 : night).ToString());
    });
  }

  template <typename Body>
  void ForEachFile(Body body) const {
    for (Night night = *nights_.first_day; night <= *nights_.last_day; night = night + 1) {
      for (int i = 0; i < kFiles; ++i) body(night, i, fmt::format("{}/{}.fits", night.ToString(), i));
    }
  }

  // All that was published, by name.
  static std::map<std::string, std::string> Published(const std::filesystem::path& output) {
    std::map<std::string, std::string> files;
    for (const auto& file : std::filesystem::directory_iterator(output)) {
      const std::string name = file.path().filename().string();
      if (name.ends_with(".html") || name.ends_with(".json")) files[name] = ReadFile(file.path());
    }
    return files;
  }

  SampleStream stream_;
  NightWindow nights_;
};

TEST_F(UpdateOfManyNights, FindsOfEachWhatARunOfItsOwnFinds) {
  Arrive(6);
  Ingest();
  const UtcTime later = stream_.Later();
  const UpdateResult result = UpdateStream(stream_.Options(), nights_, later);
  EXPECT_EQ(result.outcome, UpdateOutcome::kDone) << result.status;
  EXPECT_THAT(result.changed,
              ElementsAre(kNight, kNight - 1, kNight - 2, kNight - 3, kNight - 4, kNight - 5));
  for (int n = 0; n < 6; ++n)
    EXPECT_EQ(SummaryOf(stream_, kNight - n).counts[Verdict::kIngested], kFiles / 4);

  Stream each = stream_.Options();
  each.output_dir = stream_.tree() / "each";
  for (int n = 5; n >= 0; --n) UpdateStream(each, Only(kNight - n), later);
  EXPECT_EQ(Published(stream_.Output()), Published(each.output_dir));
}

TEST_F(UpdateOfManyNights, KeepsWhatItHasDoneWhereItIsStoppedInTheMiddle) {
  Arrive(4);
  std::stop_source stop;
  WorkControl control{.stop = stop.get_token()};
  control.progress = [&](std::string_view stage, std::int64_t done, std::int64_t) {
    if (stage == "nights" && done == 2) stop.request_stop();
  };
  const UpdateResult result = UpdateStream(stream_.Options(), nights_, stream_.Later(), control);
  EXPECT_EQ(result.outcome, UpdateOutcome::kStopped);
  EXPECT_THAT(result.status.message(), HasSubstr("nights that were done before are kept"));
  EXPECT_THAT(result.changed, ElementsAre(kNight, kNight - 1));
  EXPECT_EQ(Ask(stream_, "SELECT count(*) FROM night"), 2);
  EXPECT_EQ(Ask(stream_, "SELECT count(*) FROM transfer"), 2 * kFiles);
  for (int n = 0; n < 4; ++n) {
    EXPECT_EQ(std::filesystem::exists(stream_.Page(NightPageName(kNight - n))), n < 2) << n;
  }
  EXPECT_THAT(ReadFile(stream_.Page("index.html")), HasSubstr("2020-04-30"));
}

TEST_F(UpdateOfManyNights, EndsWhereOneCanNotBePublished) {
  constexpr int kMoreThanArePublishedTogether = 70;
  Arrive(kMoreThanArePublishedTogether);
  stream_.tree().Folder("output/2020-05-01.html/in-the-way");
  const UpdateResult result = UpdateStream(stream_.Options(), nights_, stream_.Later());
  EXPECT_EQ(result.outcome, UpdateOutcome::kOutputUnwritable);
  EXPECT_THAT(result.status.message(),
              AllOf(HasSubstr("2020-05-01.html"), HasSubstr("a folder is in the way")));
  EXPECT_EQ(Ask(stream_, "SELECT count(*) FROM night"), 0) << "what is not published is not known either";
  std::filesystem::remove_all(stream_.Page("2020-05-01.html"));
  EXPECT_EQ(UpdateStream(stream_.Options(), nights_, stream_.Later()).outcome, UpdateOutcome::kDone);
  EXPECT_EQ(Ask(stream_, "SELECT count(*) FROM night"), kMoreThanArePublishedTogether);
}

TEST(UpdateStream, ByDefaultLooksAtTodayYesterdayAndNightsWithOpenProblems) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Arrive("2020-05-02/b.fits");
  stream.Ingest("2020-05-02/b.fits", "2020-05-02");
  UpdateStream(stream.Options(), Between(N("2020-05-01"), N("2020-05-02")), stream.Later());

  const UtcTime now = stream.Later();
  const Night today = Night::OfUtcDate(now);
  UpdateResult result = UpdateStream(stream.Options(), {}, now);
  std::vector<Night> nights;
  for (const NightSummary& night : result.nights) nights.push_back(night.night);
  EXPECT_THAT(nights, ElementsAre(today, today - 1, N("2020-05-01")));

  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  UpdateStream(stream.Options(), {}, stream.Later());
  EXPECT_EQ(SummaryOf(stream, kNight).state, NightState::kComplete);
  EXPECT_THAT(UpdateStream(stream.Options(), {}, stream.Later()).nights, SizeIs(2));
}

TEST(UpdateStream, AnExplicitWindowIsExactlyThatWindowButTheIndexShowsAllThatIsKnown) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  const UpdateResult result = UpdateStream(stream.Options(), Only(N("2020-06-01")), stream.Later());
  EXPECT_THAT(result.nights, SizeIs(1));
  EXPECT_THAT(ReadFile(stream.Page("index.html")), AllOf(HasSubstr("2020-05-01"), HasSubstr("2020-06-01")));
}

TEST(UpdateStream, ALockedRegistryMakesTheNightUnknownAndLosesNothingOfWhatWasKnown) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  stream.Arrive("2020-05-01/b.fits");

  sqlite3* writer = nullptr;
  ASSERT_EQ(sqlite3_open((stream.Repo() / "registry.sqlite3").c_str(), &writer), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(writer, "begin exclusive", nullptr, nullptr, nullptr), SQLITE_OK);
  UpdateResult result = UpdateStream(stream.Options(), Only(kNight), stream.Later());
  EXPECT_EQ(result.outcome, UpdateOutcome::kDoneInPart) << result.status;
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("registry.sqlite3")));
  EXPECT_EQ(result.nights.at(0).state, NightState::kUnknown);
  EXPECT_EQ(Ask(stream, "select N_Ingest from FILE_COUNT"), 1);
  EXPECT_EQ(Ask(stream, "select N_Error from FILE_COUNT"), 0);
  EXPECT_THAT(ReadFile(stream.Page("2020-05-01.html")), Not(HasSubstr("What needs attention")));

  sqlite3_exec(writer, "rollback", nullptr, nullptr, nullptr);
  sqlite3_close(writer);
  result = UpdateStream(stream.Options(), Only(kNight), stream.Later());
  EXPECT_EQ(result.outcome, UpdateOutcome::kDone) << result.status;
  EXPECT_EQ(result.nights.at(0).counts[Verdict::kNotIngested], 1);
}

TEST(ObserveNight, NeverFindsAnIngestOfAFileThatItHasNotSeenArrive) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  Stream options = stream.Options();
  options.busy_timeout = std::chrono::seconds{10};
  ASSERT_OK_AND_ASSIGN(StreamView view, StreamView::Open(options, stream.Later(), {}));
  view.Expect({{kNight}});
  sqlite3* writer = nullptr;
  ASSERT_EQ(sqlite3_open((stream.Repo() / "registry.sqlite3").c_str(), &writer), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(writer, "begin exclusive", nullptr, nullptr, nullptr), SQLITE_OK);
  auto look = std::async(std::launch::async, [&view] { return LookAt(kNight, view); });
  // Time enough to have scanned storage, if that did not wait for the registry's rows.
  std::this_thread::sleep_for(std::chrono::milliseconds{200});
  stream.Arrive("2020-05-01/b.fits");
  sqlite3_exec(writer, "rollback", nullptr, nullptr, nullptr);
  sqlite3_close(writer);
  ASSERT_OK_AND_ASSIGN(const NightLook found, look.get());
  EXPECT_EQ(found.report.evidence.transfers.size(), 2U);
}

TEST(UpdateStream, AnUnreadableFolderInTheMiddleIsNamedAndTheRestIsReported) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Arrive("2020-05-01/secret/b.fits");
  std::filesystem::permissions(stream.Storage() / "2020-05-01/secret", std::filesystem::perms::none);
  std::filesystem::create_directory(stream.Output());
  std::filesystem::permissions(stream.Output(), std::filesystem::perms::all);
  const UtcTime later = stream.Later();
  const WithoutRoot ordinary_user;
  const UpdateResult result = UpdateStream(stream.Options(), Only(kNight), later);
  EXPECT_EQ(result.outcome, UpdateOutcome::kDoneInPart) << result.status;
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("2020-05-01/secret")));
  EXPECT_EQ(result.nights.at(0).counts.files, 1);
  EXPECT_THAT(ReadFile(stream.Page("2020-05-01.html")), HasSubstr("2020-05-01/secret"));
}

TEST(UpdateStream, RefusesInOneSentenceAndTouchesNoEarlierOutput) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  const auto before = Inventory(stream.Output());

  const auto refuse = [&stream](const Stream& options, const NightWindow& window) {
    const UpdateResult result = UpdateStream(options, window, stream.Later());
    EXPECT_FALSE(result.status.ok());
    EXPECT_THAT(std::string(result.status.message()), Not(HasSubstr("\n")));
    return result.outcome;
  };
  EXPECT_EQ(refuse(stream.Options(), Between(kNight, kNight - 1)), UpdateOutcome::kUsage);
  EXPECT_EQ(refuse(stream.Options(), {.num_days = 0}), UpdateOutcome::kUsage);

  Stream elsewhere = stream.Options();
  elsewhere.storage = stream.tree() / "nowhere";
  EXPECT_EQ(refuse(elsewhere, Only(kNight)), UpdateOutcome::kInputUnreadable);
  elsewhere = stream.Options();
  elsewhere.repo = stream.tree() / "nowhere";
  EXPECT_EQ(refuse(elsewhere, Only(kNight)), UpdateOutcome::kInputUnreadable);

  const std::string registry = ReadFile(stream.Repo() / "registry.sqlite3");
  stream.tree().Text("gen2repo/registry.sqlite3",
                     "this is no database, but it is long enough to be taken for one by name");
  EXPECT_EQ(refuse(stream.Options(), Only(kNight)), UpdateOutcome::kInputUnreadable);
  stream.tree().Text("gen2repo/registry.sqlite3", registry.substr(0, 5000));
  EXPECT_EQ(refuse(stream.Options(), Only(kNight)), UpdateOutcome::kInputUnreadable);
  stream.tree().Text("gen2repo/registry.sqlite3", registry);
  stream.Sql("alter table raw rename to cooked");
  EXPECT_EQ(refuse(stream.Options(), Only(kNight)), UpdateOutcome::kInputUnreadable);

  EXPECT_EQ(Inventory(stream.Output()), before);
}

TEST(UpdateStream, RefusesAnOutputThatLiesInWhatItWatches) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  const auto before = Inventory(stream.tree().root());
  std::filesystem::create_directory_symlink(stream.Storage(), stream.tree() / "link");
  for (const char* output : {"storage", "storage/pages", "gen2repo", "gen2repo/raw/pages", "link/pages"}) {
    Stream options = stream.Options();
    options.output_dir = stream.tree() / output;
    const UpdateResult result = UpdateStream(options, Only(kNight), stream.Later());
    EXPECT_EQ(result.outcome, UpdateOutcome::kUsage) << output;
    EXPECT_THAT(std::string(result.status.message()), HasSubstr("give another output_dir"));
  }
  std::filesystem::remove(stream.tree() / "link");
  EXPECT_EQ(Inventory(stream.tree().root()), before);
}

TEST(UpdateStream, MayWriteBesideStorageInARepositoryThatHoldsBoth) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  std::filesystem::rename(stream.Repo() / "registry.sqlite3", stream.tree() / "registry.sqlite3");
  Stream options = stream.Options();
  options.repo = stream.tree().root();
  EXPECT_EQ(UpdateStream(options, Only(kNight), stream.Later()).outcome, UpdateOutcome::kDone);
}

TEST(UpdateStream, RefusesAnOutputThatIsAFile) {
  SampleStream stream;
  stream.tree().Text("output", "keep me");
  EXPECT_EQ(UpdateStream(stream.Options(), Only(kNight), stream.Later()).outcome,
            UpdateOutcome::kOutputUnwritable);
  EXPECT_EQ(ReadFile(stream.Output()), "keep me");
}

TEST(UpdateStream, KeepsASecondRunOutOfItsOutputAndLeavesNoLockBehind) {
  SampleStream stream;
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  {
    ASSERT_OK_AND_ASSIGN(const OutputLock other_run, OutputLock::Acquire(stream.Output()));
    const UpdateResult result = UpdateStream(stream.Options(), Only(kNight), stream.Later());
    EXPECT_EQ(result.outcome, UpdateOutcome::kLocked);
  }
  stream.tree().Text("output/.monitor.lock", "");  // a prototype's leftover
  EXPECT_EQ(UpdateStream(stream.Options(), Only(kNight), stream.Later()).outcome, UpdateOutcome::kDone);
}

TEST(UpdateStream, NeverWritesBelowItsInput) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  const auto storage = Inventory(stream.Storage());
  const auto repo = Inventory(stream.Repo());
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(stream.Options(), kNight, stream.Later()));
  EXPECT_EQ(Inventory(stream.Storage()), storage);
  EXPECT_EQ(Inventory(stream.Repo()), repo);
}

TEST(UpdateStream, StopsWhenAskedAndLeavesANightThatItHasNotDoneAsItWas) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  const NightSummary before = SummaryOf(stream, kNight);
  stream.Arrive("2020-05-01/b.fits");
  std::stop_source stop;
  stop.request_stop();
  const UpdateResult result =
      UpdateStream(stream.Options(), Only(kNight), stream.Later(), {.stop = stop.get_token()});
  EXPECT_EQ(result.outcome, UpdateOutcome::kStopped);
  EXPECT_EQ(SummaryOf(stream, kNight).counts, before.counts);
}

TEST(UpdateStream, MakesAPageAgainThatIsMissingOrEmptyOrALink) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  const UtcTime later = stream.Later();
  UpdateStream(stream.Options(), Only(kNight), later);
  const std::filesystem::path page = stream.Page("2020-05-01.html");
  const std::string contents = ReadFile(page);
  std::filesystem::remove(page);
  UpdateStream(stream.Options(), Only(kNight), later);
  EXPECT_EQ(ReadFile(page), contents);
  std::filesystem::resize_file(page, 0);
  UpdateStream(stream.Options(), Only(kNight), later);
  EXPECT_EQ(ReadFile(page), contents);
  std::filesystem::remove(page);
  std::filesystem::create_symlink(stream.tree().Text("elsewhere.txt", "theirs"), page);
  UpdateStream(stream.Options(), Only(kNight), later);
  EXPECT_EQ(ReadFile(page), contents);
  EXPECT_EQ(ReadFile(stream.tree() / "elsewhere.txt"), "theirs");
}

std::set<std::filesystem::path> FilesIn(const std::filesystem::path& folder) {
  return {std::filesystem::directory_iterator(folder), {}};
}

TEST(UpdateStream, MakesTheDataOfAPageAgainThatSomebodyHasDeleted) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Arrive("2020-05-02/b.fits");
  const NightWindow window = Between(kNight, kNight + 1);
  UpdateStream(stream.Options(), window, stream.Later());
  const auto written = FilesIn(stream.Page("data"));
  const auto of_night = std::ranges::find_if(written, [](const std::filesystem::path& file) {
    return file.filename().string().starts_with("2020-05-01-");
  });
  ASSERT_NE(of_night, written.end());
  std::filesystem::remove(*of_night);
  const UtcTime later = stream.Later() + std::chrono::minutes{1};
  EXPECT_THAT(UpdateStream(stream.Options(), window, later).changed, ElementsAre(kNight));
  EXPECT_EQ(FilesIn(stream.Page("data")).size(), written.size());
  EXPECT_THAT(UpdateStream(stream.Options(), window, later).changed, IsEmpty());
}

StreamConfig ConfigOf(const SampleStream& stream, std::string_view name) {
  StreamConfig config{.stream = stream.Options(), .window = Only(kNight)};
  config.stream.name = name;
  return config;
}

std::vector<std::string> NamesOf(const std::vector<UpdateResult>& results) {
  std::vector<std::string> names;
  for (const UpdateResult& result : results) names.push_back(result.stream);
  return names;
}

TEST(UpdateStreams, AStreamThatIsKeptWaitingDoesNotHoldUpTheOthers) {
  SampleStream waiting;
  SampleStream other;
  waiting.Arrive("2020-05-01/a.fits");
  other.Arrive("2020-05-01/a.fits");
  std::vector<StreamConfig> streams = {ConfigOf(waiting, "waiting"), ConfigOf(other, "other")};
  streams[0].stream.busy_timeout = std::chrono::minutes{1};
  ASSERT_OK_AND_ASSIGN(sqlite::Connection writer,
                       sqlite::Connection::Open(waiting.Repo() / "registry.sqlite3",
                                                sqlite::OpenMode::kReadWrite, std::chrono::seconds{1}));
  ASSERT_THAT(writer.Execute("BEGIN EXCLUSIVE"), IsOk());
  std::vector<std::string> told;
  const WorkControl control{.progress = [&](std::string_view stage, std::int64_t done, std::int64_t total) {
    EXPECT_EQ(stage, "streams");
    EXPECT_EQ(total, 2);
    if (done != 1) return;
    EXPECT_TRUE(std::filesystem::exists(other.Page("index.html")));
    EXPECT_FALSE(std::filesystem::exists(waiting.Page("index.html")));
    EXPECT_THAT(told, IsEmpty());  // in the order of the streams
    EXPECT_THAT(writer.Execute("COMMIT"), IsOk());
  }};
  const std::vector<UpdateResult> results = UpdateStreams(
      streams, waiting.Later(), control, [&](const UpdateResult& result) { told.push_back(result.stream); });
  EXPECT_THAT(told, ElementsAre("waiting", "other"));
  EXPECT_THAT(NamesOf(results), ElementsAre("waiting", "other"));
  for (const UpdateResult& result : results) EXPECT_EQ(result.outcome, UpdateOutcome::kDone) << result.status;
}

TEST(UpdateStreams, ThatShareARepositoryAreEachAsItIsAlone) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  std::vector<StreamConfig> streams;
  for (int i = 0; i < 12; ++i) {
    streams.push_back(ConfigOf(stream, "s" + std::to_string(i)));
    streams.back().stream.output_dir = stream.tree() / ("output-" + std::to_string(i));
  }
  for (const UpdateResult& result : UpdateStreams(streams, stream.Later())) {
    EXPECT_EQ(result.outcome, UpdateOutcome::kDone) << result.status;
    ASSERT_THAT(result.nights, testing::SizeIs(1));
    EXPECT_EQ(result.nights[0].counts[Verdict::kIngested], 1);
  }
}

TEST(UpdateStreams, ThatAreNotBegunWhenAStopIsAskedForSayThatTheyWereStopped) {
  SampleStream stream;
  std::stop_source stop;
  stop.request_stop();
  const std::vector<StreamConfig> streams = {ConfigOf(stream, "a"), ConfigOf(stream, "b")};
  const std::vector<UpdateResult> results =
      UpdateStreams(streams, stream.Later(), {.stop = stop.get_token()});
  EXPECT_THAT(NamesOf(results), ElementsAre("a", "b"));
  for (const UpdateResult& result : results) EXPECT_EQ(result.outcome, UpdateOutcome::kStopped);
  EXPECT_FALSE(std::filesystem::exists(stream.Output()));
}

TEST(UpdateStreams, OfNoneAreNone) { EXPECT_THAT(UpdateStreams({}, UtcTime{}), IsEmpty()); }

TEST(ObserveNight, WritesNothingAnywhere) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  const auto before = Inventory(stream.tree().root());
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(stream.Options(), kNight, stream.Later()));
  EXPECT_EQ(report.counts[Verdict::kNotIngested], 1);
  EXPECT_EQ(Inventory(stream.tree().root()), before);
}

TEST(ObserveNight, FindsWhatALookAtLinksFindsWhereTheDatabaseIsNotAsked) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Arrive("2020-05-01/b.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  Stream by_links = stream.Options();
  by_links.search_links = true;
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(by_links, kNight, stream.Later()));
  EXPECT_EQ(report.counts[Verdict::kIngested], 1);
  EXPECT_EQ(report.counts[Verdict::kNotIngested], 1);
}

TEST(ObserveNight, FindsAnIngestUnderANeighbouringNightThoughAnotherRowsFileCouldNotBeAsked) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-02");
  stream.Arrive("2020-05-01/b.fits");
  stream.Ingest("2020-05-01/b.fits", "2020-05-01");
  stream.Remove("2020-05-01/b.fits");
  stream.Arrive("2020-05-01/c.fits");
  const UtcTime later = stream.Later();
  std::filesystem::permissions(stream.Repo() / "raw/2020-05-01", std::filesystem::perms::none);
  const WithoutRoot ordinary_user;
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(stream.Options(), kNight, later));
  ASSERT_EQ(report.evidence.transfers.path()[0], "2020-05-01/a.fits");
  EXPECT_EQ(report.match.verdict[0], Verdict::kIngested);
  EXPECT_EQ(report.match.verdict[1], Verdict::kUnknown) << "it may be the one that could not be asked";
}

// Or it would take the working folder for the stream's.
TEST(UpdateStream, RefusesAStreamWithoutInputOrOutput) {
  const NightWindow window = Only(kNight);
  for (const Stream& stream : {Stream{}, Stream{.output_dir = "out"}, Stream{.input_dir = "in"}}) {
    const UpdateResult result = UpdateStream(stream, window, Utc("2020-05-02T12:00:00"));
    EXPECT_EQ(result.outcome, UpdateOutcome::kUsage) << result.status;
  }
  EXPECT_THAT(ObserveNight(Stream{}, kNight, Utc("2020-05-02T12:00:00")),
              FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr("give input_dir")));
}

TEST(UpdateSummary, LeadsToEachStreamFromWhereItIsHoweverTheFoldersWereGiven) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  const std::filesystem::path out = std::filesystem::proximate(stream.tree().root());
  ASSERT_TRUE(out.is_relative());
  for (const std::filesystem::path& folder : {stream.Output(), std::filesystem::path("output")}) {
    for (const std::filesystem::path& where : {out, stream.tree().root()}) {
      ASSERT_THAT(UpdateSummary(where, std::vector{folder}, stream.Later()).status(), IsOk());
      EXPECT_THAT(ReadFile(stream.tree() / "index.html"), HasSubstr("href=\"output/index.html\""))
          << folder << " in " << where;
    }
  }
}

TEST(UpdateSummary, ShowsEachStreamAndSaysWhichCouldNotBeRead) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  const std::vector<std::filesystem::path> streams = {"output", "nowhere"};
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> warnings,
                       UpdateSummary(stream.tree().root(), streams, stream.Later()));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("nowhere")));
  EXPECT_THAT(ReadFile(stream.tree() / "index.html"),
              AllOf(HasSubstr("output/index.html"), HasSubstr("2020-05-01"), HasSubstr("nowhere")));
  EXPECT_FALSE(std::filesystem::exists(stream.tree() / "nowhere"));
}

std::string SummaryAt(const SampleStream& stream, UtcTime as_of,
                      std::chrono::seconds max_age = Stream().max_age) {
  const std::vector<std::filesystem::path> streams = {"output"};
  EXPECT_THAT(UpdateSummary(stream.tree().root(), streams, as_of, {}, max_age).status(), IsOk());
  return ReadFile(stream.tree() / "index.html");
}

TEST(UpdateSummary, SaysThatAMonitorSeemsToHaveStoppedHoweverOftenTheSummaryIsMade) {
  SampleStream stream;
  Stream options = stream.Options();
  options.max_age = std::chrono::minutes{30};
  const UtcTime looked = stream.Later();
  // The newest look counts, also where it was at a night that the summary does not show.
  UpdateStream(options, Only(kNight), looked - std::chrono::minutes{40});
  UpdateStream(options, Only(kNight - 5), looked);
  EXPECT_THAT(SummaryAt(stream, looked + options.max_age), Not(HasSubstr("seems to have stopped")));
  EXPECT_THAT(SummaryAt(stream, looked + options.max_age + std::chrono::minutes{1}),
              HasSubstr("seems to have stopped: its last look was 31 min before"));
  // Where the stream's own pages, which tell, are on another host.
  std::filesystem::remove(stream.Page("data/status.js"));
  EXPECT_THAT(SummaryAt(stream, looked + std::chrono::minutes{15}), Not(HasSubstr("seems to have stopped")));
  EXPECT_THAT(SummaryAt(stream, looked + std::chrono::minutes{16}), HasSubstr("seems to have stopped"));
  EXPECT_THAT(SummaryAt(stream, looked + std::chrono::minutes{16}, hours{1}),
              Not(HasSubstr("seems to have stopped")));
}

TEST(UpdateSummary, KeepsShowingAnOldNightUntilItIsComplete) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Arrive("2020-05-01/b.json");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  for (int later = 1; later <= 6; ++later) {
    UpdateStream(stream.Options(), Only(kNight + later), stream.Later());
  }
  const UtcTime a_week_later = UtcTime(kNight.date()) + hours{24 * 7};
  const std::string page = SummaryAt(stream, a_week_later);
  EXPECT_THAT(page, AllOf(HasSubstr("<time>2020-05-01</time>: 1 file arrived but is not ingested"),
                          HasSubstr("<span class=\"badge needs_attention\">")));
  EXPECT_THAT(page, Not(HasSubstr("2020-05-02.html"))) << "it is over and done with";
  stream.Remove("2020-05-01/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  EXPECT_THAT(SummaryAt(stream, a_week_later), Not(HasSubstr("2020-05-01.html")));
}

TEST(UpdateSummary, OfVeryManyOldNightsShowsTheGravestAndSaysHowManyMoreThereAre) {
  SampleStream stream;
  for (int back = 0; back < 30; ++back) {
    stream.Arrive(fmt::format("{}/a.fits", (kNight - back).ToString()));
  }
  UpdateStream(stream.Options(), Between(kNight - 29, kNight), stream.Later());
  // All but the oldest are then unknown.
  ASSERT_OK_AND_ASSIGN(sqlite::Connection writer,
                       sqlite::Connection::Open((stream.Repo() / "registry.sqlite3").string(),
                                                sqlite::OpenMode::kReadWrite, std::chrono::seconds{1}));
  ASSERT_THAT(writer.Execute("BEGIN EXCLUSIVE"), IsOk());
  Stream options = stream.Options();
  options.busy_timeout = std::chrono::milliseconds{1};
  UpdateStream(options, Between(kNight - 28, kNight), stream.Later());
  const std::string page = SummaryAt(stream, UtcTime(kNight.date()) + hours{24 * 7});
  EXPECT_THAT(page, AllOf(HasSubstr("<time>2020-04-02</time>: 1 file arrived but is not ingested"),
                          HasSubstr("And 9 older nights are not complete"), HasSubstr("2020-04-12.html"),
                          Not(HasSubstr("2020-04-11"))));
}

TEST(UpdateSummary, LeadsToNoPageThatIsNotThere) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  UpdateStream(stream.Options(), Only(kNight), stream.Later());
  EXPECT_THAT(SummaryAt(stream, stream.Later()), HasSubstr("href=\"output/2020-05-01.html\""));
  std::filesystem::remove(stream.Page("index.html"));
  EXPECT_THAT(SummaryAt(stream, stream.Later()),
              AllOf(Not(HasSubstr("href=\"output")), HasSubstr("<time>2020-05-01</time>")));
}

}  // namespace
}  // namespace obsmon
