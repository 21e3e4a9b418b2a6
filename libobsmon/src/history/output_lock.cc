#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "files/descriptor.h"
#include "files/system_error.h"
#include "history/file_lock.h"
#include "history/lock_heartbeat.h"
#include "history/lock_record.h"
#include "obsmon/history.h"
#include "status_macros.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

constexpr const char* kLockName = ".monitor.lock";
// There for a moment, where the file system has no locks and a run has died.
constexpr const char* kTakeoverName = ".monitor.lock.takeover";
constexpr const char* kClockName = ".monitor.lock.clock";

// A lock file that vanishes again and again means that runs end at this very moment, one after the other.
constexpr int kMaxTries = 100;

LockRecord RecordIn(int file) {
  std::array<char, 1024> text{};
  const ssize_t length = pread(file, text.data(), text.size(), 0);
  return LockRecord::Parse({text.data(), length > 0 ? static_cast<std::size_t>(length) : 0});
}

/// Who holds the lock: "process 4711 on lsst-dev, since 2020-05-02T03:04:05Z".
std::string HolderOf(const LockRecord& record) {
  return record.who.empty() ? "another process" : EscapeForDisplay(record.who);
}

// In this order, so that the file is not empty in between: where the file is the lock, that tells nothing of
// its holder, and one that is killed then would be waited for.
bool WriteAll(int file, const std::string& text) {
  return pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
         ftruncate(file, static_cast<off_t>(text.size())) == 0;
}

// The time is what the file system says of the first write; there is no other clock here.
bool WriteHolder(int file, LockKeeper keeper) {
  LockRecord record{.who = ThisProcess(), .keeper = keeper, .holder = ProcessId::Self()};
  struct stat written {};
  if (!WriteAll(file, record.ToString()) || fstat(file, &written) != 0) return false;
  record.who += ", since " + FormatUtc(UtcTime{std::chrono::seconds(written.st_mtim.tv_sec)});
  return WriteAll(file, record.ToString());
}

