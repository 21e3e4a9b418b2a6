// Rows of files by the folder that they lie in. Private to the library.
#ifndef OBSMON_SRC_TEXT_ROWS_BY_FOLDER_H_
#define OBSMON_SRC_TEXT_ROWS_BY_FOLDER_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "obsmon/columns.h"
#include "text/path_text.h"

namespace obsmon {

/// Where the rows of each folder are, in a column of paths in which those of one folder follow each other.
class RowsByFolder {
 public:
  using Range = std::pair<std::size_t, std::size_t>;  ///< the first row, and the one after the last

  /// REQUIRES: `paths` outlives this, unchanged.
  explicit RowsByFolder(const StringColumn& paths) {
    for (std::size_t first = 0; first < paths.size();) {
      const std::string_view folder = FolderOf(paths[first]);
      std::size_t end = first + 1;
      while (end < paths.size() && FolderOf(paths[end]) == folder) ++end;
      const auto [range, is_new] = ranges_.try_emplace(folder, Range(first, end));
      if (!is_new) range->second.reset();
      first = end;
    }
  }

  /// Empty where no row lies in `folder`; absent where its rows don't follow each other.
  std::optional<Range> Find(std::string_view folder) const {
    const auto range = ranges_.find(folder);
    return range == ranges_.end() ? Range() : range->second;
  }

 private:
  absl::flat_hash_map<std::string_view, std::optional<Range>> ranges_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_ROWS_BY_FOLDER_H_
