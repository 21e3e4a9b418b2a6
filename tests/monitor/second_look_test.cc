// What a run leaves out because it knows it already must not be seen in what it says.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "files/directory.h"
#include "history/database.h"
#include "monitor/night_look.h"
#include "monitor/stream_view.h"
#include "obsmon/history.h"
#include "obsmon/monitor.h"
#include "support/sample_stream.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

Night N(std::string_view text) { return Night::Parse(text).value(); }
const Night kNight = N("2020-05-01");
const NightWindow kThreeNights{.first_day = kNight - 1, .last_day = kNight + 1};

std::vector<std::filesystem::path> FoldersOf(const SampleStream& stream) {
  std::vector<std::filesystem::path> folders;
  for (const std::filesystem::path& root : {stream.Storage(), stream.Repo()}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.is_directory() && !entry.is_symlink()) folders.push_back(entry.path());
    }
  }
  return folders;
}

// Dates the folders that changed since the last call to `time`, as rsync -a dates them to that of their
// source.
void DateChangedFolders(const SampleStream& stream, UtcTime time) {
  const auto year_ago = std::filesystem::file_time_type::clock::now() - std::chrono::years{1};
  for (const std::filesystem::path& folder : FoldersOf(stream)) {
    if (std::filesystem::last_write_time(folder) > year_ago) SetTimes(folder, time, time);
  }
}

/// Has the history believe that all which happened since the last look fell within the tick of the clock at
/// which it found the folders: their times tell nothing of it. (A folder's ctime can't be set.)
void StopTheClockSinceTheLastLook(const SampleStream& stream) {
  const Database history(stream.Output() / kHistoryFileName);
  for (const Row& row : history.Query("SELECT DISTINCT path FROM folder")) {
    const auto now = StampFolder(row[0]);
    ASSERT_THAT(now, IsOk());
    history.Query(fmt::format(
        "UPDATE folder_pack SET folders = (SELECT json_group_array(CASE beginning || json_extract(value, "
        "'$[0]')"
        " WHEN '{}' THEN json_set(value, '$[4]', {} - since, '$[6]', {} - since) ELSE json(value) END)"
        " FROM json_each(folders))",
        row[0], now->modified.time_since_epoch().count(), now->changed.time_since_epoch().count()));
  }
}

/// Does to a stream, by chance, what happens to streams.
class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}

  std::string Act(SampleStream& stream) {
    if (files_.empty() || OneIn(3)) return Arrive(stream);
    const std::size_t at = random_() % files_.size();
    const std::string file = files_[at];
    switch (random_() % 5) {
      case 0:
        stream.Remove(file);
        files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(at));
        return "removed " + file;
      case 1:  // as rsync does it: another file is renamed over it
        std::filesystem::rename(stream.Arrive(file + ".new", 70'000), stream.Storage() / file);
        return "replaced " + file;
      case 2:
        stream.Arrive(fmt::format("{}/.{}.x7Kq2b", Parent(file), file.substr(file.rfind('/') + 1)));
        return "began again " + file;
      default:
        stream.Ingest(file, Parent(file).substr(0, 10),
                      OneIn(4) ? IngestMode::kHardLink : IngestMode::kSymlink);
        return "ingested " + file;
    }
  }

 private:
  bool OneIn(unsigned n) { return random_() % n == 0; }
  static std::string Parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

  std::string Arrive(SampleStream& stream) {
    const std::string night = (kNight - 1 + static_cast<int>(random_() % 3)).ToString();
    const std::string folder = OneIn(2) ? "" : fmt::format("/exposure_{}", random_() % 3);
    const std::string name = OneIn(4) ? "log.txt" : "fits";
    files_.push_back(fmt::format("{}{}/AT_O_{}.{}", night, folder, ++num_arrived_, name));
    stream.Arrive(files_.back(), OneIn(5) ? 5'760 : 57'600);
    return "arrived " + files_.back();
  }

  std::mt19937 random_;
  int num_arrived_ = 0;
  std::vector<std::string> files_;
};

using Knowledge =
    std::tuple<std::string, NightState, NightCounts, LegacyCounts, std::int64_t, std::int64_t, std::string>;

// What the history knows of the nights, but for the instants of the looks.
std::vector<Knowledge> Known(const std::filesystem::path& output) {
  std::vector<Knowledge> known;
  const auto history = History::OpenReadOnly(output);
  EXPECT_THAT(history, IsOk());
  if (!history.ok()) return known;
  const auto nights = (*history)->Nights();
  EXPECT_THAT(nights, IsOk());
  if (!nights.ok()) return known;
  for (const NightSummary& night : *nights) {
    // What a look has seen first is kept though a new link to the file moves its ctime: a look afresh can't
    // know.
    NightCounts counts = night.counts;
    counts.last_arrival.reset();
    known.emplace_back(night.night.ToString(), night.state, counts, night.legacy, night.num_issues,
                       night.num_hiding, night.trouble);
  }
  return known;
}

