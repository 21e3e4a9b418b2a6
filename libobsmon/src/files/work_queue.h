// Tasks that make further tasks, run on several threads: for walking a tree whose size no one knows
// beforehand. Private to the stages that wait for a disk.
#ifndef OBSMON_SRC_FILES_WORK_QUEUE_H_
#define OBSMON_SRC_FILES_WORK_QUEUE_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace obsmon {

/// A bounded pool with two stacks of tasks.
///
/// Threads: Push from any task; Run from one thread, once.
class WorkQueue {
 public:
  using Task = std::function<void()>;

  enum class Urgency : std::uint8_t {
    kLater,  ///< opens something new
    kNow,    ///< finishes what is open: goes before all tasks of kLater
  };

  /// Up to `num_threads` threads, the one that calls Run among them; once tasks have been seen to wait for a
  /// disk, up to `most_threads`.
  WorkQueue(int num_threads, int most_threads)
      : max_helpers_(static_cast<std::size_t>(num_threads) - 1),
        most_helpers_(static_cast<std::size_t>(most_threads) - 1) {}
  explicit WorkQueue(int num_threads) : WorkQueue(num_threads, num_threads) {}

  /// Adds a task. The newest of its urgency runs first, so that few are ever waiting. After a failure it is
  /// dropped.
  void Push(Urgency urgency, Task task);

  /// Runs all tasks, and those that they push, and returns when none is left. Calls `tick` from the calling
  /// thread after each task that it runs and at least every 50 ms while it waits for others.
  ///
  /// Helping threads start only when a task waits and no thread is idle: a night of one small folder, which
  /// is the usual one, costs none.
  ///
  /// What a task or `tick` throws ends the queue: tasks that wait are dropped, those that run are awaited,
  /// and the first such exception is thrown from here.
  void Run(absl::FunctionRef<void()> tick);

 private:
  std::optional<Task> TakeLocked();
  bool IsDoneLocked() const { return num_running_ == 0 && now_.empty() && later_.empty(); }
  void StartHelperLocked();
  void Help();
  void RunAndAccount(const Task& task);
  void Tick(absl::FunctionRef<void()> tick);
  void Fail(std::exception_ptr failure);

  std::mutex mutex_;
  std::size_t max_helpers_;  ///< grows to most_helpers_ where tasks wait
  const std::size_t most_helpers_;
  std::condition_variable changed_;
  std::vector<Task> now_;
  std::vector<Task> later_;
  std::size_t num_running_ = 0;  ///< tasks that are being run
  std::size_t num_idle_ = 0;     ///< threads that wait for a task
  bool is_running_ = false;
  std::exception_ptr failure_;
  std::vector<std::jthread> helpers_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_WORK_QUEUE_H_
