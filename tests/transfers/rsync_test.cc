// A real rsync, stopped in the middle: what it leaves in storage is seen in flight, and arrived once it has
// been resumed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "obsmon/transfers.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

const Night kNight = Night::Parse("2020-05-01").value();

/// Tells, without sleeping, when a file of a folder is written to.
class FolderWatch {
 public:
  explicit FolderWatch(const std::filesystem::path& folder) : fd_(inotify_init1(IN_CLOEXEC)) {
    EXPECT_GE(inotify_add_watch(fd_, folder.c_str(), IN_MODIFY), 0);
  }
  ~FolderWatch() { close(fd_); }
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  /// Waits until rsync has written a part of `file` under a temporary name. False after a minute without.
  bool WaitForPartOf(const std::string& file) {
    constexpr int kMinute = 60'000;
    pollfd events{.fd = fd_, .events = POLLIN, .revents = 0};
    while (poll(&events, 1, kMinute) > 0) {
      alignas(inotify_event) std::array<char, 4096> buffer;
      const ssize_t filled = read(fd_, buffer.data(), buffer.size());
      for (ssize_t at = 0; at < filled;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        const std::string name = event->len > 0 ? event->name : "";
        if (IsRsyncTemporaryName(name) && name.starts_with("." + file + ".")) return true;
      }
    }
    return false;
  }

 private:
  int fd_;
};

/// An rsync and the processes that it makes, as one group; none of them outlives this.
class Rsync {
 public:
  explicit Rsync(std::vector<std::string> arguments) {
    // What a killed rsync leaves running becomes this process's to wait for.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    arguments.insert(arguments.begin(), "rsync");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    group_ = fork();
    if (group_ == 0) {
      setpgid(0, 0);
      execvp("rsync", argv.data());
      _exit(127);
    }
    setpgid(group_, group_);  // by whoever comes first
  }
  ~Rsync() {
    Signal(SIGKILL);
    Wait();
  }
  Rsync(const Rsync&) = delete;
  Rsync& operator=(const Rsync&) = delete;

  void Signal(int signal) const { kill(-group_, signal); }

  /// Waits for all processes of the group; returns the exit status of the first, or -1 where a signal ended
  /// it.
  int Wait() const {
    int result = -1;
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(-group_, &status, 0)) > 0 || (ended < 0 && errno == EINTR)) {
      if (ended == group_ && WIFEXITED(status)) result = WEXITSTATUS(status);
    }
    return result;
  }

  /// Ends it as a broken line does: the camera's side is gone, and the side of storage puts away what it has.
  void BreakLine() const {
    kill(group_, SIGKILL);
    Signal(SIGCONT);
    Wait();
  }

 private:
  pid_t group_ = -1;
};

class RsyncTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("rsync --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "needs rsync";
    // At 1 MiB/s the large file takes half a minute: whoever looks at it meets it half done.
    tree_.Text("camera/2020-05-01/a.fits", std::string(20'000, 'a'));
    tree_.File("camera/2020-05-01/b.fits", 32 << 20);
    tree_.Folder("storage/2020-05-01");
  }

  std::vector<std::string> Arguments(std::vector<std::string> options) const {
    options.insert(options.begin(), {"-a", "--whole-file"});
    options.push_back((tree_ / "camera/").string());
    options.push_back((tree_ / "storage/").string());
    return options;
  }

  /// The paths of storage, those in flight marked by "… ".
  std::vector<std::string> Storage() const {
    const absl::StatusOr<TransferScan> scan = ScanTransfers(tree_ / "storage", kNight);
    EXPECT_THAT(scan, IsOk());
    EXPECT_THAT(scan->issues, IsEmpty());
    std::vector<std::string> files;
    for (const TransferRow& file : scan->files) {
      files.push_back((file.state == TransferState::kInFlight ? "… " : "") + std::string(file.path));
    }
    return files;
  }

  /// Transfers what is left, at full speed.
  void Resume(std::vector<std::string> options) const {
    EXPECT_EQ(Rsync(Arguments(std::move(options))).Wait(), 0);
  }

  TempTree tree_;
};

TEST_F(RsyncTest, IsSeenInFlightUnderItsTemporaryNameAndArrivedAfterwards) {
  FolderWatch storage(tree_ / "storage/2020-05-01");
  {
    const Rsync rsync(Arguments({"--bwlimit=1024"}));
    ASSERT_TRUE(storage.WaitForPartOf("b.fits"));
    rsync.Signal(SIGSTOP);
    EXPECT_THAT(Storage(),
                ElementsAre(MatchesRegex("… 2020-05-01/\\.b\\.fits\\.[A-Za-z0-9]{6}"), "2020-05-01/a.fits"));
    rsync.BreakLine();
  }
  EXPECT_THAT(Storage(), ElementsAre("2020-05-01/a.fits"));  // rsync took its temporary file away
  Resume({});
  EXPECT_THAT(Storage(), ElementsAre("2020-05-01/a.fits", "2020-05-01/b.fits"));
}

TEST_F(RsyncTest, LeavesItsTemporaryFileInFlightWhenItIsKilled) {
  FolderWatch storage(tree_ / "storage/2020-05-01");
  {
    const Rsync rsync(Arguments({"--bwlimit=1024"}));
    ASSERT_TRUE(storage.WaitForPartOf("b.fits"));
    rsync.Signal(SIGKILL);
    rsync.Wait();
  }
  Resume({});
  // The next rsync does not know of it: only a person can tell that no one writes it any more.
  EXPECT_THAT(Storage(), ElementsAre(MatchesRegex("… 2020-05-01/\\.b\\.fits\\.[A-Za-z0-9]{6}"),
                                     "2020-05-01/a.fits", "2020-05-01/b.fits"));
}

TEST_F(RsyncTest, WithAPartialFolderIsSeenInFlightThereUntilItIsResumed) {
  const std::string option = "--partial-dir=.rsync-partial";
  FolderWatch storage(tree_ / "storage/2020-05-01");
  {
    const Rsync rsync(Arguments({"--bwlimit=1024", option}));
    ASSERT_TRUE(storage.WaitForPartOf("b.fits"));
    rsync.Signal(SIGSTOP);
    EXPECT_THAT(Storage(),
                ElementsAre(MatchesRegex("… 2020-05-01/\\.b\\.fits\\.[A-Za-z0-9]{6}"), "2020-05-01/a.fits"));
    rsync.BreakLine();
  }
  EXPECT_THAT(Storage(), ElementsAre("2020-05-01/a.fits", "… 2020-05-01/.rsync-partial/b.fits"));
  Resume({option});
  EXPECT_THAT(Storage(), ElementsAre("2020-05-01/a.fits", "2020-05-01/b.fits"));
}

TEST_F(RsyncTest, WithPartialLeavesItInFlightUnderItsFinalNameUntilItIsResumed) {
  FolderWatch storage(tree_ / "storage/2020-05-01");
  {
    const Rsync rsync(Arguments({"--bwlimit=1024", "--partial"}));
    ASSERT_TRUE(storage.WaitForPartOf("b.fits"));
    rsync.BreakLine();
  }
  EXPECT_THAT(Storage(), ElementsAre("2020-05-01/a.fits", "… 2020-05-01/b.fits"));
  Resume({"--partial"});
  EXPECT_THAT(Storage(), ElementsAre("2020-05-01/a.fits", "2020-05-01/b.fits"));
}

TEST_F(RsyncTest, WithDelayedUpdatesHasNothingArrivedBeforeAllIs) {
  FolderWatch storage(tree_ / "storage/2020-05-01");
  {
    const Rsync rsync(Arguments({"--bwlimit=1024", "--delay-updates"}));
    ASSERT_TRUE(storage.WaitForPartOf("b.fits"));
    rsync.Signal(SIGSTOP);
    EXPECT_THAT(Storage(), ElementsAre(MatchesRegex("… 2020-05-01/\\.b\\.fits\\.[A-Za-z0-9]{6}"),
                                       "… 2020-05-01/.~tmp~/a.fits"));
    rsync.BreakLine();
  }
  Resume({"--delay-updates"});
  EXPECT_THAT(Storage(), ElementsAre("2020-05-01/a.fits", "2020-05-01/b.fits"));
}

TEST_F(RsyncTest, KeepsTheTimeOfCreationAndGivesOneOfArrival) {
  const UtcTime created = Utc("2020-05-02T03:04:05");
  SetTimes(tree_ / "camera/2020-05-01/a.fits", created, created);
  Resume({});
  const absl::StatusOr<TransferScan> scan = ScanTransfers(tree_ / "storage", kNight);
  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->files[0].creation_time, created);
  EXPECT_GT(scan->files[0].arrival_time, created);
}

TEST_F(RsyncTest, ReplacesAFileByAnotherInodeUnderTheSameName) {
  Resume({});
  const FileId before = ScanTransfers(tree_ / "storage", kNight)->files.file_id()[0];
  tree_.Text("camera/2020-05-01/a.fits", std::string(30'000, 'A'));
  Resume({});
  const absl::StatusOr<TransferScan> after = ScanTransfers(tree_ / "storage", kNight);
  EXPECT_EQ(after->files.size(), 2U);
  EXPECT_EQ(after->files[0].size_bytes, 30'000);
  EXPECT_NE(after->files[0].file_id, before);
}

}  // namespace
}  // namespace obsmon
