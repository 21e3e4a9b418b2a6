// Runs a loop on several threads. Private to the stages that wait for a disk.
#ifndef OBSMON_SRC_FILES_PARALLEL_H_
#define OBSMON_SRC_FILES_PARALLEL_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace obsmon {

/// How many threads to use where the caller leaves it open: with a warm cache a stat is CPU in the kernel and
/// more threads than cores gain nothing; with latency (NFS, GPFS) they do, and cost little here.
inline int ThreadsOrDefault(int asked) {
  if (asked > 0) return asked;
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency() * 2, 4U, 16U));
}

/// Calls `body(0)` … `body(n - 1)`, each once, from up to `num_threads` threads, the caller's among them.
/// Returns when all have returned.
inline void ParallelFor(std::size_t n, int num_threads, absl::FunctionRef<void(std::size_t)> body) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < n; i = next++) body(i);
  };
  std::vector<std::jthread> helpers;
  const std::size_t num_helpers = std::min(n, static_cast<std::size_t>(ThreadsOrDefault(num_threads)));
  for (std::size_t i = 1; i < num_helpers; ++i) helpers.emplace_back(work);
  work();
}

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_PARALLEL_H_
