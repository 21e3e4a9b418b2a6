// What the words for a night are made from, where the night is known from the history.
#ifndef OBSMON_SRC_HISTORY_NIGHT_FACTS_H_
#define OBSMON_SRC_HISTORY_NIGHT_FACTS_H_

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "obsmon/history.h"
#include "report/night_in_words.h"

namespace obsmon {

inline NightFacts FactsOf(const NightSummary& night) {
  return {.state = night.state,
          .counts = night.counts,
          .num_issues = night.num_issues,
          .num_hiding = night.num_hiding,
          .num_elsewhere = night.legacy.n_ingest,
          // Its trouble is then one of the issues; PutUnknown leaves none.
          .registry_readable = night.trouble.empty() || night.num_issues > 0};
}

/// Those with the states "needs attention" and "unknown"; but what only the prototype has seen nobody looks
/// at again by itself, and it would stay open for ever.
inline bool IsProblem(const NightSummary& night) {
  if (night.from_prototype) return false;
  return night.state == NightState::kNeedsAttention || night.state == NightState::kUnknown;
}

/// Whether a night is looked at again until it is complete. What only the prototype has seen stays as it saw
/// it: its files may be long cleaned away.
inline bool IsOpen(const NightSummary& night) {
  return !night.from_prototype && night.state != NightState::kComplete;
}

/// The worse of two, in the order attention, unknown, in progress, complete.
inline NightState WorseOf(NightState a, NightState b) {
  constexpr std::array kWorstFirst = {NightState::kNeedsAttention, NightState::kUnknown,
                                      NightState::kInProgress};
  for (const NightState state : kWorstFirst) {
    if (a == state || b == state) return state;
  }
  return NightState::kComplete;
}

/// When one of the nights was last looked at. What a prototype's database tells is no look of ours.
inline std::optional<UtcTime> LastLookAt(std::span<const NightSummary> nights) {
  std::optional<UtcTime> last;
  for (const NightSummary& night : nights) {
    if (!night.from_prototype) last = std::max(last.value_or(night.looked_at), night.looked_at);
  }
  return last;
}

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_NIGHT_FACTS_H_
