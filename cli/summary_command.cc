#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "commands.h"
#include "obsmon/monitor.h"
#include "stream_options.h"

namespace obsmon::cli {
namespace {

constexpr std::array kSummaryOptions = {kHistory, kDbAuth, kMaxAge, kQuiet, kVerbose, kHelp};

}  // namespace

const CommandSpec kSummaryCommand = {
    .name = "summary",
    .summary = "Writes OUT/index.html over several streams with their latest nights",
    .arguments = "OUT STREAM...",
    .min_arguments = 2,
    .max_arguments = std::numeric_limits<std::size_t>::max(),
    .examples =
        "  obsmon summary /www auxTel comcam\n"
        "  obsmon summary /www /www/auxTel /elsewhere/comcam\n",
    .notes =
        "A STREAM is the output folder of 'obsmon update'; a relative one starts at OUT.\n"
        "With --history its last component is the stream's name there, and --max_age\n"
        "is that of streams whose pages are on another host.\n"
        "\n"
        "Exit status: 0 done; 1 done, but the history of a stream could not be read;\n"
        "2 wrong options; 4 OUT not writable.\n",
    .options = kSummaryOptions};

int WriteSummary(const std::filesystem::path& out, std::span<const std::filesystem::path> streams,
                 const StreamOutput& common, const Environment& environment, Console& console) {
  const absl::StatusOr<std::vector<std::string>> warnings =
      UpdateSummary(out, streams, environment.now, common.history, common.max_age, environment.stop);
  if (!warnings.ok()) {
    console.Error(warnings.status());
    return kOutputUnwritable;
  }
  for (const std::string& warning : *warnings) console.Error(warning);
  return warnings->empty() ? kSuccess : kInPart;
}

int RunSummary(const Options& options, const Environment& environment, Console& console) {
  const std::filesystem::path out = options.arguments.front();
  if (out.empty()) {
    console.Error("OUT is an empty text, and names no folder");
    return kUsage;
  }
  const std::vector<std::filesystem::path> streams(options.arguments.begin() + 1, options.arguments.end());
  const absl::StatusOr<StreamOutput> common = CommonOutputOf(options);
  if (!common.ok()) {
    console.Error(common.status());
    return kUsage;
  }
  const int status = WriteSummary(out, streams, *common, environment, console);
  if (status != kOutputUnwritable) {
    console.Result(fmt::format("{}: {} {}", (out / "index.html").native(), streams.size(),
                               streams.size() == 1 ? "stream" : "streams"));
  }
  return status;
}

}  // namespace obsmon::cli
