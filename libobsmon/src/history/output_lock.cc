#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "history/file_lock.h"
#include "obsmon/history.h"
#include "status_macros.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

constexpr const char* kLockName = ".monitor.lock";

// A lock file that vanishes again and again means that runs end at this very moment, one after the other.
constexpr int kMaxTries = 100;

/// A descriptor that is closed at the end of its scope unless it is released.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

absl::Status SystemError(int error, const std::string& what, std::string_view what_to_do) {
  return {absl::ErrnoToStatusCode(error == EROFS ? EACCES : error),
          fmt::format("{}: {}; {}", what, std::strerror(error), what_to_do)};
}

/// Who holds the lock, as the file says: "process 4711 on lsst-dev, since 2020-05-02T03:04:05Z".
std::string HolderIn(int file) {
  std::array<char, 256> text{};
  const ssize_t length = pread(file, text.data(), text.size(), 0);
  std::string_view holder(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  holder = holder.substr(0, holder.find('\n'));
  return holder.empty() ? "another process" : EscapeForDisplay(holder);
}

std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "an unknown host";
  return name.data();
}

bool WriteAll(int file, const std::string& text) {
  return ftruncate(file, 0) == 0 &&
         pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

// For people only: a disk too full for it does not take the lock away. The time is what the file system says
// of the first write; there is no other clock here.
void WriteHolder(int file) {
  const std::string who = fmt::format("process {} on {}", getpid(), HostName());
  struct stat written {};
  if (!WriteAll(file, who + "\n") || fstat(file, &written) != 0) return;
  const UtcTime since{std::chrono::seconds(written.st_mtim.tv_sec)};
  WriteAll(file, fmt::format("{}, since {}\n", who, FormatUtc(since)));
}

/// Whether the lock file's name still stands for `file`.
bool IsStillNamed(int folder, int file) {
  struct stat named {};
  struct stat opened {};
  return fstatat(folder, kLockName, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(file, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

absl::StatusOr<Descriptor> OpenLockFile(int folder, const std::string& path) {
  // No link is followed: what a lock file is overwritten with must not land in a file elsewhere.
  Descriptor file(openat(folder, kLockName, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (file.get() >= 0) return file;
  return SystemError(errno, path, "let this user write it, or remove it while no run is at work");
}

absl::Status LockError(LockResult result, int error, int file, const std::string& path) {
  if (result == LockResult::kHeld) {
    return absl::AbortedError(fmt::format("{}: {} is writing in this output folder; wait until it has ended",
                                          path, HolderIn(file)));
  }
  if (result == LockResult::kUnsupported) {
    return absl::FailedPreconditionError(
        fmt::format("{}: this file system has no locks ({}); name an output folder on another", path,
                    std::strerror(error)));
  }
  return SystemError(error, path, "name another output folder");
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
    OBSMON_ASSIGN_OR_RETURN(Descriptor file, OpenLockFile(folder.get(), path));
    const LockResult result = TryLock(file.get(), kLockCalls);
    if (result != LockResult::kLocked) return LockError(result, errno, file.get(), path);
    // The holder of before may have removed the file after it was opened here: then this lock keeps nobody
    // out, for the next run makes a file of its own.
    if (!IsStillNamed(folder.get(), file.get())) continue;
    WriteHolder(file.get());
    return OutputLock(folder.Release(), file.Release());
  }
  return absl::AbortedError(fmt::format("{}: other runs take it in turn; try again later", path));
}

// Removed while it is still locked, and only if it is ours: someone may have deleted it by hand, and another
// run made its own. Emptied first, for where it can't be removed it should not name a process that is gone.
OutputLock::~OutputLock() {
  if (file_ < 0) return;
  if (ftruncate(file_, 0) == 0 && IsStillNamed(folder_, file_)) unlinkat(folder_, kLockName, 0);
  close(file_);
  close(folder_);
}

OutputLock::OutputLock(OutputLock&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)), file_(std::exchange(other.file_, -1)) {}

OutputLock& OutputLock::operator=(OutputLock&& other) noexcept {
  OutputLock taken(std::move(other));  // and what was held before is released here
  std::swap(folder_, taken.folder_);
  std::swap(file_, taken.file_);
  return *this;
}

}  // namespace obsmon
