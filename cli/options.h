// Options as the prototype's users write them: any unambiguous beginning of a name, - or _, --name=value, and
// OBSMON_NAME or RSYMON_NAME in the environment; the command line wins.
//
// Written by hand from tables rather than with a library: what the prototype's cron files rely on
// (beginnings, two spellings, two variables with their order, one table for help and environment) is all that
// there is to it, and no library has it without a layer as long as this.
#ifndef OBSMON_CLI_OPTIONS_H_
#define OBSMON_CLI_OPTIONS_H_

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace obsmon::cli {

enum class OptionKind {
  kSwitch,    ///< takes no value on the command line; yes or no in the environment
  kValue,     ///< takes one; the last one given holds
  kRepeated,  ///< takes one, and may be given several times
};

/// One option, and its line in the help.
struct OptionSpec {
  std::string_view name{};  ///< "input_dir"
  OptionKind kind = OptionKind::kValue;
  std::string_view value{};  ///< what the help calls its value: "DIR"; empty for a switch
  std::string_view help{};
  std::string_view alias_of{};  ///< the option that this is an old name of; the help leaves it out
  bool in_environment = true;
  /// Variables of other software that say the same; OBSMON_NAME and RSYMON_NAME come before them.
  std::array<std::string_view, 2> further_variables{};
};

/// One command: its options, its arguments, and its help.
struct CommandSpec {
  std::string_view name{};
  std::string_view summary{};    ///< one line, for the list of commands
  std::string_view arguments{};  ///< as the help writes them: "OUT STREAM..."
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;
  std::string_view examples{};  ///< lines that work as they stand
  std::string_view notes{};     ///< what the help ends with: exit statuses
  std::span<const OptionSpec> options{};
};

/// A value as it was given, and by what, for messages: "--num_days", "RSYMON_NUM_DAYS".
struct Given {
  std::string text{};
  std::string source{};
};

/// What was asked for.
struct Options {
  std::map<std::string, std::vector<Given>, std::less<>> given{};  ///< by an option's full name; never empty
  std::vector<std::string> arguments{};
  std::string home{};                ///< HOME; may be empty
  std::vector<std::string> notes{};  ///< what the user should be told: an old name was used

  /// The value that holds, or null where there is none.
  const Given* Find(std::string_view name) const;
  /// Whether the switch is on.
  bool IsOn(std::string_view name) const;
};

/// A variable of the environment; nothing where it is not set.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads the arguments after the command's name, then the environment for what they left open. Where --help
/// is among the arguments, nothing else is read.
///
/// Errors: kInvalidArgument with one sentence for the user.
absl::StatusOr<Options> ReadOptions(const CommandSpec& command, std::span<const std::string> arguments,
                                    const Variables& variables);

/// The help of a command: examples first, then every option.
std::string Help(const CommandSpec& command);

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_OPTIONS_H_
