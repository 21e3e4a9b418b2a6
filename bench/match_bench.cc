// What does it cost to decide every file's verdict, and to add them up?
#include <benchmark/benchmark.h>

#include "night_tree.h"
#include "obsmon/match.h"
#include "obsmon/report.h"
#include "sizes.h"
#include "synthetic_evidence.h"

namespace obsmon::bench {
namespace {

void Match(benchmark::State& state, const NightEvidence& evidence) {
  for (auto _ : state) {
    const NightMatch match =
        MatchNight(evidence.transfers, evidence.ingests, LookTime(), {.storage_names = {"/data/storage"}});
    if (match.verdict.front() != Verdict::kIngested) state.SkipWithError("a wrong verdict");
  }
  CountFiles(state);
}

/// Links: device and inode decide.
void BM_MatchByFileId(benchmark::State& state) { Match(state, SyntheticEvidence(SizeOf(state))); }
BENCHMARK(BM_MatchByFileId)->Apply(AllSizes);

/// Copies: neither file id nor link, so the name and the size decide.
void BM_MatchByName(benchmark::State& state) {
  NightEvidence evidence = SyntheticEvidence(SizeOf(state));
  IngestTable copies;
  for (IngestRow row : evidence.ingests) {
    row.file_id.inode += 1'000'000'000;
    row.link_target = {};
    copies.Append(row);
  }
  evidence.ingests = copies;
  Match(state, evidence);
}
BENCHMARK(BM_MatchByName)->Apply(AllSizes);

void BM_MakeReport(benchmark::State& state) {
  const NightEvidence evidence = SyntheticEvidence(SizeOf(state));
  const NightMatch match =
      MatchNight(evidence.transfers, evidence.ingests, LookTime(), {.storage_names = {"/data/storage"}});
  for (auto _ : state) {
    state.PauseTiming();  // the copies that the call takes over
    NightEvidence evidence_copy = evidence;
    NightMatch match_copy = match;
    state.ResumeTiming();
    const NightReport report =
        MakeReport("bench", kNight, LookTime(), std::move(evidence_copy), std::move(match_copy));
    if (report.counts[Verdict::kIngested] != SizeOf(state).fits()) state.SkipWithError("wrong counts");
  }
  CountFiles(state);
}
BENCHMARK(BM_MakeReport)->Apply(AllSizes);

}  // namespace
}  // namespace obsmon::bench
