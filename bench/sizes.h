// The sizes that every benchmark runs at: half of the files are FITS, and all of these are ingested.
#ifndef OBSMON_BENCH_SIZES_H_
#define OBSMON_BENCH_SIZES_H_

#include <benchmark/benchmark.h>

namespace obsmon::bench {

struct NightSize {
  int exposures = 0;
  int detectors = 0;

  int fits() const { return exposures * detectors; }
  int files() const { return 2 * fits(); }
};

/// An hour of one small camera; a night of a raft or two; half a night, and a night, of LSSTCam.
inline constexpr NightSize k500{.exposures = 50, .detectors = 5};
inline constexpr NightSize k9k{.exposures = 50, .detectors = 90};
inline constexpr NightSize k205k{.exposures = 500, .detectors = 205};
inline constexpr NightSize k410k{.exposures = 1000, .detectors = 205};
inline constexpr NightSize kSizes[] = {k500, k9k, k205k, k410k};

/// Runs a benchmark at each size, state.range(0) being its place in kSizes.
inline void AllSizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("size")->DenseRange(0, 3)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
  benchmark->UseRealTime();
}

inline NightSize SizeOf(const benchmark::State& state) { return kSizes[state.range(0)]; }

/// Shows files a second, and the number of files as the label.
inline void CountFiles(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * SizeOf(state).files());
  state.SetLabel(std::to_string(SizeOf(state).files()) + " files");
}

}  // namespace obsmon::bench

#endif  // OBSMON_BENCH_SIZES_H_
