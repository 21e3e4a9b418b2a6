#include "monitor/scanned_files.h"

#include <range/v3/algorithm/lower_bound.hpp>
#include <range/v3/view/iota.hpp>

#include "match/matcher.h"
#include "text/path_text.h"

namespace obsmon {
std::optional<FoundFile> ScannedFiles::Find(std::string_view path) const {
  std::call_once(asked_, [this] { FindFolders(); });
  // Of the other places the paths are absolute.
  const std::string_view below_storage = PathBelow(path, storage_names_);
  if (!below_storage.empty()) path = below_storage;
  const auto folder = folders_.find(FolderOf(path));
  if (folder == folders_.end()) return std::nullopt;
  const auto& [first, end] = folder->second;
  const auto rows = ranges::views::iota(first, end);
  const auto row = ranges::lower_bound(rows, path, {}, [this](std::size_t i) { return files_.path()[i]; });
  if (row == rows.end() || files_.path()[*row] != path) return std::nullopt;
  return FoundFile{.file_id = files_.file_id()[*row],
                   .size_bytes = files_.size_bytes()[*row],
                   .mtime = files_.creation_time()[*row]};
}

void ScannedFiles::FindFolders() const {
  for (std::size_t first = 0; first < files_.size();) {
    const std::string_view folder = FolderOf(files_.path()[first]);
    std::size_t end = first + 1;
    while (end < files_.size() && FolderOf(files_.path()[end]) == folder) ++end;
    folders_.emplace(folder, RowRange(first, end));
    first = end;
  }
}

}  // namespace obsmon
