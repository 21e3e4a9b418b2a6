#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "obsmon/export.h"
#include "obsmon/monitor.h"
#include "status_macros.h"
#include "stream_options.h"
#include "text/nearest.h"

namespace obsmon::cli {
namespace {

constexpr std::array kNightOptions = {
    OptionSpec{.name = "format", .value = "FORMAT", .help = "table (default), json, jsonl or csv"},
    OptionSpec{.name = "verdict",
               .kind = OptionKind::kRepeated,
               .value = "VERDICT",
               .help = "only files of this verdict (may be repeated)"},
    kInputDir,
    kStorage,
    kRepo,
    kPendingFolder,
    kBadFolder,
    kName,
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
    kGrace,
    kGuiderGrace,
    kMissingGrace,
    kPartialAge,
    kIgnore,
    kManifest,
    kExpectedSql,
    kExpectedQuery,
    kIngestLog,
    kRsyncLog,
    kBusyTimeout,
    kThreads,
    kConfig,
    kStream,
    OptionSpec{
        .name = "quiet", .kind = OptionKind::kSwitch, .help = "print the result and what went wrong alone"},
    kVerbose,
    kHelp};

using Writer = void (*)(const NightReport& report, std::ostream& out, const ExportOptions& options);
struct Format {
  std::string_view name;
  Writer write;
};
constexpr std::array kFormats = {Format{"table", WriteTable}, Format{"json", WriteJson},
                                 Format{"jsonl", WriteJsonLines}, Format{"csv", WriteCsv}};

/// What the command was asked to show.
struct Request {
  Stream stream{};
  Night night{};
  Writer write = WriteTable;
  std::vector<Verdict> verdicts{};
};

absl::StatusOr<Writer> FormatOf(const Options& options) {
  const Given* given = options.Find("format");
  if (given == nullptr) return WriteTable;
  const auto* format = std::ranges::find(kFormats, given->text, &Format::name);
  if (format != kFormats.end()) return format->write;
  return absl::InvalidArgumentError(
      fmt::format("{}: '{}' is no format: write table, json, jsonl or csv", given->source, given->text));
}

absl::StatusOr<Verdict> VerdictOf(const Given& given) {
  std::string name = given.text;
  for (const char blank : {'-', ' '}) std::ranges::replace(name, blank, '_');
  const auto* verdict = std::ranges::find(kAllVerdicts, name, VerdictName);
  if (verdict != kAllVerdicts.end()) return *verdict;
  std::vector<std::string_view> names;
  names.reserve(kAllVerdicts.size());
  for (const Verdict known : kAllVerdicts) names.push_back(VerdictName(known));
  return absl::InvalidArgumentError(fmt::format("{}: '{}' is no verdict, only {} are{}", given.source,
                                                given.text, fmt::join(names, ", "), DidYouMean(name, names)));
}

absl::StatusOr<Request> RequestOf(const Options& options) {
  Request request;
  OBSMON_ASSIGN_OR_RETURN(request.night, Night::Parse(options.arguments.front()));
  OBSMON_ASSIGN_OR_RETURN(request.write, FormatOf(options));
  if (const auto given = options.given.find("verdict"); given != options.given.end()) {
    for (const Given& name : given->second) {
      OBSMON_ASSIGN_OR_RETURN(const Verdict verdict, VerdictOf(name));
      request.verdicts.push_back(verdict);
    }
  }
  OBSMON_ASSIGN_OR_RETURN(request.stream, OneStreamOf(options));
  OBSMON_RETURN_IF_ERROR(CheckOptionsOf(request.stream));
  return request;
}

}  // namespace

const CommandSpec kNightCommand = {
    .name = "night",
    .summary = "Shows a night, each file with its verdict and why; writes nothing",
    .arguments = "NIGHT",
    .min_arguments = 1,
    .max_arguments = 1,
    .examples =
        "  obsmon night 2020-05-01 --input_dir /data/auxTel\n"
        "  obsmon night 20200501 --input_dir D --verdict not_ingested --format csv\n"
        "  obsmon night 2020-05-01 --config streams.yaml --stream auxtel --format json\n",
    .notes =
        "Verdicts: ingested, artifact_gone, missing, in_flight, ignored, pending, failed,\n"
        "settling, not_fits, too_small, not_ingested, unknown.\n"
        "\n"
        "Exit status: 0 shown; 1 shown, but some of the input could not be read, or the\n"
        "result not be printed; 2 wrong options; 3 input not readable; 128+n stopped by\n"
        "signal n.\n",
    .options = kNightOptions};

int RunNight(const Options& options, const Environment& environment, Console& console) {
  const absl::StatusOr<Request> request = RequestOf(options);
  if (!request.ok()) {
    console.Error(request.status());
    return kUsage;
  }
  const absl::StatusOr<NightReport> report =
      ObserveNight(request->stream, request->night, environment.now, console.Follow(request->stream.name));
  if (!report.ok()) {
    console.Error(report.status());
    return kInputUnreadable;
  }
  const std::vector<std::string> warnings = WarningsOf(*report);
  for (const std::string& warning : warnings) console.Error(warning);
  request->write(*report, console.out(), {.verdicts = request->verdicts, .color = console.color()});
  return warnings.empty() ? kSuccess : kInPart;
}

}  // namespace obsmon::cli
