#include "files/work_queue.h"

#include <chrono>
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
  if (failure_) return;
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
      Tick(tick);
      lock.lock();
      continue;
    }
    ++num_idle_;
    const std::cv_status woken = changed_.wait_for(lock, kTick);
    --num_idle_;
    if (woken == std::cv_status::timeout) {
      lock.unlock();
      Tick(tick);
      lock.lock();
    }
  }
  lock.unlock();
  changed_.notify_all();
  helpers_.clear();  // joins
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
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
  } catch (const std::exception&) {
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
  bool waited = false;
  try {
    const CallLatency latency;
    task();
    waited = latency.IsWaiting();
  } catch (...) {
    Fail(std::current_exception());
  }
  const std::lock_guard lock(mutex_);
  if (waited) max_helpers_ = most_helpers_;
  --num_running_;
  if (IsDoneLocked()) changed_.notify_all();
}

void WorkQueue::Tick(absl::FunctionRef<void()> tick) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return;  // the caller is about to hear of it
  }
  try {
    tick();
  } catch (...) {
    Fail(std::current_exception());
  }
}

void WorkQueue::Fail(std::exception_ptr failure) {
  std::vector<Task> dropped[2];  // what they hold is let go of after the lock
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
  dropped[0].swap(now_);
  dropped[1].swap(later_);
}

}  // namespace obsmon
