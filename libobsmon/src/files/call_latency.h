// Tells work that waits for a disk far away from work that keeps a processor busy. Private to the stages that
// look at disks.
#ifndef OBSMON_SRC_FILES_CALL_LATENCY_H_
#define OBSMON_SRC_FILES_CALL_LATENCY_H_

#include <chrono>
#include <cstdint>

namespace obsmon {

/// How many threads to use where the caller leaves it open: with a warm cache a stat is CPU in the kernel,
/// and more threads than cores gain nothing. See MostThreads.
int ThreadsOrDefault(int asked);

/// How many threads there may be once calls have been seen to wait for a disk: a server is then asked so many
/// questions at a time. What the caller asks for holds all the same.
int MostThreads(int asked);

/// Watches what one thread does from its making on.
class CallLatency {
 public:
  CallLatency();

  /// Whether the thread has mostly been waiting: it gave its processor up of its own will, again and again,
  /// for longer than it ran. A thread that others have pushed off a busy processor did not wait.
  bool IsWaiting() const;

 private:
  // As they were at its making.
  std::int64_t waits_;
  std::chrono::nanoseconds cpu_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_CALL_LATENCY_H_
