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

/// With the data that its script loads.
void BM_RenderNight(benchmark::State& state) {
  const NightReport report = SyntheticReport(SizeOf(state));
  NightPages pages;
  for (auto _ : state) pages = RenderNight(report);
  CountFiles(state);
  std::size_t data_bytes = 0;
  for (const PageFile& file : pages.data) data_bytes += file.contents.size();
  state.counters["page bytes"] = static_cast<double>(pages.page.contents.size());
  state.counters["first data bytes"] = static_cast<double>(pages.data.front().contents.size());
  state.counters["data bytes"] = static_cast<double>(data_bytes);
}
BENCHMARK(BM_RenderNight)->Apply(AllSizes);

/// Rendered, and written where nothing was.
void BM_PublishNewNight(benchmark::State& state) {
  const NightReport report = SyntheticReport(SizeOf(state));
  for (auto _ : state) {
    state.PauseTiming();
    const TempFolder output;
    state.ResumeTiming();
    if (!PublishNight(output.path(), report).ok()) state.SkipWithError("the night was not written");
  }
  CountFiles(state);
}
BENCHMARK(BM_PublishNewNight)->Apply(AllSizes);

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
