// What does the scan of a night cost above the bare loop, and what does a look at its stamps cost?
#include <benchmark/benchmark.h>

#include <string>

#include "bare_loop.h"
#include "night_tree.h"
#include "obsmon/transfers.h"
#include "sizes.h"

namespace obsmon::bench {
namespace {

void BM_BareLoop(benchmark::State& state) {
  const std::string storage = InputOf(SizeOf(state)) / "storage";
  for (auto _ : state) {
    if (RunBareLoop(storage).entries != SizeOf(state).files()) state.SkipWithError("wrong number of files");
  }
  CountFiles(state);
}
BENCHMARK(BM_BareLoop)->Apply(AllSizes);

void Scan(benchmark::State& state, int num_threads) {
  const std::filesystem::path storage = InputOf(SizeOf(state)) / "storage";
  for (auto _ : state) {
    const auto scan = ScanTransfers(storage, kNight, {.control = {.num_threads = num_threads}});
    if (!scan.ok() || static_cast<int>(scan->files.size()) != SizeOf(state).files() ||
        !scan->issues.empty()) {
      state.SkipWithError("the scan did not find what is there");
    }
  }
  CountFiles(state);
}

void BM_ScanOnOneThread(benchmark::State& state) { Scan(state, 1); }
BENCHMARK(BM_ScanOnOneThread)->Apply(AllSizes);

void BM_Scan(benchmark::State& state) { Scan(state, 0); }
BENCHMARK(BM_Scan)->Apply(AllSizes);

/// What a second look asks for where nothing has changed.
void BM_CompareStamps(benchmark::State& state) {
  const auto scan = ScanTransfers(InputOf(SizeOf(state)) / "storage", kNight);
  for (auto _ : state) {
    if (!AreUnchanged(scan->folders)) state.SkipWithError("a folder has changed");
  }
  CountFiles(state);
}
BENCHMARK(BM_CompareStamps)->Apply(AllSizes);

}  // namespace
}  // namespace obsmon::bench
