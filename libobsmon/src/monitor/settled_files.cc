#include "monitor/settled_files.h"

#include <chrono>
#include <utility>

namespace obsmon {
namespace {

// Longer than the pauses of a transfer; and every look asks for the files of so long a time.
constexpr std::chrono::minutes kSettledAfter{15};

}  // namespace

SettledFiles::SettledFiles(EarlierLook earlier) : files_(std::move(earlier.files)) {
  row_of_path_.reserve(files_.size());
  for (std::uint32_t row = 0; row < files_.size(); ++row) {
    const bool is_settled = files_.state()[row] == TransferState::kArrived &&
                            files_.arrival_time()[row] + kSettledAfter < earlier.as_of &&
                            files_.creation_time()[row] < earlier.as_of;
    if (is_settled) row_of_path_.emplace(files_.path()[row], row);
  }
}

std::optional<TransferRow> SettledFiles::Find(std::string_view path, const FileId& file_id) const {
  const auto found = row_of_path_.find(path);
  if (found == row_of_path_.end() || files_.file_id()[found->second] != file_id) return std::nullopt;
  return files_[found->second];
}

}  // namespace obsmon
