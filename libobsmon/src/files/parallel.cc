#include "files/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace obsmon {
namespace {

class Loop {
 public:
  Loop(std::size_t n, int most_threads, absl::FunctionRef<void(std::size_t)> body)
      : n_(n), most_helpers_(static_cast<std::size_t>(most_threads) - 1), body_(body) {}

  void Run(int num_threads, absl::FunctionRef<void()> meanwhile) {
    if (n_ > 1) StartHelpers(std::min(static_cast<std::size_t>(num_threads), n_) - 1);
    OrFail(meanwhile);
    Work();
    Join();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  void Join() {
    std::vector<std::jthread> helpers;
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
      helpers.swap(helpers_);
    }
  }  // joins

  void StartHelpers(std::size_t wanted) {
    const std::lock_guard lock(mutex_);
    if (is_over_) return;
    const std::size_t started_calls = std::min(next_.load(), n_);
    wanted = std::min({wanted, most_helpers_, n_ - started_calls});
    try {
      while (helpers_.size() < wanted) helpers_.emplace_back([this] { Work(); });
    } catch (const std::exception&) {
      // The system gives no more threads: those that there are do the work.
    }
  }

  void Work() {
    OrFail([this] { CallBodies(); });
  }

  void OrFail(absl::FunctionRef<void()> work) {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = n_;  // of the calls, none begins any more
    }
  }

  void CallBodies() {
    const CallLatency latency;
    for (std::size_t i = next_++; i < n_; i = next_++) {
      body_(i);
      if (!is_slow_ && latency.IsWaiting()) {
        is_slow_ = true;
        StartHelpers(most_helpers_);
      }
    }
  }

  const std::size_t n_;
  const std::size_t most_helpers_;
  const absl::FunctionRef<void(std::size_t)> body_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> is_slow_{false};
  std::mutex mutex_;
  bool is_over_ = false;
  std::exception_ptr failure_;
  std::vector<std::jthread> helpers_;
};

void Nothing() {}

}  // namespace

void ParallelFor(std::size_t n, int num_threads, absl::FunctionRef<void(std::size_t)> body) {
  ParallelFor(n, num_threads, body, Nothing);
}

void ParallelFor(std::size_t n, int num_threads, absl::FunctionRef<void(std::size_t)> body,
                 absl::FunctionRef<void()> meanwhile) {
  Loop(n, MostThreads(num_threads), body).Run(ThreadsOrDefault(num_threads), meanwhile);
}

void ParallelForWhereSlow(std::size_t n, int num_threads, absl::FunctionRef<void(std::size_t)> body) {
  Loop(n, MostThreads(num_threads), body).Run(1, Nothing);
}

}  // namespace obsmon
