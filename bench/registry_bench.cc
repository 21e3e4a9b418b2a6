// What does it cost to read a night's rows, and to ask the file system where their files are?
#include <benchmark/benchmark.h>

#include <memory>

#include "night_tree.h"
#include "obsmon/registry.h"
#include "sizes.h"

namespace obsmon::bench {
namespace {

std::unique_ptr<Registry> OpenRegistry(benchmark::State& state, const RegistryOptions& options = {}) {
  auto registry = Registry::Open(InputOf(SizeOf(state)) / "gen2repo", options);
  if (!registry.ok()) {
    state.SkipWithError(std::string(registry.status().message()).c_str());
    return nullptr;
  }
  return *std::move(registry);
}

/// The rows alone: one transaction, no file asked.
void BM_ReadRows(benchmark::State& state) {
  const std::unique_ptr<Registry> registry = OpenRegistry(state);
  if (registry == nullptr) return;
  for (auto _ : state) {
    const auto snapshot = registry->Read({&kNight, 1});
    if (!snapshot.ok()) state.SkipWithError("the registry could not be read");
  }
  CountFiles(state);
}
BENCHMARK(BM_ReadRows)->Apply(AllSizes);

void ReadNight(benchmark::State& state, const RegistryOptions& options) {
  const std::unique_ptr<Registry> registry = OpenRegistry(state, options);
  if (registry == nullptr) return;
  for (auto _ : state) {
    const auto ingests = registry->ReadNight(kNight);
    if (!ingests.ok() || static_cast<int>(ingests->rows.size()) != SizeOf(state).fits()) {
      state.SkipWithError("the registry did not give what was ingested");
    }
  }
  CountFiles(state);
}

void BM_ReadNight(benchmark::State& state) { ReadNight(state, {}); }
BENCHMARK(BM_ReadNight)->Apply(AllSizes);

void BM_ReadNightByLinks(benchmark::State& state) {
  RegistryOptions options;
  options.search_links = true;
  ReadNight(state, options);
}
BENCHMARK(BM_ReadNightByLinks)->Apply(AllSizes);

/// What a second look asks first.
void BM_ChangeToken(benchmark::State& state) {
  const std::unique_ptr<Registry> registry = OpenRegistry(state);
  if (registry == nullptr) return;
  for (auto _ : state) {
    if (registry->ChangeToken().empty()) state.SkipWithError("no token though no one writes");
  }
}
BENCHMARK(BM_ChangeToken)->Apply(AllSizes);

}  // namespace
}  // namespace obsmon::bench
