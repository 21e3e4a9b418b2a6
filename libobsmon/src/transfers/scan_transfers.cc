#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "files/call_latency.h"
#include "files/folder_stamps.h"
#include "files/throttled_progress.h"
#include "files/work_queue.h"
#include "obsmon/transfers.h"
#include "status_macros.h"
#include "transfers/folder_visit.h"

namespace obsmon {
namespace {

using transfers::Ancestry;
using transfers::FolderContents;
using transfers::FolderTask;
using transfers::FolderVisit;
using transfers::Storage;
using Urgency = WorkQueue::Urgency;

// How often a folder is looked at while its entries keep vanishing between listing and stat. One rename by
// rsync is made good by a second look; a folder in which each look meets another is shown as the last found
// it, and its stamp brings the next run back.
constexpr int kMaxLooks = 3;

absl::Status StorageError(const absl::Status& status, const std::string& path) {
  const std::string why(status.message());
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return absl::NotFoundError(fmt::format(
          "{}: there is no such storage folder; name the one that the transfers arrive in", path));
    case absl::StatusCode::kFailedPrecondition:
      return absl::FailedPreconditionError(
          fmt::format("{}: storage is no folder ({}); name the one that the transfers arrive in", path, why));
    case absl::StatusCode::kPermissionDenied:
      return absl::PermissionDeniedError(
          fmt::format("{}: storage can't be entered ({}); ask its owner for the right to", path, why));
    default:
      return {status.code(),
              fmt::format("{}: storage can't be read ({}); is its disk mounted and well?", path, why)};
  }
}

absl::StatusOr<Storage> OpenStorage(const std::filesystem::path& storage) {
  absl::StatusOr<Directory> folder = Directory::OpenToEnter(storage.string());
  if (!folder.ok()) return StorageError(folder.status(), storage.string());
  const absl::StatusOr<FileFacts> facts = folder->Stat();
  if (!facts.ok()) return StorageError(facts.status(), storage.string());
  std::string real_path = folder->RealPath().value_or(std::string());
  std::string path = AbsolutePath(storage).string();
  if (path == "/") path.clear();
  return Storage{.path = std::move(path),
                 .folder = *std::move(folder),
                 .file_id = facts->file_id,
                 .real_path = std::move(real_path)};
}

/// What visits find, put into a scan in the order of their folders, whatever the order in which they end: as
/// soon as no visit is open that may still bring a folder before it. So what a visit holds is let go while
/// others go on, and a night is not in memory twice.
///
/// Threads: any.
class ContentsInOrder {
 public:
  explicit ContentsInOrder(TransferScan& scan) : scan_(scan) {}

  /// A visit to the folder `path` is to come; it may open others, of folders below.
  void Open(std::string path) {
    const std::lock_guard lock(mutex_);
    open_.insert(std::move(path));
  }

  /// This was one. REQUIRES: those that it has brought are open by now.
  void Close(FolderContents contents) {
    const std::lock_guard lock(mutex_);
    open_.erase(open_.find(contents.path));
    std::string path = contents.path;
    closed_.emplace(std::move(path), std::move(contents));
    auto next = closed_.begin();
    while (next != closed_.end() && (open_.empty() || next->first < *open_.begin())) {
      Put(std::move(next->second));
      next = closed_.erase(next);
    }
  }

  /// After the last visit.
  void Finish() && {
    std::ranges::move(linked_, std::back_inserter(scan_.folders));  // last: a folder's own stamp is older
    SortAndKeepFirst(scan_.folders);
    std::ranges::sort(scan_.issues, {}, &ScanIssue::path);
  }

 private:
  void Put(FolderContents folder) {
    if (scan_.files.empty()) {
      scan_.files = std::move(folder.files);  // all of a night that is one folder
    } else {
      scan_.files.Append(folder.files);
    }
    if (folder.stamp) scan_.folders.push_back(*std::move(folder.stamp));
    std::ranges::move(folder.linked, std::back_inserter(linked_));
    std::ranges::move(folder.issues, std::back_inserter(scan_.issues));
    scan_.num_hidden += folder.num_hidden;
  }

  std::mutex mutex_;
  TransferScan& scan_;
  // A listing may bring a name twice, while its folder changes.
  std::multiset<std::string> open_;
  std::multimap<std::string, FolderContents> closed_;
  std::vector<FolderStamp> linked_;
};

/// All visits of one scan.
class Walk {
 public:
  Walk(const Storage& storage, const ScanOptions& options, TransferScan& scan)
      : storage_(storage),
        options_(options),
        contents_(scan),
        queue_(ThreadsOrDefault(options.control.num_threads), MostThreads(options.control.num_threads)) {}

  void Enter(FolderTask task) {
    contents_.Open(task.path);
    queue_.Push(Urgency::kLater, [this, task = std::move(task)] {
      if (IsCancelled()) return;
      Look(std::make_shared<FolderVisit>(storage_, options_, task), 1);
    });
  }

