#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "run_command.h"
#include "stop_signals.h"

namespace {

using obsmon::cli::Environment;
using obsmon::cli::RunCommand;
using obsmon::cli::StopSignals;

/// Where a standard stream was closed by our parent, its number would go to the next file opened, and results
/// be written into it: into the history, say. The place is taken by something that refuses to be written to.
void OccupyClosedStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) (void)open("/dev/null", O_RDONLY);
  }
}

std::optional<std::string> Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

int RunWithinMemory(const std::vector<std::string>& arguments, const Environment& environment) {
  // What Nagios calls UNKNOWN, and other commands an input that can't be read.
  constexpr int kNotEnoughMemory = 3;
  try {
    return RunCommand(arguments, environment, std::cout, std::cerr);
  } catch (const std::bad_alloc&) {
    std::cerr << "obsmon: there is not enough memory for this; raise the limit, or ask for less at once\n";
    return kNotEnoughMemory;
  }
}

}  // namespace

int main(int argc, char** argv) {
  OccupyClosedStandardStreams();
  // A reader that leaves and a limit on the size of files are errors like any other, to be told in a
  // sentence.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::ios_base::sync_with_stdio(false);
  const StopSignals signals;

  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const Environment environment{.variable = Variable,
                                .now = std::chrono::system_clock::now(),
                                .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                                .err_is_terminal = isatty(STDERR_FILENO) == 1,
                                .clock = std::chrono::steady_clock::now,
                                .stop = signals.token()};
  const int status = RunWithinMemory(arguments, environment);
  return signals.caught() != 0 ? 128 + signals.caught() : status;
}
