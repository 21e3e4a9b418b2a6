#include "files/work_queue.h"

#include <chrono>
#include <system_error>
#include <utility>

#include "files/call_latency.h"

namespace obsmon {
namespace {

// Nobody waits for longer without a look: the wake-up of a condition variable may be lost by glibc
// before 2.41 (https://sourceware.org/bugzilla/show_bug.cgi?id=25847).
constexpr std::chrono::milliseconds kTick{50};

}  // namespace

void WorkQueue::Push(Urgency urgency, Task task) {
  const std::lock_guard lock(mutex_);
  (urgency == Urgency::kNow ? now_ : later_).push_back(std::move(task));
  if (num_idle_ > 0) {
    changed_.notify_one();
  } else if (is_running_) {
    StartHelperLocked();
  }
}

void WorkQueue::Run(absl::FunctionRef<void()> tick) {
  std::unique_lock lock(mutex_);
  is_running_ = true;
  while (!IsDoneLocked()) {
    if (std::optional<Task> task = TakeLocked()) {
      lock.unlock();
      RunAndAccount(*task);
      tick();
      lock.lock();
      continue;
    }
    ++num_idle_;
    const std::cv_status woken = changed_.wait_for(lock, kTick);
    --num_idle_;
    if (woken == std::cv_status::timeout) {
      lock.unlock();
      tick();
      lock.lock();
    }
  }
  lock.unlock();
  changed_.notify_all();
  helpers_.clear();  // joins
}

std::optional<WorkQueue::Task> WorkQueue::TakeLocked() {
  std::vector<Task>& stack = now_.empty() ? later_ : now_;
  if (stack.empty()) return std::nullopt;
  Task task = std::move(stack.back());
  stack.pop_back();
  ++num_running_;
  // A thread that Push woke counts as idle until it gets here; this makes up for what Push then left out.
  if (!now_.empty() || !later_.empty()) StartHelperLocked();
  return task;
}

void WorkQueue::StartHelperLocked() {
  if (helpers_.size() >= max_helpers_) return;
  try {
    helpers_.emplace_back([this] { Help(); });
  } catch (const std::system_error&) {
    max_helpers_ = helpers_.size();  // the system gives no more: those that there are do the work
  }
}

void WorkQueue::Help() {
  std::unique_lock lock(mutex_);
  while (!IsDoneLocked()) {
    if (std::optional<Task> task = TakeLocked()) {
      lock.unlock();
      RunAndAccount(*task);
      lock.lock();
      continue;
    }
    ++num_idle_;
    changed_.wait_for(lock, kTick);
    --num_idle_;
  }
}

void WorkQueue::RunAndAccount(const Task& task) {
  const CallLatency latency;
  task();
  const bool waited = latency.IsWaiting();
  const std::lock_guard lock(mutex_);
  if (waited) max_helpers_ = most_helpers_;
  --num_running_;
  if (IsDoneLocked()) changed_.notify_all();
}

}  // namespace obsmon
