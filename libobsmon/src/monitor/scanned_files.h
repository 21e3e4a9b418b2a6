// What a scan of storage has seen, and an earlier look of the repository, for a registry whose rows and links
// lead into storage.
#ifndef OBSMON_SRC_MONITOR_SCANNED_FILES_H_
#define OBSMON_SRC_MONITOR_SCANNED_FILES_H_

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/earlier_files.h"
#include "obsmon/registry.h"
#include "obsmon/transfers.h"
#include "text/rows_by_folder.h"

namespace obsmon {

class ScannedFiles final : public KnownFiles {
 public:
  /// `files` are as a scan gave them: those of one folder together and sorted by name. `storage_names` are
  /// the absolute names of the storage folder. REQUIRES: all outlive this, unchanged.
  ScannedFiles(const TransferTable& files, const std::vector<std::string>& storage_names,
               const EarlierFiles* earlier = nullptr)
      : files_(files), storage_names_(storage_names), earlier_(earlier) {}

  std::optional<FoundFile> Find(std::string_view path) const override;
  std::optional<FolderStamp> FindFolder(std::string_view path) const override {
    return earlier_ == nullptr ? std::nullopt : earlier_->FindFolder(path);
  }
  std::optional<KnownLink> FindLink(std::string_view path) const override {
    return earlier_ == nullptr ? std::nullopt : earlier_->FindLink(path);
  }

 private:
  const TransferTable& files_;
  const std::vector<std::string>& storage_names_;
  const EarlierFiles* earlier_;   ///< null: there was no look, or none is known
  mutable std::once_flag asked_;  ///< many registries never ask
  mutable std::optional<RowsByFolder> folders_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_SCANNED_FILES_H_
