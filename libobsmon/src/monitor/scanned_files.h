// What a scan of storage has seen, and an earlier look of the repository, for a registry whose rows and links
// lead into storage.
#ifndef OBSMON_SRC_MONITOR_SCANNED_FILES_H_
#define OBSMON_SRC_MONITOR_SCANNED_FILES_H_

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "history/earlier_files.h"
#include "obsmon/registry.h"
#include "obsmon/transfers.h"

namespace obsmon {

class ScannedFiles final : public KnownFiles {
 public:
  /// `files` are as a scan gave them: those of one folder together and sorted by name. `storage_names` are
  /// the absolute names of the storage folder. REQUIRES: all outlive this, unchanged.
  ScannedFiles(const TransferTable& files, const std::vector<std::string>& storage_names,
               const EarlierFiles* earlier = nullptr)
      : files_(files), storage_names_(storage_names), earlier_(earlier) {}

  std::optional<FoundFile> Find(std::string_view path) const override;
  bool IsUnchanged(const FolderStamp& folder) const override {
    return earlier_ != nullptr && earlier_->IsUnchanged(folder);
  }
  std::optional<KnownLink> FindLink(std::string_view path) const override {
    return earlier_ == nullptr ? std::nullopt : earlier_->FindLink(path);
  }

 private:
  using RowRange = std::pair<std::size_t, std::size_t>;  // the first row, and the one after the last

  void FindFolders() const;

  const TransferTable& files_;
  const std::vector<std::string>& storage_names_;
  const EarlierFiles* earlier_;   ///< null: there was no look, or none is known
  mutable std::once_flag asked_;  ///< many registries never ask
  mutable absl::flat_hash_map<std::string_view, RowRange> folders_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_SCANNED_FILES_H_
