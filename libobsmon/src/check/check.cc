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

void Conclude(CheckState state, std::string sentence, StreamCheck& check) {
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

// "2020-05-01: 95 % of 102 files took up to 36 min from arrival to ingest, the longest 2 h 05 min".
std::string LatenessInWords(const StreamCheck& check, const CheckLimits& limits) {
  const bool from_arrival = limits.latency == &Latencies::arrival_to_ingest;
  const bool to_arrival = limits.latency == &Latencies::creation_to_arrival;
  return fmt::format("{}: 95 % of {} took up to {} from {} to {}, the longest {}",
                     check.latency_night.ToString(), CountOf(check.latency.files, "file", "files"),
                     HumanDuration(check.latency.p95), from_arrival ? "arrival" : "creation",
                     to_arrival ? "arrival" : "ingest", HumanDuration(check.latency.max));
}

double Seconds(std::chrono::nanoseconds span) { return std::chrono::duration<double>(span).count(); }

bool IsLate(const LatencySummary& latency, const std::optional<CheckRange>& p95,
            const std::optional<CheckRange>& longest) {
  // What ended before it began tells of a clock, and is not late.
  const auto is_left = [](const std::optional<CheckRange>& range, std::chrono::nanoseconds span) {
    return range && range->IsLeftBy(std::max(Seconds(span), 0.0));
  };
  return latency.files > 0 && (is_left(p95, latency.p95) || is_left(longest, latency.max));
}

/// What the limits make of a stream, and why; each by itself.
struct Judgement {
  CheckState state = CheckState::kOk;
  std::string sentence{};
};

Judgement ByAttention(const StreamCheck& check, std::span<const NightSummary* const> nights,
                      const CheckLimits& limits) {
  const auto count = static_cast<double>(check.attention);
  const CheckState state = limits.critical.IsLeftBy(count)  ? CheckState::kCritical
                           : limits.warning.IsLeftBy(count) ? CheckState::kWarning
                                                            : CheckState::kOk;
  return {state, nights.empty() ? Calm(check, limits.since) : InWords(nights)};
}

Judgement ByLateness(const StreamCheck& check, const CheckLimits& limits) {
  const CheckState state =
      IsLate(check.latency, limits.p95_critical, limits.longest_critical) ? CheckState::kCritical
      : IsLate(check.latency, limits.p95_warning, limits.longest_warning) ? CheckState::kWarning
                                                                          : CheckState::kOk;
  return {state, state == CheckState::kOk ? std::string() : LatenessInWords(check, limits)};
}

void JudgeNights(std::span<const NightSummary> nights, const CheckLimits& limits, StreamCheck& check) {
  std::vector<const NightSummary*> attention;
  std::vector<const NightSummary*> unknown;
  for (const NightSummary& night : nights) {
    if (night.night < limits.since) continue;
    ++check.num_nights;
    check.files += night.counts.files;
    if (const LatencySummary& latency = night.latency.*limits.latency;
        latency.files > 0 && check.latency.files == 0) {
      check.latency = latency;
      check.latency_night = night.night;
    }
    check.waiting += night.counts.Of(Concern::kWait);
    const std::int64_t grave = night.counts.Of(Concern::kAttention);
    check.attention += grave;
    if (grave > 0) attention.push_back(&night);
    if (night.state == NightState::kUnknown) unknown.push_back(&night);
  }
  Judgement worst = ByAttention(check, attention, limits);
  Judgement other = ByLateness(check, limits);
  if (other.state > worst.state) std::swap(worst, other);
  if (other.state != CheckState::kOk) worst.sentence += "; " + other.sentence;
  if (worst.state == CheckState::kOk && !unknown.empty()) worst = {CheckState::kUnknown, InWords(unknown)};
  if (worst.state == CheckState::kOk && check.num_nights == 0) worst.state = CheckState::kUnknown;
  Conclude(worst.state, std::move(worst.sentence), check);
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

void AppendPerformanceData(const StreamCheck& check, UtcTime as_of, const CheckLimits& limits, bool several,
                           std::string& line) {
  const auto label = [&](std::string_view what) { return Label(check.stream, what, several); };
  const auto to = std::back_inserter(line);
  // Where nothing is known a 0 would be drawn as a night without problems.
  if (check.last_look) {
    fmt::format_to(to, " {}={};;;0 {}={};{};{};0 {}={};;;0", label("files"), check.files, label("attention"),
                   check.attention, limits.warning.ToString(), limits.critical.ToString(), label("waiting"),
                   check.waiting);
    const auto age = std::chrono::floor<std::chrono::seconds>(as_of - *check.last_look);
    fmt::format_to(to, " {}={}s;;{};0", label("age"), std::max<std::int64_t>(age.count(), 0),
                   check.max_age.count());
  }
  if (check.latency.files == 0) return;
  const auto text = [](const std::optional<CheckRange>& range) {
    return range ? range->ToString() : std::string();
  };
  fmt::format_to(to, " {}={:.3f}s;{};{}; {}={:.3f}s;{};{};", label("p95"), Seconds(check.latency.p95),
                 text(limits.p95_warning), text(limits.p95_critical), label("longest"),
                 Seconds(check.latency.max), text(limits.longest_warning), text(limits.longest_critical));
}

}  // namespace

bool CheckRange::IsLeftBy(double value) const {
  const bool is_within =
      (!least || value >= static_cast<double>(*least)) && (!most || value <= static_cast<double>(*most));
  return is_within == is_inverted;
}

std::string CheckRange::ToString() const {
  const std::string end = most ? fmt::format("{}", *most) : std::string();
  const std::string begin = least ? fmt::format("{}:", *least) : std::string("~:");
  return fmt::format("{}{}{}", is_inverted ? "@" : "", most && least == 0 ? "" : begin, end);
}

std::string_view CheckStateName(CheckState state) {
  constexpr std::array<std::string_view, 4> kNames = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  return kNames[static_cast<std::size_t>(state)];
}

StreamCheck CheckStream(std::string stream, const absl::StatusOr<std::vector<NightSummary>>& nights,
                        UtcTime as_of, const CheckLimits& limits) {
  StreamCheck check{.stream = std::move(stream), .max_age = limits.max_age.value_or(StreamOutput().max_age)};
  if (!nights.ok()) {
    check.sentence = std::string(nights.status().message());
    return check;
  }
  check.last_look = LastLookAt(*nights);
  JudgeNights(*nights, limits, check);
  if (!check.last_look) {
    Conclude(CheckState::kUnknown, "no night has been looked at yet", check);
  } else if (as_of - *check.last_look > check.max_age) {
    Conclude(
        CheckState::kUnknown,
        fmt::format("last looked at {} ago, at {}; is 'obsmon update' still run? What it found then: {}",
                    HumanDuration(as_of - *check.last_look), HumanTime(*check.last_look), check.sentence),
        check);
  } else if (*check.last_look - as_of > kClockSkew) {
    Conclude(CheckState::kUnknown,
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
  std::string data;
  for (const StreamCheck& check : checks) AppendPerformanceData(check, as_of, limits, several, data);
  return data.empty() ? line : line + " |" + data;
}

}  // namespace obsmon
