#include "files/call_latency.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <thread>

namespace obsmon {
namespace {

// A question that a server far away answers takes 0.2 ms and more; a lock of this process, or a page from a
// local disk, a small part of that.
constexpr std::chrono::microseconds kShortestWait{100};
// One wait may be for anything; a few in a row are the disk's.
constexpr std::int64_t kFewestWaits = 3;

// Servers answer tens of questions at a time about as fast as one; more than this gained nothing at 0.3 and
// 1 ms a call (bench/README.md).
constexpr int kThreadsForADiskFarAway = 64;

std::int64_t WaitsOfThisThread() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

// By the thread's own clock: what getrusage tells is of the last tick, and up to 4 ms of what the thread did
// before it was first asked would count as done since.
std::chrono::nanoseconds CpuOfThisThread() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace

int ThreadsOrDefault(int asked) {
  if (asked > 0) return asked;
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 16U));
}

int MostThreads(int asked) { return asked > 0 ? asked : kThreadsForADiskFarAway; }

CallLatency::CallLatency()
    : waits_(WaitsOfThisThread()), cpu_(CpuOfThisThread()), began_(std::chrono::steady_clock::now()) {}

bool CallLatency::IsWaiting() const {
  const std::int64_t waits = WaitsOfThisThread() - waits_;
  if (waits < kFewestWaits) return false;
  const std::chrono::nanoseconds cpu = CpuOfThisThread() - cpu_;
  const std::chrono::nanoseconds idle = std::chrono::steady_clock::now() - began_ - cpu;
  return idle > 2 * cpu && idle > waits * kShortestWait;
}

}  // namespace obsmon
