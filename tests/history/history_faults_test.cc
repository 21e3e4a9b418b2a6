// What goes wrong on a real disk: damage, locks, permissions, no space.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "history/database.h"
#include "history/night_reports.h"
#include "history/sqlite_history.h"
#include "obsmon/history.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

NightReport BigReport(int files, std::size_t path_bytes = 200) {
  std::vector<ArrivedFile> all;
  for (int i = 0; i < files; ++i)
    all.push_back({.path = "2020-05-01/" + std::string(path_bytes, 'x') + std::to_string(i)});
  return Report(N("2020-05-01"), all);
}

absl::Status RunThatPuts(const std::filesystem::path& output_dir, const NightReport& report) {
  absl::StatusOr<std::unique_ptr<History>> history = History::Open(output_dir);
  if (!history.ok()) return history.status();
  absl::Status status = (*history)->Begin();
  if (status.ok()) status = (*history)->Put(report, {});
  if (status.ok()) status = (*history)->Commit();
  return status;
}

class HistoryFaults : public testing::Test {
 protected:
  std::filesystem::path file() const { return tree_ / kHistoryFileName; }
  std::size_t NumNights() const { return History::OpenReadOnly(tree_.root()).value()->Nights()->size(); }

  TempTree tree_;
};

TEST_F(HistoryFaults, GarbageIsRefusedAndLeftByteForByte) {
  for (const std::string& garbage :
       {std::string("x"), std::string(100, '\0'), std::string(5000, 'g'), std::string("SQLite format 3"),
        std::string("SQLite format 3\0garbage", 23) + std::string(9000, 'g')}) {
    tree_.Text(kHistoryFileName, garbage);
    EXPECT_THAT(
        History::Open(tree_.root()),
        FailsWith(absl::StatusCode::kDataLoss, AllOf(HasSubstr(file().string()), HasSubstr("move it away"))));
    EXPECT_THAT(History::OpenReadOnly(tree_.root()), FailsWith(absl::StatusCode::kDataLoss, testing::_));
    EXPECT_TRUE(ReadFile(file()) == garbage) << garbage.size();
  }
}

TEST_F(HistoryFaults, TruncatedHistoryIsRefusedAndLeftByteForByte) {
  ASSERT_THAT(RunThatPuts(tree_.root(), BigReport(500)), IsOk());
  const std::string whole = ReadFile(file());
  for (const std::size_t size : {std::size_t{1}, std::size_t{15}, std::size_t{99}, std::size_t{100},
                                 std::size_t{511}, std::size_t{4096}, std::size_t{8192}, std::size_t{8193},
                                 whole.size() / 2, whole.size() - 8192, whole.size() - 8193}) {
    tree_.Text(kHistoryFileName, std::string_view(whole).substr(0, size));
    EXPECT_THAT(History::Open(tree_.root()),
                FailsWith(absl::StatusCode::kDataLoss, HasSubstr("move it away")))
        << size;
    EXPECT_TRUE(ReadFile(file()) == whole.substr(0, size)) << size;
  }
}

TEST_F(HistoryFaults, HistoryWithoutItsTablesIsDamaged) {
  History::Open(tree_.root()).IgnoreError();
  Database(file()).Query("DROP VIEW FILE_COUNT; DROP TABLE night");
  EXPECT_THAT(History::Open(tree_.root()).value()->Nights(),
              FailsWith(absl::StatusCode::kDataLoss, HasSubstr("no such table: night")));
}

TEST_F(HistoryFaults, OutputFolderThatIsNotThereIsNamed) {
  EXPECT_THAT(History::Open(tree_ / "none"),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr((tree_ / "none").string())));
  tree_.Text("file", "");
  EXPECT_THAT(History::Open(tree_ / "file"), FailsWith(absl::StatusCode::kNotFound, HasSubstr("no folder")));
}

