#include "files/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <system_error>
#include <utility>

#include "files/system_error.h"

namespace obsmon {
namespace {

// 64 KiB take about 800 entries a call; larger buffers measured no faster.
constexpr std::size_t kListBytes = std::size_t{64} * 1024;

absl::Status LastError() { return SystemError(errno); }

// See kEarliestTime.
UtcTime ToUtc(const statx_timestamp& t) {
  using std::chrono::floor;
  using std::chrono::seconds;
  if (seconds(t.tv_sec) <= floor<seconds>(kEarliestTime.time_since_epoch())) return kEarliestTime;
  if (seconds(t.tv_sec) >= floor<seconds>(kLatestTime.time_since_epoch())) return kLatestTime;
  return UtcTime(seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

FileKind KindOfMode(std::uint16_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileKind::kRegular;
    case S_IFDIR:
      return FileKind::kFolder;
    case S_IFLNK:
      return FileKind::kSymlink;
    default:
      return FileKind::kOther;
  }
}

FileKind KindOfEntry(unsigned char type) {
  switch (type) {
    case DT_REG:
      return FileKind::kRegular;
    case DT_DIR:
      return FileKind::kFolder;
    case DT_LNK:
      return FileKind::kSymlink;
    case DT_UNKNOWN:
      return FileKind::kUnknown;
    default:
      return FileKind::kOther;
  }
}

// What FileFacts has. A network file system may fetch what is asked for, and nothing else.
constexpr unsigned kFacts =
    STATX_TYPE | STATX_INO | STATX_SIZE | STATX_NLINK | STATX_MTIME | STATX_CTIME | STATX_BTIME;
constexpr unsigned kFactsOfStamp = STATX_TYPE | STATX_INO | STATX_MTIME | STATX_CTIME;

absl::StatusOr<FileFacts> StatAt(int fd, const char* name, int flags, unsigned wanted = kFacts) {
  struct statx answer;
  if (statx(fd, name, flags, wanted, &answer) != 0) return LastError();
  FileFacts facts{
      .kind = KindOfMode(answer.stx_mode),
      .file_id = {.device = makedev(answer.stx_dev_major, answer.stx_dev_minor), .inode = answer.stx_ino},
      .size_bytes = static_cast<std::int64_t>(answer.stx_size),
      .num_links = answer.stx_nlink,
      .mtime = ToUtc(answer.stx_mtime),
      .ctime = ToUtc(answer.stx_ctime)};
  if ((answer.stx_mask & STATX_BTIME) != 0) facts.birth_time = ToUtc(answer.stx_btime);
  return facts;
}

absl::StatusOr<std::string> ReadLinkAt(int fd, const char* name) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t length = readlinkat(fd, name, buffer.data(), buffer.size());
  if (length < 0) return LastError();
  return std::string(buffer.data(), static_cast<std::size_t>(length));
}

int OpenFolder(int fd, const char* name, int mode) {
  return openat(fd, name, mode | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
}

}  // namespace

std::filesystem::path AbsolutePath(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::absolute(path, error);
  if (error) return path;
  std::filesystem::path so_far;
  for (const std::filesystem::path& component : whole) {
    so_far /= component;
    if (component != "..") continue;
    std::filesystem::path resolved = std::filesystem::weakly_canonical(so_far, error);
    if (!error) so_far = std::move(resolved);
  }
  whole = so_far.lexically_normal();
  return whole.has_relative_path() && !whole.has_filename() ? whole.parent_path() : whole;
}

std::filesystem::path WithoutLinks(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path whole = AbsolutePath(path);
  std::filesystem::path resolved = std::filesystem::weakly_canonical(whole, error);
  return error ? whole : resolved;
}

// FORCE_SYNC: a network file system is asked, not this machine's memory of what it said a minute ago.
absl::StatusOr<FileFacts> StatPath(const std::string& path, FollowLinks follow) {
  const int no_follow = follow == FollowLinks::kNo ? AT_SYMLINK_NOFOLLOW : 0;
  return StatAt(AT_FDCWD, path.c_str(), AT_STATX_FORCE_SYNC | no_follow, kFactsOfStamp | STATX_SIZE);
}

absl::StatusOr<std::string> ReadLink(const std::string& path) { return ReadLinkAt(AT_FDCWD, path.c_str()); }

absl::StatusOr<FileFacts> StatOpenFile(int descriptor) { return StatAt(descriptor, "", AT_EMPTY_PATH); }

absl::StatusOr<FileFacts> Directory::StatNow(const char* name) const {
  return StatAt(fd_, name, AT_STATX_FORCE_SYNC, kFactsOfStamp);
}

absl::StatusOr<Directory> Directory::Open(const std::string& path) {
  const int fd = OpenFolder(AT_FDCWD, path.c_str(), O_RDONLY);
  if (fd < 0) return LastError();
  return Directory(fd);
}

absl::StatusOr<Directory> Directory::OpenToEnter(const std::string& path) {
  const int fd = OpenFolder(AT_FDCWD, path.c_str(), O_PATH);
  if (fd < 0) return LastError();
  Directory folder(fd);
  // O_PATH asks for no right at all; only a look at an entry does.
  if (absl::StatusOr<FileFacts> self = folder.Stat(".", FollowLinks::kNo); !self.ok()) return self.status();
  return folder;
}

absl::StatusOr<Directory> Directory::OpenAt(const std::string& name) const {
  const int fd = OpenFolder(fd_, name.c_str(), O_RDONLY);
  if (fd < 0) return LastError();
  return Directory(fd);
}

Directory::~Directory() {
  if (fd_ >= 0) close(fd_);
}

Directory::Directory(Directory&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Directory& Directory::operator=(Directory&& other) noexcept {
  std::swap(fd_, other.fd_);  // `other` closes what was held here
  return *this;
}

absl::Status Directory::List(absl::FunctionRef<void(const ListedEntry& entry)> take) const {
  // The list is read from its beginning however often it is asked for.
  if (lseek(fd_, 0, SEEK_SET) != 0) return LastError();
  alignas(dirent64) std::array<char, kListBytes> buffer;
  for (;;) {
    const ssize_t filled = getdents64(fd_, buffer.data(), buffer.size());
    if (filled < 0) {
      if (errno == EINTR) continue;
      return LastError();
    }
    if (filled == 0) return absl::OkStatus();
    for (ssize_t at = 0; at < filled;) {
      const auto* found = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += found->d_reclen;
      const char* name = found->d_name;
      if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
      take({.name = name, .kind = KindOfEntry(found->d_type), .inode = found->d_ino});
    }
  }
}

absl::StatusOr<FileFacts> Directory::Stat(const char* name, FollowLinks follow) const {
  return StatAt(fd_, name, follow == FollowLinks::kYes ? 0 : AT_SYMLINK_NOFOLLOW);
}

absl::StatusOr<FileFacts> Directory::Stat() const { return StatOpenFile(fd_); }

absl::StatusOr<std::string> Directory::RealPath() const {
  return obsmon::ReadLink("/proc/self/fd/" + std::to_string(fd_));
}

absl::StatusOr<std::string> Directory::ReadLink(const char* name) const { return ReadLinkAt(fd_, name); }

}  // namespace obsmon
