#include "drop_in.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/status/statusor.h"
#include "commands.h"
#include "console.h"
#include "obsmon/history.h"
#include "obsmon/stream.h"
#include "stream_options.h"

namespace obsmon::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMainPageUsage = "usage: mainpage.py OUT STREAM...\n";
constexpr std::string_view kBreakLocksUsage = "usage: break_locks.py OUT...\n";

/// What argparse would have refused ends with 2, and so does a day that can't be read: the prototype took
/// some of those for others. A generation that is a number was refused later, with 1.
int StatusOfUsage(std::span<const std::string> arguments, const Environment& environment) {
  const absl::StatusOr<Options> options = ReadOptions(kUpdateCommand, arguments, environment.variable);
  if (!options.ok()) return kPrototypeUsage;
  const Given* generation = options->Find("gen");
  const bool is_number = generation != nullptr && !generation->text.empty() &&
                         generation->text.find_first_not_of("0123456789") == std::string::npos;
  if (is_number && generation->text != "2" && generation->text != "3") return kPrototypeRefusal;
  const absl::StatusOr<std::vector<StreamConfig>> streams = StreamsOf(*options);
  if (!streams.ok() || streams->front().stream.output_dir.empty()) return kPrototypeUsage;
  // All of them could be read; together they contradict each other, as a first day after the last does.
  const std::optional<int> num_days = streams->front().window.num_days;
  return num_days && *num_days < 1 ? kPrototypeUsage : kPrototypeRefusal;
}

/// The arguments without --num_days and its value.
std::vector<std::string> WithoutNumDays(std::span<const std::string> arguments) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--num_days" || argument == "--num-days") {
      ++i;
    } else if (!argument.starts_with("--num_days=") && !argument.starts_with("--num-days=")) {
      kept.push_back(argument);
    }
  }
  return kept;
}

/// The options that the prototype had.
constexpr std::array<std::string_view, 8> kPrototypesOptions = {
    "input_dir", "output_dir", "first_day", "last_day", "num_days", "gen", "search_links", "ingest_log"};

/// `argument` with the whole name of the prototype's option that it abbreviates, though newer options of
/// `obsmon update` may begin so too.
std::string WithWholeName(const std::string& argument) {
  if (!argument.starts_with("--")) return argument;
  const std::size_t end = std::min(argument.find('='), argument.size());
  std::string name = argument.substr(2, end - 2);
  std::ranges::replace(name, '-', '_');
  const auto is_meant = [&name](std::string_view option) { return option.starts_with(name); };
  const auto* const option = std::ranges::find_if(kPrototypesOptions, is_meant);
  const auto is_of_obsmon = [&name](const OptionSpec& spec) { return spec.name == name; };
  if (name.empty() || std::ranges::count_if(kPrototypesOptions, is_meant) != 1 ||
      std::ranges::any_of(kUpdateCommand.options, is_of_obsmon)) {
    return argument;
  }
  return fmt::format("--{}{}", *option, argument.substr(end));
}

/// Whether there is nothing to do but to say how these scripts are called.
bool AsksForUsage(std::span<const std::string> arguments) {
  return arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h";
}

/// Whether the folder was left without a lock file that nobody holds.
bool BreakLock(const fs::path& folder, Console& console) {
  const fs::path file = OutputLock::FileIn(folder);
  std::error_code error;
  if (!fs::exists(fs::symlink_status(file, error))) return true;
  // Whoever can take the lock has found it unheld; giving it back removes the file.
  const absl::StatusOr<OutputLock> lock = OutputLock::Acquire(folder);
  if (lock.ok()) {
    console.Result(fmt::format("{}: nobody held it; removed", file.native()));
    return true;
  }
  console.Error(lock.status());
  return absl::IsAborted(lock.status());
}

}  // namespace

int RunObservingMonitor(std::span<const std::string> arguments, const Environment& environment,
                        std::ostream& out, std::ostream& err) {
  std::vector<std::string> update = {"update"};
  std::ranges::transform(arguments, std::back_inserter(update), WithWholeName);
  const int status = RunCommand(update, environment, out, err);
  if (status == kSuccess) return kPrototypeDone;
  if (status != kUsage) return kPrototypeRefusal;
  return StatusOfUsage(std::span(update).subspan(1), environment);
}

int RunMainPage(std::span<const std::string> arguments, const Environment& environment, std::ostream& out,
                std::ostream& err) {
  const std::vector<std::string> names = WithoutNumDays(arguments);
  if (AsksForUsage(names)) {
    out << kMainPageUsage;
    return kPrototypeDone;
  }
  Console console(environment, out, err);
  const fs::path folder = names.front();
  const std::vector<fs::path> streams(names.begin() + 1, names.end());
  return WriteSummary(folder, streams, {}, environment, console) == kSuccess ? kPrototypeDone
                                                                             : kPrototypeRefusal;
}

int RunBreakLocks(std::span<const std::string> arguments, const Environment& environment, std::ostream& out,
                  std::ostream& err) {
  if (AsksForUsage(arguments)) {
    out << kBreakLocksUsage;
    return kPrototypeDone;
  }
  Console console(environment, out, err);
  bool all_broken = true;
  for (const std::string& folder : arguments) all_broken &= BreakLock(folder, console);
  return all_broken ? kPrototypeDone : kPrototypeRefusal;
}

}  // namespace obsmon::cli
