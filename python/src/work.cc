#include "work.h"

#include <cxxabi.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace obsmon::python {
namespace {

namespace py = pybind11;

// Ctrl-C must be felt within 0.2 s; the library stops within a few milliseconds, and keeps what it has done.
constexpr std::chrono::milliseconds kLookForSignals{50};

struct News {
  std::string stage;
  std::int64_t done = 0;
  std::int64_t total = 0;
};

/// What the working thread tells the waiting one: only the latest news counts.
class Mailbox {
 public:
  void Post(std::string_view stage, std::int64_t done, std::int64_t total) {
    const std::scoped_lock lock(mutex_);
    news_ = {std::string(stage), done, total};
  }
  void Finish(std::exception_ptr error) {
    const std::scoped_lock lock(mutex_);
    error_ = std::move(error);
    finished_ = true;
    changed_.notify_all();
  }
  /// Waits for the end, but not for long. Whether it has come.
  bool AwaitEnd() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLookForSignals, [this] { return finished_; });
  }
  std::optional<News> TakeNews() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(news_, std::nullopt);
  }
  /// What the work has thrown; null where nothing. REQUIRES: it has ended.
  const std::exception_ptr& error() const { return error_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<News> news_;
  bool finished_ = false;
  std::exception_ptr error_;
};

// REQUIRES: the GIL.
void LookUp(Mailbox& mailbox, const py::object& progress) {
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  if (const std::optional<News> news = mailbox.TakeNews()) progress(news->stage, news->done, news->total);
}

/// Waits for the end of the work; on the first exception of Python's, asks it to stop.
///
/// Where the interpreter has come to its end meanwhile, taking the GIL ends this thread, a daemon: until
/// Python 3.13 by unwinding it, which no destructor survives that would take the GIL. Hence no guards of
/// pybind11's.
std::exception_ptr AwaitEnd(Mailbox& mailbox, const py::object& progress, std::stop_source& stop) {
  std::exception_ptr raised;
  PyThreadState* thread = PyEval_SaveThread();
  while (!mailbox.AwaitEnd()) {
    if (raised) continue;
    PyEval_RestoreThread(thread);
    try {
      LookUp(mailbox, progress);
    } catch (const abi::__forced_unwind&) {
      throw;
    } catch (...) {
      raised = std::current_exception();
      stop.request_stop();
    }
    thread = PyEval_SaveThread();
  }
  PyEval_RestoreThread(thread);
  return raised;
}

/// A thread that is told to stop, and awaited, by whoever leaves it behind.
class Worker {
 public:
  template <typename Work>
  Worker(std::stop_source& stop, Work work) : stop_(stop), thread_(std::move(work)) {}
  ~Worker() {
    if (!thread_.joinable()) return;
    stop_.request_stop();
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Join() { thread_.join(); }

 private:
  std::stop_source& stop_;
  std::thread thread_;
};

}  // namespace

void RunWork(const py::object& progress, const std::function<void(const WorkControl&)>& work) {
  Mailbox mailbox;
  std::stop_source stop;
  WorkControl control{.progress = {}, .stop = stop.get_token()};
  if (!progress.is_none()) {
    control.progress = [&mailbox](std::string_view stage, std::int64_t done, std::int64_t total) {
      mailbox.Post(stage, done, total);
    };
  }
  Worker worker(stop, [&] {
    std::exception_ptr error;
    try {
      work(control);
    } catch (...) {
      error = std::current_exception();
    }
    mailbox.Finish(std::move(error));
  });
  const std::exception_ptr raised = AwaitEnd(mailbox, progress, stop);
  worker.Join();
  if (raised) std::rethrow_exception(raised);
  if (mailbox.error()) std::rethrow_exception(mailbox.error());
  // The end may have come between the last look and Ctrl-C, or news.
  LookUp(mailbox, progress);
}

}  // namespace obsmon::python