TEST(SecondLook, SaysAfterAnyHistoryWhatALookThatKnowsNothingSays) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    SampleStream stream;
    Chance chance(seed);
    std::string story;
    for (int round = 0; round < 5; ++round) {
      for (int act = 0; act < 3; ++act) story += chance.Act(stream) + "; ";
      DateChangedFolders(stream, Utc("2020-05-03T00:00:00"));
      const UtcTime as_of = stream.Later();
      ASSERT_THAT(UpdateStream(stream.Options(), kThreeNights, as_of).status, IsOk()) << story;
      Stream afresh = stream.Options();
      afresh.output_dir = stream.tree() / fmt::format("afresh-{}", round);
      ASSERT_THAT(UpdateStream(afresh, kThreeNights, as_of).status, IsOk()) << story;
      EXPECT_TRUE(Known(stream.Output()) == Known(afresh.output_dir)) << "seed " << seed << ": " << story;
      story += "\n";
    }
  }
}

// git's racy rule. Without it this file stays unseen: the folder has the times that the last look saw.
TEST(SecondLook, SeesWhatCameWithinTheClocksGrainOfTheFirst) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  const UtcTime as_of = stream.Later();
  const UtcTime just_before = as_of - seconds{1};
  SetTimes(stream.Storage() / "2020-05-01", just_before, just_before);
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  ASSERT_THAT(UpdateStream(stream.Options(), window, as_of).status, IsOk());

  stream.Arrive("2020-05-01/b.fits");
  SetTimes(stream.Storage() / "2020-05-01", just_before, just_before);
  StopTheClockSinceTheLastLook(stream);
  const UpdateResult second = UpdateStream(stream.Options(), window, as_of + seconds{30});
  ASSERT_THAT(second.nights, testing::SizeIs(1));
  EXPECT_EQ(second.nights[0].counts.files, 2);
}

// Whoever writes into a file leaves its folder's time as it is.
TEST(SecondLook, IsTakenAtFilesWhoseBytesMayStillChange) {
  struct Case {
    std::string name;
    seconds age;
    bool is_looked_at_again;
  };
  for (const Case& file :
       {Case{"a.txt", seconds{1}, true}, Case{"a.txt", seconds{70}, false},
        // Somebody waits for these: rsync --inplace may have only begun.
        Case{"a.fits", seconds{10}, true}, Case{"a.fits", std::chrono::minutes{14}, true},
        Case{"a.fits", std::chrono::minutes{16}, false}, Case{".a.fits.x7Kq2b", seconds{10}, true},
        Case{".a.fits.x7Kq2b", std::chrono::minutes{14}, true},
        // A transfer that has stalled may go on.
        Case{".a.fits.x7Kq2b", std::chrono::hours{23}, true},
        Case{".a.fits.x7Kq2b", std::chrono::hours{25}, false}}) {
    SampleStream stream;
    stream.Arrive("2020-05-01/" + file.name);
    const UtcTime long_ago = stream.Later() - std::chrono::days{1};
    SetTimes(stream.Storage() / "2020-05-01", long_ago, long_ago);
    const UtcTime as_of = stream.Later() - std::chrono::hours{1} + file.age;
    const NightWindow window{.first_day = kNight, .last_day = kNight};
    ASSERT_THAT(UpdateStream(stream.Options(), window, as_of).status, IsOk());
    const UpdateResult second = UpdateStream(stream.Options(), window, as_of + seconds{5});
    EXPECT_EQ(!second.changed.empty(), file.is_looked_at_again) << file.name << " after " << file.age.count();
  }
}

// A file server's clock may lag behind ours, and keep whole seconds: what changes in the same second as the
// last change that a look has found bears the same time.
TEST(SecondLook, IsTakenAtANightThatHadChangedWithinAMinuteOfTheFirst) {
  SampleStream stream;
  const std::filesystem::path file = stream.Arrive("2020-05-01/a.txt");
  // Past its grace, at the end of which it would be looked at anyway.
  const UtcTime first = StatPath(file.string())->ctime + seconds{61};
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  ASSERT_THAT(UpdateStream(stream.Options(), window, first).status, IsOk());
  stream.Arrive("2020-05-01/b.txt");
  StopTheClockSinceTheLastLook(stream);
  const UpdateResult second = UpdateStream(stream.Options(), window, stream.Later());
  ASSERT_THAT(second.nights, testing::SizeIs(1));
  EXPECT_EQ(second.nights[0].counts.files, 2);
}

TEST(SecondLook, IsAtWhatARelativePathLeadsToNow) {
  const SampleStream one;
  one.Arrive("2020-05-01/a.txt");
  const SampleStream other;
  Stream stream = one.Options();
  stream.input_dir = ".";
  stream.storage = stream.repo = "";
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  const std::filesystem::path before = std::filesystem::current_path();
  std::vector<std::int64_t> found;
  for (const SampleStream* const here : {&one, &other}) {
    std::filesystem::current_path(here->tree().root());
    const UpdateResult result = UpdateStream(stream, window, one.Later());
    EXPECT_THAT(result.status, IsOk());
    found.push_back(result.nights.empty() ? -1 : result.nights[0].counts.files);
  }
  std::filesystem::current_path(before);
  EXPECT_THAT(found, ElementsAre(1, 0));
}

