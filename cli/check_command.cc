#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "commands.h"
#include "obsmon/check.h"
#include "obsmon/monitor.h"
#include "status_macros.h"
#include "stream_options.h"

namespace obsmon::cli {
namespace {

constexpr std::array kCheckOptions = {
    OptionSpec{
        .name = "since", .value = "NIGHT|SPAN", .help = "the first night that counts, or how far back (7d)"},
    OptionSpec{
        .name = "warning", .value = "RANGE", .help = "WARNING when files that need attention leave it (0)"},
    OptionSpec{.name = "critical", .value = "RANGE", .help = "CRITICAL when they do (0)"},
    OptionSpec{
        .name = "latency", .value = "FROM_to_TO", .help = "what the next four are about (arrival_to_ingest)"},
    OptionSpec{.name = "p95_warning", .value = "RANGE", .help = "WARNING when 95 % of files took longer"},
    OptionSpec{.name = "p95_critical", .value = "RANGE", .help = "CRITICAL when they did"},
    OptionSpec{.name = "longest_warning", .value = "RANGE", .help = "WARNING when a file took longer"},
    OptionSpec{.name = "longest_critical", .value = "RANGE", .help = "CRITICAL when one did"},
    OptionSpec{
        .name = "max_age", .value = "SPAN", .help = "UNKNOWN when the last look is older (the stream's own)"},
    kHistory,
    kDbAuth,
    kConfig,
    kStream,
    kHelp};

constexpr std::chrono::days kDefaultSpan{7};

absl::Status Misfit(const Given& given, const absl::Status& status) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", given.source, std::string(status.message())));
}

// The first night of which a part lies in the last `span`: nights end at noon of the day after.
Night FirstNight(UtcTime now, std::chrono::seconds span) {
  return Night::Containing(now - span, NightRule{});
}

absl::StatusOr<Night> SinceOf(const Given& given, UtcTime now) {
  absl::StatusOr<Night> night = Night::Parse(given.text);
  if (night.ok()) return night;
  const absl::StatusOr<std::chrono::seconds> span = ParseDuration(given.text);
  if (span.ok()) return FirstNight(now, *span);
  if (absl::IsOutOfRange(span.status())) return Misfit(given, span.status());
  return absl::InvalidArgumentError(fmt::format(
      "{}: '{}' is neither a night (2020-05-01) nor a span of time (7d)", given.source, given.text));
}

absl::StatusOr<std::int64_t> CountIn(std::string_view text) {
  std::int64_t count = 0;
  const auto [read, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc{} && read == text.data() + text.size()) return count;
  return absl::InvalidArgumentError(fmt::format("'{}' is no number", text));
}

absl::StatusOr<std::int64_t> SecondsIn(std::string_view text) {
  OBSMON_ASSIGN_OR_RETURN(const std::chrono::seconds span, ParseDuration(text));
  return span.count();
}

using BoundParser = absl::StatusOr<std::int64_t> (*)(std::string_view text);

// "[@][START:][END]" (https://www.monitoring-plugins.org/doc/guidelines.html, "Threshold and Ranges").
absl::StatusOr<CheckRange> RangeIn(std::string_view text, BoundParser parse) {
  CheckRange range{.is_inverted = text.starts_with('@')};
  if (range.is_inverted) text.remove_prefix(1);
  const std::size_t colon = text.find(':');
  const std::string_view begin = colon == std::string_view::npos ? "" : text.substr(0, colon);
  const std::string_view end = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (begin == "~") range.least.reset();
  if (!begin.empty() && begin != "~") {
    OBSMON_ASSIGN_OR_RETURN(range.least, parse(begin));
  }
  if (!end.empty()) {
    OBSMON_ASSIGN_OR_RETURN(range.most, parse(end));
  }
  if (text.empty()) return absl::InvalidArgumentError("an empty text is no range");
  if (range.least && range.most && *range.least > *range.most) {
    return absl::InvalidArgumentError(fmt::format("'{}' ends before it begins", text));
  }
  return range;
}

template <typename Range>
absl::Status SetRange(const Options& options, std::string_view name, BoundParser parse, Range& range) {
  const Given* given = options.Find(name);
  if (given == nullptr) return absl::OkStatus();
  const absl::StatusOr<CheckRange> parsed = RangeIn(given->text, parse);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {}; write a range as Nagios has it: 10 (more than 10 is too much), 5:, ~:10, 5:10",
                    given->source, std::string(parsed.status().message())));
  }
  range = *parsed;
  return absl::OkStatus();
}

