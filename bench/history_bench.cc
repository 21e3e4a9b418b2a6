// What does it cost to keep a night, to keep it again unchanged, and to learn that nothing is new?
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>

#include "night_tree.h"
#include "obsmon/history.h"
#include "sizes.h"
#include "synthetic_report.h"

namespace obsmon::bench {
namespace {

/// The history of a folder's own: in it, or, where OBSMON_BENCH_HISTORY is the URI of a shared one, there.
absl::StatusOr<std::unique_ptr<History>> OpenHistoryOf(const TempFolder& output) {
  const char* const shared = std::getenv("OBSMON_BENCH_HISTORY");
  return History::Open(StreamOutput{.name = output.path().filename().string(),
                                    .output_dir = output.path(),
                                    .history = {.uri = shared != nullptr ? shared : ""}});
}

/// A fingerprint with one stamp for each exposure's folders, as a night of links has.
NightFingerprint FingerprintOf(const NightSize& size) {
  NightFingerprint fingerprint{.registry_digest = 1, .rules_digest = 2, .trusted = true};
  for (int i = 0; i < 2 * size.exposures; ++i) {
    fingerprint.folders.push_back({.path = "/data/storage/2020-05-01/MC_O_20200501_" + std::to_string(i),
                                   .exists = true,
                                   .file_id = {.device = 1, .inode = static_cast<std::uint64_t>(i)},
                                   .modified = LookTime()});
  }
  return fingerprint;
}

absl::Status PutInOneTransaction(History& history, const NightReport& report,
                                 const NightFingerprint& fingerprint) {
  if (absl::Status begun = history.Begin(); !begun.ok()) return begun;
  if (absl::Status put = history.Put(report, fingerprint); !put.ok()) return put;
  return history.Commit();
}

void BM_PutNewNight(benchmark::State& state) {
  const NightReport report = SyntheticReport(SizeOf(state));
  const NightFingerprint fingerprint = FingerprintOf(SizeOf(state));
  for (auto _ : state) {
    state.PauseTiming();
    const TempFolder output;
    state.ResumeTiming();
    const auto history = OpenHistoryOf(output);
    if (!history.ok() || !PutInOneTransaction(**history, report, fingerprint).ok()) {
      state.SkipWithError("the history was not written");
      break;
    }
  }
  CountFiles(state);
}
BENCHMARK(BM_PutNewNight)->Apply(AllSizes);

void BM_PutSameNightAgain(benchmark::State& state) {
  const NightReport report = SyntheticReport(SizeOf(state));
  const NightFingerprint fingerprint = FingerprintOf(SizeOf(state));
  const TempFolder output;
  const auto history = OpenHistoryOf(output);
  if (!history.ok() || !PutInOneTransaction(**history, report, fingerprint).ok()) {
    state.SkipWithError("the history was not written");
    return;
  }
  for (auto _ : state) {
    if (!PutInOneTransaction(**history, report, fingerprint).ok()) {
      state.SkipWithError("the history was not written");
    }
  }
  CountFiles(state);
}
BENCHMARK(BM_PutSameNightAgain)->Apply(AllSizes);

/// What a second look reads: the fingerprint and the list of nights, by a process that starts anew.
void BM_OpenAndReadFingerprint(benchmark::State& state) {
  const TempFolder output;
  {
    const auto history = OpenHistoryOf(output);
    if (!history.ok() ||
        !PutInOneTransaction(**history, SyntheticReport(SizeOf(state)), FingerprintOf(SizeOf(state))).ok()) {
      state.SkipWithError("the history was not written");
      return;
    }
  }
  for (auto _ : state) {
    const auto history = OpenHistoryOf(output);
    const auto fingerprint = (*history)->Fingerprint(kNight);
    if (!fingerprint.ok() || !fingerprint->has_value() || (*history)->Nights()->size() != 1) {
      state.SkipWithError("the history does not know the night");
    }
  }
  CountFiles(state);
}
BENCHMARK(BM_OpenAndReadFingerprint)->Apply(AllSizes);

}  // namespace
}  // namespace obsmon::bench