TEST(SecondLook, FindsThatAFileInAHiddenFolderToWhichALinkLeadsHasGone) {
  SampleStream stream;
  const std::filesystem::path file = stream.Arrive("2020-05-01/.keep/a.fits");
  stream.Ingest("2020-05-01/.keep/a.fits", "2020-05-01");
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  UpdateResult look = UpdateStream(stream.Options(), window, stream.Later());
  ASSERT_EQ(look.nights.at(0).counts[Verdict::kArtifactGone], 0);
  std::filesystem::remove(file);
  look = UpdateStream(stream.Options(), window, stream.Later());
  EXPECT_EQ(look.nights.at(0).counts[Verdict::kArtifactGone], 1);
}

/// What an update as of `as_of` keeps of the night.
EarlierLook LookAt(const SampleStream& stream, UtcTime as_of) {
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  EXPECT_THAT(UpdateStream(stream.Options(), window, as_of).status, IsOk());
  const auto history = History::OpenReadOnly(stream.Output());
  EXPECT_THAT(history, IsOk());
  auto look = (*history)->Recall(kNight);
  EXPECT_THAT(look, IsOk());
  return **std::move(look);
}

/// The size of one file in it.
std::int64_t SizeAfter(const SampleStream& stream, UtcTime as_of, std::string_view path) {
  const EarlierLook look = LookAt(stream, as_of);
  for (const TransferRow& file : look.files) {
    if (file.path == path) return file.size_bytes;
  }
  return -1;
}

void GrowInPlace(const SampleStream& stream, std::string_view path, std::uintmax_t size) {
  std::filesystem::resize_file(stream.Storage() / path, size);
}

// Of an ingested file nobody asks; of one that was pruned and sent again, with the inode of the one before.
TEST(SecondLook, AsksForAFileThatWasIngestedOnceItIsNoMore) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits", 5'760);
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  ASSERT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/a.fits"), 5'760);
  stream.RemakeRepository();
  GrowInPlace(stream, "2020-05-01/a.fits", 57'600);
  EXPECT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/a.fits"), 57'600);
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  const UpdateResult result = UpdateStream(stream.Options(), window, stream.Later());
  EXPECT_EQ(result.nights.at(0).counts[Verdict::kNotIngested], 1);
  EXPECT_EQ(result.nights.at(0).counts[Verdict::kTooSmall], 0);
}

// As of an hour after their arrival files are settled: the next look lists their folder and asks for the new
// one.
TEST(SecondLook, DoesNotAskAgainForIngestedFilesThatArrivedLongBeforeTheFirst) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  ASSERT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/a.fits"), 57'600);
  GrowInPlace(stream, "2020-05-01/a.fits", 60'480);
  stream.Arrive("2020-05-01/b.fits", 63'360);
  EXPECT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/a.fits"), 57'600);
  EXPECT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/b.fits"), 63'360);
}

// Such as a list that is removed and sent again, by a transfer that is cut off: with the inode of the one
// before.
TEST(SecondLook, SeesThatAFileThatIsNotFitsWasCutOffWhenItWasSentAgain) {
  SampleStream stream;
  const std::filesystem::path file = stream.Arrive("2020-05-01/a.txt");
  ASSERT_EQ(LookAt(stream, stream.Later()).files.state()[0], TransferState::kArrived);
  SetTimes(file, Utc("1970-01-01T00:00:00"), Utc("1970-01-01T00:00:00"));
  stream.Arrive("2020-05-01/b.txt");
  EXPECT_EQ(LookAt(stream, stream.Later()).files.state()[0], TransferState::kInFlight);
}

// A copy is known by its size, which is then that of the file before.
TEST(SecondLook, AsksAgainForAFileOfWhichACopyWasIngestedWhereItsFolderHasChanged) {
  SampleStream stream;
  stream.Arrive("2020-05-01/AT_O_20200501_000001.fits");
  stream.Ingest("2020-05-01/AT_O_20200501_000001.fits", "2020-05-01", IngestMode::kCopy);
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  UpdateResult look = UpdateStream(stream.Options(), window, stream.Later());
  ASSERT_EQ(look.nights.at(0).counts[Verdict::kIngested], 1);
  GrowInPlace(stream, "2020-05-01/AT_O_20200501_000001.fits", 60'480);
  stream.Arrive("2020-05-01/b.txt");
  look = UpdateStream(stream.Options(), window, stream.Later());
  EXPECT_EQ(look.nights.at(0).counts[Verdict::kNotIngested], 1);
}

TEST(SecondLook, FindsThatTheFolderBehindALinkToStorageWasMovedAway) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  Stream options = stream.Options();
  options.storage = stream.tree() / "alias";
  options.repo = stream.Repo();
  stream.tree().Symlink("alias", "storage");
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  UpdateResult look = UpdateStream(options, window, stream.Later());
  ASSERT_EQ(look.nights.at(0).counts[Verdict::kIngested], 1);
  std::filesystem::rename(stream.Storage(), stream.tree() / "moved");
  std::filesystem::remove(stream.tree() / "alias");
  stream.tree().Symlink("alias", "moved");
  look = UpdateStream(options, window, stream.Later());
  EXPECT_EQ(look.nights.at(0).counts[Verdict::kArtifactGone], 1) << "the link names storage by its old name";
}

TEST(SecondLook, ReadsAManifestThatIsWrittenAnewSoonAfterItsArrival) {
  SampleStream stream;
  const std::string name = "storage/2020-05-01/AT_O_20200501_000001_expectedSensors.json";
  const std::filesystem::path manifest = stream.tree().Text(name, R"({"expectedSensors": {}})");
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  const UtcTime first = StatPath(manifest.string())->ctime + seconds{100};
  ASSERT_THAT(UpdateStream(stream.Options(), window, first).status, IsOk());
  stream.tree().Text(name, R"({"expectedSensors": {"R22_S11": "SCIENCE"}})");
  const UpdateResult look = UpdateStream(stream.Options(), window, stream.Later());
  EXPECT_EQ(look.nights.at(0).counts[Verdict::kMissing], 2);
}

TEST(SecondLook, TellsOfALogThatCanNoLongerBeReadThoughItWouldSayNothingNew) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.txt");
  Stream options = stream.Options();
  options.ingest_log = stream.tree().Text("ingest.log", "nothing\n");
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  ASSERT_THAT(UpdateStream(options, window, stream.Later()).warnings, IsEmpty());
  std::filesystem::remove(options.ingest_log);
  EXPECT_THAT(UpdateStream(options, window, stream.Later()).warnings,
              ElementsAre(testing::HasSubstr("ingest.log")));
}

