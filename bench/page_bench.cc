// What does it cost to render a night's page and a year's index, and to publish a page that has not changed?
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "night_tree.h"
#include "obsmon/pages.h"
#include "sizes.h"
#include "synthetic_report.h"

namespace obsmon::bench {
namespace {

void BM_RenderNightPage(benchmark::State& state) {
  const NightReport report = SyntheticReport(SizeOf(state));
  std::size_t bytes = 0;
  for (auto _ : state) bytes = RenderNightPage(report).size();
  CountFiles(state);
  state.counters["page bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_RenderNightPage)->Apply(AllSizes);

void BM_PublishUnchangedPage(benchmark::State& state) {
  const std::string page = RenderNightPage(SyntheticReport(SizeOf(state)));
  const TempFolder output;
  const std::filesystem::path file = output.path() / NightPageName(kNight);
  if (!PublishFile(file, page).ok()) state.SkipWithError("the page was not written");
  for (auto _ : state) {
    if (!PublishFile(file, page).ok()) state.SkipWithError("the page was not written");
  }
}
BENCHMARK(BM_PublishUnchangedPage)->Apply(AllSizes);

/// An index has a row a night, however many files a night has.
void BM_RenderIndexPage(benchmark::State& state) {
  const NightReport report = SyntheticReport(k500);
  std::vector<NightSummary> nights;
  for (int back = 0; back < state.range(0); ++back) {
    nights.push_back({.night = kNight - back,
                      .state = report.state,
                      .counts = report.counts,
                      .legacy = report.legacy,
                      .looked_at = LookTime()});
  }
  for (auto _ : state) benchmark::DoNotOptimize(RenderIndexPage("bench", nights, LookTime()));
}
BENCHMARK(BM_RenderIndexPage)->ArgName("nights")->Arg(2)->Arg(400)->Arg(4000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace obsmon::bench
