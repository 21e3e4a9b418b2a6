// What the words for a night are made from, where the night is known from the history.
#ifndef OBSMON_SRC_HISTORY_NIGHT_FACTS_H_
#define OBSMON_SRC_HISTORY_NIGHT_FACTS_H_

#include "obsmon/history.h"
#include "text/night_in_words.h"

namespace obsmon {

inline NightFacts FactsOf(const NightSummary& night) {
  return {.state = night.state,
          .counts = night.counts,
          .num_issues = night.num_issues,
          .registry_readable = night.trouble.empty()};
}

/// Those with the states "needs attention" and "unknown".
inline bool IsProblem(const NightSummary& night) {
  return night.state == NightState::kNeedsAttention || night.state == NightState::kUnknown;
}

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_NIGHT_FACTS_H_
