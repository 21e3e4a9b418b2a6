#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "obsmon/monitor.h"
#include "pause.h"
#include "stream_options.h"
#include "update_teller.h"

namespace obsmon::cli {
namespace {

constexpr std::array kUpdateOptions = {
    kInputDir,
    OptionSpec{.name = "output_dir", .value = "DIR", .help = "where pages and history go; made if need be"},
    kHistory,
    kStorage,
    kRepo,
    kPendingFolder,
    kBadFolder,
    kName,
    OptionSpec{.name = "first_day", .value = "NIGHT", .help = "first night, YYYY-MM-DD or YYYYMMDD"},
    OptionSpec{.name = "last_day", .value = "NIGHT", .help = "last night (default: today, UTC)"},
    OptionSpec{.name = "num_days", .value = "N", .help = "how many nights, unless first_day says (2)"},
    kGen,
    kSearchLinks,
    kQueryLinks,
    kRepositoryIndex,
    kInstrument,
    kCollection,
    kDatasetType,
    kDetectorNames,
    kCompareChecksums,
    kRegistrySql,
    kRegistryQuery,
    kRegistryEvents,
    kRegistryPrefix,
    kRegistryFilesTable,
    kRegistryEventsTables,
    kDbAuth,
    kIngestLog,
    kRsyncLog,
    OptionSpec{.name = "every", .value = "SPAN", .help = "look again and again, so long from look to look"},
    OptionSpec{.name = "metrics", .value = "FILE", .help = "write gauges for Prometheus into FILE (*.prom)"},
    kGrace,
    kGuiderGrace,
    kMissingGrace,
    kPartialAge,
    kIgnore,
    kManifest,
    kExpectedSql,
    kExpectedQuery,
    kNightOffset,
    kNightScale,
    kBusyTimeout,
    kMaxAge,
    kThreads,
    kConfig,
    kStream,
    kQuiet,
    kVerbose,
    kHelp};

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
        "results not be printed; 2 wrong options; 3 input not readable; 4 output or\n"
        "history not writable; 5 another run holds the output folder or the stream's\n"
        "shared history; 128+n stopped by signal n.\n"
        "Of several streams: what all ended with, or 1 where they ended differently.\n",
    .options = kUpdateOptions};

namespace {

/// One look at each stream. What is stopped ends them, and is told once.
std::vector<UpdateOutcome> Look(const std::vector<StreamConfig>& streams, UtcTime now, UpdateTeller& teller,
                                Console& console) {
  std::vector<UpdateOutcome> outcomes;
  const auto tell = [&](const UpdateResult& result) {
    if (!outcomes.empty() && outcomes.back() == UpdateOutcome::kStopped) return;
    teller.Tell(result);
    outcomes.push_back(result.outcome);
  };
  const std::string_view work = streams.size() == 1 ? std::string_view(streams[0].stream.name) : "update";
  UpdateStreams(streams, now, console.Follow(work), tell);
  return outcomes;
}

/// A look, and what is published of it beside the streams' own output. Returns its exit status.
int LookAndPublish(const std::vector<StreamConfig>& streams, const Given* metrics, UtcTime now,
                   UpdateTeller& teller, Console& console) {
  const std::vector<UpdateOutcome> outcomes = Look(streams, now, teller, console);
  const bool was_stopped = outcomes.back() == UpdateOutcome::kStopped;
  if (metrics == nullptr || was_stopped) return CommonStatus(outcomes);
  const absl::Status published = PublishMetrics(metrics->text, OutputsOf(streams), outcomes);
  if (published.ok()) return CommonStatus(outcomes);
  console.Error(published);
  return kOutputUnwritable;
}

}  // namespace

int RunUpdate(const Options& options, const Environment& environment, Console& console) {
  const absl::StatusOr<std::optional<std::chrono::seconds>> pause = PauseOf(options);
  if (!pause.ok()) {
    console.Error(pause.status());
    return kUsage;
  }
  const absl::StatusOr<std::vector<StreamConfig>> streams = StreamsOf(options);
  if (!streams.ok()) {
    console.Error(streams.status());
    return kUsage;
  }
  if (streams->front().stream.output_dir.empty()) {  // those of a file have one
    console.Error("no output: give --output_dir");
    return kUsage;
  }
  const Given* metrics = options.Find("metrics");
  if (metrics != nullptr && metrics->text.empty()) {
    console.Error(fmt::format("{}: an empty text names no file", metrics->source));
    return kUsage;
  }
  UpdateTeller teller(streams->size() > 1, console);
  auto began = std::chrono::steady_clock::now();
  int status = LookAndPublish(*streams, metrics, environment.now, teller, console);
  // What no later look can mend ends the first. All else may be better in a while: a disk that is away, a
  // full one, another run.
  if (!*pause || status == kUsage) return status;
  for (;;) {
    // A look that took longer than the pause is followed by the next at once, and not made up for.
    began = std::max(began + **pause, std::chrono::steady_clock::now());
    if (!WaitUntil(began, environment.stop)) return kSuccess;
    status = LookAndPublish(*streams, metrics, environment.wall_clock(), teller, console);
    if (status == static_cast<int>(UpdateOutcome::kStopped)) return status;
  }
}

}  // namespace obsmon::cli