TEST_F(HistoryFaults, FolderThatCannotBeWrittenIsNamedAndNothingIsMadeInIt) {
  const WithoutRoot user;  // the folder is root's, or made so by its mode
  std::filesystem::path output = tree_.root();
  if (geteuid() == getuid()) std::filesystem::permissions(output, std::filesystem::perms(0555));
  EXPECT_THAT(History::Open(output),
              FailsWith(absl::StatusCode::kPermissionDenied, HasSubstr("let this user write")));
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(HistoryFaults, FileThatCannotBeWrittenIsNamedAtOpenAndCanBeReadAllTheSame) {
  ASSERT_THAT(RunThatPuts(tree_.root(), Report(N("2020-05-01"), {})), IsOk());
  std::filesystem::permissions(file(), std::filesystem::perms(0444));
  std::filesystem::permissions(tree_.root(), std::filesystem::perms(0777));
  const WithoutRoot user;
  EXPECT_THAT(History::Open(tree_.root()),
              FailsWith(absl::StatusCode::kPermissionDenied, HasSubstr(file().string())));
  EXPECT_EQ(NumNights(), 1U);
}

TEST_F(HistoryFaults, FileThatCannotBeReadIsAMatterOfPermission) {
  ASSERT_THAT(RunThatPuts(tree_.root(), Report(N("2020-05-01"), {})), IsOk());
  std::filesystem::permissions(file(), std::filesystem::perms::none);
  const WithoutRoot user;
  EXPECT_THAT(History::OpenReadOnly(tree_.root()),
              FailsWith(absl::StatusCode::kPermissionDenied, testing::_));
}

TEST_F(HistoryFaults, ReaderDuringARunDoesNotDisturbItAndLetsItCommitWhenItLeaves) {
  ASSERT_THAT(RunThatPuts(tree_.root(), Report(N("2020-04-30"), {})), IsOk());
  const auto history = OpenHistory(tree_.root(), milliseconds{0}).value();
  const Database reader(file());
  reader.Query("BEGIN; SELECT count(*) FROM night");  // a shared lock, held
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->Put(Report(N("2020-05-01"), {{.path = "a"}}), {}), IsOk());
  EXPECT_THAT(history->Commit(), FailsWith(absl::StatusCode::kUnavailable, HasSubstr("keeps it locked")));
  EXPECT_THAT(reader.Lines("SELECT nite FROM night"), ElementsAre("2020-04-30"));
  reader.Query("COMMIT");
  EXPECT_THAT(history->Commit(), IsOk());
  EXPECT_THAT(reader.Lines("SELECT nite FROM night"), ElementsAre("2020-04-30", "2020-05-01"));
}

TEST_F(HistoryFaults, SecondWriterIsToldThatItIsLocked) {
  const auto first = OpenHistory(tree_.root(), milliseconds{0}).value();
  const auto second = OpenHistory(tree_.root(), milliseconds{0}).value();
  ASSERT_THAT(first->Begin(), IsOk());
  EXPECT_THAT(second->Begin(), FailsWith(absl::StatusCode::kUnavailable, HasSubstr("try again")));
  ASSERT_THAT(first->Commit(), IsOk());
  EXPECT_THAT(second->Begin(), IsOk());
}

