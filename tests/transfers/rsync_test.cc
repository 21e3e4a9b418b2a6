// A real rsync, stopped in the middle: what it leaves in storage is seen in flight, and arrived once it has
// been resumed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

#include "obsmon/match.h"
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

  /// Waits until rsync has written a part of `file`, under a temporary name or, --inplace, its own. False
  /// after a minute without.
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
        if (name == file) return true;
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
    // No fork: a child of ThreadSanitizer's may wait for ever for a lock that its own thread had at that
    // moment (https://github.com/llvm/llvm-project/pull/96600).
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);  // one of its own
    const int error = posix_spawnp(&group_, "rsync", nullptr, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) throw std::system_error(error, std::generic_category(), "rsync");
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

/// A way in which rsync leaves what is not whole.
struct Way {
  std::string name{};
  std::vector<std::string> options{};
  bool in_place = false;            ///< no sign but that the file has just been written to
  bool after_a_killed_one = false;  ///< whose leavings are still there
};

class RsyncWays : public RsyncTest {
 protected:
  struct Found {
    std::string path;
    std::int64_t size_bytes;
    Verdict verdict;
  };

  /// What is there of b.fits, as of so long after the last change.
  std::vector<Found> OfLargeFile(std::chrono::seconds age) const {
    const TransferScan scan = ScanTransfers(tree_ / "storage", kNight).value();
    UtcTime last{};
    for (const UtcTime time : scan.files.arrival_time()) last = std::max(last, time);
    const NightMatch match = MatchNight(scan.files, {}, last + age);
    std::vector<Found> found;
    for (std::size_t row = 0; row < scan.files.size(); ++row) {
      const TransferRow file = scan.files[row];
      if (file.path.find("b.fits") == std::string_view::npos) continue;
      found.push_back(
          {.path = std::string(file.path), .size_bytes = file.size_bytes, .verdict = match.verdict[row]});
    }
    return found;
  }

  /// Whether all that there is of an unfinished file is in flight, or, in place, at least settling.
  bool IsUnfinished(const Way& way) const {
    return std::ranges::all_of(OfLargeFile(std::chrono::seconds{1}), [&](const Found& file) {
      return file.verdict == Verdict::kInFlight || (way.in_place && file.verdict == Verdict::kSettling);
    });
  }

  /// Whether the file has arrived, whole; what killed ones have left is in flight for an hour, then ignored.
  bool HasArrived() const {
    for (const auto& [age, arrived, left_over] :
         {std::tuple(std::chrono::seconds{1}, Verdict::kSettling, Verdict::kInFlight),
          std::tuple(std::chrono::seconds{7200}, Verdict::kNotIngested, Verdict::kIgnored)}) {
      int num_arrived = 0;
      for (const Found& file : OfLargeFile(age)) {
        const bool is_final = file.path == "2020-05-01/b.fits";
        if (file.verdict != (is_final ? arrived : left_over)) return false;
        if (is_final && file.size_bytes == kLargeBytes) ++num_arrived;
      }
      if (num_arrived != 1) return false;
    }
    return true;
  }

  /// Begins a transfer and, in the middle, sends the signal to all of its processes; then `look` is called.
  template <typename Look>
  bool InTheMiddle(const Way& way, int signal, Look look) {
    FolderWatch storage(tree_ / "storage/2020-05-01");
    std::vector<std::string> options = way.options;
    options.insert(options.begin(), "--bwlimit=1024");
    const Rsync rsync(Arguments(options));
    EXPECT_TRUE(storage.WaitForPartOf("b.fits")) << way.name;
    rsync.Signal(signal);
    if (signal != SIGSTOP) rsync.Wait();
    return look();
  }

  static constexpr std::int64_t kLargeBytes = 32 << 20;
};

TEST_F(RsyncWays, AreJudgedRightInAll24OfTheirStates) {
  const std::vector<Way> ways = {{.name = "temporary names"},
                                 {.name = "--partial", .options = {"--partial"}},
                                 {.name = "--partial-dir", .options = {"--partial-dir=.rsync-partial"}},
                                 {.name = "--delay-updates", .options = {"--delay-updates"}},
                                 {.name = "--inplace", .options = {"--inplace"}, .in_place = true},
                                 {.name = "after a killed one", .after_a_killed_one = true}};
  int right = 0;
  const auto count = [&right](const Way& way, std::string_view state, bool is_right) {
    EXPECT_TRUE(is_right) << way.name << ", " << state;
    right += is_right ? 1 : 0;
  };
  for (const Way& way : ways) {
    const auto unfinished = [&] { return IsUnfinished(way); };
    const auto begin_anew = [&] {
      std::filesystem::remove_all(tree_ / "storage/2020-05-01");
      tree_.Folder("storage/2020-05-01");
      if (way.after_a_killed_one) InTheMiddle(way, SIGKILL, [] { return true; });
    };
    begin_anew();
    count(way, "running", InTheMiddle(way, SIGSTOP, unfinished));
    begin_anew();
    count(way, "interrupted", InTheMiddle(way, SIGINT, unfinished));
    begin_anew();
    count(way, "killed", InTheMiddle(way, SIGKILL, unfinished));
    Resume(way.options);
    count(way, "resumed", HasArrived());
  }
  EXPECT_EQ(right, 24);
  RecordProperty("right", right);
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
