// What every stage that looks at a disk shares: the identity of a file, trouble with one entry, and the stamp
// of a folder by which a later look knows that nothing in it has changed.
//
// Threads: these are values; const access from any thread.
#ifndef OBSMON_FILES_H_
#define OBSMON_FILES_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/night.h"

namespace obsmon {

/// What makes two names the same file: `st_dev` and `st_ino`. Both are needed, each whole: Lustre's inode
/// numbers use all 64 bits, and two file systems repeat each other's. Meaningful within one look on one
/// machine.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  friend bool operator==(const FileId&, const FileId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const FileId& id) {
    return H::combine(std::move(h), id.device, id.inode);
  }
};

/// What a file was found to be, by which it is known again.
struct FoundFile {
  FileId file_id{};  ///< links followed
  std::int64_t size_bytes = 0;
  UtcTime mtime{};

  friend bool operator==(const FoundFile&, const FoundFile&) = default;
};

/// The first 64 bits of the checksum of a file's bytes that a Butler records (BLAKE2b, of 512 bits);
/// kNoChecksum where it is not known. Two files that differ have the same by chance once in 10^19.
using Checksum = std::uint64_t;
inline constexpr Checksum kNoChecksum = 0;

/// Trouble with one entry: a folder without permission, a name that vanished between listing and stat. It is
/// data of the report, shown on the page, and never the end of the night.
struct ScanIssue {
  std::string path{};      ///< absolute
  absl::Status status{};   ///< what the system said; its message is one clause without the path
  bool is_option = false;  ///< an option of the stream names what can't be read: a log, or a list
  /// No file is left out of the report for it: a link back to a folder that it lies in, or a pipe.
  bool leaves_nothing_out = false;
};

/// How a folder was found at a look. Where a name was added to it, removed from it or renamed in it since,
/// its stamp differs — except within the grain of the file system's clock (see IsRacy).
///
/// Its mtime alone would not tell: rsync -a, cp -a and tar give a folder the time that it has at its source,
/// before they fill it and after. Its ctime nobody can set.
struct FolderStamp {
  std::string path{};   ///< absolute
  bool exists = false;  ///< false: there was no such folder, and the other fields say nothing
  FileId file_id{};
  UtcTime modified{};  ///< mtime
  UtcTime changed{};   ///< ctime
  /// Of a folder of storage that a look has listed, and that holds plain files alone: how many. Absent of any
  /// other, such as one with folders, links, hidden names or transfers under way.
  std::optional<std::int64_t> num_plain_files{};

  friend bool operator==(const FolderStamp&, const FolderStamp&) = default;
};

/// The stamp of the folder `path` now. A folder that can't be asked for any other reason than its absence is
/// an error: it may not be taken for absent. Follows symbolic links.
absl::StatusOr<FolderStamp> StampFolder(const std::filesystem::path& path);

/// Whether `stamp`, taken during a look that began at `look_began`, can't be trusted later: the folder had
/// changed so shortly before that another change could fall within the same tick of the clock (git's "racy"
/// rule).
bool IsRacy(const FolderStamp& stamp, UtcTime look_began);

/// Whether every folder of `stamps` still is as stamped. False as well when one of them can't be asked.
bool AreUnchanged(std::span<const FolderStamp> stamps);

/// Told how far long work has come: the stage ("scan", "registry", "checksums", "nights", "streams"), what is
/// done of it, and how much there is, 0 when that is not known yet. Of a scan, what is done are the entries
/// of folders, files and folders alike. Called by one thread at a time, which is the caller's unless a
/// function says otherwise; within a stage at most every 50 ms, but for each night and each stream that is
/// done. What it throws comes out of the function that it was given to.
using Progress = std::function<void(std::string_view stage, std::int64_t done, std::int64_t total)>;

/// How a caller follows long work, and ends it.
struct WorkControl {
  Progress progress{};     ///< may be empty
  std::stop_token stop{};  ///< once stop is requested the call returns kCancelled soon, nothing half-written
  int num_threads =
      0;  ///< threads for work that waits for a disk; 0 lets obsmon choose. No result depends on it
};

}  // namespace obsmon

#endif  // OBSMON_FILES_H_
