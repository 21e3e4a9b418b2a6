#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "files/directory.h"
#include "files/folder_stamps.h"
#include "files/parallel.h"
#include "files/system_error.h"
#include "obsmon/files.h"
#include "status_macros.h"

namespace obsmon {
namespace {

// ENOTDIR: a file stands where one of the path's folders would be.
bool IsAbsence(const absl::Status& status) {
  return absl::IsNotFound(status) || status == SystemError(ENOTDIR);
}

// Fills all of `stamp` but its path.
absl::Status FillFrom(const absl::StatusOr<FileFacts>& facts, FolderStamp& stamp) {
  if (!facts.ok()) return IsAbsence(facts.status()) ? absl::OkStatus() : facts.status();
  if (facts->kind != FileKind::kFolder) return absl::OkStatus();
  stamp = StampOf(std::move(stamp.path), *facts);
  return absl::OkStatus();
}

// Compares stamps, of which those that lie in one folder follow each other: that folder's path is resolved
// once.
class Comparer {
 public:
  bool IsUnchanged(const FolderStamp& before) {
    // Nothing was there. A link that leads nowhere by now, or a file, would have the same stamp.
    if (!before.exists) return IsAbsence(StatPath(before.path, FollowLinks::kNo).status());
    FolderStamp now;
    return FillFrom(Ask(before.path), now).ok() && AreAlike(before, now);
  }

 private:
  absl::StatusOr<FileFacts> Ask(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == path.size()) return StatPath(path);
    const std::string_view parent = std::string_view(path).substr(0, slash);
    if (parent != parent_) {  // of the first in a folder it is not known whether another will follow
      parent_ = parent;
      folder_.reset();
      return StatPath(path);
    }
    if (!folder_) folder_.emplace(Directory::OpenToEnter(std::string(parent_)));
    return folder_->ok() ? (*folder_)->StatNow(path.c_str() + slash + 1) : StatPath(path);
  }

  std::string_view parent_;
  std::optional<absl::StatusOr<Directory>> folder_;
};

// Stamps that are compared in one go: where a disk is far away, by many threads at once.
constexpr std::size_t kStampsInOneGo = 32;

}  // namespace

absl::StatusOr<FolderStamp> StampFolder(const std::filesystem::path& path) {
  FolderStamp stamp{.path = path.string()};
  OBSMON_RETURN_IF_ERROR(FillFrom(StatPath(stamp.path), stamp));
  return stamp;
}

void WaysOfLinks::Add(std::string path, std::string target) {
  constexpr int kMostLinks = 40;  // as the kernel follows them (path_resolution(7))
  for (int link = 0; link < kMostLinks; ++link) {
    const std::filesystem::path place = std::filesystem::path(path).parent_path() / target;
    std::string folder = place.parent_path().string();
    if (known_.insert(folder).second) stamps_.push_back(StampOrNothing(std::move(folder)));
    path = place.string();
    absl::StatusOr<std::string> next = ReadLink(path);
    if (!next.ok()) return;
    target = *std::move(next);
  }
}

bool IsRacy(const FolderStamp& stamp, UtcTime look_began) {
  return stamp.exists && std::max(stamp.modified, stamp.changed) + kClockGrain >= look_began;
}

bool AreUnchanged(std::span<const FolderStamp> stamps) {
  std::atomic<bool> unchanged{true};
  ParallelForWhereSlow((stamps.size() + kStampsInOneGo - 1) / kStampsInOneGo, 0, [&](std::size_t go) {
    const std::size_t begin = go * kStampsInOneGo;
    const auto some = stamps.subspan(begin, std::min(kStampsInOneGo, stamps.size() - begin));
    Comparer comparer;
    for (const FolderStamp& stamp : some) {
      if (unchanged && !comparer.IsUnchanged(stamp)) unchanged = false;
    }
  });
  return unchanged;
}

}  // namespace obsmon
