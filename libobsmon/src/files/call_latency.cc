#include "files/call_latency.h"

#include <sys/resource.h>

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
constexpr int kMostThreads = 64;

std::chrono::nanoseconds SpanOf(const timeval& time) {
  return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
}

}  // namespace

int ThreadsOrDefault(int asked) {
  if (asked > 0) return asked;
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 16U));
}

int MostThreads(int asked) { return asked > 0 ? asked : kMostThreads; }

CallLatency::CallLatency() : began_(Now()) {}

CallLatency::Usage CallLatency::Now() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return {.wall = std::chrono::steady_clock::now().time_since_epoch(),
          .cpu = SpanOf(usage.ru_utime) + SpanOf(usage.ru_stime),
          .waits = usage.ru_nvcsw};
}

bool CallLatency::IsWaiting() const {
  const Usage now = Now();
  const std::int64_t waits = now.waits - began_.waits;
  const std::chrono::nanoseconds cpu = now.cpu - began_.cpu;
  const std::chrono::nanoseconds idle = now.wall - began_.wall - cpu;
  return waits >= kFewestWaits && idle > 2 * cpu && idle > waits * kShortestWait;
}

}  // namespace obsmon
