#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "history/file_lock.h"
#include "obsmon/history.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;

/// Another process, which does its part and then waits until it is told to end, or is killed.
class OtherProcess {
 public:
  /// `part` runs there; what it holds lives until the end. Returns when it has said whether that went well.
  explicit OtherProcess(const std::function<bool()>& part) {
    std::array<int, 2> ready{};
    std::array<int, 2> end{};
    EXPECT_EQ(pipe2(ready.data(), O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(end.data(), O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      close(end[1]);
      const char went_well = part() ? 1 : 0;
      char none = 0;
      const bool told = write(ready[1], &went_well, 1) == 1 && read(end[0], &none, 1) >= 0;
      _exit(told ? 0 : 1);
    }
    close(ready[1]);
    close(end[0]);
    end_ = end[1];
    char went_well = 0;
    EXPECT_EQ(read(ready[0], &went_well, 1), 1);
    EXPECT_EQ(went_well, 1);
    close(ready[0]);
  }
  ~OtherProcess() { Kill(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void Kill() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(end_);
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int end_ = -1;
};

class OutputLockTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return tree_ / ".monitor.lock"; }

  /// Another process that holds the lock.
  std::function<bool()> Holder() {
    return [this] {
      absl::StatusOr<OutputLock> lock = OutputLock::Acquire(tree_.root());
      if (!lock.ok()) return false;
      static std::optional<OutputLock> held;
      held.emplace(*std::move(lock));
      return true;
    };
  }

  TempTree tree_;
};

TEST_F(OutputLockTest, LetsOneProcessInAndNamesItToTheOthers) {
  const OtherProcess holder(Holder());
  EXPECT_THAT(OutputLock::Acquire(tree_.root()),
              FailsWith(absl::StatusCode::kAborted,
                        AllOf(HasSubstr(file().string()),
                              HasSubstr("process " + std::to_string(holder.pid()) + " on "),
                              HasSubstr(", since 20"))));
}

TEST_F(OutputLockTest, Fault1IsGoneWithTheProcessHoweverItEnds) {
  // Any crash left the prototype's lock behind, and the next run refused until someone deleted it.
  OtherProcess holder(Holder());
  holder.Kill();
  EXPECT_TRUE(std::filesystem::exists(file()));
  EXPECT_THAT(OutputLock::Acquire(tree_.root()), IsOk());
}

TEST_F(OutputLockTest, PrototypesLeftoverDoesNoHarm) {
  tree_.Text(".monitor.lock", "");
  EXPECT_THAT(OutputLock::Acquire(tree_.root()), IsOk());
}

TEST_F(OutputLockTest, SaysForPeopleWhoHoldsItAndSinceWhen) {
  const auto lock = OutputLock::Acquire(tree_.root());
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(ReadFile(file()), MatchesRegex("process [0-9]+ on [^ ]+, since "
                                             "[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+Z\nkernel .*\n"));
}

TEST_F(OutputLockTest, FileIsRemovedAtRelease) {
  {
    const auto lock = OutputLock::Acquire(tree_.root());
    EXPECT_TRUE(std::filesystem::exists(file()));
  }
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(OutputLockTest, IsHeldByTheOneItWasMovedTo) {
  std::optional<OutputLock> second;
  {
    absl::StatusOr<OutputLock> first = OutputLock::Acquire(tree_.root());
    ASSERT_THAT(first, IsOk());
    second.emplace(*std::move(first));
  }
  EXPECT_THAT(OutputLock::Acquire(tree_.root()), FailsWith(absl::StatusCode::kAborted, testing::_));
  second.reset();
  EXPECT_THAT(OutputLock::Acquire(tree_.root()), IsOk());
}

TEST_F(OutputLockTest, ThatIsReplacedIsReleasedAtOnce) {
  const std::filesystem::path other = tree_.Folder("other");
  OutputLock lock = OutputLock::Acquire(tree_.root()).value();
  lock = OutputLock::Acquire(other).value();
  EXPECT_THAT(OutputLock::Acquire(tree_.root()), IsOk());
  EXPECT_THAT(OutputLock::Acquire(other), FailsWith(absl::StatusCode::kAborted, testing::_));
}

TEST_F(OutputLockTest, WhoseFileSomeoneDeletedLeavesTheNextRunsFileAlone) {
  std::optional<OutputLock> first = OutputLock::Acquire(tree_.root()).value();
  std::filesystem::remove(file());
  const auto second = OutputLock::Acquire(tree_.root());
  ASSERT_THAT(second, IsOk());
  first.reset();
  EXPECT_TRUE(std::filesystem::exists(file()));
  EXPECT_THAT(OutputLock::Acquire(tree_.root()), FailsWith(absl::StatusCode::kAborted, testing::_));
}

TEST_F(OutputLockTest, FollowsNoLinkAndOverwritesNothingElsewhere) {
  tree_.Text("precious", "data");
  tree_.Symlink(".monitor.lock", tree_ / "precious");
  // Nor is anything locked there, and nobody is told to wait for a run that there is not.
  EXPECT_THAT(OutputLock::Acquire(tree_.root()),
              FailsWith(absl::ErrnoToStatusCode(ELOOP), HasSubstr("remove it while no run is at work")));
  EXPECT_EQ(ReadFile(tree_ / "precious"), "data");
}

TEST_F(OutputLockTest, ShowsAHoldersTextWithoutItsControlCharacters) {
  tree_.Text(".monitor.lock", "\x1b[31mred\nsecond line");
  const int fd = open(file().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
  EXPECT_THAT(OutputLock::Acquire(tree_.root()),
              FailsWith(absl::StatusCode::kAborted,
                        AllOf(HasSubstr("\\x1b[31mred is writing"), testing::Not(HasSubstr("second")))));
  close(fd);
}

TEST_F(OutputLockTest, NamesTheFolderThatIsNotThereAndTheOneThatCannotBeWritten) {
  EXPECT_THAT(OutputLock::Acquire(tree_ / "none"),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr((tree_ / "none").string())));
  const std::filesystem::path locked = tree_.Folder("locked");
  std::filesystem::permissions(locked, std::filesystem::perms(0555));
  const WithoutRoot user;
  EXPECT_THAT(OutputLock::Acquire(locked),
              FailsWith(absl::StatusCode::kPermissionDenied,
                        locked.string() + ": nothing can be written there: Permission denied; let this user "
                                          "write in the output folder, or name another"));
}

TEST_F(OutputLockTest, OfAUserWhoseFileIsNotOursIsNamed) {
  tree_.Text(".monitor.lock", "");
  std::filesystem::permissions(file(), std::filesystem::perms(0444));
  const WithoutRoot user;
  EXPECT_THAT(OutputLock::Acquire(tree_.root()),
              FailsWith(absl::StatusCode::kPermissionDenied, HasSubstr("remove it while no run is at work")));
}

TEST_F(OutputLockTest, OfManyProcessesAtOnceIsHeldByOneAtATime) {
  // Each takes the lock fifty times; while it has it, nobody else may be between entering and leaving.
  constexpr int kProcesses = 4;
  const auto enter_and_leave = [this] {
    for (int taken = 0; taken < 50;) {
      const absl::StatusOr<OutputLock> lock = OutputLock::Acquire(tree_.root());
      if (!lock.ok()) {
        if (!absl::IsAborted(lock.status())) return 2;
        sched_yield();
        continue;
      }
      const int inside = open((tree_ / "inside").c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
      if (inside < 0) return 1;  // somebody is
      close(inside);
      std::filesystem::remove(tree_ / "inside");
      ++taken;
    }
    return 0;
  };
  std::array<pid_t, kProcesses> children{};
  for (pid_t& child : children) {
    child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(enter_and_leave());
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  EXPECT_FALSE(std::filesystem::exists(file()));
}

class EachLockCall : public testing::TestWithParam<LockCall> {};

TEST_P(EachLockCall, KeepsAnotherProcessOut) {
  TempTree tree;
  const std::filesystem::path path = tree.Text("lock", "");
  const auto lock = [&path] { return TryLock(open(path.c_str(), O_RDWR | O_CLOEXEC), GetParam()); };
  OtherProcess holder([&lock] { return lock() == LockResult::kLocked; });
  EXPECT_EQ(lock(), LockResult::kHeld);
  holder.Kill();
  EXPECT_EQ(lock(), LockResult::kLocked);
}

INSTANTIATE_TEST_SUITE_P(Of, EachLockCall, testing::ValuesIn(kLockCalls));

TEST(FileLock, TriesTheNextCallOnlyWhereTheFileSystemHasNoneOfTheFirst) {
  for (const int error : {ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL}) {
    EXPECT_EQ(MeaningOfLockError(error), LockResult::kUnsupported) << error;
  }
  EXPECT_EQ(MeaningOfLockError(EWOULDBLOCK), LockResult::kHeld);
  EXPECT_EQ(MeaningOfLockError(EACCES), LockResult::kHeld);
  EXPECT_EQ(MeaningOfLockError(EIO), LockResult::kFailed);
}

}  // namespace
}  // namespace obsmon
