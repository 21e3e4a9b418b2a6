#include "options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "obsmon/stream.h"
#include "status_macros.h"
#include "text/nearest.h"

namespace obsmon::cli {
namespace {

// obsmon's own variables come before the prototype's.
constexpr std::array<std::string_view, 2> kVariablePrefixes = {"OBSMON_", "RSYMON_"};

std::string UpperCase(std::string_view name) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return upper;
}

/// Whether an argument is an option, or `--`; a lone "-" is not, nor a negative number or span: "-1", "-12h".
bool IsOption(std::string_view argument) {
  return argument.size() > 1 && argument[0] == '-' && argument.find_first_of("0123456789.") != 1;
}

class Reader {
 public:
  explicit Reader(const CommandSpec& command) : command_(command) {}

  absl::StatusOr<Options> Read(std::span<const std::string> arguments, const Variables& variables) && {
    OBSMON_RETURN_IF_ERROR(ReadCommandLine(arguments));
    if (options_.IsOn("help")) return std::move(options_);
    OBSMON_RETURN_IF_ERROR(CountArguments());
    OBSMON_RETURN_IF_ERROR(ReadEnvironment(variables));
    return std::move(options_);
  }

 private:
  absl::Status ReadCommandLine(std::span<const std::string> arguments) {
    bool options_ended = false;
    while (!arguments.empty()) {
      const std::string& argument = arguments.front();
      arguments = arguments.subspan(1);
      if (options_ended || !IsOption(argument)) {
        options_.arguments.push_back(argument);
      } else if (argument == "--") {
        options_ended = true;
      } else {
        OBSMON_RETURN_IF_ERROR(ReadOption(argument, arguments));
        if (options_.IsOn("help")) return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

  /// Reads one option; takes its value from `rest` where it does not carry it.
  absl::Status ReadOption(const std::string& argument, std::span<const std::string>& rest) {
    const std::size_t equals = argument.find('=');
    const std::string spelling = argument.substr(0, equals);
    OBSMON_ASSIGN_OR_RETURN(const OptionSpec* spec, FindOption(spelling));
    const std::string source = fmt::format("--{}", spec->name);
    if (!spec->alias_of.empty()) {
      options_.notes.push_back(fmt::format("--{} means --{} now", spec->name, spec->alias_of));
    }
    const std::string_view name = spec->alias_of.empty() ? spec->name : spec->alias_of;
    if (spec->kind == OptionKind::kSwitch) {
      if (equals != std::string::npos) {
        return absl::InvalidArgumentError(fmt::format("{} takes no value", source));
      }
      Give(name, *spec, {"true", source});
      return absl::OkStatus();
    }
    if (equals != std::string::npos) {
      Give(name, *spec, {argument.substr(equals + 1), source});
      return absl::OkStatus();
    }
    if (rest.empty() || IsOption(rest.front())) {
      return absl::InvalidArgumentError(fmt::format("{} needs a value: {} {}", source, source, spec->value));
    }
    Give(name, *spec, {rest.front(), source});
    rest = rest.subspan(1);
    return absl::OkStatus();
  }

  void Give(std::string_view name, const OptionSpec& spec, Given value) {
    std::vector<Given>& values = options_.given[std::string(name)];
    if (spec.kind != OptionKind::kRepeated) values.clear();
    values.push_back(std::move(value));
  }

  /// The option that `spelling` ("--output", "--output-dir", "-h") stands for.
  absl::StatusOr<const OptionSpec*> FindOption(const std::string& spelling) const {
    std::string name = spelling == "-h" ? "help" : spelling.substr(std::min<std::size_t>(2, spelling.size()));
    std::ranges::replace(name, '-', '_');
    std::vector<const OptionSpec*> fitting;
    for (const OptionSpec& option : command_.options) {
      if (option.name == name) return &option;
      if (spelling.starts_with("--") && option.name.starts_with(name)) fitting.push_back(&option);
    }
    if (fitting.size() == 1) return fitting.front();
    if (fitting.empty()) return UnknownOption(spelling);
    std::string candidates;
    for (const OptionSpec* option : fitting) {
      if (!candidates.empty()) candidates += option == fitting.back() ? " or " : ", ";
      candidates += fmt::format("--{}", option->name);
    }
    return absl::InvalidArgumentError(fmt::format("{} is ambiguous: it could be {}", spelling, candidates));
  }

  absl::Status UnknownOption(const std::string& spelling) const {
    std::vector<std::string> spellings;
    for (const OptionSpec& option : command_.options) spellings.push_back(fmt::format("--{}", option.name));
    const std::vector<std::string_view> words(spellings.begin(), spellings.end());
    return absl::InvalidArgumentError(
        fmt::format("'obsmon {}' has no option {}{}", command_.name, spelling, DidYouMean(spelling, words)));
  }

  absl::Status CountArguments() const {
    const std::vector<std::string>& arguments = options_.arguments;
    if (arguments.size() > command_.max_arguments) {
      return absl::InvalidArgumentError(fmt::format("'obsmon {}' does not know what to do with '{}'",
                                                    command_.name, arguments[command_.max_arguments]));
    }
    if (arguments.size() < command_.min_arguments) {
      return absl::InvalidArgumentError(
          fmt::format("too few arguments; write: obsmon {} {}", command_.name, command_.arguments));
    }
    return absl::OkStatus();
  }

  /// The variables that may give the option, the one that counts most first.
  static std::vector<std::string> VariablesOf(const OptionSpec& option) {
    std::vector<std::string> names;
    names.reserve(kVariablePrefixes.size() + option.further_variables.size());
    for (const std::string_view prefix : kVariablePrefixes) {
      names.push_back(fmt::format("{}{}", prefix, UpperCase(option.name)));
    }
    for (const std::string_view variable : option.further_variables) {
      if (!variable.empty()) names.emplace_back(variable);
    }
    return names;
  }

  /// Other software takes its empty variables for unset ones.
  static bool IsForeign(const OptionSpec& option, std::string_view variable) {
    return std::ranges::find(option.further_variables, variable) != option.further_variables.end();
  }

  /// An empty variable is a value like any other: whoever set it meant something by it.
  absl::Status ReadEnvironment(const Variables& variables) {
    options_.home = variables("HOME").value_or("");
    for (const OptionSpec& option : command_.options) {
      if (!option.in_environment || options_.given.contains(option.name)) continue;
      for (const std::string& variable : VariablesOf(option)) {
        const std::optional<std::string> value = variables(variable);
        if (!value || (value->empty() && IsForeign(option, variable))) continue;
        OBSMON_RETURN_IF_ERROR(GiveFromEnvironment(option, variable, *value));
        break;
      }
    }
    return absl::OkStatus();
  }

  absl::Status GiveFromEnvironment(const OptionSpec& option, const std::string& variable,
                                   const std::string& value) {
    if (option.kind == OptionKind::kSwitch) {
      if (const auto on = ParseSwitch(value); !on.ok()) {
        return absl::InvalidArgumentError(
            fmt::format("{}: {}", variable, std::string(on.status().message())));
      }
    }
    Give(option.name, option, {value, variable});
    return absl::OkStatus();
  }

  const CommandSpec& command_;
  Options options_;
};

std::string OptionLine(const OptionSpec& option) {
  const std::string spelling = fmt::format("--{} {}", option.name, option.value);
  return fmt::format("  {:<23} {}\n", spelling, option.help);
}

}  // namespace

const Given* Options::Find(std::string_view name) const {
  const auto found = given.find(name);
  return found == given.end() ? nullptr : &found->second.back();
}

bool Options::IsOn(std::string_view name) const {
  const Given* value = Find(name);
  return value != nullptr && ParseSwitch(value->text).value_or(false);
}

absl::StatusOr<Options> ReadOptions(const CommandSpec& command, std::span<const std::string> arguments,
                                    const Variables& variables) {
  return Reader(command).Read(arguments, variables);
}

std::string Help(const CommandSpec& command) {
  std::string help =
      fmt::format("Examples:\n{}\nUsage: obsmon {} [OPTION]...{}{}\n{}.\n\nOptions:\n", command.examples,
                  command.name, command.arguments.empty() ? "" : " ", command.arguments, command.summary);
  for (const OptionSpec& option : command.options) {
    if (option.alias_of.empty()) help += OptionLine(option);
  }
  help += fmt::format("\n{}", command.notes);
  return help;
}

}  // namespace obsmon::cli
