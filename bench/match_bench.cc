// What does it cost to decide every file's verdict, and to add them up?
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <string>

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

/// One name in the folder of each exposure, that of datasets, too, which are of none of these files: in the
/// store all are of another size, and what is listed lies in other folders.
void BM_MatchOneNameInManyFolders(benchmark::State& state) {
  NightEvidence evidence;
  for (std::int64_t exposure = 0; exposure < state.range(0); ++exposure) {
    const std::string place = fmt::format("/e{:06}/image.fits", exposure);
    const FileId id{.device = 1, .inode = static_cast<std::uint64_t>(exposure) + 1};
    evidence.transfers.Append({.path = kNight.Compact() + place,
                               .size_bytes = 12'000'000,
                               .creation_time = UtcTime(kNight.date()),
                               .arrival_time = UtcTime(kNight.date()),
                               .file_id = id});
    evidence.ingests.Append({.path = "s3://raw/" + kNight.ToString() + place,
                             .night = kNight,
                             .exposure = exposure,
                             .artifact = ArtifactState::kRemote,
                             .ingested_size_bytes = 13'000'000 + exposure});
    const std::string listed = fmt::format("{}/reduced{}", kNight.Compact(), place);
    evidence.ingests.Append({.path = listed,
                             .night = kNight,
                             .artifact = ArtifactState::kGone,
                             .link_target = "/data/storage/" + listed});
  }
  for (auto _ : state) {
    const NightMatch match =
        MatchNight(evidence.transfers, evidence.ingests, LookTime(), {.storage_names = {"/data/storage"}});
    if (match.verdict.back() != Verdict::kNotIngested) state.SkipWithError("a wrong verdict");
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_MatchOneNameInManyFolders)
    ->ArgName("exposures")
    ->Arg(1'000)
    ->Arg(4'000)
    ->Arg(16'000)
    ->Arg(64'000)
    ->Unit(benchmark::kMillisecond)
    ->Complexity();

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
