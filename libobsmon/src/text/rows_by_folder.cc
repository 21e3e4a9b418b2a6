#include "text/rows_by_folder.h"

#include <range/v3/algorithm/lower_bound.hpp>
#include <range/v3/view/iota.hpp>

#include "text/path_text.h"

namespace obsmon {

RowsByFolder::RowsByFolder(const StringColumn& paths) : paths_(paths) {
  for (std::size_t first = 0; first < paths.size();) {
    const std::string_view folder = FolderOf(paths[first]);
    bool is_sorted = true;
    std::size_t end = first + 1;
    for (; end < paths.size() && FolderOf(paths[end]) == folder; ++end) {
      is_sorted = is_sorted && paths[end - 1] < paths[end];
    }
    const auto [range, is_new] = ranges_.try_emplace(folder, Range(first, end));
    if (!is_new || !is_sorted) range->second.reset();
    first = end;
  }
}

std::optional<RowsByFolder::Range> RowsByFolder::Find(std::string_view folder) const {
  const auto range = ranges_.find(folder);
  return range == ranges_.end() ? Range() : range->second;
}

std::optional<std::size_t> RowsByFolder::FindRow(std::string_view path) const {
  const std::optional<Range> range = Find(FolderOf(path));
  return range ? FindRow(path, *range) : std::nullopt;
}

std::optional<std::size_t> RowsByFolder::FindRow(std::string_view path, const Range& range) const {
  // All begin with the folder, which is long and need not be compared.
  const std::size_t begin = FolderOf(path).size();
  const auto name = [this, begin](std::size_t row) { return paths_[row].substr(begin); };
  const auto rows = ranges::views::iota(range.first, range.second);
  const auto row = ranges::lower_bound(rows, path.substr(begin), {}, name);
  return row == rows.end() || name(*row) != path.substr(begin) ? std::nullopt : std::optional(*row);
}

}  // namespace obsmon
