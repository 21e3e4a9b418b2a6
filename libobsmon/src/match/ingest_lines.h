// Datasets that wait in lines for files that fit them. Private to MATCH.
#ifndef OBSMON_SRC_MATCH_INGEST_LINES_H_
#define OBSMON_SRC_MATCH_INGEST_LINES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace obsmon {

/// A line of ingests for each `Key`, which is hashable: what a file has to have.
template <typename Key>
class IngestLines {
 public:
  /// Puts an ingest at the front of a line.
  void Prepend(const Key& key, std::size_t ingest) {
    const auto [line, is_new] = front_of_.try_emplace(key, kNone);
    nodes_.push_back({static_cast<std::int32_t>(ingest), line->second});
    line->second = static_cast<std::int32_t>(nodes_.size() - 1);
  }

  /// Calls `take` with each in a line.
  template <typename Take>
  void ForEach(const Key& key, Take take) const {
    const auto line = front_of_.find(key);
    if (line == front_of_.end()) return;
    for (std::int32_t at = line->second; at != kNone; at = nodes_[static_cast<std::size_t>(at)].next) {
      take(static_cast<std::size_t>(nodes_[static_cast<std::size_t>(at)].ingest));
    }
  }

  /// The first of a line that `is_free`. Those in front of it leave for good, so that however many files ask,
  /// all of a line is gone through once.
  template <typename IsFree>
  std::optional<std::size_t> First(const Key& key, IsFree is_free) {
    const auto line = front_of_.find(key);
    if (line == front_of_.end()) return std::nullopt;
    std::int32_t& front = line->second;
    for (; front != kNone; front = nodes_[static_cast<std::size_t>(front)].next) {
      const auto ingest = static_cast<std::size_t>(nodes_[static_cast<std::size_t>(front)].ingest);
      if (is_free(ingest)) return ingest;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::int32_t kNone = -1;
  struct Node {
    std::int32_t ingest;
    std::int32_t next;
  };
  absl::flat_hash_map<Key, std::int32_t> front_of_;
  std::vector<Node> nodes_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_MATCH_INGEST_LINES_H_
