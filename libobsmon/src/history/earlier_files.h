// What an earlier look found of a night, by path: for a look that need not ask for all of it again, and that
// could not tell all of it by itself.
#ifndef OBSMON_SRC_HISTORY_EARLIER_FILES_H_
#define OBSMON_SRC_HISTORY_EARLIER_FILES_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "obsmon/columns.h"
#include "obsmon/expected.h"
#include "obsmon/files.h"
#include "obsmon/history.h"
#include "obsmon/registry.h"
#include "obsmon/transfers.h"
#include "text/rows_by_folder.h"

namespace obsmon {

class EarlierFiles final : public KnownTransfers {
 public:
  explicit EarlierFiles(EarlierLook earlier);
  EarlierFiles(const EarlierFiles&) = delete;
  EarlierFiles& operator=(const EarlierFiles&) = delete;

  /// Of a file that had arrived well before the earlier look. One that had arrived just then may have been
  /// about to grow: a transfer that writes in place pauses while its network does.
  std::optional<TransferRow> Find(std::string_view path, const FileId& file_id,
                                  FolderChange of_its_folder) const override;
  std::optional<FolderStamp> FindFolder(std::string_view path) const override;

  std::optional<std::vector<TransferRow>> FilesOf(std::string_view path) const override;

  /// What KnownFiles says of the repository's links, for one that adds what storage has now.
  std::optional<KnownLink> FindLink(std::string_view path) const;

  /// Whether the file `path` was ingested: its size and times may be those of then (see Find).
  bool WasIngested(std::string_view path) const;

  /// Puts back what a look does not tell. Of the very same file (same path, inode, size and creation time):
  /// its arrival, where an earlier one is known (a chmod or a new hard link moves a file's ctime, and it has
  /// not arrived anew), and its checksum. Of an absent file: since when it is expected.
  void Restore(TransferTable& transfers, ExpectedTable& expected) const;

 private:
  /// Rows of earlier_.files by their paths, which are not kept twice.
  struct HashOfRow {
    using is_transparent = void;
    const StringColumn* paths;
    std::size_t operator()(std::uint32_t row) const { return (*this)((*paths)[row]); }
    std::size_t operator()(std::string_view path) const { return absl::HashOf(path); }
  };
  struct SamePath {
    using is_transparent = void;
    const StringColumn* paths;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return (*paths)[a] == (*paths)[b]; }
    bool operator()(std::uint32_t row, std::string_view path) const { return (*paths)[row] == path; }
  };

  using Rows = absl::flat_hash_set<std::uint32_t, HashOfRow, SamePath>;

  std::optional<std::size_t> RowOf(std::string_view path) const;
  void RestoreTransfers(TransferTable& transfers) const;
  void RestoreExpected(ExpectedTable& expected) const;
  bool IsSettled(std::size_t row) const;

  EarlierLook earlier_;
  RowsByFolder folders_;       ///< of earlier_.files
  RowsByFolder link_folders_;  ///< of earlier_.links
  mutable std::once_flag asked_for_odd_path_;
  mutable std::optional<Rows> rows_;  ///< for those that folders_ can't tell
};

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_EARLIER_FILES_H_
