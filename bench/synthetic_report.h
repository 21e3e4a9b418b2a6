// A night's report made in memory: for the stages that show it or keep it.
#ifndef OBSMON_BENCH_SYNTHETIC_REPORT_H_
#define OBSMON_BENCH_SYNTHETIC_REPORT_H_

#include <utility>

#include "night_tree.h"
#include "obsmon/match.h"
#include "obsmon/report.h"
#include "synthetic_evidence.h"

namespace obsmon::bench {

inline NightReport SyntheticReport(const NightSize& size, Night night = kNight) {
  NightEvidence evidence = SyntheticEvidence(size);
  NightMatch match =
      MatchNight(evidence.transfers, evidence.ingests, LookTime(), {.storage_names = {"/data/storage"}});
  return MakeReport("bench", night, LookTime(), std::move(evidence), std::move(match));
}

}  // namespace obsmon::bench

#endif  // OBSMON_BENCH_SYNTHETIC_REPORT_H_
