#include "pages/night_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "text/human.h"

namespace obsmon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;

constexpr std::size_t kBins = 96;
constexpr int kQuarters = 4;  // of the axis of time, each of a round length
constexpr int kWidth = 960;   // of the drawing, in units of its own
constexpr int kHeight = 160;
// What happened later than this after the night's last file is no part of the night.
constexpr hours kTail{6};

struct TimeAxis {
  UtcTime begin{};
  nanoseconds bin{};

  std::optional<std::size_t> BinOf(UtcTime time) const {
    if (time < begin) return std::nullopt;
    const auto at = static_cast<std::size_t>((time - begin) / bin);
    return at < kBins ? std::optional(at) : std::nullopt;
  }
};

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

class NightTimes {
 public:
  explicit NightTimes(const NightReport& report) : report_(report) {
    for (const FileRow& file : report.files()) {
      if (!file.creation_time || !Belongs(*file.creation_time)) continue;
      first_ = std::min(first_.value_or(*file.creation_time), *file.creation_time);
      last_ = std::max(last_.value_or(*file.creation_time), *file.creation_time);
    }
    if (first_) Collect();
  }

  bool empty() const { return !first_; }
  const TimeAxis& axis() const { return axis_; }
  const std::array<std::int64_t, kBins>& arrived() const { return arrived_; }
  const std::array<std::int64_t, kBins>& ingested() const { return ingested_; }
  std::int64_t outside() const { return outside_; }
  /// By time of creation.
  const std::array<std::vector<nanoseconds>, kBins>& latencies() const { return latencies_; }

 private:
  // A clock that was never set must not stretch the axis over years.
  bool Belongs(UtcTime time) const {
    const UtcTime noon = UtcTime(report_.night.date()) + hours{12};
    return noon - hours{24} <= time && time < noon + hours{48};
  }

  void Collect() {
    UtcTime end = *last_;
    for (const FileRow& file : report_.files()) {
      for (const auto& time : {file.arrival_time, file.ingest_time}) {
        if (time && *time <= *last_ + kTail) end = std::max(end, *time);
      }
    }
    const nanoseconds step = QuarterFor(*first_, end);
    axis_.begin = UtcTime(first_->time_since_epoch() / step * step);
    axis_.bin = step * kQuarters / static_cast<int>(kBins);
    for (const FileRow& file : report_.files()) {
      CountIn(arrived_, file.arrival_time);
      CountIn(ingested_, file.ingest_time);
      if (!file.creation_time || !file.ingest_time || file.verdict != Verdict::kIngested) continue;
      if (const auto bin = axis_.BinOf(*file.creation_time)) {
        latencies_[*bin].push_back(*file.ingest_time - *file.creation_time);
      }
    }
    for (std::vector<nanoseconds>& bin : latencies_) std::ranges::sort(bin);
  }

  void CountIn(std::array<std::int64_t, kBins>& counts, const std::optional<UtcTime>& time) {
    if (!time) return;
    if (const auto bin = axis_.BinOf(*time)) {
      ++counts[*bin];
    } else {
      ++outside_;
    }
  }

  const NightReport& report_;
  std::optional<UtcTime> first_, last_;
  TimeAxis axis_;
  std::array<std::int64_t, kBins> arrived_{};
  std::array<std::int64_t, kBins> ingested_{};
  std::int64_t outside_ = 0;
  std::array<std::vector<nanoseconds>, kBins> latencies_;
};

// "20:40", and the day with it where it begins.
std::string ClockTime(UtcTime time) { return HumanTime(time).substr(11, 5); }

int XOf(std::size_t bin) { return static_cast<int>(bin) * kWidth / static_cast<int>(kBins); }

// A line of steps over all bins.
std::string Steps(const std::array<std::int64_t, kBins>& counts, std::int64_t most) {
  std::string path = fmt::format("M0 {}", kHeight);
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::int64_t height = counts[bin] * (kHeight - 4) / std::max<std::int64_t>(most, 1);
    fmt::format_to(std::back_inserter(path), "V{}H{}", kHeight - height, XOf(bin + 1));
  }
  return path + fmt::format("V{}", kHeight);
}

void BeginPlot(std::string_view what, const std::string& top, const std::string& bottom, Html& page) {
  page.Raw("<div class=\"plot-y\" aria-hidden=\"true\"><span>").Text(top).Raw("</span><span>").Text(bottom);
  page.Raw("</span></div>\n<svg viewBox=\"0 0 960 160\" preserveAspectRatio=\"none\" role=\"img\" ");
  page.Raw("aria-label=\"").Text(what).Raw("\">");
  page.Raw("<path class=\"grid\" d=\"M240 0V160M480 0V160M720 0V160M0 80H960\"/>");
}

void EndPlot(const TimeAxis& axis, Html& page) {
  page.Raw("</svg>\n<div class=\"plot-x\" aria-hidden=\"true\">");
  const nanoseconds quarter = axis.bin * static_cast<int>(kBins) / kQuarters;
  for (int at = 0; at <= kQuarters; ++at) {
    page.Raw("<span>").Text(ClockTime(axis.begin + at * quarter)).Raw("</span>");
  }
  page.Raw("</div>\n</figure>\n");
}

