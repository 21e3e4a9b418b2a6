#include "update_teller.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace obsmon::cli {
namespace {

std::string_view OutcomeInWords(UpdateOutcome outcome) {
  switch (outcome) {
    case UpdateOutcome::kDone:
      return "done";
    case UpdateOutcome::kDoneInPart:
      return "done, but some of the input could not be read";
    case UpdateOutcome::kUsage:
      return "not updated: wrong options";
    case UpdateOutcome::kInputUnreadable:
      return "broken off: input not readable";
    case UpdateOutcome::kOutputUnwritable:
      return "broken off: output not writable";
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

std::vector<std::string> TroubleOf(const UpdateResult& result) {
  std::vector<std::string> trouble = result.warnings;
  if (!result.status.ok()) trouble.emplace_back(result.status.message());
  return trouble;
}

}  // namespace

void UpdateTeller::Tell(const UpdateResult& result) {
  const std::string prefix = several_ ? result.stream + ": " : std::string();
  Told& last = last_[result.stream];
  Told told{.outcome = result.outcome, .trouble = TroubleOf(result)};
  const bool is_news = told.outcome != last.outcome || told.trouble != last.trouble;
  if (is_news) {
    for (const std::string& sentence : told.trouble) console_.Error(prefix + sentence);
  }
  for (const NightSummary& night : result.nights) {
    const bool changed = std::ranges::find(result.changed, night.night) != result.changed.end();
    const std::string& line = told.nights.emplace(night.night, NightLine(night)).first->second;
    const auto before = last.nights.find(night.night);
    if (before == last.nights.end() || before->second != line) {
      console_.Result((several_ ? result.stream + "  " : std::string()) + line);
    }
    console_.Detail(
        fmt::format("{}{} {}", prefix, night.night.ToString(),
                    changed ? "was read and its page written" : "had not changed and was not read"));
  }
  if (is_news) console_.Result(SummaryLine(result));
  if (told.nights.empty()) told.nights = std::move(last.nights);  // a failed look has none
  last = std::move(told);
}

}  // namespace obsmon::cli
