// What stages share that gather stamps of folders.
#ifndef OBSMON_SRC_FILES_FOLDER_STAMPS_H_
#define OBSMON_SRC_FILES_FOLDER_STAMPS_H_

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "files/directory.h"
#include "obsmon/files.h"

namespace obsmon {

/// A change so shortly after another may bear the same time.
///
/// Linux stamps inodes from the clock of the last timer tick, up to 10 ms old at 100 Hz; a network file
/// system by its server's clock, and some keep whole seconds only. Two seconds cover all of these (FAT's
/// grain is 2 s as well).
inline constexpr std::chrono::seconds kClockGrain{2};

/// A folder's and a file's times are of their file server's clock, which may lag behind ours by so much; a
/// difference that is larger somebody notices.
inline constexpr std::chrono::minutes kClocksApart{1};

/// The stamp of a folder that was asked.
inline FolderStamp StampOf(std::string path, const FileFacts& folder) {
  return {.path = std::move(path),
          .exists = true,
          .file_id = folder.file_id,
          .modified = folder.mtime,
          .changed = folder.ctime};
}

/// The stamp of a folder in which something is looked for that may be absent. One that can't be asked gets
/// the stamp of an absent one: a later look can't ask it either, or finds that it is there, and looks again.
inline FolderStamp StampOrNothing(const std::filesystem::path& folder) {
  absl::StatusOr<FolderStamp> stamp = StampFolder(folder);
  return stamp.ok() ? *std::move(stamp) : FolderStamp{.path = folder.string()};
}

/// The folders by which links lead to their files: of each link, and of each that it leads to, the one in
/// which its target lies. A link's own folder stays as it is when its file goes, or is another.
class WaysOfLinks {
 public:
  /// `target` is the text of the link at `path`, which is absolute.
  void Add(std::string path, std::string target);
  /// Each folder once.
  std::vector<FolderStamp> Take() && { return std::move(stamps_); }

 private:
  absl::flat_hash_set<std::string> known_;
  std::vector<FolderStamp> stamps_;
};

/// Links to folders are followed, but not from link to link for ever: where folders lead to each other, the
/// ways through them double with each.
inline constexpr int kMostLinksOnTheWay = 2;
inline absl::Status TooManyLinks() {
  return absl::FailedPreconditionError(
      "is reached by a link in a folder that a link in a folder of a link leads to; not entered");
}

/// Whether a folder is as it was: the same one, in which no name has changed.
inline bool AreAlike(const FolderStamp& before, const FolderStamp& now) {
  return before.exists == now.exists && before.file_id == now.file_id && before.modified == now.modified &&
         before.changed == now.changed;
}
/// The same; false where it is not known how it was.
inline bool AreAlike(const std::optional<FolderStamp>& before, const FolderStamp& now) {
  return before && AreAlike(*before, now);
}

/// Sorts by path. A folder that was visited more than once keeps its first stamp: what changed in between
/// must show at the next look.
inline void SortAndKeepFirst(std::vector<FolderStamp>& stamps) {
  std::ranges::stable_sort(stamps, {}, &FolderStamp::path);
  // Not std::ranges::unique: clang 14 can't compile libstdc++ 12's subrange.
  stamps.erase(std::unique(stamps.begin(), stamps.end(),
                           [](const FolderStamp& a, const FolderStamp& b) { return a.path == b.path; }),
               stamps.end());
}

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_FOLDER_STAMPS_H_
