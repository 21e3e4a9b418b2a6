// The prototype's scripts: their arguments and exit statuses, with obsmon behind them. What runs them, for
// cron files that name them, is in python/compat/.
#ifndef OBSMON_CLI_DROP_IN_H_
#define OBSMON_CLI_DROP_IN_H_

#include <ostream>
#include <span>
#include <string>

#include "run_command.h"

namespace obsmon::cli {

// Exit statuses of the prototype.
inline constexpr int kPrototypeDone = 0;
inline constexpr int kPrototypeRefusal = 1;  ///< whatever went wrong after the arguments were read
inline constexpr int kPrototypeUsage = 2;    ///< arguments that argparse refuses

/// observing_monitor.py: `obsmon update`. 1 as well where some of the input could not be read.
int RunObservingMonitor(std::span<const std::string> arguments, const Environment& environment,
                        std::ostream& out, std::ostream& err);

/// mainpage.py OUT STREAM...: `obsmon summary`. Without arguments it shows how it is used, and ends with 0.
/// `--num_days N`, which the prototype's cron files have, is left out: the page has its own window.
int RunMainPage(std::span<const std::string> arguments, const Environment& environment, std::ostream& out,
                std::ostream& err);

/// break_locks.py OUT...: removes the lock files that a crash has left behind. A lock that is held is said to
/// be so, and stays; that is no failure, as it was none.
int RunBreakLocks(std::span<const std::string> arguments, const Environment& environment, std::ostream& out,
                  std::ostream& err);

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_DROP_IN_H_