  /// Visits the folders that were entered, and all below them.
  void Run() {
    ThrottledProgress progress(options_.control.progress, "scan");
    queue_.Run([&] { progress.Report(num_asked_, 0); });
  }

  bool IsCancelled() const { return options_.control.stop.stop_requested(); }
  void Finish() && { std::move(contents_).Finish(); }

 private:
  void Look(const std::shared_ptr<FolderVisit>& visit, int look) {
    visit->Begin();
    const std::size_t num_chunks = visit->num_chunks();
    if (num_chunks == 0) return Keep(*visit);
    // A large folder is shared out: with latency, its stats are what a night waits for.
    for (std::size_t chunk = 1; chunk < num_chunks; ++chunk) {
      queue_.Push(Urgency::kNow, [this, visit, look, chunk] { Ask(visit, look, chunk); });
    }
    Ask(visit, look, 0);
  }

  void Ask(const std::shared_ptr<FolderVisit>& visit, int look, std::size_t chunk) {
    if (IsCancelled()) return;
    num_asked_ += static_cast<std::int64_t>(visit->num_entries(chunk));
    const bool was_last = visit->Ask(chunk);
    if (!was_last) return;
    if (visit->SawEntryVanish() && look < kMaxLooks) return Look(visit, look + 1);
    Keep(*visit);
  }

  void Keep(FolderVisit& visit) {
    FolderContents contents = std::move(visit).TakeContents();
    // What is pushed last is visited first, and is best the first of them.
    std::ranges::sort(contents.folders, std::greater{}, &FolderTask::path);
    for (FolderTask& folder : contents.folders) Enter(std::move(folder));
    contents_.Close(std::move(contents));
  }

  const Storage& storage_;
  const ScanOptions& options_;
  std::atomic<std::int64_t> num_asked_{0};
  ContentsInOrder contents_;
  WorkQueue queue_;  // last: its threads, which use the others, end with it
};

/// A night's folder by one of its names.
struct NightFolder {
  NightFolder(std::string its_name, const Storage& storage)
      : name(std::move(its_name)), facts(storage.folder.Stat(name.c_str(), FollowLinks::kYes)) {}
  bool Exists() const { return facts.ok() && facts->kind == FileKind::kFolder; }

  std::string name;
  absl::StatusOr<FileFacts> facts;  ///< links followed
};

/// Lets the walk begin at the night's folder, or notes in `scan` that there is none, and why.
void EnterNightFolder(const NightFolder& folder, const Storage& storage, Walk& walk, TransferScan& scan) {
  const auto& [name, facts] = folder;
  if (folder.Exists() || (!facts.ok() && !absl::IsNotFound(facts.status()))) {
    walk.Enter({.path = name, .ancestors = std::make_shared<Ancestry>(Ancestry{.file_id = storage.file_id})});
    return;
  }
  scan.folders.push_back({.path = storage.PathOf(name), .exists = false});
  absl::Status why = facts.ok() ? absl::FailedPreconditionError("named like a night, but it is no folder")
                                : transfers::WhyNotThere(storage.folder, name.c_str());
  if (!absl::IsNotFound(why)) {
    scan.issues.push_back({.path = storage.PathOf(name), .status = std::move(why)});
  }
}

/// The same for both of a night's names. Where they are one folder, mostly for one is a link to the other,
/// its files count once, and a later look notices where the other leads elsewhere.
void EnterNight(NightFolder dashed, NightFolder compact, const Storage& storage, Walk& walk,
                TransferScan& scan) {
  if (!dashed.Exists() || !compact.Exists() || dashed.facts->file_id != compact.facts->file_id) {
    // Last what comes first, as in Walk::Keep.
    EnterNightFolder(compact, storage, walk, scan);
    EnterNightFolder(dashed, storage, walk, scan);
    return;
  }
  const absl::StatusOr<FileFacts> entry = storage.folder.Stat(dashed.name.c_str(), FollowLinks::kNo);
  if (entry.ok() && entry->kind == FileKind::kSymlink) std::swap(dashed, compact);
  EnterNightFolder(dashed, storage, walk, scan);
  scan.folders.push_back(StampOf(storage.PathOf(compact.name), *compact.facts));
}

}  // namespace

absl::StatusOr<TransferScan> ScanTransfers(const std::filesystem::path& storage, Night night,
                                           const ScanOptions& options) {
  OBSMON_ASSIGN_OR_RETURN(const Storage opened, OpenStorage(storage));
  TransferScan scan;
  Walk walk(opened, options, scan);
  EnterNight(NightFolder(night.ToString(), opened), NightFolder(night.Compact(), opened), opened, walk, scan);
  walk.Run();
  if (walk.IsCancelled()) {
    return absl::CancelledError(fmt::format("the scan of night {} was cancelled", night.ToString()));
  }
  std::move(walk).Finish();
  return scan;
}

}  // namespace obsmon
