#include "report/night_bins.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "report/span_collector.h"
#include "text/human.h"

namespace obsmon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;

constexpr int kQuarters = 4;  // of the night, each of a round length
// What happened later than this after the night's last file is no part of the night.
constexpr hours kTail{6};

// The shortest round quarter of which four, from a round time on, hold both.
minutes QuarterFor(UtcTime first, UtcTime last) {
  constexpr std::array kRound = {1, 2, 5, 10, 15, 30, 60, 90, 120, 180, 240, 300, 360, 720};
  for (const int quarter : kRound) {
    const nanoseconds step = minutes{quarter};
    if (last.time_since_epoch() - first.time_since_epoch() / step * step < kQuarters * step) {
      return minutes{quarter};
    }
  }
  return minutes{1440};
}

// The times that a night's files can be of: a clock that was never set must not stretch it over years.
class TimesAround {
 public:
  explicit TimesAround(Night night) : noon_(night.date() + hours{12}) {}

  bool Hold(UtcTime time) const {
    const auto hour = std::chrono::floor<hours>(time);
    return noon_ - hours{24} <= hour && hour < noon_ + hours{48};
  }

 private:
  std::chrono::sys_time<hours> noon_;  // UtcTime does not reach all nights
};

class Binning {
 public:
  explicit Binning(const NightReport& report) : report_(report) {}

  NightBins Run() && {
    FindFirstAndLast();
    if (!first_) return {};
    LayOut();
    ForEachFile([this](const FileTimes& times) { Add(times); });
    const std::vector<LatencySummary> latencies = latencies_.OfEach(kNightBins);
    for (std::size_t bin = 0; bin < kNightBins; ++bin) found_.bins[bin].creation_to_ingest = latencies[bin];
    return found_;
  }

 private:
  // Only files in storage have a time of creation.
  void FindFirstAndLast() {
    const TransferTable& files = report_.evidence.transfers;
    const TimesAround night(report_.night);
    for (std::size_t row = 0; row < files.size(); ++row) {
      const UtcTime created = files.creation_time()[row];
      if (files.state()[row] != TransferState::kArrived || !night.Hold(created)) continue;
      first_ = std::min(first_.value_or(created), created);
      last_ = std::max(last_.value_or(created), created);
    }
  }

  template <typename Take>
  void ForEachFile(Take take) const {
    const NightReport::Files files = report_.files();
    const std::span<const TransferState> states = report_.evidence.transfers.state();
    for (std::size_t row = 0; row < files.size(); ++row) {
      FileTimes times = files.TimesOf(row);
      // What a transfer has not finished has neither: its times are those of the last write.
      if (row < states.size() && states[row] != TransferState::kArrived) {
        times.creation.reset();
        times.arrival.reset();
      }
      take(times);
    }
  }

  void LayOut() {
    UtcTime end = *last_;
    ForEachFile([&](const FileTimes& times) {
      for (const auto& time : {times.arrival, times.ingest}) {
        if (time && *time <= *last_ + kTail) end = std::max(end, *time);
      }
    });
    const nanoseconds quarter = QuarterFor(*first_, end);
    const UtcTime begin(first_->time_since_epoch() / quarter * quarter);
    found_.length = quarter * kQuarters / static_cast<int>(kNightBins);
    for (std::size_t bin = 0; bin < kNightBins; ++bin) {
      found_.bins[bin].begin = begin + found_.length * static_cast<int>(bin);
    }
  }

  std::optional<std::size_t> BinOf(UtcTime time) const {
    const UtcTime begin = found_.bins.front().begin;
    if (time < begin) return std::nullopt;
    const auto bin = static_cast<std::size_t>((time - begin) / found_.length);
    return bin < kNightBins ? std::optional(bin) : std::nullopt;
  }

  void Count(const std::optional<UtcTime>& time, std::int64_t NightBin::*count, std::int64_t& outside) {
    if (!time) return;
    const std::optional<std::size_t> bin = BinOf(*time);
    ++(bin ? found_.bins[*bin].*count : outside);
  }

  void Add(const FileTimes& times) {
    Count(times.arrival, &NightBin::arrived, found_.arrived_outside);
    Count(times.ingest, &NightBin::ingested, found_.ingested_outside);
    if (!times.creation || !times.ingest || times.verdict != Verdict::kIngested) return;
    if (const std::optional<std::size_t> bin = BinOf(*times.creation)) {
      latencies_.Add(static_cast<SpanCollector::Group>(*bin), *times.ingest - *times.creation);
    }
  }

  const NightReport& report_;
  std::optional<UtcTime> first_, last_;
  NightBins found_;
  SpanCollector latencies_;
};

}  // namespace

NightBins BinsOf(const NightReport& report) { return Binning(report).Run(); }

CreatedElsewhere CreatedElsewhereOf(const NightReport& report) {
  CreatedElsewhere found{.earliest = UtcTime::max(), .latest = UtcTime::min()};
  const TransferTable& files = report.evidence.transfers;
  const TimesAround night(report.night);
  for (std::size_t row = 0; row < files.size(); ++row) {
    const UtcTime created = files.creation_time()[row];
    if (files.state()[row] != TransferState::kArrived || night.Hold(created)) continue;
    ++found.files;
    found.earliest = std::min(found.earliest, created);
    found.latest = std::max(found.latest, created);
  }
  return found;
}

std::string InWords(const CreatedElsewhere& elsewhere) {
  if (elsewhere.files == 0) return {};
  const std::string when =
      elsewhere.earliest == elsewhere.latest
          ? fmt::format("at {}", HumanTime(elsewhere.latest))
          : fmt::format("from {} to {}", HumanTime(elsewhere.earliest), HumanTime(elsewhere.latest));
  return fmt::format(
      "{} created at another time, {}: a clock was wrong, they were copied without their "
      "times, or the folder has a wrong name",
      CountOf(elsewhere.files, "file was", "files were"), when);
}

}  // namespace obsmon
