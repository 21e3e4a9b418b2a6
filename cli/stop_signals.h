// Signals that ask a process to stop, as a stop_token.
#ifndef OBSMON_CLI_STOP_SIGNALS_H_
#define OBSMON_CLI_STOP_SIGNALS_H_

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

namespace obsmon::cli {

/// Turns SIGINT and SIGTERM into a request to stop; a second one ends the process at once. To be made before
/// any other thread, and once: the signals are blocked in all threads and taken by one that waits for them,
/// for a handler could not safely wake anyone.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  /// The signal that came, or 0.
  int caught() const { return caught_; }

 private:
  void Wait();

  sigset_t awaited_{};
  std::stop_source source_;
  std::atomic<int> caught_ = 0;
  std::thread waiter_;
};

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_STOP_SIGNALS_H_
