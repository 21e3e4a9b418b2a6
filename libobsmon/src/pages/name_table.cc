#include "pages/name_table.h"

#include "pages/js_text.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

// "b" of "a/b/".
std::string_view LastOf(std::string_view folder) {
  if (folder.empty()) return folder;
  folder.remove_suffix(1);
  return NameOf(folder);
}

// What the names of one folder and one exposure begin with, where this one does.
std::string_view StemOf(std::string_view name, std::string_view folder, std::string_view obs_id) {
  if (!obs_id.empty() && name.starts_with(obs_id)) return obs_id;
  const std::string_view last = LastOf(folder);
  return name.starts_with(last) ? last : std::string_view();
}

std::uint32_t IdOf(std::string_view text, absl::flat_hash_map<std::string_view, std::uint32_t>& ids,
                   std::vector<std::string_view>& texts) {
  const auto [found, is_new] = ids.try_emplace(text, static_cast<std::uint32_t>(texts.size()));
  if (is_new) texts.push_back(text);
  return found->second;
}

void WriteStrings(std::string_view key, const std::vector<std::string_view>& texts, std::string& out) {
  out += key;
  out += ":[";
  for (const std::string_view text : texts) {
    AppendJsString(text, out);
    out += ',';
  }
  if (!texts.empty()) out.pop_back();
  out += "],\n";
}

}  // namespace

void NameTable::Add(const Row& row) {
  if (row.path.empty() && in_group_) {
    group_tails_.push_back(TailOf({}, kAbsent));
    letters_ += row.letter;
    return;
  }
  const std::string_view folder = FolderPrefixOf(row.path);
  const std::string_view name = row.path.substr(folder.size());
  const std::string_view stem = StemOf(name, folder, row.obs_id);
  if (!in_group_ || folder != folder_ || stem != stem_ || row.obs_id != obs_id_) {
    EndGroup();
    BeginGroup(folder, stem, row);
  }
  group_tails_.push_back(TailOf(name.substr(stem.size()), row.path.empty() ? kAbsent : row.detector));
  letters_ += row.letter;
}

void NameTable::BeginGroup(std::string_view folder, std::string_view stem, const Row& row) {
  in_group_ = true;
  folder_ = folder;
  stem_ = stem;
  obs_id_ = row.obs_id;
  // An exposure's folder is mostly named as its files are.
  const bool folder_is_stem = !stem.empty() && LastOf(folder) == stem;
  const std::string_view parent = folder_is_stem ? folder.substr(0, folder.size() - stem.size() - 1) : folder;
  open_[0] = 2 * static_cast<std::int64_t>(IdOf(parent, parent_ids_, parents_)) + (folder_is_stem ? 1 : 0);
  open_[1] = stem.empty()                              ? 0
             : stem == row.obs_id && row.exposure >= 0 ? 1
                                                       : 2 + std::int64_t{IdOf(stem, stem_ids_, stems_)};
  open_[2] = row.exposure + 1;
}

// A group has the tails of the one before it, place by place, more often than not.
std::uint32_t NameTable::TailOf(std::string_view tail, std::int32_t detector) {
  const std::size_t place = group_tails_.size();
  if (place < previous_tails_.size()) {
    const std::uint32_t likely = previous_tails_[place];
    if (tails_[likely] == tail && tail_detectors_[likely] == detector) return likely;
  }
  const auto [found, is_new] =
      tail_ids_.try_emplace(std::pair(tail, detector), static_cast<std::uint32_t>(tails_.size()));
  if (is_new) {
    tails_.push_back(tail);
    tail_detectors_.push_back(detector);
  }
  return found->second;
}

void NameTable::EndGroup() {
  if (!in_group_) return;
  const bool is_first = layouts_.empty();
  if (is_first || group_tails_ != previous_tails_) {
    std::string layout;
    std::int64_t last = -1;  // so that a run of new tails is all ones
    for (const std::uint32_t tail : group_tails_) {
      AppendVlq(tail - last, layout);
      last = tail;
    }
    if (const auto known = layout_ids_.find(layout); known != layout_ids_.end()) {
      previous_layout_ = known->second;
    } else {
      previous_layout_ = IdOf(texts_.emplace_back(std::move(layout)), layout_ids_, layouts_);
    }
  }
  if (is_first || letters_ != previous_groups_letters_) {
    if (const auto known = letter_ids_.find(letters_); known != letter_ids_.end()) {
      previous_letters_ = known->second;
    } else {
      previous_letters_ = IdOf(texts_.emplace_back(letters_), letter_ids_, letter_rows_);
    }
  }
  const std::int64_t group[] = {open_[0], open_[1], open_[2], previous_layout_, previous_letters_};
  for (std::size_t i = 0; i < std::size(group); ++i) {
    AppendVlq(group[i] - last_[i], groups_);
    last_[i] = group[i];
  }
  std::swap(previous_tails_, group_tails_);
  std::swap(previous_groups_letters_, letters_);
  group_tails_.clear();
  letters_.clear();
  in_group_ = false;
}

void NameTable::Write(std::string& out) {
  EndGroup();
  WriteStrings("parents", parents_, out);
  WriteStrings("stems", stems_, out);
  WriteStrings("tails", tails_, out);
  out += "tailDetectors:\"";
  for (const std::int32_t detector : tail_detectors_) AppendVlq(detector + 1, out);
  out += "\",\n";
  WriteStrings("layouts", layouts_, out);
  WriteStrings("letters", letter_rows_, out);
  out += "groups:\"";
  out += groups_;
  out += "\",\n";
}

}  // namespace obsmon
