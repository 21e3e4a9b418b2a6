// Rows of files by the folder that they lie in. Private to the library.
#ifndef OBSMON_SRC_TEXT_ROWS_BY_FOLDER_H_
#define OBSMON_SRC_TEXT_ROWS_BY_FOLDER_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "obsmon/columns.h"

namespace obsmon {

/// Where the rows of each folder are, in a column of paths of which mostly those of one folder follow each
/// other, sorted by name.
class RowsByFolder {
 public:
  using Range = std::pair<std::size_t, std::size_t>;  ///< the first row, and the one after the last

  /// REQUIRES: `paths` outlives this, unchanged.
  explicit RowsByFolder(const StringColumn& paths);

  /// Empty where no row lies in `folder`; absent where its rows don't follow each other, sorted by name.
  std::optional<Range> Find(std::string_view folder) const;

  /// The row of `path`; absent where there is none, or Find has no range of its folder.
  std::optional<std::size_t> FindRow(std::string_view path) const;
  /// The same in `range`, which is that of its folder.
  std::optional<std::size_t> FindRow(std::string_view path, const Range& range) const;

 private:
  const StringColumn& paths_;
  absl::flat_hash_map<std::string_view, std::optional<Range>> ranges_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_ROWS_BY_FOLDER_H_