absl::Status SetLatency(const Options& options, CheckLimits& limits) {
  const Given* given = options.Find("latency");
  if (given == nullptr) return absl::OkStatus();
  const auto* kind = std::ranges::find(kLatencyKinds, given->text, &LatencyKind::name);
  if (kind == kLatencyKinds.end()) {
    return absl::InvalidArgumentError(fmt::format(
        "{}: '{}' is no latency: write creation_to_arrival, arrival_to_ingest or creation_to_ingest",
        given->source, given->text));
  }
  limits.latency = kind->of;
  return absl::OkStatus();
}

absl::StatusOr<CheckLimits> LimitsOf(const Options& options, UtcTime now) {
  CheckLimits limits{.since = FirstNight(now, kDefaultSpan)};
  if (const Given* since = options.Find("since")) {
    OBSMON_ASSIGN_OR_RETURN(limits.since, SinceOf(*since, now));
  }
  if (const Given* age = options.Find("max_age")) {
    const absl::StatusOr<std::chrono::seconds> span = ParseDuration(age->text);
    if (!span.ok()) return Misfit(*age, span.status());
    limits.max_age = *span;
  }
  OBSMON_RETURN_IF_ERROR(SetRange(options, "warning", CountIn, limits.warning));
  OBSMON_RETURN_IF_ERROR(SetRange(options, "critical", CountIn, limits.critical));
  OBSMON_RETURN_IF_ERROR(SetLatency(options, limits));
  OBSMON_RETURN_IF_ERROR(SetRange(options, "p95_warning", SecondsIn, limits.p95_warning));
  OBSMON_RETURN_IF_ERROR(SetRange(options, "p95_critical", SecondsIn, limits.p95_critical));
  OBSMON_RETURN_IF_ERROR(SetRange(options, "longest_warning", SecondsIn, limits.longest_warning));
  OBSMON_RETURN_IF_ERROR(SetRange(options, "longest_critical", SecondsIn, limits.longest_critical));
  return limits;
}

absl::StatusOr<std::vector<StreamOutput>> Asked(const Options& options) {
  std::vector<StreamOutput> outputs;
  OBSMON_ASSIGN_OR_RETURN(const StreamOutput common, CommonOutputOf(options));
  for (const std::string& folder : options.arguments) {
    outputs.push_back(OutputIn(folder, common.history));
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

}  // namespace

const CommandSpec kCheckCommand = {
    .name = "check",
    .summary = "Says whether someone should be called: for Nagios, Icinga and cron",
    .arguments = "[OUTPUT_DIR]...",
    .max_arguments = std::numeric_limits<std::size_t>::max(),
    .examples =
        "  obsmon check /www/auxTel\n"
        "  obsmon check --config streams.yaml --since 2d --critical 10 --max_age 30min\n"
        "  obsmon check /www/auxTel --p95_warning 5min --longest_critical 6h\n"
        "  obsmon check --history postgresql://reader@db/monitor auxTel comCam\n",
    .notes =
        "With --history, OUTPUT_DIR may be no more than the stream's name.\n"
        "Reads the histories that 'obsmon update' wrote, and nothing else. Prints one\n"
        "line, with performance data. A SPAN is 90, 90s, 5min, 2h or 1d. A RANGE is as\n"
        "Nagios has it: 10 is left by less than 0 and more than 10, 5: by less than 5,\n"
        "~:10 by more than 10, 5:10 by what lies outside, @5:10 by what lies within,\n"
        "~: by nothing; of latencies its ends are SPANs. They are judged by the newest\n"
        "night that has them.\n"
        "\n"
        "Exit status: 0 OK; 1 WARNING; 2 CRITICAL; 3 UNKNOWN (no history, a dead monitor,\n"
        "a registry that could not be read, wrong options).\n",
    .options = kCheckOptions};

int RefuseCheck(const absl::Status& why, Console& console) {
  console.Result(fmt::format("OBSMON UNKNOWN - {}", std::string(why.message())));
  return static_cast<int>(CheckState::kUnknown);
}

int RunCheck(const Options& options, const Environment& environment, Console& console) {
  const absl::StatusOr<CheckLimits> limits = LimitsOf(options, environment.now);
  if (!limits.ok()) return RefuseCheck(limits.status(), console);
  const absl::StatusOr<std::vector<StreamOutput>> streams = Asked(options);
  if (!streams.ok()) return RefuseCheck(streams.status(), console);
  const std::vector<StreamCheck> checks = CheckStreams(*streams, environment.now, *limits, environment.stop);
  console.Result(CheckLine(checks, environment.now, *limits));
  return static_cast<int>(WorstOf(checks));
}

}  // namespace obsmon::cli
