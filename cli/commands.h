// The commands: for each its table of options and the function that runs it.
#ifndef OBSMON_CLI_COMMANDS_H_
#define OBSMON_CLI_COMMANDS_H_

#include <filesystem>
#include <span>

#include "console.h"
#include "obsmon/history.h"
#include "options.h"
#include "run_command.h"

namespace obsmon::cli {

/// `obsmon update`: brings pages and histories up to date.
extern const CommandSpec kUpdateCommand;
int RunUpdate(const Options& options, const Environment& environment, Console& console);

/// `obsmon night`: shows a night, and writes nothing.
extern const CommandSpec kNightCommand;
int RunNight(const Options& options, const Environment& environment, Console& console);

/// `obsmon summary`: writes one page over several streams.
extern const CommandSpec kSummaryCommand;
int RunSummary(const Options& options, const Environment& environment, Console& console);
/// What it does, apart from its options: the page over `streams`, of which `common` tells the shared history,
/// if they have one, in the folder `out`. Returns the exit status.
int WriteSummary(const std::filesystem::path& out, std::span<const std::filesystem::path> streams,
                 const StreamOutput& common, const Environment& environment, Console& console);

/// `obsmon check`: says whether someone should be called.
extern const CommandSpec kCheckCommand;
int RunCheck(const Options& options, const Environment& environment, Console& console);
/// Says why it can't be run, on standard output: of a plugin that is all that its caller shows. Returns the
/// exit status.
int RefuseCheck(const absl::Status& why, Console& console);

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_COMMANDS_H_