// A run reads a log once, for all of its nights.
TEST(SecondLook, FindsWhatALogWasGivenWhileTheFirstWentOn) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Arrive("2020-05-02/b.fits");
  Stream options = stream.Options();
  options.ingest_log = stream.tree().Text("ingest.log", "ERROR a.fits: no header\n");
  const UtcTime later = stream.Later();
  const auto nights = {kNight, kNight + 1};
  ASSERT_OK_AND_ASSIGN(StreamView view, StreamView::Open(options, later, {}));
  view.Expect(nights);
  ASSERT_OK_AND_ASSIGN(NightLook look, LookAt(kNight, view));
  ASSERT_EQ(look.report.counts[Verdict::kFailed], 1);
  stream.tree().Text("ingest.log", "ERROR a.fits: no header\nERROR b.fits: no header\n");
  ASSERT_OK_AND_ASSIGN(look, LookAt(kNight + 1, view));
  ASSERT_EQ(look.report.counts[Verdict::kFailed], 0);

  ASSERT_OK_AND_ASSIGN(StreamView next_view, StreamView::Open(options, later, {}));
  next_view.Expect(nights);
  EXPECT_THAT(next_view.IsUnchanged(kNight + 1, look.fingerprint), IsOkAndHolds(false));
  ASSERT_OK_AND_ASSIGN(look, LookAt(kNight + 1, next_view));
  EXPECT_EQ(look.report.counts[Verdict::kFailed], 1);
}

// What the log of an ingest says is of a file in a folder, and no dataset that another night's file may be.
TEST(SecondLook, TakesNoFailureOfANeighbouringNightForADataset) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Arrive("2020-05-02/a.fits");
  Stream options = stream.Options();
  options.ingest_log = stream.tree().Text("ingest.log", "ERROR a.fits: no header\n");
  ASSERT_OK_AND_ASSIGN(StreamView view, StreamView::Open(options, stream.Later(), {}));
  view.Expect({{kNight, kNight + 1}});
  ASSERT_OK_AND_ASSIGN(NightLook look, LookAt(kNight, view));
  view.Remember(std::make_shared<const NightLook>(std::move(look)));
  ASSERT_OK_AND_ASSIGN(look, LookAt(kNight + 1, view));
  ASSERT_EQ(look.report.evidence.ingests.size(), 1U);
  EXPECT_EQ(look.report.evidence.ingests.path()[0], "2020-05-02/a.fits");
}

TEST(SecondLook, AsksAgainForAFileOfWhichAnotherTookThePlace) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.txt");
  ASSERT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/a.txt"), 57'600);
  std::filesystem::rename(stream.Arrive("2020-05-01/a.txt.new", 60'480),
                          stream.Storage() / "2020-05-01/a.txt");
  EXPECT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/a.txt"), 60'480);
}

