#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "obsmon/monitor.h"
#include "stream_options.h"

namespace obsmon::cli {
namespace {

constexpr std::array kOptions = {
    kInputDir,
    OptionSpec{.name = "output_dir", .value = "DIR", .help = "where pages and history go; made if need be"},
    kStorage,
    kRepo,
    kName,
    OptionSpec{.name = "first_day", .value = "NIGHT", .help = "first night, YYYY-MM-DD or YYYYMMDD"},
    OptionSpec{.name = "last_day", .value = "NIGHT", .help = "last night (default: today, UTC)"},
    OptionSpec{.name = "num_days", .value = "N", .help = "how many nights, unless first_day says (2)"},
    kGen,
    kSearchLinks,
    kQueryLinks,
    OptionSpec{.name = "ingest_log", .value = "FILE", .help = "accepted for old cron files; not used"},
    OptionSpec{.name = "metrics", .value = "FILE", .help = "write gauges for Prometheus into FILE (*.prom)"},
    kGrace,
    kBusyTimeout,
    kThreads,
    kConfig,
    kStream,
    kQuiet,
    kVerbose,
    kHelp};

std::string_view OutcomeInWords(UpdateOutcome outcome) {
  switch (outcome) {
    case UpdateOutcome::kDone:
      return "done";
    case UpdateOutcome::kDoneInPart:
      return "done, but some of the input could not be read";
    case UpdateOutcome::kUsage:
      return "not updated: options contradict each other";
    case UpdateOutcome::kInputUnreadable:
      return "not updated: input not readable";
    case UpdateOutcome::kOutputUnwritable:
      return "not updated: output not writable";
    case UpdateOutcome::kLocked:
      return "not updated: another run holds the output";
    case UpdateOutcome::kStopped:
      return "stopped";
  }
  return "";
}

/// "2020-05-01  needs attention  12 files: 6 ingested, 1 too small, 5 not ingested".
std::string NightLine(const NightSummary& night) {
  std::string line = fmt::format("{}  {:<15}  {} {}", night.night.ToString(), NightStateLabel(night.state),
                                 night.counts.files, night.counts.files == 1 ? "file" : "files");
  std::string_view separator = ": ";
  for (const Verdict verdict : kAllVerdicts) {
    if (night.counts[verdict] == 0) continue;
    line += fmt::format("{}{} {}", separator, night.counts[verdict], VerdictLabel(verdict));
    separator = ", ";
  }
  return line;
}

std::string SummaryLine(const UpdateResult& result) {
  if (!result.status.ok()) return fmt::format("{}: {}", result.stream, OutcomeInWords(result.outcome));
  return fmt::format("{}: {}; {} {} looked at, {} changed", result.stream, OutcomeInWords(result.outcome),
                     result.nights.size(), result.nights.size() == 1 ? "night" : "nights",
                     result.changed.size());
}

/// `several`: the lines of the streams are told apart by their names.
void Print(const UpdateResult& result, bool several, Console& console) {
  const std::string prefix = several ? result.stream + ": " : std::string();
  for (const std::string& warning : result.warnings) console.Error(prefix + warning);
  if (!result.status.ok()) console.Error(prefix + std::string(result.status.message()));
  for (const NightSummary& night : result.nights) {
    console.Result((several ? result.stream + "  " : std::string()) + NightLine(night));
    const bool changed = std::ranges::find(result.changed, night.night) != result.changed.end();
    console.Detail(
        fmt::format("{}{} {}", prefix, night.night.ToString(),
                    changed ? "was read and its page written" : "had not changed and was not read"));
  }
  console.Result(SummaryLine(result));
}

/// The status that all streams ended with; where they ended differently, that of a run done in part.
int CommonStatus(const std::vector<UpdateOutcome>& outcomes) {
  const bool alike = std::ranges::adjacent_find(outcomes, std::not_equal_to<>()) == outcomes.end();
  return alike && !outcomes.empty() ? static_cast<int>(outcomes.front()) : kInPart;
}

}  // namespace

const CommandSpec kUpdateCommand = {
    .name = "update",
    .summary = "Brings the pages and the history of nights up to date",
    .examples =
        "  obsmon update --input_dir /data/auxTel --output_dir /www/auxTel\n"
        "  obsmon update --input_dir D --output_dir O --last_day 20200504 --num_days 5\n"
        "  obsmon update --storage /data/in --repo /repo/main --output_dir O\n"
        "  obsmon update --config streams.yaml --stream auxtel\n",
    .notes =
        "Without first_day, last_day and num_days these are today and yesterday (UTC),\n"
        "and before them the nights that still have open problems.\n"
        "\n"
        "A SPAN is 90, 90s, 5min, 2h or 1d. Names may be cut short as long as they are\n"
        "unambiguous, and have - for _. Each option can be set in the environment as\n"
        "OBSMON_INPUT_DIR and so on, or RSYMON_INPUT_DIR. The command line comes before\n"
        "the environment, the environment before the file.\n"
        "\n"
        "Exit status: 0 done; 1 done, but some of the input could not be read, or the\n"
        "results not be printed; 2 wrong options; 3 input not readable; 4 output not\n"
        "writable; 5 another run holds the output folder; 128+n stopped by signal n.\n"
        "Of several streams: what all ended with, or 1 where they ended differently.\n",
    .options = kOptions};

int RunUpdate(const Options& options, const Environment& environment, Console& console) {
  if (options.Find("ingest_log") != nullptr) console.Detail("--ingest_log is accepted, but not used yet");
  const absl::StatusOr<std::vector<StreamConfig>> streams = StreamsOf(options);
  if (!streams.ok()) {
    console.Error(streams.status());
    return kUsage;
  }
  if (streams->front().stream.output_dir.empty()) {  // those of a file have one
    console.Error("no output: give --output_dir");
    return kUsage;
  }
  std::vector<UpdateOutcome> outcomes;
  for (const StreamConfig& config : *streams) {
    const UpdateResult result =
        UpdateStream(config.stream, config.window, environment.now, console.Follow(config.stream.name));
    Print(result, streams->size() > 1, console);
    outcomes.push_back(result.outcome);
    if (result.outcome == UpdateOutcome::kStopped) return CommonStatus(outcomes);
  }
  const Given* metrics = options.Find("metrics");
  if (metrics == nullptr) return CommonStatus(outcomes);
  const absl::Status published = PublishMetrics(metrics->text, OutputsOf(*streams), outcomes);
  if (published.ok()) return CommonStatus(outcomes);
  console.Error(published);
  return kOutputUnwritable;
}

}  // namespace obsmon::cli
