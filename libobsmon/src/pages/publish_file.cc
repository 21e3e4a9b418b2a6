#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "files/descriptor.h"
#include "obsmon/pages.h"
#include "status_macros.h"

namespace obsmon {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::StatusCode::kResourceExhausted;
    case ENOENT:
    case ENOTDIR:
      return absl::StatusCode::kNotFound;
    default:
      return absl::StatusCode::kInternal;
  }
}

std::string_view AdviceOn(int error) {
  if (error == EISDIR || error == ENOTEMPTY || error == EEXIST) return "a folder is in the way: move it";
  switch (CodeOf(error)) {
    case absl::StatusCode::kPermissionDenied:
      return "let this user write to the folder";
    case absl::StatusCode::kResourceExhausted:
      return "free some space; until then the page that was there stays";
    case absl::StatusCode::kNotFound:
      return "make the folder first";
    default:
      return "look at the disk; the page that was there stays";
  }
}

absl::Status CannotWrite(const std::filesystem::path& file, int error) {
  return absl::Status(CodeOf(error), fmt::format("{} can't be written: {}; {}", file.string(),
                                                 std::strerror(error), AdviceOn(error)));
}

// A file that is written beside its final place, and gone with this object unless it was renamed.
//
// Its name depends on the final one alone, so that what a killed run has left is used up by the next one. Two
// runs that publish the same file at once take turns, by a lock on it.
class TemporaryFile {
 public:
  static absl::StatusOr<TemporaryFile> Beside(const std::filesystem::path& file) {
    const std::string path =
        (file.parent_path() / fmt::format(".{}.obsmon", file.filename().string())).string();
    constexpr int kMaxTurns = 1'000;  // of others before us
    for (int turn = 0; turn < kMaxTurns; ++turn) {
      Descriptor fd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
      if (!fd.valid() && errno == EINTR) continue;
      if (!fd.valid()) return CannotWrite(file, errno);
      // Where the file system has no locks, one run at a time has to do: what holds for updates anyway.
      while (flock(fd.get(), LOCK_EX) != 0 && errno == EINTR) continue;
      // Whoever had it before us may have renamed it: then it is a published file, and not to be touched.
      if (!IsAt(fd.get(), path)) continue;
      TemporaryFile temporary(std::move(fd), path);
      if (ftruncate(temporary.fd_.get(), 0) != 0) return CannotWrite(file, errno);
      return temporary;
    }
    return CannotWrite(file, EBUSY);
  }

  ~TemporaryFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;

  // Each returns 0 or an errno.

  int Write(std::string_view contents) {
    while (!contents.empty()) {
      const ssize_t written = write(fd_.get(), contents.data(), contents.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return errno;
      if (written == 0) return EIO;  // no file system does this; if one did, we would write for ever
      contents.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
  }

  int Flush() { return fsync(fd_.get()) != 0 ? errno : 0; }

  int RenameTo(const std::filesystem::path& file) {
    if (rename(path_.c_str(), file.c_str()) != 0) return errno;
    path_.clear();
    return fd_.Close();  // not before: with it the lock is gone
  }

 private:
  static bool IsAt(int fd, const std::string& path) {
    struct stat open_file;
    struct stat there;
    return fstat(fd, &open_file) == 0 && lstat(path.c_str(), &there) == 0 &&
           open_file.st_dev == there.st_dev && open_file.st_ino == there.st_ino;
  }

  TemporaryFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Descriptor fd_;
  std::string path_;  // empty once it has its final name
};

// False as well where it can't be read: then it is written anew.
bool Contains(const std::filesystem::path& file, std::string_view contents) {
  const Descriptor fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts;
  if (!fd.valid() || fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
  if (static_cast<std::size_t>(facts.st_size) != contents.size()) return false;
  std::array<char, 65'536> buffer;
  while (!contents.empty()) {
    const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    if (!contents.starts_with(std::string_view(buffer.data(), static_cast<std::size_t>(n)))) return false;
    contents.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Makes the rename last through a crash. Some file systems know no fsync of a folder; they say EINVAL. And
// who may write into a folder need not be allowed to read it, without which it can't be asked for: the file
// is there all the same.
int FlushFolderOf(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const Descriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return errno == EACCES ? 0 : errno;
  return fsync(fd.get()) != 0 && errno != EINVAL ? errno : 0;
}

}  // namespace

absl::Status PublishFile(const std::filesystem::path& file, std::string_view contents) {
  if (Contains(file, contents)) return absl::OkStatus();
  OBSMON_ASSIGN_OR_RETURN(TemporaryFile temporary, TemporaryFile::Beside(file));
  if (const int error = temporary.Write(contents); error != 0) return CannotWrite(file, error);
  if (const int error = temporary.Flush(); error != 0) return CannotWrite(file, error);
  if (const int error = temporary.RenameTo(file); error != 0) return CannotWrite(file, error);
  if (const int error = FlushFolderOf(file); error != 0) return CannotWrite(file, error);
  return absl::OkStatus();
}

}  // namespace obsmon
