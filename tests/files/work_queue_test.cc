#include "files/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "files/call_latency.h"
#include "files/parallel.h"
#include "files/throttled_progress.h"

namespace obsmon {
namespace {

using testing::Each;
using testing::ElementsAre;
using Urgency = WorkQueue::Urgency;

/// Where a number of threads wait for one another.
class Meeting {
 public:
  explicit Meeting(int num_threads) : num_awaited_(num_threads) {}

  /// Comes, and waits for the others; the test fails where they have not come after a minute.
  void Join() {
    std::unique_lock lock(mutex_);
    if (--num_awaited_ == 0) all_there_.notify_all();
    EXPECT_TRUE(all_there_.wait_for(lock, std::chrono::minutes{1}, [this] { return num_awaited_ <= 0; }))
        << num_awaited_ << " more were to come";
  }

  bool AllCame() const {
    const std::lock_guard lock(mutex_);
    return num_awaited_ <= 0;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable all_there_;
  int num_awaited_;
};

// Keeps a processor busy.
void WorkFor(std::chrono::microseconds span) {
  const auto end = std::chrono::steady_clock::now() + span;
  while (std::chrono::steady_clock::now() < end) continue;
}

// Waits as a call does that a server answers.
void AskAFarDisk() { poll(nullptr, 0, 2); }

TEST(WorkQueue, WithoutTasksIsDoneAtOnce) {
  WorkQueue queue(4);
  queue.Run([] {});
}

TEST(WorkQueue, RunsTasksThatTasksPushUntilNoneIsLeft) {
  for (const int threads : {1, 2, 16}) {
    WorkQueue queue(threads);
    std::atomic<int> num_run{0};
    const std::function<void(int)> grow = [&](int depth) {
      ++num_run;
      for (int child = 0; child < 3 && depth > 0; ++child) {
        queue.Push(child == 0 ? Urgency::kNow : Urgency::kLater, [&grow, depth] { grow(depth - 1); });
      }
    };
    queue.Push(Urgency::kLater, [&] { grow(6); });
    queue.Run([] {});
    EXPECT_EQ(num_run, 1093) << threads;  // 3^0 + … + 3^6
  }
}

TEST(WorkQueue, FinishesWhatIsOpenBeforeItOpensMore) {
  WorkQueue queue(1);
  std::vector<std::string> order;
  queue.Push(Urgency::kLater, [&] { order.emplace_back("second folder"); });
  queue.Push(Urgency::kLater, [&] {
    order.emplace_back("first folder");
    queue.Push(Urgency::kNow, [&] { order.emplace_back("its chunk"); });
    queue.Push(Urgency::kLater, [&] { order.emplace_back("its subfolder"); });
  });
  queue.Run([] {});
  EXPECT_THAT(order, ElementsAre("first folder", "its chunk", "its subfolder", "second folder"));
}

TEST(WorkQueue, RunsTasksAtTheSameTimeOnAsManyThreadsAsItMay) {
  WorkQueue queue(3);
  Meeting three(3);  // of one thread each
  for (int i = 0; i < 3; ++i) queue.Push(Urgency::kLater, [&] { three.Join(); });
  queue.Run([] {});
  EXPECT_TRUE(three.AllCame());
}

TEST(WorkQueue, SpreadsWhatOneTaskPushesWhileItGoesOn) {
  WorkQueue queue(3);
  Meeting three(3);
  queue.Push(Urgency::kLater, [&] {
    queue.Push(Urgency::kNow, [&] { three.Join(); });
    queue.Push(Urgency::kNow, [&] { three.Join(); });
    three.Join();
  });
  queue.Run([] {});
  EXPECT_TRUE(three.AllCame());
}

TEST(WorkQueue, TicksOnTheCallingThreadAlone) {
  WorkQueue queue(4);
  for (int i = 0; i < 100; ++i) queue.Push(Urgency::kLater, [] {});
  std::vector<std::thread::id> tickers;
  queue.Run([&] { tickers.push_back(std::this_thread::get_id()); });
  EXPECT_THAT(tickers, Each(std::this_thread::get_id()));
}

TEST(WorkQueue, TicksWhileTheCallingThreadOnlyWaitsForOthers) {
  WorkQueue queue(2);
  const std::thread::id caller = std::this_thread::get_id();
  Meeting both(2);
  Meeting second_tick(2);
  for (int i = 0; i < 2; ++i) {
    queue.Push(Urgency::kLater, [&] {
      both.Join();
      if (std::this_thread::get_id() != caller) second_tick.Join();
    });
  }
  // The caller runs one task and ticks after it. Its second tick can only come of waiting for the other.
  int ticks = 0;
  queue.Run([&] {
    if (++ticks == 2) second_tick.Join();
  });
  EXPECT_GE(ticks, 2);
}

// Whoever of two threads may throw, the caller of `run` hears of it, and both have ended by then.
enum class Thrower { kCaller, kHelper };

// Two tasks at the same time: one throws, and then the other, which still has to do, ends.
class TwoTasks {
 public:
  explicit TwoTasks(Thrower thrower) : thrower_(thrower) {}

