#include "stop_signals.h"

#include <pthread.h>

#include <cstdlib>
#include <system_error>

namespace obsmon::cli {
namespace {

// Tells the waiting thread that it is over. One that no one else sends.
int EndSignal() { return SIGRTMIN; }

/// A signal that our parent had us ignore (nohup, a job in the background) stays ignored.
bool IsIgnored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

StopSignals::StopSignals() {
  sigemptyset(&awaited_);
  for (const int signal : {SIGINT, SIGTERM}) {
    if (!IsIgnored(signal)) sigaddset(&awaited_, signal);
  }
  sigaddset(&awaited_, EndSignal());
  pthread_sigmask(SIG_BLOCK, &awaited_, nullptr);
  try {
    waiter_ = std::thread([this] { Wait(); });
  } catch (const std::system_error&) {
    // No thread is to be had: a signal ends the process at once, which costs what it has not done yet.
    pthread_sigmask(SIG_UNBLOCK, &awaited_, nullptr);
  }
}

StopSignals::~StopSignals() {
  if (!waiter_.joinable()) return;
  pthread_kill(waiter_.native_handle(), EndSignal());
  waiter_.join();
}

void StopSignals::Wait() {
  int signal = 0;
  while (sigwait(&awaited_, &signal) == 0 && signal != EndSignal()) {
    if (caught_ != 0) std::_Exit(128 + signal);
    caught_ = signal;
    source_.request_stop();
  }
}

}  // namespace obsmon::cli
