#include <algorithm>
#include <cerrno>
#include <chrono>

#include "absl/status/statusor.h"
#include "files/directory.h"
#include "files/system_error.h"
#include "obsmon/files.h"

namespace obsmon {
namespace {

// Linux stamps inodes from the clock of the last timer tick, up to 10 ms old at 100 Hz; a network file system
// by its server's clock, and some keep whole seconds only. Two seconds cover all of these (FAT's grain is 2 s
// as well).
constexpr std::chrono::seconds kClockGrain{2};

// ENOTDIR: a file stands where one of the path's folders would be.
bool IsAbsence(const absl::Status& status) {
  return absl::IsNotFound(status) || status == SystemError(ENOTDIR);
}

}  // namespace

absl::StatusOr<FolderStamp> StampFolder(const std::filesystem::path& path) {
  FolderStamp stamp{.path = path.string()};
  const absl::StatusOr<FileFacts> facts = StatPath(stamp.path);
  if (!facts.ok()) {
    if (IsAbsence(facts.status())) return stamp;
    return facts.status();
  }
  if (facts->kind != FileKind::kFolder) return stamp;
  stamp.exists = true;
  stamp.file_id = facts->file_id;
  stamp.modified = facts->mtime;
  return stamp;
}

bool IsRacy(const FolderStamp& stamp, UtcTime look_began) {
  return stamp.exists && stamp.modified + kClockGrain >= look_began;
}

bool AreUnchanged(std::span<const FolderStamp> stamps) {
  return std::ranges::all_of(stamps, [](const FolderStamp& stamp) {
    const absl::StatusOr<FolderStamp> now = StampFolder(stamp.path);
    return now.ok() && *now == stamp;
  });
}

}  // namespace obsmon