  void Run() {
    both_.Join();
    const bool is_caller = std::this_thread::get_id() == caller_;
    if (is_caller == (thrower_ == Thrower::kCaller)) throw std::runtime_error("thrown by one of two");
    WorkFor(std::chrono::milliseconds{5});
    other_ended_ = true;
  }
  bool other_ended() const { return other_ended_; }

 private:
  const Thrower thrower_;
  const std::thread::id caller_ = std::this_thread::get_id();
  Meeting both_{2};
  std::atomic<bool> other_ended_{false};
};

TEST(WorkQueue, GivesItsCallerWhatATaskThrowsOnWhicheverThread) {
  for (const Thrower thrower : {Thrower::kCaller, Thrower::kHelper}) {
    WorkQueue queue(2);
    TwoTasks tasks(thrower);
    std::atomic<int> num_others{0};
    for (int i = 0; i < 1'000; ++i) {
      queue.Push(Urgency::kLater, [&] {
        ++num_others;
        WorkFor(std::chrono::microseconds{100});
      });
    }
    for (int i = 0; i < 2; ++i) queue.Push(Urgency::kNow, [&] { tasks.Run(); });
    EXPECT_THAT([&] { queue.Run([] {}); },
                testing::ThrowsMessage<std::runtime_error>("thrown by one of two"));
    EXPECT_TRUE(tasks.other_ended());
    EXPECT_LT(num_others, 1'000) << "what waits is dropped";
  }
}

TEST(WorkQueue, GivesItsCallerWhatATickThrowsAndTicksNoMore) {
  int num_ticks = 0;
  std::atomic<int> num_run{0};
  std::atomic<bool> was_thrown{false};
  const std::thread::id caller = std::this_thread::get_id();
  const auto run = [&] {
    WorkQueue queue(2);
    for (int i = 0; i < 1'000; ++i) {
      queue.Push(Urgency::kLater, [&] {
        ++num_run;
        while (std::this_thread::get_id() != caller && !was_thrown) std::this_thread::yield();
        WorkFor(std::chrono::microseconds{100});  // so that it is not done with all before the caller is
      });
    }
    queue.Run([&] {
      ++num_ticks;
      was_thrown = true;
      throw std::runtime_error("thrown by a tick");
    });
  };
  EXPECT_THAT(run, testing::ThrowsMessage<std::runtime_error>("thrown by a tick"));
  EXPECT_EQ(num_ticks, 1);
  EXPECT_LT(num_run, 1'000);
}

TEST(WorkQueue, EndsAfterAThrowHoweverMuchIsPushed) {
  WorkQueue queue(2);
  TwoTasks tasks(Thrower::kCaller);
  const std::function<void()> push_on = [&] { queue.Push(Urgency::kNow, push_on); };
  for (int i = 0; i < 2; ++i) {
    queue.Push(Urgency::kNow, [&] {
      tasks.Run();
      push_on();
    });
  }
  EXPECT_THROW(queue.Run([] {}), std::runtime_error);
}

TEST(ParallelFor, GivesItsCallerWhatACallThrowsOnWhicheverThread) {
  for (const Thrower thrower : {Thrower::kCaller, Thrower::kHelper}) {
    TwoTasks tasks(thrower);
    std::atomic<int> num_others{0};
    const auto call = [&](std::size_t i) {
      if (i < 2) return tasks.Run();
      ++num_others;
      WorkFor(std::chrono::microseconds{100});
    };
    EXPECT_THAT([&] { ParallelFor(1'000, 2, call); },
                testing::ThrowsMessage<std::runtime_error>("thrown by one of two"));
    EXPECT_TRUE(tasks.other_ended());
    EXPECT_LT(num_others, 998) << "calls that have not begun are dropped";
  }
}

TEST(CallLatency, CountsNoWorkThatWasDoneBeforeItsMaking) {
  // So long that what is told of a tick ago, at 250 or 1000 ticks a second, would sooner or later show.
  for (int turn = 0; turn < 20; ++turn) {
    WorkFor(std::chrono::microseconds{3'000 + 150 * turn});
    const CallLatency latency;
    for (int call = 0; call < 3; ++call) AskAFarDisk();
    EXPECT_TRUE(latency.IsWaiting()) << turn;
  }
}

TEST(CallLatency, TakesWorkForNoWait) {
  const CallLatency latency;
  WorkFor(std::chrono::milliseconds{30});
  EXPECT_FALSE(latency.IsWaiting());
  AskAFarDisk();
  EXPECT_FALSE(latency.IsWaiting()) << "one wait may be for anything";
}

// Where each call waits for an answer, 64 are waited for at a time however few the processors are.
TEST(ParallelFor, TakesManyThreadsWhereCallsWaitForADisk) {
  Meeting all(MostThreads(0));
  ParallelFor(1'000, 0, [&](std::size_t i) {
    for (int call = 0; call < 4; ++call) AskAFarDisk();
    if (i >= 100 && i < 100 + static_cast<std::size_t>(MostThreads(0))) all.Join();
  });
}

TEST(WorkQueue, TakesManyThreadsWhereTasksWaitForADisk) {
  WorkQueue queue(1, 8);
  Meeting eight(8);
  queue.Push(Urgency::kLater, [&] {
    for (int call = 0; call < 4; ++call) AskAFarDisk();
    for (int i = 0; i < 8; ++i) queue.Push(Urgency::kLater, [&] { eight.Join(); });
  });
  queue.Run([] {});
}

TEST(ParallelFor, StaysOnTheCallersThreadWhereCallsAreShort) {
  std::set<std::thread::id> threads;
  ParallelForWhereSlow(1'000, 0, [&](std::size_t) { threads.insert(std::this_thread::get_id()); });
  EXPECT_THAT(threads, ElementsAre(std::this_thread::get_id()));
}

TEST(ParallelFor, CallsEachIndexOnce) {
  for (const int threads : {1, 3, 16}) {
    std::vector<std::atomic<int>> calls(1000);
    ParallelFor(calls.size(), threads, [&](std::size_t i) { ++calls[i]; });
    EXPECT_THAT(calls, Each(testing::Eq(1))) << threads;
  }
  ParallelFor(0, 4, [](std::size_t) { FAIL(); });
}

TEST(ParallelFor, DoesOnItsCallersThreadWhatIsToBeDoneMeanwhile) {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{1'000}}) {
    std::vector<std::atomic<int>> calls(n);
    std::vector<std::thread::id> meanwhile;
    ParallelFor(
        n, 2, [&](std::size_t i) { ++calls[i]; }, [&] { meanwhile.push_back(std::this_thread::get_id()); });
    EXPECT_THAT(calls, Each(testing::Eq(1))) << n;
    EXPECT_THAT(meanwhile, ElementsAre(std::this_thread::get_id())) << n;
  }
  // The others work on: what is done here waits for the last of their calls.
  constexpr std::size_t kCalls = 1'000;
  std::atomic<std::size_t> done{0};
  ParallelFor(
      kCalls, 2, [&](std::size_t) { ++done; },
      [&] {
        while (done < kCalls) std::this_thread::yield();
      });
}

TEST(ParallelFor, GivesItsCallerWhatIsThrownMeanwhile) {
  std::atomic<bool> helper_is_at_work{false};
  std::atomic<int> num_calls{0};
  const auto call = [&](std::size_t) {
    helper_is_at_work = true;
    ++num_calls;
    WorkFor(std::chrono::microseconds{100});
  };
  const auto meanwhile = [&] {
    while (!helper_is_at_work) std::this_thread::yield();
    throw std::runtime_error("thrown meanwhile");
  };
  EXPECT_THAT([&] { ParallelFor(1'000, 2, call, meanwhile); },
              testing::ThrowsMessage<std::runtime_error>("thrown meanwhile"));
  EXPECT_LT(num_calls, 1'000) << "calls that have not begun are dropped";
}

TEST(ThrottledProgress, SpeaksAtMostEvery50MillisecondsAndNotAtAllOfShortWork) {
  using std::chrono::milliseconds;
  std::vector<std::int64_t> heard;
  const Progress progress = [&](std::string_view stage, std::int64_t done, std::int64_t total) {
    EXPECT_EQ(stage, "scan");
    EXPECT_EQ(total, 9);
    heard.push_back(done);
  };
  const ThrottledProgress::Clock::time_point began{};
  ThrottledProgress throttled(progress, "scan", began);
  throttled.Report(1, 9, began + milliseconds{49});
  throttled.Report(2, 9, began + milliseconds{50});
  throttled.Report(3, 9, began + milliseconds{99});
  throttled.Report(4, 9, began + milliseconds{200});
  EXPECT_THAT(heard, ElementsAre(2, 4));
}

TEST(ThrottledProgress, WithoutAListenerIsSilent) { ThrottledProgress({}, "scan").Report(1, 0); }

}  // namespace
}  // namespace obsmon