/// Whether the lock file's name still stands for `file`.
bool IsStillNamed(int folder, int file) {
  struct stat named {};
  struct stat opened {};
  return fstatat(folder, kLockName, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(file, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

/// A lock file, opened.
struct LockFile {
  Descriptor file;
  bool is_new = false;  ///< this process made it
};

absl::StatusOr<LockFile> OpenLockFile(int folder, const std::filesystem::path& folder_name) {
  // No link is followed: what a lock file is overwritten with must not land in a file elsewhere.
  constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  for (int i = 0; i < kMaxTries; ++i) {
    // In two steps: where the kernel keeps no lock, the right to write belongs to who has made the file.
    Descriptor made(openat(folder, kLockName, kFlags | O_CREAT | O_EXCL, 0666));
    if (made.get() >= 0) return LockFile{.file = std::move(made), .is_new = true};
    if (errno != EEXIST) {
      return SystemError(errno, fmt::format("{}: nothing can be written there", folder_name.string()),
                         "let this user write in the output folder, or name another");
    }
    Descriptor found(openat(folder, kLockName, kFlags));
    if (found.get() >= 0) return LockFile{.file = std::move(found), .is_new = false};
    if (errno != ENOENT) break;
  }
  return SystemError(errno, (folder_name / kLockName).string(),
                     "let this user write it, or remove it while no run is at work");
}

absl::Status Held(const std::string& path, const LockRecord& record) {
  return absl::AbortedError(fmt::format("{}: {} is writing in this output folder; wait until it has ended",
                                        path, HolderOf(record)));
}

// ---- Where the file system has no locks: the file's existence is the lock.

absl::Status HeldByFile(const std::string& path, const LockRecord& record) {
  return absl::AbortedError(fmt::format(
      "{}: {} is writing in this output folder; wait until it has ended (this file system has no locks: a "
      "holder on this machine is dead when its process is gone, any other when the file has not been touched "
      "for {} minutes)",
      path, HolderOf(record), kLockSilence.count()));
}

std::chrono::nanoseconds ModifiedAt(const struct stat& facts) {
  return std::chrono::seconds(facts.st_mtim.tv_sec) + std::chrono::nanoseconds(facts.st_mtim.tv_nsec);
}

/// How long ago `file` was touched, by the clock of its file system, which `probe` is touched to read: those
/// of two machines differ. Zero where that can't be told.
std::chrono::nanoseconds SilenceOf(int file, int probe) {
  struct stat then {};
  struct stat now {};
  if (futimens(probe, nullptr) != 0 || fstat(probe, &now) != 0 || fstat(file, &then) != 0) return {};
  return ModifiedAt(now) - ModifiedAt(then);
}

/// Removes the file `name` if the process that made it is dead.
void RemoveIfDead(int folder, const char* name, int probe) {
  const Descriptor file(openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return;
  if (IsDead(RecordIn(file.get()).holder, SilenceOf(file.get(), probe))) unlinkat(folder, name, 0);
}

// One at a time: between the judgement of a dead run's file and its removal no other run may put its own
// there. So only who has made kTakeoverName removes another's lock file. The run that a takeover itself was
// killed in is judged alike; that turn ends with it, and the next run goes on.
void RemoveDeadHolder(int folder) {
  const Descriptor clock(openat(folder, kClockName, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (clock.get() < 0) return;
  const Descriptor turn(openat(folder, kTakeoverName, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (turn.get() < 0) {
    RemoveIfDead(folder, kTakeoverName, clock.get());
  } else {
    if (WriteHolder(turn.get(), LockKeeper::kFile)) RemoveIfDead(folder, kLockName, clock.get());
    unlinkat(folder, kTakeoverName, 0);
  }
  unlinkat(folder, kClockName, 0);
}

/// OK where the file is ours from now on.
absl::Status HoldByFile(int folder, const LockFile& lock, const std::string& path) {
  if (lock.is_new) {
    if (WriteHolder(lock.file.get(), LockKeeper::kFile)) return absl::OkStatus();
    const int error = errno;
    unlinkat(folder, kLockName, 0);
    return SystemError(error, path, "this file system has no locks, so that the file has to name its holder");
  }
  const LockRecord record = RecordIn(lock.file.get());
  RemoveDeadHolder(folder);
  // Still there: it is held. Else the next try makes it, unless another run is faster.
  return IsStillNamed(folder, lock.file.get()) ? HeldByFile(path, record) : absl::UnavailableError("");
}

}  // namespace

std::filesystem::path OutputLock::FileIn(const std::filesystem::path& output_dir) {
  return output_dir / kLockName;
}

absl::StatusOr<OutputLock> OutputLock::Acquire(const std::filesystem::path& output_dir) {
  const std::string path = FileIn(output_dir).string();
  Descriptor folder(open(output_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return SystemError(errno, output_dir.string(), "name an output folder that is there");
  for (int i = 0; i < kMaxTries; ++i) {
    OBSMON_ASSIGN_OR_RETURN(LockFile lock, OpenLockFile(folder.get(), output_dir));
    const int file = lock.file.get();
    const LockResult result = TryLock(file, kLockCalls);
    if (result == LockResult::kHeld) return Held(path, RecordIn(file));
    if (result == LockResult::kFailed) return SystemError(errno, path, "name another output folder");
    // The second: a holder whose call for a lock failed, while that of this run did not.
    if (result == LockResult::kUnsupported || (!lock.is_new && RecordIn(file).keeper == LockKeeper::kFile)) {
      const absl::Status held = HoldByFile(folder.get(), lock, path);
      if (absl::IsUnavailable(held)) continue;
      if (!held.ok()) return held;
      OutputLock ours(folder.Release(), lock.file.Release());
      try {
        ours.heartbeat_ = std::make_unique<LockHeartbeat>(file);
      } catch (const std::system_error& error) {
        return SystemError(error.code().value(), path, "it takes a thread to hold it; end other programs");
      }
      return ours;
    }
    // The holder of before may have removed the file after it was opened here: then this lock keeps nobody
    // out, for the next run makes a file of its own.
    if (!IsStillNamed(folder.get(), file)) continue;
    WriteHolder(file, LockKeeper::kKernel);  // for people: a disk too full for it does not take the lock away
    return OutputLock(folder.Release(), lock.file.Release());
  }
  return absl::AbortedError(fmt::format("{}: other runs take it in turn; try again later", path));
}

// Removed while it is still locked, and only if it is ours: someone may have deleted it by hand, and another
// run made its own. Where it can't be removed it is emptied, for it should not name a process that is gone.
OutputLock::~OutputLock() {
  if (file_ < 0) return;
  heartbeat_.reset();
  if (IsStillNamed(folder_, file_) && unlinkat(folder_, kLockName, 0) != 0) {
    static_cast<void>(ftruncate(file_, 0) == 0);  // there is no more to be done
  }
  close(file_);
  close(folder_);
}

OutputLock::OutputLock(int folder, int file) : folder_(folder), file_(file) {}

OutputLock::OutputLock(OutputLock&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)),
      file_(std::exchange(other.file_, -1)),
      heartbeat_(std::move(other.heartbeat_)) {}

OutputLock& OutputLock::operator=(OutputLock&& other) noexcept {
  OutputLock taken(std::move(other));  // and what was held before is released here
  std::swap(folder_, taken.folder_);
  std::swap(file_, taken.file_);
  std::swap(heartbeat_, taken.heartbeat_);
  return *this;
}

}  // namespace obsmon