void Traffic(const NightTimes& times, Html& page) {
  const std::int64_t most =
      std::max(*std::ranges::max_element(times.arrived()), *std::ranges::max_element(times.ingested()));
  const std::string span = HumanDuration(times.axis().bin);
  page.Raw("<figure class=\"plot\">\n<figcaption><h3>Arrivals and ingests</h3> <span class=\"key arrived\">")
      .Raw("arrived</span> <span class=\"key ingested\">ingested</span> <span>files in ")
      .Text(span)
      .Raw("</span>");
  if (times.outside() > 0) {
    page.Raw(" <span>").Count(times.outside()).Raw(" lie outside of these hours</span>");
  }
  page.Raw("</figcaption>\n");
  const auto busiest =
      static_cast<std::size_t>(std::ranges::max_element(times.arrived()) - times.arrived().begin());
  const UtcTime peak = times.axis().begin + times.axis().bin * static_cast<std::int64_t>(busiest);
  BeginPlot(fmt::format(
                "Files that arrived and were ingested through the night. Most arrivals: {} in {} from {} on.",
                HumanCount(times.arrived()[busiest]), span, HumanTime(peak)),
            HumanCount(most), "0", page);
  page.Raw("<path class=\"arrived\" d=\"").Text(Steps(times.arrived(), most)).Raw("\"/>");
  page.Raw("<path class=\"ingested\" d=\"").Text(Steps(times.ingested(), most)).Raw("\"/>");
  EndPlot(times.axis(), page);
}

// Latencies lie between seconds and days: a logarithmic axis from the largest round span below all of them to
// the smallest above.
class LogAxis {
 public:
  LogAxis(nanoseconds least, nanoseconds most) {
    using std::chrono::seconds;
    constexpr std::array kRound = {seconds{1},    seconds{10},     seconds{60},      seconds{600},
                                   seconds{3600}, seconds{36'000}, seconds{360'000}, seconds{3'600'000}};
    low_ = kRound.front();
    high_ = kRound.back();
    for (const seconds span : kRound) {
      if (span <= least) low_ = span;
    }
    for (const seconds span : kRound) {
      if (span > low_ && span >= most) {
        high_ = span;
        break;
      }
    }
  }
  int YOf(nanoseconds latency) const {
    const auto log = [](nanoseconds span) {
      return std::log(static_cast<double>(std::max<std::int64_t>(span.count(), 1)));
    };
    const double share = (log(latency) - log(low_)) / (log(high_) - log(low_));
    return kHeight - static_cast<int>(std::clamp(share, 0.0, 1.0) * kHeight);
  }
  nanoseconds low() const { return low_; }
  nanoseconds high() const { return high_; }

 private:
  nanoseconds low_{}, high_{};
};

nanoseconds NearestRank(const std::vector<nanoseconds>& sorted, std::size_t percent) {
  return sorted[std::max<std::size_t>((sorted.size() * percent + 99) / 100, 1) - 1];
}

void LatencyPlot(const NightTimes& times, const LatencySummary& all, Html& page) {
  nanoseconds least = all.max;
  nanoseconds most{1};
  for (const std::vector<nanoseconds>& bin : times.latencies()) {
    if (bin.empty()) continue;
    least = std::min(least, NearestRank(bin, 50));
    most = std::max(most, bin.back());
  }
  const LogAxis axis(least, most);
  page.Raw("<figure class=\"plot\">\n<figcaption><h3>From creation to ingest</h3> <span class=\"key p50\">")
      .Raw("half within</span> <span class=\"key p95\">95\u00a0% within</span> <span class=\"key max\">")
      .Raw("longest</span> <span>by time of creation</span></figcaption>\n");
  BeginPlot(
      fmt::format(
          "How long files took from creation to ingest, by time of creation. Half within {}, 95 % within "
          "{}, the longest {}.",
          HumanDuration(all.p50), HumanDuration(all.p95), HumanDuration(all.max)),
      HumanDuration(axis.high()), HumanDuration(axis.low()), page);
  std::string p50, p95, longest;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::vector<nanoseconds>& latencies = times.latencies()[bin];
    if (latencies.empty()) continue;
    const int x = XOf(bin);
    const int end = XOf(bin + 1);
    const int half = axis.YOf(NearestRank(latencies, 50));
    fmt::format_to(std::back_inserter(p50), "M{} {}H{}", x, half, end);
    fmt::format_to(std::back_inserter(p95), "M{} {}H{}V{}H{}z", x, axis.YOf(NearestRank(latencies, 95)), end,
                   half, x);
    fmt::format_to(std::back_inserter(longest), "M{} {}H{}", x + 2, axis.YOf(latencies.back()), end - 2);
  }
  page.Raw("<path class=\"p95\" d=\"").Text(p95).Raw("\"/><path class=\"p50\" d=\"").Text(p50);
  page.Raw("\"/><path class=\"max\" d=\"").Text(longest).Raw("\"/>");
  EndPlot(times.axis(), page);
}

}  // namespace

void NightPlots(const NightReport& report, Html& page) {
  const NightTimes times(report);
  if (times.empty()) return;
  page.Raw(
      "<section aria-labelledby=\"plots\">\n<h2 id=\"plots\">Through the night</h2>\n<div "
      "class=\"plots\">\n");
  Traffic(times, page);
  if (report.latency.creation_to_ingest.files > 0) {
    LatencyPlot(times, report.latency.creation_to_ingest, page);
  };
  page.Raw("</div>\n</section>\n");
}

}  // namespace obsmon
