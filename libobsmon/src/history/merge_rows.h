// The rows of a night that are there, and those that a look has found, merged in the order of their key: what
// both kinds of history share.
#ifndef OBSMON_SRC_HISTORY_MERGE_ROWS_H_
#define OBSMON_SRC_HISTORY_MERGE_ROWS_H_

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/columns.h"
#include "status_macros.h"

namespace obsmon {

/// A path as the database keeps it, and as it orders it: all text before all blobs, each by its bytes.
struct Key {
  std::string_view path;
  bool is_text = true;

  friend std::strong_ordering operator<=>(const Key& a, const Key& b) {
    if (a.is_text != b.is_text) return a.is_text ? std::strong_ordering::less : std::strong_ordering::greater;
    return a.path <=> b.path;
  }
  friend bool operator==(const Key& a, const Key& b) { return a.path == b.path; }
};

/// A row of a night to be, by its key.
struct KeyedRow {
  Key key;
  std::uint32_t row = 0;
};

/// Sorts by key, stably. Rows come sorted by folder and then by name, which is nearly their order: so it
/// finds the stretches that are sorted and merges them, and where there is one it only looks.
inline void SortByKey(std::vector<KeyedRow>& rows) {
  const auto by_key = [](const KeyedRow& a, const KeyedRow& b) { return a.key < b.key; };
  std::vector<std::vector<KeyedRow>::iterator> bounds = {rows.begin()};
  while (bounds.back() != rows.end()) {
    bounds.push_back(std::is_sorted_until(bounds.back(), rows.end(), by_key));
  }
  while (bounds.size() > 2) {
    std::vector<std::vector<KeyedRow>::iterator> merged = {bounds.front()};
    for (std::size_t i = 2; i < bounds.size(); i += 2) {
      std::inplace_merge(bounds[i - 2], bounds[i - 1], bounds[i], by_key);
      merged.push_back(bounds[i]);
    }
    if (merged.back() != rows.end()) merged.push_back(rows.end());
    bounds = std::move(merged);
  }
}

/// The rows of a column of paths that `belongs` lets pass, each path once, in the order of the table's key.
/// `keys(path)` is the key of a path.
template <typename Keys, typename Belongs>
std::vector<KeyedRow> RowsInKeyOrder(const StringColumn& paths, Keys&& keys, Belongs belongs) {
  std::vector<KeyedRow> rows;
  rows.reserve(paths.size());
  for (std::size_t row = 0; row < paths.size(); ++row) {
    if (belongs(row)) rows.push_back({.key = keys(paths[row]), .row = static_cast<std::uint32_t>(row)});
  }
  SortByKey(rows);
  const auto same_key = [](const KeyedRow& a, const KeyedRow& b) { return a.key == b.key; };
  rows.erase(std::unique(rows.begin(), rows.end(), same_key), rows.end());
  return rows;
}

/// What a merge found that must change. Carried out after the old rows are read, since what a statement sees
/// of rows that change under it is undefined.
template <typename Stored>
struct Differences {
  struct Written {
    Key key;
    Stored row;
    bool is_new = false;  ///< there was none with this key
  };
  std::vector<Written> written{};
  std::vector<std::string> removed{};
};

/// Adds `row` to what is to be written, unless it is what `old` already was; absent: there was none.
template <typename Rows>
void AddWhereItDiffers(const Key& key, const std::optional<typename Rows::Stored>& old,
                       typename Rows::Stored row, Differences<typename Rows::Stored>& differences) {
  if (old) Rows::Keep(*old, row);
  if (row != old) differences.written.push_back({.key = key, .row = row, .is_new = !old});
}

/// Merges the rows of `before`, which stands on its first row, with `now`. `rows` is one of stored_rows.h;
/// `keys.OfStored(path)` is the key of a path as the database gave it.
template <typename Rows, typename Cursor, typename Keys>
absl::StatusOr<Differences<typename Rows::Stored>> Compare(Cursor& before, const Keys& keys, const Rows& rows,
                                                           std::span<const KeyedRow> now) {
  Differences<typename Rows::Stored> differences;
  bool more = true;
  std::size_t next = 0;
  while (more || next < now.size()) {
    const bool in_both = more && next < now.size() && before.Text(0) == now[next].key.path;
    const bool is_new =
        !in_both && next < now.size() && (!more || now[next].key < keys.OfStored(before.Text(0)));
    if (in_both || is_new) {
      const auto old = in_both ? std::optional(Rows::Read(before)) : std::nullopt;
      AddWhereItDiffers<Rows>(now[next].key, old, rows[now[next].row], differences);
      ++next;
    } else {
      differences.removed.emplace_back(before.Text(0));
    }
    if (!is_new) {
      OBSMON_ASSIGN_OR_RETURN(more, before.Step());
    }
  }
  return differences;
}

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_MERGE_ROWS_H_
