// A stream whose repository is one of Gen3, from its folders to verdicts and reasons.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "files/checksum.h"
#include "history/database.h"
#include "obsmon/monitor.h"
#include "support/gen3_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::hours;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Ne;

const Night kNight = Night::Parse("2025-05-01").value();

class Gen3Stream : public testing::Test {
 protected:
  Stream TheStream() const {
    return {.storage = tree_ / "storage", .repo = tree_ / "repo", .grace = std::chrono::seconds{0}};
  }
  NightReport Observe(const Stream& stream) const {
    absl::StatusOr<NightReport> report =
        ObserveNight(stream, kNight, std::chrono::system_clock::now() + hours{1});
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *std::move(report) : NightReport();
  }
  std::string Uri(const std::filesystem::path& path) const { return "file://" + path.string(); }

  TempTree tree_;
};

TEST_F(Gen3Stream, SaysWhatChangedAfterItsIngest) {
  const std::filesystem::path file = tree_.File("storage/20250501/MC_O_20250501_000001_R22_S11.fits", 57'600);
  Gen3Builder builder(tree_, "repo");
  builder.Dataset({.path = Uri(file), .size = 60'480});
  builder.Close();
  const NightReport report = Observe(TheStream());
  ASSERT_EQ(report.files().size(), 1U);
  EXPECT_EQ(report.files()[0].verdict, Verdict::kIngested);
  EXPECT_EQ(report.files()[0].basis, MatchBasis::kFileId);
  EXPECT_THAT(Reason(report.files()[0], report.as_of),
              HasSubstr("it has changed since, from 60480 to 57600 bytes"));
}

TEST_F(Gen3Stream, KnowsADatasetWhoseFileIsGoneFromOneThatWasPruned) {
  tree_.File("storage/20250501/MC_O_20250501_000002_R22_S11.fits");
  Gen3Builder builder(tree_, "repo");
  builder.Dataset({.obs_id = "MC_O_20250501_000001", .path = "raw/gone.fits"});
  builder.Dataset({.obs_id = "MC_O_20250501_000002", .located = false, .recorded = false});
  builder.Dataset({.obs_id = "MC_O_20250501_000003", .located = false, .recorded = false});
  builder.Close();
  const NightReport report = Observe(TheStream());
  ASSERT_EQ(report.files().size(), 2U);
  const FileRow pruned = report.files()[0];
  EXPECT_EQ(pruned.verdict, Verdict::kArtifactGone);
  EXPECT_THAT(Reason(pruned, report.as_of), HasSubstr("it was pruned"));
  const FileRow gone = report.files()[1];
  EXPECT_EQ(gone.path, "raw/gone.fits");
  EXPECT_EQ(gone.verdict, Verdict::kArtifactGone);
  EXPECT_EQ(gone.obs_id, "MC_O_20250501_000001");
}

TEST_F(Gen3Stream, TakesWhatWaitsForPendingAndWhatOodsPutAsideForFailed) {
  tree_.Folder("storage");
  tree_.File("wait/20250501/MC_O_20250501_000001/MC_O_20250501_000001_R22_S11.fits");
  tree_.File("bad/20250501/MC_O_20250501_000002/MC_O_20250501_000002_R22_S11.fits");
  Gen3Builder(tree_, "repo").Close();
  Stream stream = TheStream();
  stream.pending_folder = tree_ / "wait";
  stream.bad_folder = tree_ / "bad";
  const NightReport report = Observe(stream);
  ASSERT_EQ(report.files().size(), 2U);
  const FileRow pending = report.files()[0];
  EXPECT_EQ(pending.path,
            (tree_ / "wait/20250501/MC_O_20250501_000001/MC_O_20250501_000001_R22_S11.fits").string());
  EXPECT_EQ(pending.verdict, Verdict::kPending);
  const FileRow failed = report.files()[1];
  EXPECT_EQ(failed.verdict, Verdict::kFailed);
  EXPECT_THAT(Reason(failed, report.as_of), HasSubstr("moved to the folder of bad files"));

  stream.bad_folder = tree_ / "absent";
  EXPECT_THAT(ObserveNight(stream, kNight, report.as_of),
              FailsWith(absl::StatusCode::kNotFound,
                        AllOf(HasSubstr((tree_ / "absent").string()), HasSubstr("--bad_folder"))));
}

TEST_F(Gen3Stream, FindsTheIngestOfAGuidersFile) {
  const std::filesystem::path file = tree_.File("storage/20250501/MC_O_20250501_000001_R00_SG0_guider.fits");
  tree_.File("storage/20250501/MC_O_20250501_000001_R00_SG0.fits");
  Gen3Builder builder(tree_, "repo");
  builder.Dataset({.detector = "R00_SG0", .path = "copies/g.fits", .type = "guider_raw"});
  builder.Close();
  std::filesystem::create_directories(tree_ / "repo/copies");
  std::filesystem::copy_file(file, tree_ / "repo/copies/g.fits");
  const NightReport report = Observe(TheStream());
  ASSERT_EQ(report.files().size(), 2U);
  EXPECT_EQ(report.files()[0].verdict, Verdict::kNotIngested);
  EXPECT_EQ(report.files()[1].verdict, Verdict::kIngested);
  EXPECT_EQ(report.files()[1].basis, MatchBasis::kName);
}

TEST_F(Gen3Stream, FindsACopyThatTheRegistryListsUnderTheNextNight) {
  tree_.File("storage/20250501/MC_O_20250502_000001_R22_S11.fits");
  tree_.File("repo/copies/a.fits");
  Gen3Builder builder(tree_, "repo");
  builder.Dataset({.obs_id = "MC_O_20250502_000001", .path = "copies/a.fits"});
  builder.Close();
  const NightReport report = Observe(TheStream());
  ASSERT_EQ(report.files().size(), 1U);
  EXPECT_EQ(report.files()[0].verdict, Verdict::kIngested);
  EXPECT_EQ(report.files()[0].ingest_night, kNight + 1);
}

TEST_F(Gen3Stream, FindsSuchACopyByEveryNameThatItMayHave) {
  tree_.File("storage/20250501/AT_O_20250502_000001_R00_S00.fits");  // the registry's word is another
  tree_.File("storage/20250501/of_an_older_name.fits");              // nor does its object's key tell
  for (const char* copy : {"repo/copies/a.fits", "repo/copies/of_an_older_name.fits"}) tree_.File(copy);
  Gen3Builder builder(tree_, "repo");
  builder.Dataset({.obs_id = "AT_O_20250502_000001", .detector = "RXX_S00", .path = "copies/a.fits"});
  builder.Dataset({.obs_id = "AT_O_20250502_000002", .path = "copies/of_an_older_name.fits"});
  builder.Close();
  Stream stream = TheStream();
  stream.detector_names = {{.in_storage = "R00_S00", .in_registry = "RXX_S00"}};
  const NightReport report = Observe(stream);
  ASSERT_EQ(report.files().size(), 2U);
  for (const auto& file : report.files()) EXPECT_EQ(file.verdict, Verdict::kIngested) << file.path;
}

TEST_F(Gen3Stream, CountsACopyInTheNightOfItsFileAlone) {
  tree_.File("storage/20250430/MC_O_20250501_000001_R22_S11.fits");
  tree_.File("storage/20250430/2025050100002-R22-S11-det000.fits");
  tree_.File("storage/20250430/AT_O_20250501_000003_R00_S00.fits");
  tree_.File("storage/20250430/MC_O_20250501_000004_R22_S11.fits", 20'000);  // another one
  Gen3Builder builder(tree_, "repo");
  for (const std::string number : {"1", "2", "3", "4"}) {
    tree_.File("repo/copies/" + number + ".fits");
    builder.Dataset({.obs_id = (number == "3" ? "AT_O_20250501_00000" : "MC_O_20250501_00000") + number,
                     .detector = number == "3" ? "RXX_S00" : "R22_S11",
                     .path = "copies/" + number + ".fits"});
  }
  builder.Sql("UPDATE detector SET id = 0 WHERE full_name = 'R22_S11'");
  builder.Sql("UPDATE dataset_tags_00000001 SET detector = 0 WHERE exposure <> 2025050100003");
  builder.Close();
  tree_.Folder("storage/20250501");
  Stream stream = TheStream();
  stream.detector_names = {{.in_storage = "R00_S00", .in_registry = "RXX_S00"}};
  const NightReport report = Observe(stream);
  ASSERT_EQ(report.files().size(), 1U);
  EXPECT_EQ(report.files()[0].path, "copies/4.fits");
  ASSERT_EQ(report.evidence.strays.size(), 3U);
  EXPECT_EQ(report.evidence.strays[0].path, "20250430/MC_O_20250501_000001_R22_S11.fits");
}

TEST_F(Gen3Stream, FindsACopyByItsNumbersThatTheRegistryListsUnderTheNextNight) {
  tree_.File("storage/20250501/2025050200001-R22-S11-det000.fits");
  tree_.File("repo/copies/a.fits");
  Gen3Builder builder(tree_, "repo");
  builder.Dataset({.obs_id = "MC_O_20250502_000001", .path = "copies/a.fits"});
  builder.Sql("UPDATE dataset_tags_00000001 SET detector = 0").Sql("UPDATE detector SET id = 0");
  builder.Close();
  const NightReport report = Observe(TheStream());
  ASSERT_EQ(report.files().size(), 1U);
  EXPECT_EQ(report.files()[0].verdict, Verdict::kIngested);
}

TEST_F(Gen3Stream, IsThatOfALabelByItsWholeTextAlone) {
  Gen3Builder builder(tree_, "real");
  builder.Dataset({.path = "a.fits"});
  builder.Close();
  tree_.File("storage/20250501/a.fits");
  StreamConfig config{.stream = TheStream()};
  const std::string index = fmt::format("embargo: {0}\n/repo/main: {0}\n", (tree_ / "real").string());
  ASSERT_THAT(SetStreamField("repository_index", index, {}, config), IsOk());
  for (const char* label : {"embargo", "/repo/main"}) {
    ASSERT_THAT(SetStreamField("repo", label, tree_.root(), config), IsOk());
    EXPECT_THAT(OpenRegistry(config.stream), IsOk()) << label;
  }
  // A folder of that name, such as that of the output, hides no label.
  std::filesystem::create_directories(tree_ / "embargo");
  ASSERT_THAT(SetStreamField("repo", "embargo", tree_.root(), config), IsOk());
  EXPECT_THAT(OpenRegistry(config.stream), IsOk());
  // Nor is a path that is not there one, such as that of a disk that is not mounted.
  ASSERT_THAT(SetStreamField("repo", "/unmounted/embargo", tree_.root(), config), IsOk());
  EXPECT_THAT(OpenRegistry(config.stream),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr("/unmounted/embargo: No such file")));
}

TEST_F(Gen3Stream, IsOpenedByItsPathThoughTheIndexOfLabelsCanNotBeRead) {
  Gen3Builder builder(tree_, "repo");
  builder.Dataset({.path = "a.fits"});
  builder.Close();
  Stream stream = TheStream();
  stream.butler_index.file = tree_ / "absent.yaml";
  EXPECT_THAT(OpenRegistry(stream), IsOk());
}

TEST_F(Gen3Stream, LeavesAnUnchangedNightAloneAndSeesANewIngest) {
  const std::filesystem::path first = tree_.File("storage/20250501/MC_O_20250501_000001_R22_S11.fits");
  const std::filesystem::path second = tree_.File("storage/20250501/MC_O_20250501_000002_R22_S11.fits");
  Gen3Builder builder(tree_, "repo");
  builder.Dataset({.path = Uri(first)});
  builder.Close();
  Stream stream = TheStream();
  stream.output_dir = tree_ / "out";
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  const UtcTime later = std::chrono::system_clock::now() + hours{1};
  UpdateResult result = UpdateStream(stream, window, later, {});
  ASSERT_THAT(result.status, IsOk());
  EXPECT_EQ(result.nights.at(0).counts[Verdict::kNotIngested], 1);
  result = UpdateStream(stream, window, later + hours{1}, {});
  EXPECT_TRUE(result.changed.empty());

  absl::StatusOr<sqlite::Connection> writer = sqlite::Connection::Open(
      (tree_ / "repo/gen3.sqlite3").string(), sqlite::OpenMode::kReadWrite, std::chrono::seconds{1});
  ASSERT_THAT(writer, IsOk());
  ASSERT_THAT(writer->Execute("UPDATE file_datastore_records SET path = '" + Uri(second) +
                              "'; UPDATE exposure SET obs_id = 'MC_O_20250501_000002'"),
              IsOk());
  result = UpdateStream(stream, window, later + hours{2}, {});
  ASSERT_THAT(result.status, IsOk());
  EXPECT_FALSE(result.changed.empty());
}

// Of "abc": RFC 7693, appendix A.
constexpr std::string_view kChecksumOfAbc =
    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
    "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";

/// Five files of storage and the copies that a repository with checksums holds of them.
class Checksums : public Gen3Stream {
 protected:
  void SetUp() override {
    if (absl::IsUnimplemented(ChecksumMaker::Make().status())) GTEST_SKIP() << "a build without libcrypto";
    Gen3Builder builder(tree_, "repo");
    Put(builder, 1, "abc");
    Put(builder, 2, "abd");  // another since its ingest
    Put(builder, 3, "abcd");
    Put(builder, 4, "abc", "");  // none was recorded
    Put(builder, 5, "abc");
    builder.Close();
    stream_ = TheStream();
    stream_.compare_checksums = true;
  }

  static std::string NameOf(int number) { return fmt::format("MC_O_20250501_00000{}_R22_S11.fits", number); }
  void Put(Gen3Builder& builder, int number, std::string_view contents,
           std::string_view checksum = kChecksumOfAbc) {
    tree_.Text("storage/20250501/" + NameOf(number), contents);
    tree_.Text("repo/copies/" + NameOf(number), "abc");
    builder.Dataset({.obs_id = fmt::format("MC_O_20250501_00000{}", number),
                     .path = "copies/" + NameOf(number),
                     .size = 3,
                     .checksum = std::string(checksum)});
  }
  Stream stream_;
};

constexpr MatchBasis kName = MatchBasis::kName;
constexpr MatchBasis kChecksum = MatchBasis::kChecksum;

TEST_F(Checksums, SayWhichCopiesAreSureAndWhatHasChanged) {
  const NightReport report = Observe(stream_);
  EXPECT_THAT(report.match.verdict, Each(Verdict::kIngested));
  EXPECT_THAT(report.match.basis, ElementsAre(kChecksum, kName, kName, kName, kChecksum));
  EXPECT_THAT(report.evidence.issues, IsEmpty());
  const auto reason = [&](std::size_t row) { return Reason(report.files()[row], report.as_of); };
  EXPECT_THAT(reason(0), EndsWith("; told by its name, size and checksum"));
  EXPECT_THAT(reason(1),
              EndsWith("; it has changed since: its checksum is not the one of its ingest; told by its "
                       "name and size"));
  EXPECT_THAT(reason(2), EndsWith("; it has changed since, from 3 to 4 bytes; told by its name"));
  EXPECT_THAT(reason(3), EndsWith("; told by its name and size"));
}

TEST_F(Checksums, AreNotComparedUnlessAskedFor) {
  const NightReport report = Observe(TheStream());
  EXPECT_THAT(report.match.basis, Each(kName));
  EXPECT_THAT(report.evidence.transfers.checksum(), Each(kNoChecksum));
}

TEST_F(Checksums, OfAFileThatCantBeReadAreAnIssueAndNoMore) {
  std::filesystem::permissions(tree_ / "storage/20250501" / NameOf(1), std::filesystem::perms::none);
  const WithoutRoot guard;
  const NightReport report = Observe(stream_);
  EXPECT_THAT(report.match.basis, ElementsAre(kName, kName, kName, kName, kChecksum));
  EXPECT_EQ(report.state, NightState::kComplete);
  ASSERT_EQ(report.evidence.issues.size(), 1U);
  EXPECT_THAT(report.evidence.issues[0].path, EndsWith(NameOf(1)));
  EXPECT_THAT(std::string(report.evidence.issues[0].status.message()),
              HasSubstr("its checksum can't be compared: Permission denied"));
}

TEST_F(Checksums, AreReadOncePerFileWhileItStaysAsItIs) {
  stream_.output_dir = tree_.Folder("out");
  const NightWindow window{.first_day = kNight, .last_day = kNight};
  const UtcTime later = std::chrono::system_clock::now() + hours{1};
  const auto known = [this] {
    const Database history(tree_ / "out/observing_monitor.sqlite3");
    return history.Lines("SELECT checksum FROM transfer WHERE path LIKE '%.fits' ORDER BY path");
  };
  ASSERT_THAT(UpdateStream(stream_, window, later, {}).warnings, IsEmpty());
  const std::vector<std::string> before = known();
  EXPECT_THAT(before, ElementsAre(Ne("0"), AllOf(Ne("0"), Ne(before[0])), "0", "0", before[0]));

  // Two files with other bytes: one that looks as it did, and one put in another's place, as rsync does. And
  // a new one, for which the night is looked at again.
  const std::filesystem::path same = tree_ / "storage/20250501" / NameOf(1);
  const UtcTime mtime = Observe(TheStream()).evidence.transfers.creation_time()[0];
  tree_.Text("storage/20250501/" + NameOf(1), "xyz");
  SetTimes(same, mtime, mtime);
  std::filesystem::rename(tree_.Text("storage/arrives", "xyz"), tree_ / "storage/20250501" / NameOf(5));
  tree_.Text("storage/20250501/new.txt", "new");
  ASSERT_THAT(UpdateStream(stream_, window, later + hours{1}, {}).warnings, IsEmpty());
  EXPECT_THAT(known(), ElementsAre(before[0], before[1], "0", "0", AllOf(Ne("0"), Ne(before[0]))));
}

}  // namespace
}  // namespace obsmon
