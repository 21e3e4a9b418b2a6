// A folder held open by its descriptor, listed with getdents64 and asked with statx relative to it: one
// system call a file, no path resolved twice. The only place that makes these calls.
//
// Threads: one Directory may be used by several threads for Stat, by one for List.
#ifndef OBSMON_SRC_FILES_DIRECTORY_H_
#define OBSMON_SRC_FILES_DIRECTORY_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/files.h"

namespace obsmon {

enum class FileKind : std::uint8_t { kRegular, kFolder, kSymlink, kOther, kUnknown };

/// What the file system says of one file.
struct FileFacts {
  FileKind kind = FileKind::kUnknown;
  FileId file_id{};
  std::int64_t size_bytes = 0;
  std::uint32_t num_links = 0;
  UtcTime mtime{};
  UtcTime ctime{};
  std::optional<UtcTime> birth_time{};  ///< where the file system keeps it
};

/// One entry of a folder, as its listing tells.
struct ListedEntry {
  const char* name = nullptr;          ///< ended by a NUL, and valid while it is being told
  FileKind kind = FileKind::kUnknown;  ///< kUnknown where the file system does not say it without a stat
  std::uint64_t inode = 0;             ///< of the entry itself, a link not followed
};

enum class FollowLinks : std::uint8_t { kNo, kYes };

/// `path` from the root on, without ".", ".." and a slash at its end: one spelling for all that compare paths
/// as text. A ".." leads where the system says, which after a link is not back. As it is where the working
/// folder is gone.
std::filesystem::path AbsolutePath(const std::filesystem::path& path);
/// The same with no link on the way, as far as it is there.
std::filesystem::path WithoutLinks(const std::filesystem::path& path);

/// What kind of file or folder `path` is now, its identity, size, mtime and ctime, following links; a network
/// file system's server is asked, not its cache. The Status's message is the system's clause, without the
/// path, as of all functions here.
absl::StatusOr<FileFacts> StatPath(const std::string& path, FollowLinks follow = FollowLinks::kYes);

/// The text of the symbolic link `path`.
absl::StatusOr<std::string> ReadLink(const std::string& path);

/// Of a file that is open.
absl::StatusOr<FileFacts> StatOpenFile(int descriptor);

class Directory {
 public:
  /// Opens `path`, following links.
  static absl::StatusOr<Directory> Open(const std::string& path);
  /// Opens `path` for OpenAt, Stat and ReadLink alone: this needs the right to enter the folder, but not the
  /// right to list it. List fails.
  static absl::StatusOr<Directory> OpenToEnter(const std::string& path);
  /// Opens the folder `name` in this one, following a link.
  absl::StatusOr<Directory> OpenAt(const std::string& name) const;

  ~Directory();
  Directory(Directory&& other) noexcept;
  Directory& operator=(Directory&& other) noexcept;

  /// Calls `take` with every entry but "." and "..", in no order.
  absl::Status List(absl::FunctionRef<void(const ListedEntry& entry)> take) const;

  /// kNotFound where there is no such entry (or, following, no target). Of "." it gives what Stat() gives,
  /// but only where entries of the folder may be asked at all.
  absl::StatusOr<FileFacts> Stat(const char* name, FollowLinks follow) const;
  /// Of the folder itself.
  absl::StatusOr<FileFacts> Stat() const;
  /// Where the folder lies, with no link on the way; kNotFound where /proc is not mounted.
  absl::StatusOr<std::string> RealPath() const;
  /// What StatPath tells but for the size, of the entry `name`.
  absl::StatusOr<FileFacts> StatNow(const char* name) const;
  /// The text of the symbolic link `name`.
  absl::StatusOr<std::string> ReadLink(const char* name) const;

 private:
  explicit Directory(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_DIRECTORY_H_
