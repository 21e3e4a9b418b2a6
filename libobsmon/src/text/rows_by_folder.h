// Rows of files by the folder that they lie in. Private to the library.
#ifndef OBSMON_SRC_TEXT_ROWS_BY_FOLDER_H_
#define OBSMON_SRC_TEXT_ROWS_BY_FOLDER_H_

#include <cstddef>
#include <optional>
#include <range/v3/algorithm/lower_bound.hpp>
#include <range/v3/view/iota.hpp>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "obsmon/columns.h"
#include "text/path_text.h"

namespace obsmon {

/// Where the rows of each folder are, in a column of paths of which mostly those of one folder follow each
/// other, sorted by name.
class RowsByFolder {
 public:
  using Range = std::pair<std::size_t, std::size_t>;  ///< the first row, and the one after the last

  /// REQUIRES: `paths` outlives this, unchanged.
  explicit RowsByFolder(const StringColumn& paths) : paths_(paths) {
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

  /// Empty where no row lies in `folder`; absent where its rows don't follow each other, sorted by name.
  std::optional<Range> Find(std::string_view folder) const {
    const auto range = ranges_.find(folder);
    return range == ranges_.end() ? Range() : range->second;
  }

  /// The row of `path`; absent where there is none, or Find has no range of its folder.
  std::optional<std::size_t> FindRow(std::string_view path) const {
    const std::optional<Range> range = Find(FolderOf(path));
    return range ? FindRow(path, *range) : std::nullopt;
  }
  /// The same in `range`, which is that of its folder.
  std::optional<std::size_t> FindRow(std::string_view path, const Range& range) const {
    const auto rows = ranges::views::iota(range.first, range.second);
    const auto row = ranges::lower_bound(rows, path, {}, [this](std::size_t i) { return paths_[i]; });
    return row == rows.end() || paths_[*row] != path ? std::nullopt : std::optional(*row);
  }

 private:
  const StringColumn& paths_;
  absl::flat_hash_map<std::string_view, std::optional<Range>> ranges_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_ROWS_BY_FOLDER_H_
