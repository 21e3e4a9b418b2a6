#include "run_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "console.h"
#include "sqlite/sqlite.h"
#include "text/nearest.h"

namespace obsmon::cli {
namespace {

int Refuse(const absl::Status& why, Console& console) {
  console.Error(why);
  return kUsage;
}

struct Command {
  const CommandSpec* spec;
  int (*run)(const Options& options, const Environment& environment, Console& console);
  int (*refuse)(const absl::Status& why, Console& console) = Refuse;  // options that are wrong
};

constexpr std::array kCommands = {Command{&kUpdateCommand, RunUpdate}, Command{&kNightCommand, RunNight},
                                  Command{&kSummaryCommand, RunSummary},
                                  Command{&kCheckCommand, RunCheck, RefuseCheck}};

const Command* FindCommand(std::string_view name) {
  const auto* command =
      std::ranges::find_if(kCommands, [&](const Command& c) { return c.spec->name == name; });
  return command == kCommands.end() ? nullptr : command;
}

std::string Overview() {
  std::string text =
      "Examples:\n"
      "  obsmon update --input_dir /data/auxTel --output_dir /www/auxTel\n"
      "  obsmon night 2020-05-01 --input_dir /data/auxTel\n"
      "\n"
      "Usage: obsmon COMMAND [OPTION]...\n"
      "What was taken, what has arrived, what has been ingested, and which files are\n"
      "missing, and why.\n"
      "\n"
      "Commands:\n";
  for (const Command& command : kCommands) {
    text += fmt::format("  {:<9}{}\n", command.spec->name, command.spec->summary);
  }
  return text +
         "  help     Shows this, or the help of a command: obsmon help update\n"
         "\n"
         "Options:\n"
         "  --help     show this help\n"
         "  --version  show the versions of obsmon and SQLite, and the type of build\n";
}

std::string Version() {
  return fmt::format("obsmon {} (SQLite {}, {} build)\n", OBSMON_VERSION,
                     std::string(sqlite::LibraryVersion()), OBSMON_BUILD_TYPE);
}

int UnknownCommand(std::string_view name, Console& console) {
  std::vector<std::string_view> names = {"help"};
  for (const Command& command : kCommands) names.push_back(command.spec->name);
  const std::string hint = DidYouMean(name, names);
  console.Error(fmt::format("there is no command '{}'{}", name, hint.empty() ? "; see 'obsmon help'" : hint));
  return kUsage;
}

int ShowHelp(std::span<const std::string> arguments, Console& console) {
  if (arguments.empty()) {
    console.out() << Overview();
    return kSuccess;
  }
  const Command* command = FindCommand(arguments.front());
  if (command == nullptr) return UnknownCommand(arguments.front(), console);
  console.out() << Help(*command->spec);
  return kSuccess;
}

int Dispatch(std::span<const std::string> arguments, const Environment& environment, Console& console) {
  if (arguments.empty()) {
    console.Error("say what to do: obsmon update, night, summary or check; 'obsmon help' shows how");
    return kUsage;
  }
  const std::string& name = arguments.front();
  const std::span<const std::string> rest = arguments.subspan(1);
  if (name == "help" || name == "--help" || name == "-h") return ShowHelp(rest, console);
  if (name == "--version") {
    console.out() << Version();
    return kSuccess;
  }
  const Command* command = FindCommand(name);
  if (command == nullptr) return UnknownCommand(name, console);
  const absl::StatusOr<Options> options = ReadOptions(*command->spec, rest, environment.variable);
  if (!options.ok()) return command->refuse(options.status(), console);
  if (options->IsOn("help")) return ShowHelp(arguments.first(1), console);
  console.SetVerbosity(*options);
  for (const std::string& note : options->notes) console.Note(note);
  return command->run(*options, environment, console);
}

}  // namespace

int RunCommand(std::span<const std::string> arguments, const Environment& environment, std::ostream& out,
               std::ostream& err) {
  Console console(environment, out, err);
  const int status = Dispatch(arguments, environment, console);
  if (console.FlushResults()) return status;
  console.Error("the results could not be written to standard output");
  return status == kSuccess ? kInPart : status;
}

}  // namespace obsmon::cli
