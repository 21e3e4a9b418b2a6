// A stream whose repository is one of Gen3, from its folders to verdicts and reasons.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "obsmon/monitor.h"
#include "support/gen3_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::hours;
using testing::AllOf;
using testing::HasSubstr;

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

}  // namespace
}  // namespace obsmon
