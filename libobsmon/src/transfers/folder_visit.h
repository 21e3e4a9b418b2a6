// A visit to one folder of storage: it is stamped, then listed, then each of its entries is asked what it is.
// Private to the transfers stage.
#ifndef OBSMON_SRC_TRANSFERS_FOLDER_VISIT_H_
#define OBSMON_SRC_TRANSFERS_FOLDER_VISIT_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "files/directory.h"
#include "files/folder_stamps.h"
#include "obsmon/files.h"
#include "obsmon/transfers.h"

namespace obsmon::transfers {

/// The storage folder, held open.
struct Storage {
  std::string path;  ///< absolute, without a slash at its end
  Directory folder;
  FileId file_id{};
  std::string real_path{};  ///< with no link on the way; empty where the system does not say

  /// The absolute path of what lies at `relative` in it.
  std::string PathOf(std::string_view relative) const;
};

/// Why `name` in `folder` leads to nothing: it is a link whose target does not exist, or (kNotFound) nothing
/// of that name is there any more.
absl::Status WhyNotThere(const Directory& folder, const char* name);

/// Whether a file of this mtime was cut off by rsync --partial, which leaves it under its final name, with 0
/// for the seconds of its time, so that the next run takes it for an old one; the nanoseconds are those of
/// the source (seen with rsync 3.5).
inline bool IsCutOff(UtcTime mtime) {
  return std::chrono::floor<std::chrono::seconds>(mtime).time_since_epoch().count() == 0;
}

/// The folders that a walk came through, innermost first.
struct Ancestry {
  FileId file_id{};
  std::shared_ptr<const Ancestry> parent{};
};

/// A folder that is to be visited.
struct FolderTask {
  std::string path{};  ///< from storage on
  std::shared_ptr<const Ancestry> ancestors{};
  /// Where the folder of its night really lies; null for that folder itself.
  std::shared_ptr<const std::string> night_path{};
  bool in_flight = false;  ///< it is, or lies in, a folder of partial transfers
  /// It is reached by a link below that of its night. Where it lies may change while it stays as it is.
  bool by_link = false;
  int num_links = 0;  ///< on the way to it, each in the folder of the one before
};

/// One entry of a folder. Kept small: a folder may hold all 410,000 files of a night.
struct Entry {
  enum class Fate : std::uint8_t {
    kUnasked,
    kFile,
    kFolder,
    kGone,      ///< there is no such entry any more
    kTroubled,  ///< an issue tells of it
  };

  std::size_t name_begin = 0;  ///< among the names of its visit
  std::uint16_t name_bytes = 0;
  FileKind listed_as = FileKind::kUnknown;
  Fate fate = Fate::kUnasked;
  bool in_flight = false;
  FileId file_id{};  ///< this and what follows: of a file, links followed
  std::int64_t size_bytes = 0;
  UtcTime mtime{};
  UtcTime ctime{};
};

/// What a visit found.
struct FolderContents {
  std::string path{};  ///< from storage on
  /// Taken before the listing, so that a change during the visit makes it differ later. Absent where the
  /// folder could not be looked into.
  std::optional<FolderStamp> stamp{};
  TransferTable files{};  ///< sorted by name, bytewise
  std::vector<FolderTask> folders{};
  std::vector<FolderStamp> linked{};  ///< folders that links lead into
  std::vector<ScanIssue> issues{};
  std::int64_t num_hidden = 0;
};

/// One visit: Begin, then Ask for each chunk once, from any threads, then TakeContents.
class FolderVisit {
 public:
  /// Entries in a chunk: enough to be worth another thread's while, and few enough that with a millisecond
  /// each on a disk far away the many threads that are then at work end at about the same time.
  static constexpr std::size_t kChunkEntries = 64;

  /// REQUIRES: `storage` and `options` outlive the visit.
  FolderVisit(const Storage& storage, const ScanOptions& options, FolderTask task)
      : storage_(storage), options_(options), task_(std::move(task)) {}

  /// Opens, stamps and lists the folder; what hinders that becomes an issue. Of one that is as it was, and of
  /// which all is known, it only takes the stamp. May be called again, to begin afresh.
  void Begin();
  /// How many chunks of entries there are to ask.
  std::size_t num_chunks() const { return chunks_.size(); }
  std::size_t num_entries(std::size_t chunk) const { return chunks_[chunk].end - chunks_[chunk].begin; }
  /// Asks the file system for the entries of a chunk. True where it was the last one.
  bool Ask(std::size_t chunk);

  /// Whether an entry that was listed had gone when it was asked. Most likely rsync has renamed it, and the
  /// listing shows neither its old name nor its new one.
  bool SawEntryVanish() const;

  FolderContents TakeContents() &&;

 private:
  struct Chunk {
    std::size_t begin = 0;
    std::size_t end = 0;
    WaysOfLinks linked{};
    std::vector<ScanIssue> issues{};
    bool saw_vanish = false;
  };

  bool RecallAll();
  absl::Status Open();
  bool IsAncestor(const FileId& id) const;
  absl::Status CheckPlace();
  void Classify(ListedEntry entry);
  void Add(const ListedEntry& listed, bool in_flight);
  void Recall(const ListedEntry& listed, Entry& entry);
  Entry& AddEntry(std::string_view name, FileKind listed_as, bool in_flight);
  std::string_view NameOfEntry(const Entry& entry) const {
    return std::string_view(names_).substr(entry.name_begin, entry.name_bytes);
  }
  static void SetFound(const TransferRow& known, Entry& entry);
  bool HoldsPlainFilesAlone() const;
  void DivideIntoChunks();
  void AskEntry(Entry& entry, Chunk& chunk) const;
  absl::StatusOr<FileFacts> StatEntry(const char* name, FileKind listed_as, Chunk& chunk) const;
  absl::StatusOr<FileFacts> FollowLink(const char* name, Chunk& chunk) const;
  ScanIssue IssueOf(std::string_view name, absl::Status status) const;
  FolderTask TaskOf(const Entry& entry) const;
  void PutFiles(std::span<const Entry* const> entries);

  const Storage& storage_;
  const ScanOptions& options_;
  const FolderTask task_;
  std::optional<Directory> folder_;
  bool leads_back_ = false;  ///< to a folder that it lies in
  std::shared_ptr<const std::string> night_path_;
  std::string names_;
  std::vector<Entry> entries_;
  std::optional<FolderStamp> before_;             ///< as an earlier scan found it
  FolderChange change_ = FolderChange::kChanged;  ///< since an earlier scan
  std::string known_path_;                        ///< space to work in
  FolderContents contents_;
  std::vector<Chunk> chunks_;
  std::atomic<std::size_t> num_open_chunks_{0};
};

}  // namespace obsmon::transfers

#endif  // OBSMON_SRC_TRANSFERS_FOLDER_VISIT_H_
