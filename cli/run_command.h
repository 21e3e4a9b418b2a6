// The command `obsmon`, apart from what concerns a process: arguments and the environment come in as values,
// texts go out to streams, and the exit status is returned.
#ifndef OBSMON_CLI_RUN_COMMAND_H_
#define OBSMON_CLI_RUN_COMMAND_H_

#include <chrono>
#include <functional>
#include <ostream>
#include <span>
#include <stop_token>
#include <string>

#include "obsmon/night.h"
#include "options.h"
#include "progress_line.h"

namespace obsmon::cli {

/// What a command takes from the process around it.
struct Environment {
  Variables variable = [](const std::string&) { return std::nullopt; };
  UtcTime now{};  ///< the time of the look: read once, and the same for all that the command does
  /// The time of a later look, for a command that looks again and again.
  std::function<UtcTime()> wall_clock = [] { return std::chrono::system_clock::now(); };
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  MonotonicClock clock{};  ///< for progress on a terminal; none is shown without
  std::stop_token stop{};
};

/// Exit statuses of all commands but `check`, which ends with a CheckState. What is between 0 and 5 of
/// `update` are the numbers of UpdateOutcome.
inline constexpr int kSuccess = 0;
inline constexpr int kInPart = 1;  ///< done, but something could not be read, or the results not be printed
inline constexpr int kUsage = 2;
inline constexpr int kInputUnreadable = 3;
inline constexpr int kOutputUnwritable = 4;

/// Runs `obsmon` with `arguments` (without the name of the program), and returns its exit status.
int RunCommand(std::span<const std::string> arguments, const Environment& environment, std::ostream& out,
               std::ostream& err);

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_RUN_COMMAND_H_
