#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "commands.h"
#include "obsmon/check.h"
#include "obsmon/monitor.h"
#include "status_macros.h"
#include "stream_options.h"

namespace obsmon::cli {
namespace {

constexpr std::array kOptions = {
    OptionSpec{.name = "since",
               .value = "NIGHT|SPAN",
               .help = "the first night that counts, or how far to look back (7d)"},
    OptionSpec{
        .name = "warning", .value = "N", .help = "WARNING from so many files on that need attention (1)"},
    OptionSpec{.name = "critical", .value = "N", .help = "CRITICAL from so many on (1); 0: never"},
    OptionSpec{.name = "max_age", .value = "SPAN", .help = "UNKNOWN when the last look is older (15min)"},
    kConfig,
    kStream,
    kHelp};

constexpr std::chrono::days kDefaultSpan{7};

absl::Status Misfit(const Given& given, const absl::Status& status) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", given.source, std::string(status.message())));
}

absl::StatusOr<Night> SinceOf(const Given& given, UtcTime now) {
  absl::StatusOr<Night> night = Night::Parse(given.text);
  if (night.ok()) return night;
  const absl::StatusOr<std::chrono::seconds> span = ParseDuration(given.text);
  if (span.ok()) return Night::OfUtcDate(now - *span);
  return absl::InvalidArgumentError(fmt::format(
      "{}: '{}' is neither a night (2020-05-01) nor a span of time (7d)", given.source, given.text));
}

absl::Status SetCount(const Options& options, std::string_view name, std::int64_t& count) {
  const Given* given = options.Find(name);
  if (given == nullptr) return absl::OkStatus();
  const char* end = given->text.data() + given->text.size();
  const auto [read, error] = std::from_chars(given->text.data(), end, count);
  if (error == std::errc{} && read == end && count >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: '{}' is no number of files: write 0, 1, 2 …", given->source, given->text));
}

absl::StatusOr<CheckLimits> LimitsOf(const Options& options, UtcTime now) {
  CheckLimits limits{.since = Night::OfUtcDate(now - kDefaultSpan)};
  if (const Given* since = options.Find("since")) {
    OBSMON_ASSIGN_OR_RETURN(limits.since, SinceOf(*since, now));
  }
  if (const Given* age = options.Find("max_age")) {
    const absl::StatusOr<std::chrono::seconds> span = ParseDuration(age->text);
    if (!span.ok()) return Misfit(*age, span.status());
    limits.max_age = *span;
  }
  OBSMON_RETURN_IF_ERROR(SetCount(options, "warning", limits.warning));
  OBSMON_RETURN_IF_ERROR(SetCount(options, "critical", limits.critical));
  return limits;
}

absl::StatusOr<std::vector<StreamOutput>> Asked(const Options& options) {
  std::vector<StreamOutput> outputs;
  for (const std::string& folder : options.arguments) {
    outputs.push_back({.name = Stream{.output_dir = folder}.DefaultName(), .output_dir = folder});
  }
  if (!outputs.empty() && options.Find("config") == nullptr) return outputs;
  if (!outputs.empty()) {
    return absl::InvalidArgumentError("name the streams' output folders, or a file with --config, not both");
  }
  if (options.Find("config") == nullptr) {
    return absl::InvalidArgumentError(
        "nothing to check: name output folders of 'obsmon update', or --config");
  }
  OBSMON_ASSIGN_OR_RETURN(const std::vector<StreamConfig> streams, StreamsOf(options));
  return OutputsOf(streams);
}

// On standard output: of a plugin that is all that its caller shows.
int Refuse(const absl::Status& status, Console& console) {
  console.Result(fmt::format("OBSMON UNKNOWN - {}", std::string(status.message())));
  return static_cast<int>(CheckState::kUnknown);
}

}  // namespace

const CommandSpec kCheckCommand = {
    .name = "check",
    .summary = "Says whether someone should be called: for Nagios, Icinga and cron",
    .arguments = "[OUTPUT_DIR]...",
    .max_arguments = std::numeric_limits<std::size_t>::max(),
    .examples =
        "  obsmon check /www/auxTel\n"
        "  obsmon check --config streams.yaml --since 2d --critical 10 --max_age 30min\n",
    .notes =
        "Reads the histories that 'obsmon update' wrote, and nothing else. Prints one line,\n"
        "with performance data. A SPAN is 90, 90s, 5min, 2h or 1d.\n"
        "\n"
        "Exit status: 0 OK; 1 WARNING; 2 CRITICAL; 3 UNKNOWN (no history, a dead monitor, a\n"
        "registry that could not be read, wrong options).\n",
    .usage_status = static_cast<int>(CheckState::kUnknown),
    .options = kOptions};

int RunCheck(const Options& options, const Environment& environment, Console& console) {
  const absl::StatusOr<CheckLimits> limits = LimitsOf(options, environment.now);
  if (!limits.ok()) return Refuse(limits.status(), console);
  const absl::StatusOr<std::vector<StreamOutput>> streams = Asked(options);
  if (!streams.ok()) return Refuse(streams.status(), console);
  const std::vector<StreamCheck> checks = CheckStreams(*streams, environment.now, *limits);
  console.Result(CheckLine(checks, environment.now, *limits));
  return static_cast<int>(WorstOf(checks));
}

}  // namespace obsmon::cli
