// Runs a loop on several threads. Private to the stages that wait for a disk.
#ifndef OBSMON_SRC_FILES_PARALLEL_H_
#define OBSMON_SRC_FILES_PARALLEL_H_

#include <cstddef>
#include <future>

#include "absl/functional/function_ref.h"
#include "files/call_latency.h"

namespace obsmon {

/// For std::async, of what is done beside its caller's work: where the system gives no thread, it is done
/// when it is awaited.
inline constexpr std::launch kBeside = std::launch::async | std::launch::deferred;

/// Calls `body(0)` … `body(n - 1)`, each once, from up to `num_threads` threads (0: as ThreadsOrDefault), the
/// caller's among them. Returns when all have returned. Where one throws, those that have not begun are
/// dropped, those that have are awaited, and the first such exception is thrown from here.
///
/// Where the number is left open and calls are seen to wait for a disk, threads are added up to MostThreads.
void ParallelFor(std::size_t n, int num_threads, absl::FunctionRef<void(std::size_t)> body);

/// The same, where the caller's thread has something else to do before it takes part: `meanwhile()`, which is
/// called once in any case.
void ParallelFor(std::size_t n, int num_threads, absl::FunctionRef<void(std::size_t)> body,
                 absl::FunctionRef<void()> meanwhile);

/// The same as the first for bodies so short that a thread is worth its start only where they wait: begins on
/// the caller's thread alone.
void ParallelForWhereSlow(std::size_t n, int num_threads, absl::FunctionRef<void(std::size_t)> body);

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_PARALLEL_H_