TEST_F(HistoryFaults, RunThatIsKilledLeavesTheHistoryOfBefore) {
  ASSERT_THAT(RunThatPuts(tree_.root(), Report(N("2020-04-30"), {})), IsOk());
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto history = History::Open(tree_.root());
    // Larger than the cache, so that part of it is in the file when the process ends.
    const bool put =
        history.ok() && (*history)->Begin().ok() && (*history)->Put(BigReport(15'000, 3'000), {}).ok();
    _exit(put ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  ASSERT_TRUE(std::filesystem::exists(file().string() + "-journal"));
  EXPECT_THAT(*History::Open(tree_.root()).value()->Nights(), SizeIs(1));
  EXPECT_THAT(Database(file()).Lines("SELECT count(*) FROM transfer"), ElementsAre("0"));
  EXPECT_THAT(Database(file()).Lines("PRAGMA integrity_check"), ElementsAre("ok"));
}

// SQLite itself takes a change back only where the disk failed it; all before an error of another kind
// stands.
TEST_F(HistoryFaults, ChangeThatFailsHalfwayEndsTheRunAndNothingOfItCanBeCommitted) {
  ASSERT_THAT(RunThatPuts(tree_.root(), Report(N("2020-04-30"), {})), IsOk());
  const auto history = History::Open(tree_.root()).value();
  Database(file()).Query("DROP TABLE prototype_ingest");  // a damage that the last step of a change meets
  ASSERT_THAT(history->Begin(), IsOk());
  EXPECT_THAT(history->Put(Report(N("2020-05-01"), {{.path = "a"}}), {}),
              FailsWith(absl::StatusCode::kDataLoss, HasSubstr("no such table: prototype_ingest")));
  EXPECT_THAT(history->Commit(), FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("Begin")));
  EXPECT_THAT(Database(file()).Lines("SELECT nite FROM night"), ElementsAre("2020-04-30"));
  EXPECT_THAT(Database(file()).Lines("SELECT path FROM transfer"), testing::IsEmpty());
}

/// Lets no file of this process grow beyond `bytes`: what a full disk is to a program, without one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : before_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*before_handler_)(int);
};

TEST_F(HistoryFaults, FileThatMayNotGrowEndsTheRunAndKeepsWhatWasThere) {
  ASSERT_THAT(RunThatPuts(tree_.root(), Report(N("2020-04-30"), {})), IsOk());
  {
    const FileSizeLimit limit(std::filesystem::file_size(file()) + 20'000);
    const auto history = History::Open(tree_.root()).value();
    ASSERT_THAT(history->Begin(), IsOk());
    absl::Status status = history->Put(BigReport(5000), {});
    if (status.ok()) status = history->Commit();
    EXPECT_THAT(status, FailsWith(absl::StatusCode::kInternal, HasSubstr("nothing of this run was kept")));
    // What failed is over: nothing of it can be committed by mistake.
    EXPECT_THAT(history->Commit(), FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("Begin")));
    EXPECT_THAT(*history->Nights(), SizeIs(1));
  }
  EXPECT_THAT(RunThatPuts(tree_.root(), BigReport(5000)), IsOk());
  EXPECT_EQ(NumNights(), 2U);
}

/// Runs `body` in a process that has a mount table of its own; gives its exit status, or -1 where none may be
/// had.
int InOwnMounts(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      _exit(255);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

TEST_F(HistoryFaults, FullDiskEndsTheRunAndKeepsWhatWasThere) {
  const std::filesystem::path disk = tree_.Folder("disk");
  const int result = InOwnMounts([&disk] {
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) return 255;
    if (!RunThatPuts(disk, Report(N("2020-04-30"), {})).ok()) return 1;
    if (!absl::IsResourceExhausted(RunThatPuts(disk, BigReport(20'000)))) return 2;
    const auto history = History::OpenReadOnly(disk);
    if (!history.ok() || (*history)->Nights()->size() != 1) return 3;
    return RunThatPuts(disk, Report(N("2020-05-01"), {{.path = "a"}})).ok() ? 0 : 4;
  });
  if (result == -1) GTEST_SKIP() << "This user may not mount a small disk.";
  EXPECT_EQ(result, 0);
}

TEST_F(HistoryFaults, ReadOnlyDiskIsAMatterOfPermission) {
  const std::filesystem::path disk = tree_.Folder("disk");
  const int result = InOwnMounts([&disk] {
    if (mount("tmpfs", disk.c_str(), "tmpfs", MS_RDONLY, "size=1m") != 0) return 255;
    return absl::IsPermissionDenied(History::Open(disk).status()) ? 0 : 1;
  });
  if (result == -1) GTEST_SKIP() << "This user may not mount a small disk.";
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace obsmon
