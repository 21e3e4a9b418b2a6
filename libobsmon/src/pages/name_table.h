// Paths in little room: what neighbours share is written once.
#ifndef OBSMON_SRC_PAGES_NAME_TABLE_H_
#define OBSMON_SRC_PAGES_NAME_TABLE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace obsmon {

/// Rows of paths, each with an exposure, a detector and a letter, as a night's data file holds them.
///
/// Rows side by side of one folder and one exposure are a group. A path is its group's folder, the group's
/// stem (what the names share: the exposure's own name, where the convention is kept) and a tail
/// ("_R22_S11.fits"). Groups of one camera have the same tails in the same order, which are written once, and
/// so are their letters. A name that follows no convention is a tail whole: any path at all comes back as it
/// was.
class NameTable {
 public:
  static constexpr std::int32_t kNone = -1;

  /// A row without a path breaks no group. The views must live until Write. `exposure` and `detector` count
  /// from 0.
  struct Row {
    std::string_view path{};
    std::string_view obs_id{};  ///< text of `exposure`
    std::int32_t exposure = kNone;
    std::int32_t detector = kNone;
    char letter = 'a';
  };
  void Add(const Row& row);

  /// Appends the members of an object: `parents:[…],stems:[…],tails:[…],…`.
  void Write(std::string& out);

 private:
  static constexpr std::int32_t kAbsent = -2;  // in place of a tail's detector: the row has no path

  using Ids = absl::flat_hash_map<std::string_view, std::uint32_t>;

  void BeginGroup(std::string_view folder, std::string_view stem, const Row& row);
  void EndGroup();
  std::uint32_t TailOf(std::string_view tail, std::int32_t detector);

  // The group at hand.
  bool in_group_ = false;
  std::string_view folder_{};
  std::string_view stem_{};
  std::string_view obs_id_{};
  std::vector<std::uint32_t> group_tails_;
  std::string letters_;

  std::vector<std::uint32_t> previous_tails_;  // of the group before it: mostly the same
  std::string previous_groups_letters_;
  std::uint32_t previous_layout_ = 0;
  std::uint32_t previous_letters_ = 0;

  std::vector<std::string_view> tails_;
  std::vector<std::int32_t> tail_detectors_;
  absl::flat_hash_map<std::pair<std::string_view, std::int32_t>, std::uint32_t> tail_ids_;
  std::vector<std::string_view> parents_;
  Ids parent_ids_;
  std::vector<std::string_view> stems_;
  Ids stem_ids_;
  std::deque<std::string> texts_;  // of layouts and letters, at addresses that stay
  std::vector<std::string_view> layouts_;
  Ids layout_ids_;
  std::vector<std::string_view> letter_rows_;
  Ids letter_ids_;

  std::string groups_;
  std::int64_t last_[5] = {};  // of the group before, for differences
  std::int64_t open_[3] = {};  // parent, stem and exposure of the group at hand
};

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_NAME_TABLE_H_
