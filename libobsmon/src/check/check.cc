#include "obsmon/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "history/night_facts.h"
#include "text/human.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

// Clocks of a site's machines differ by less. A look further in the future was taken by a wrong one.
constexpr std::chrono::minutes kClockSkew{1};

void Judge(CheckState state, std::string sentence, StreamCheck& check) {
  check.state = state;
  check.sentence = std::move(sentence);
}

// "2020-05-01: 3 files arrived but are not ingested; and 1 more night": the newest of those like it.
std::string InWords(std::span<const NightSummary* const> nights) {
  std::string words =
      fmt::format("{}: {}", nights.front()->night.ToString(), NightDetail(FactsOf(*nights.front())));
  if (nights.size() > 1) {
    words += fmt::format("; and {}",
                         CountOf(static_cast<std::int64_t>(nights.size()) - 1, "more night", "more nights"));
  }
  return words;
}

std::string Calm(const StreamCheck& check, Night since) {
  if (check.num_nights == 0) return fmt::format("no night since {} has been looked at", since.ToString());
  std::string words =
      fmt::format("{} in {} since {}, none needs attention", CountOf(check.files, "file", "files"),
                  CountOf(check.num_nights, "night", "nights"), since.ToString());
  if (check.waiting > 0) words += fmt::format(", {} on their way", HumanCount(check.waiting));
  return words;
}

bool Reaches(std::int64_t count, std::int64_t limit) { return limit > 0 && count >= limit; }

void JudgeNights(std::span<const NightSummary> nights, const CheckLimits& limits, StreamCheck& check) {
  std::vector<const NightSummary*> attention;
  std::vector<const NightSummary*> unknown;
  for (const NightSummary& night : nights) {
    if (night.night < limits.since) continue;
    ++check.num_nights;
    check.files += night.counts.files;
    check.waiting += night.counts.Of(Concern::kWait);
    const std::int64_t grave = night.counts.Of(Concern::kAttention);
    check.attention += grave;
    if (grave > 0) attention.push_back(&night);
    if (night.state == NightState::kUnknown) unknown.push_back(&night);
  }
  if (Reaches(check.attention, limits.critical)) {
    Judge(CheckState::kCritical, InWords(attention), check);
  } else if (Reaches(check.attention, limits.warning)) {
    Judge(CheckState::kWarning, InWords(attention), check);
  } else if (!unknown.empty()) {
    Judge(CheckState::kUnknown, InWords(unknown), check);
  } else if (check.attention > 0) {
    Judge(CheckState::kOk, InWords(attention), check);  // fewer than a call is worth
  } else {
    Judge(CheckState::kOk, Calm(check, limits.since), check);
  }
}

// Text that a plugin's line can hold: a bar would begin the performance data.
std::string ForLine(std::string_view text) {
  std::string line = EscapeForDisplay(text);
  std::ranges::replace(line, '|', '/');
  return line;
}

// In quotes a label may hold anything but a quote and an equals sign.
std::string Label(std::string_view stream, std::string_view what, bool several) {
  if (!several) return std::string(what);
  std::string label = ForLine(stream);
  std::ranges::replace_if(
      label, [](char c) { return c == '\'' || c == '='; }, '_');
  return fmt::format("'{} {}'", label, what);
}

// A plugin's limits are ranges that are left, not numbers that are reached: 3 files are too many when the
// range 0 to 2 is left.
std::string RangeBelow(std::int64_t limit) {
  return limit > 0 ? fmt::format("{}", limit - 1) : std::string();
}

void AppendPerformanceData(const StreamCheck& check, UtcTime as_of, const CheckLimits& limits, bool several,
                           std::string& line) {
  const auto label = [&](std::string_view what) { return Label(check.stream, what, several); };
  const auto to = std::back_inserter(line);
  fmt::format_to(to, " {}={};;;0 {}={};{};{};0 {}={};;;0", label("files"), check.files, label("attention"),
                 check.attention, RangeBelow(limits.warning), RangeBelow(limits.critical), label("waiting"),
                 check.waiting);
  if (check.last_look) {
    const auto age = std::chrono::floor<std::chrono::seconds>(as_of - *check.last_look);
    fmt::format_to(to, " {}={}s;;{};0", label("age"), std::max<std::int64_t>(age.count(), 0),
                   limits.max_age.count());
  }
}

}  // namespace

std::string_view CheckStateName(CheckState state) {
  constexpr std::array<std::string_view, 4> kNames = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  return kNames[static_cast<std::size_t>(state)];
}

StreamCheck CheckStream(std::string stream, const absl::StatusOr<std::vector<NightSummary>>& nights,
                        UtcTime as_of, const CheckLimits& limits) {
  StreamCheck check{.stream = std::move(stream)};
  if (!nights.ok()) {
    check.sentence = std::string(nights.status().message());
    return check;
  }
  check.last_look = LastLookAt(*nights);
  JudgeNights(*nights, limits, check);
  if (!check.last_look) {
    Judge(CheckState::kUnknown, "no night has been looked at yet", check);
  } else if (as_of - *check.last_look > limits.max_age) {
    Judge(CheckState::kUnknown,
          fmt::format("last looked at {} ago, at {}; is 'obsmon update' still run? What it found then: {}",
                      HumanDuration(as_of - *check.last_look), HumanTime(*check.last_look), check.sentence),
          check);
  } else if (*check.last_look - as_of > kClockSkew) {
    Judge(CheckState::kUnknown,
          fmt::format("last looked at in the future, at {}; which machine's clock is wrong?",
                      HumanTime(*check.last_look)),
          check);
  }
  return check;
}

CheckState WorstOf(std::span<const StreamCheck> checks) {
  for (const CheckState state : {CheckState::kCritical, CheckState::kUnknown, CheckState::kWarning}) {
    if (std::ranges::find(checks, state, &StreamCheck::state) != checks.end()) return state;
  }
  return checks.empty() ? CheckState::kUnknown : CheckState::kOk;
}

std::string CheckLine(std::span<const StreamCheck> checks, UtcTime as_of, const CheckLimits& limits) {
  std::string line = fmt::format("OBSMON {} - ", CheckStateName(WorstOf(checks)));
  const bool several = checks.size() > 1;
  // The gravest first: a text message shows the beginning.
  std::string_view separator;
  for (const CheckState state :
       {CheckState::kCritical, CheckState::kUnknown, CheckState::kWarning, CheckState::kOk}) {
    for (const StreamCheck& check : checks) {
      if (check.state != state) continue;
      line += fmt::format("{}{}: {}", separator, ForLine(check.stream), ForLine(check.sentence));
      separator = "; ";
    }
  }
  line += " |";
  for (const StreamCheck& check : checks) AppendPerformanceData(check, as_of, limits, several, line);
  return line;
}

}  // namespace obsmon