// A transfer that writes in place (rsync --inplace) may have paused at the first look. However often it was
// looked at since, it is asked once more when it has settled.
TEST(SecondLook, AsksAgainForAFileThatHadArrivedJustBeforeTheFirst) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  const UtcTime arrival = stream.Later() - std::chrono::hours{1};
  ASSERT_EQ(SizeAfter(stream, arrival + std::chrono::minutes{5}, "2020-05-01/a.fits"), 57'600);
  GrowInPlace(stream, "2020-05-01/a.fits", 60'480);
  stream.Arrive("2020-05-01/b.fits");
  EXPECT_EQ(SizeAfter(stream, arrival + std::chrono::minutes{40}, "2020-05-01/a.fits"), 60'480);
  GrowInPlace(stream, "2020-05-01/a.fits", 63'360);
  stream.Arrive("2020-05-01/c.fits");
  EXPECT_EQ(SizeAfter(stream, arrival + std::chrono::minutes{80}, "2020-05-01/a.fits"), 60'480);
}

// Which look has asked for a file does not depend on looks that asked for none.
TEST(SecondLook, AsksAgainForSuchAFileAfterALookThatFoundNothingNewToo) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits");
  stream.Ingest("2020-05-01/a.fits", "2020-05-01");
  const UtcTime long_ago = stream.Later() - std::chrono::days{1};
  SetTimes(stream.Storage() / "2020-05-01", long_ago, long_ago);
  const UtcTime arrival = stream.Later() - std::chrono::hours{1};
  ASSERT_EQ(SizeAfter(stream, arrival + std::chrono::minutes{5}, "2020-05-01/a.fits"), 57'600);
  ASSERT_EQ(SizeAfter(stream, arrival + std::chrono::minutes{40}, "2020-05-01/a.fits"),
            57'600);  // nothing new
  GrowInPlace(stream, "2020-05-01/a.fits", 60'480);
  stream.Arrive("2020-05-01/b.fits");
  EXPECT_EQ(SizeAfter(stream, arrival + std::chrono::minutes{80}, "2020-05-01/a.fits"), 60'480);
}

// The inode of a file that is removed goes to the next one: the same file, sent again and whole this time,
// may have both the name and the inode of the one before. Growing in place, it has here for certain.
TEST(SecondLook, AsksAgainForAFileThatNeedsAttentionWhereItsFolderHasChanged) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.fits", 500);
  ASSERT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/a.fits"), 500);
  GrowInPlace(stream, "2020-05-01/a.fits", 57'600);
  stream.Arrive("2020-05-01/b.fits");
  EXPECT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/a.fits"), 57'600);
}

TEST(SecondLook, DoesNotAskForSuchAFileWhileItsFolderHasNotChanged) {
  SampleStream stream;
  stream.Arrive("2020-05-01/exposure/a.fits", 500);
  const UtcTime long_ago = stream.Later() - std::chrono::days{1};
  SetTimes(stream.Storage() / "2020-05-01/exposure", long_ago, long_ago);
  ASSERT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/exposure/a.fits"), 500);
  GrowInPlace(stream, "2020-05-01/exposure/a.fits", 57'600);
  stream.Arrive("2020-05-01/b.fits");
  EXPECT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/exposure/a.fits"), 500);
}

/// A night with an exposure of one file, and changes of it that leave no trace in the times of its folder. No
/// change does; the tests' show so whether the folder was listed.
class SecondLookAtAnExposure : public testing::Test {
 protected:
  SecondLookAtAnExposure() { Arrive("a.fits"); }
  void Arrive(const std::string& name) { stream_.Arrive("2020-05-01/MC_1/" + name); }
  std::int64_t NumFilesAfter(UtcTime as_of) const { return std::ssize(LookAt(stream_, as_of).files.path()); }

  SampleStream stream_;
};

TEST_F(SecondLookAtAnExposure, DoesNotListItsFolderWhileThatHasNotChanged) {
  ASSERT_EQ(NumFilesAfter(stream_.Later()), 1);
  Arrive("b.fits");
  StopTheClockSinceTheLastLook(stream_);
  stream_.Arrive("2020-05-01/c.fits");
  EXPECT_EQ(NumFilesAfter(stream_.Later()), 2);
}

TEST_F(SecondLookAtAnExposure, ListsItsFolderWhenThatHasChanged) {
  ASSERT_EQ(NumFilesAfter(stream_.Later()), 1);
  Arrive("b.fits");
  EXPECT_EQ(NumFilesAfter(stream_.Later()), 2);
}

// git's racy rule, as above.
TEST_F(SecondLookAtAnExposure, ListsItsFolderWhenThatHadChangedJustBeforeTheFirst) {
  const UtcTime first_look = stream_.Later();
  const UtcTime just_before = first_look - std::chrono::milliseconds{1};
  SetTimes(stream_.Storage() / "2020-05-01/MC_1", just_before, just_before);
  ASSERT_EQ(NumFilesAfter(first_look), 1);
  Arrive("b.fits");
  SetTimes(stream_.Storage() / "2020-05-01/MC_1", just_before, just_before);
  StopTheClockSinceTheLastLook(stream_);
  EXPECT_EQ(NumFilesAfter(first_look + std::chrono::hours{1}), 2);
}

// They may have been about to grow, as above.
TEST_F(SecondLookAtAnExposure, ListsItsFolderWhenFilesHadArrivedJustBeforeTheFirst) {
  ASSERT_EQ(NumFilesAfter(stream_.Later() - std::chrono::minutes{55}), 1);
  Arrive("b.fits");
  StopTheClockSinceTheLastLook(stream_);
  EXPECT_EQ(NumFilesAfter(stream_.Later()), 2);
}

// rsync -a makes the folders of later exposures before it comes to them, and gives each at once, and again
// when it has filled it, the time that it has at the source.
TEST(SecondLook, SeesWhatRsyncPutsIntoFoldersWhoseTimesItSets) {
  SampleStream stream;
  const std::filesystem::path camera = stream.tree() / "camera/2020-05-01";
  for (const char* file : {"MC_1/a.fits", "MC_1/b.fits", "MC_2/c.fits"}) {
    stream.tree().File("camera/2020-05-01/" + std::string(file), 57'600);
  }
  for (const std::filesystem::path& folder : {camera / "MC_1", camera / "MC_2", camera}) {
    SetTimes(folder, Utc("2020-05-01T18:00:00"), Utc("2020-05-01T18:00:00"));
  }
  const auto rsync = [&](const std::string& options) {
    const std::string command = fmt::format("rsync -a {} '{}/' '{}/'", options, camera.string(),
                                            (stream.Storage() / "2020-05-01").string());
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  };
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  const auto num_files_now = [&] {
    const UpdateResult result = UpdateStream(stream.Options(), window, stream.Later());
    EXPECT_THAT(result.nights, testing::SizeIs(1));
    return result.nights.empty() ? -1 : result.nights[0].counts.files;
  };

  rsync("--include='*/' --exclude='*'");
  ASSERT_EQ(num_files_now(), 0);
  rsync("--exclude=b.fits");
  ASSERT_EQ(num_files_now(), 2);
  rsync("");
  ASSERT_EQ(num_files_now(), 3);

  // Mended at the source in place, so that the folder's time is what it was.
  stream.tree().File("camera/2020-05-01/MC_2/c.fits", 60'480);
  rsync("");
  EXPECT_EQ(SizeAfter(stream, stream.Later(), "2020-05-01/MC_2/c.fits"), 60'480);
}

// A time from before it says nothing about what is there now.
TEST(SecondLook, BelievesNothingThatALookHasFoundWhileTheClockWasAhead) {
  SampleStream stream;
  stream.Arrive("2020-05-01/a.txt");
  const UtcTime as_of = stream.Later();
  ASSERT_EQ(SizeAfter(stream, as_of + std::chrono::days{1}, "2020-05-01/a.txt"), 57'600);
  GrowInPlace(stream, "2020-05-01/a.txt", 60'480);
  EXPECT_EQ(SizeAfter(stream, as_of, "2020-05-01/a.txt"), 60'480);
}

TEST_F(SecondLookAtAnExposure, ListsItsFolderWhenThatWasMovedAndALinkLeadsOutOfStorageToIt) {
  ASSERT_EQ(NumFilesAfter(stream_.Later()), 1);
  const std::filesystem::path folder = stream_.Storage() / "2020-05-01/MC_1";
  std::filesystem::rename(folder, stream_.tree() / "elsewhere");
  std::filesystem::create_directory_symlink(stream_.tree() / "elsewhere", folder);
  EXPECT_EQ(NumFilesAfter(stream_.Later()), 0);
}

TEST(SecondLook, EntersNoFolderByALinkThatLeadsOutOfStorageByNow) {
  SampleStream stream;
  stream.Arrive("2020-05-02/MC_1/a.txt");
  stream.tree().Folder("storage/2020-05-01");
  std::filesystem::create_directory_symlink("../2020-05-02/MC_1", stream.Storage() / "2020-05-01/MC_1");
  ASSERT_EQ(LookAt(stream, stream.Later()).files.size(), 1U);
  std::filesystem::rename(stream.Storage() / "2020-05-02", stream.tree() / "another_disk");
  std::filesystem::create_directory_symlink(stream.tree() / "another_disk", stream.Storage() / "2020-05-02");
  EXPECT_EQ(LookAt(stream, stream.Later()).files.size(), 0U);
}

/// When the links in it were made.
std::vector<UtcTime> IngestTimesAfter(const SampleStream& stream, UtcTime as_of) {
  return LookAt(stream, as_of).links.ingest_time;
}

/// A night with one file ingested long ago, as its link says. Nobody touches a link once it is made; the
/// tests do, so that it shows whether it was asked for.
class SecondLookAtALink : public testing::Test {
 protected:
  SecondLookAtALink() {
    stream_.Arrive("2020-05-01/a.fits");
    stream_.Ingest("2020-05-01/a.fits", "2020-05-01");
    Touch(ingested_);
  }
  void Touch(UtcTime time) const { SetTimes(Raw() / "2020050100001-det000.fits", time, time); }
  std::filesystem::path Raw() const { return stream_.Repo() / "raw/2020-05-01"; }

  SampleStream stream_;
  const UtcTime ingested_ = Utc("2020-05-02T03:00:00");
  const UtcTime touched_ = Utc("2020-05-02T02:00:00");
};

TEST_F(SecondLookAtALink, DoesNotAskForItWhileItsFolderHasNotChanged) {
  ASSERT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(ingested_));
  Touch(touched_);
  stream_.Arrive("2020-05-01/b.fits");
  EXPECT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(ingested_));
}

TEST_F(SecondLookAtALink, DoesNotListItsFolderWhileThatHasNotChanged) {
  ASSERT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(ingested_));
  std::filesystem::remove(Raw() / "2020050100001-det000.fits");
  StopTheClockSinceTheLastLook(stream_);
  stream_.Arrive("2020-05-01/b.fits");
  EXPECT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(ingested_));
}

// A link may have been there before its row was.
TEST_F(SecondLookAtALink, ListsItsFolderWhenTheRegistryHasARowOfWhichNothingIsKnown) {
  ASSERT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(ingested_));
  stream_.Arrive("2020-05-01/b.fits");
  stream_.Ingest("2020-05-01/b.fits", "2020-05-01");
  StopTheClockSinceTheLastLook(stream_);
  EXPECT_THAT(IngestTimesAfter(stream_, stream_.Later()), testing::SizeIs(2));
}

TEST_F(SecondLookAtALink, AsksForItWhenItsFolderHasChanged) {
  ASSERT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(ingested_));
  Touch(touched_);
  stream_.tree().Symlink("gen2repo/raw/2020-05-01/other.fits", "/nowhere");
  EXPECT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(touched_));
}

// Another change of the folder may have fallen within the same tick of the clock.
TEST_F(SecondLookAtALink, AsksForItWhenItsFolderHadChangedJustBeforeTheFirst) {
  const UtcTime first_look = stream_.Later() - std::chrono::minutes{59};
  SetTimes(Raw(), first_look - std::chrono::milliseconds{1}, first_look - std::chrono::milliseconds{1});
  ASSERT_THAT(IngestTimesAfter(stream_, first_look), ElementsAre(ingested_));
  Touch(touched_);
  stream_.Arrive("2020-05-01/b.fits");
  EXPECT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(touched_));
}

TEST_F(SecondLookAtALink, FindsThatItsTargetWasMovedOrReplaced) {
  const std::filesystem::path file = stream_.Storage() / "2020-05-01/a.fits";
  ASSERT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(ingested_));
  std::filesystem::rename(file, stream_.Storage() / "2020-05-01/b.fits");
  EXPECT_THAT(IngestTimesAfter(stream_, stream_.Later()), IsEmpty());  // it leads nowhere
  ASSERT_OK_AND_ASSIGN(const NightReport moved, ObserveNight(stream_.Options(), kNight, stream_.Later()));
  EXPECT_EQ(moved.evidence.ingests.artifact()[0], ArtifactState::kGone);

  Touch(touched_);
  stream_.Arrive("2020-05-01/a.fits", 60'480);
  EXPECT_THAT(IngestTimesAfter(stream_, stream_.Later()), ElementsAre(touched_));
}

// A disk of its own for what was ingested, or for storage's files: it goes, and comes back.
class SecondLookAtAnotherDisk : public testing::Test {
 protected:
  SecondLookAtAnotherDisk() {
    stream_.tree().File("disk/a.fits", 57'600);
    SetTimes(Disk(), long_ago_, long_ago_);
    SetTimes(Disk() / "a.fits", long_ago_, long_ago_);
  }
  std::filesystem::path Disk() const { return stream_.tree() / "disk"; }
  void Unmount() const { std::filesystem::rename(Disk(), stream_.tree() / "unmounted"); }
  void Mount() const { std::filesystem::rename(stream_.tree() / "unmounted", Disk()); }

  NightCounts Counts() {
    EXPECT_THAT(UpdateStream(stream_.Options(), kThreeNights, stream_.Later()).status, IsOk());
    const auto history = History::OpenReadOnly(stream_.Output());
    const auto nights = (*history)->Nights();
    for (const NightSummary& night : *nights) {
      if (night.night == kNight) return night.counts;
    }
    return {};
  }

  SampleStream stream_;
  const UtcTime long_ago_ = Utc("2020-05-02T03:00:00");
};

TEST_F(SecondLookAtAnotherDisk, FindsThatWhatALinkOfTheRepositoryLeadsToHasGoneAndIsBack) {
  stream_.Arrive("2020-05-01/a.fits");
  stream_.Ingest("2020-05-01/a.fits", "2020-05-01");
  const std::filesystem::path link = stream_.Repo() / "raw/2020-05-01/2020050100001-det000.fits";
  std::filesystem::remove(link);
  std::filesystem::create_symlink(Disk() / "a.fits", link);
  DateChangedFolders(stream_, long_ago_);

  EXPECT_EQ(Counts()[Verdict::kArtifactGone], 0);
  Unmount();
  EXPECT_EQ(Counts()[Verdict::kArtifactGone], 1);
  Mount();
  EXPECT_EQ(Counts()[Verdict::kArtifactGone], 0);
}

TEST_F(SecondLookAtAnotherDisk, FindsThatWhatALinkOfStorageLeadsToHasGoneAndIsBack) {
  std::filesystem::create_directories(stream_.Storage() / "2020-05-01");
  std::filesystem::create_symlink("../../disk/a.fits", stream_.Storage() / "2020-05-01/a.fits");
  DateChangedFolders(stream_, long_ago_);

  EXPECT_EQ(Counts().files, 1);
  Unmount();
  EXPECT_EQ(Counts().files, 0);
  Mount();
  EXPECT_EQ(Counts().files, 1);
}

TEST_F(SecondLookAtAnotherDisk, FindsThatWhatALinkLeadsToByWayOfAHiddenOneHasGoneAndIsBack) {
  stream_.Arrive("2020-05-01/a.fits");
  stream_.Ingest("2020-05-01/a.fits", "2020-05-01");
  const std::filesystem::path link = stream_.Repo() / "raw/2020-05-01/2020050100001-det000.fits";
  std::filesystem::remove(link);
  stream_.tree().Symlink("storage/2020-05-01/.a.fits", Disk() / "a.fits");
  std::filesystem::create_symlink(stream_.Storage() / "2020-05-01/.a.fits", link);

  EXPECT_EQ(Counts()[Verdict::kArtifactGone], 0);
  Unmount();
  EXPECT_EQ(Counts()[Verdict::kArtifactGone], 1);
  Mount();
  EXPECT_EQ(Counts()[Verdict::kArtifactGone], 0);
}

TEST_F(SecondLookAtAnotherDisk, FindsThatWhatALinkLeadsToByWayOfAnotherHasGoneAndIsBack) {
  stream_.tree().Symlink("way/a.fits", Disk() / "a.fits");
  stream_.Arrive("2020-05-01/b.fits");
  stream_.Ingest("2020-05-01/b.fits", "2020-05-01");
  const std::filesystem::path link = stream_.Repo() / "raw/2020-05-01/2020050100001-det000.fits";
  std::filesystem::remove(link);
  std::filesystem::create_symlink(stream_.tree() / "way/a.fits", link);
  stream_.tree().Symlink("storage/2020-05-01/a.fits", "../../way/a.fits");

  EXPECT_EQ(Counts().files, 2);
  Unmount();
  const NightCounts without = Counts();
  EXPECT_EQ(without.files, 1);
  EXPECT_EQ(without[Verdict::kArtifactGone], 1);
  Mount();
  EXPECT_EQ(Counts()[Verdict::kArtifactGone], 0);
}

// What storage has told of a link's target is what the target itself tells.
TEST(SecondLook, ALinksTargetIsTheSameWhetherStorageHasToldOfItOrNot) {
  SampleStream stream;
  const std::vector<std::string> files = {"2020-05-01/a.fits", "2020-05-01/MC_C_1/b.fits",
                                          "2020-05-01/MC_C_1/c.fits", "2020-05-02/d.fits",
                                          "2020-05-01/e.fits"};
  for (const std::string& file : files) {
    stream.Arrive(file, 57'600 + file.size());
    stream.Ingest(file, "2020-05-01");
  }
  std::filesystem::create_directory_symlink(stream.Storage(), stream.tree() / "alias");
  const std::string storage = stream.Storage().string();
  const std::vector<std::string> targets = {storage + "/2020-05-01//a.fits",
                                            storage + "/2020-05-01/MC_C_1/../MC_C_1/b.fits",
                                            (stream.tree() / "alias").string() + "/2020-05-01/a.fits",
                                            "../../../storage/2020-05-01/e.fits",
                                            storage + "/2020-05-01/none.fits",
                                            storage + "/2020-05-01",
                                            storage + "/2020-05-01/MC_C_1/c.fits"};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    stream.Ingest(files[0], "2020-05-01");
    const std::string link =
        fmt::format("gen2repo/raw/2020-05-01/20200501{:05}-det000.fits", files.size() + i + 1);
    std::filesystem::remove(stream.tree() / link);
    stream.tree().Symlink(link, targets[i]);
  }

  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(stream.Options(), kNight, stream.Later()));
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(stream.Repo()));
  ASSERT_OK_AND_ASSIGN(const NightIngests asked, registry->ReadNight(kNight));
  ASSERT_EQ(report.evidence.ingests.size(), files.size() + targets.size());
  ASSERT_EQ(asked.rows.size(), report.evidence.ingests.size());
  const auto facts = [](const IngestRow& row) {
    return std::make_tuple(std::string(row.path), row.artifact, row.file_id, row.size_bytes,
                           std::string(row.link_target), row.ingest_time, row.file_time);
  };
  for (std::size_t row = 0; row < asked.rows.size(); ++row) {
    EXPECT_EQ(facts(report.evidence.ingests[row]), facts(asked.rows[row])) << asked.rows[row].path;
  }
}

}  // namespace
}  // namespace obsmon
