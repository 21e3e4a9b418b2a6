// The files of a night that an earlier look found whole, for a look that need not ask for them again.
#ifndef OBSMON_SRC_MONITOR_SETTLED_FILES_H_
#define OBSMON_SRC_MONITOR_SETTLED_FILES_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "obsmon/files.h"
#include "obsmon/transfers.h"

namespace obsmon {

/// What was found of a night, and when.
struct EarlierLook {
  TransferTable files{};
  UtcTime as_of{};
};

class SettledFiles final : public KnownTransfers {
 public:
  explicit SettledFiles(EarlierLook earlier);

  /// Of a file that had arrived well before the earlier look. One that had arrived just then may have been
  /// about to grow: a transfer that writes in place pauses while its network does.
  std::optional<TransferRow> Find(std::string_view path, const FileId& file_id) const override;

 private:
  TransferTable files_;
  absl::flat_hash_map<std::string_view, std::uint32_t> row_of_path_;  ///< of those that are settled
};

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_SETTLED_FILES_H_
