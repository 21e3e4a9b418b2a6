#include "pages/night_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>
#include <string>

#include "report/night_bins.h"
#include "text/human.h"

namespace obsmon {
namespace {

using std::chrono::nanoseconds;

constexpr int kQuartersOfAxis = 4;  // of the axis of time, each of a round length
constexpr int kWidth = 960;         // of the drawing, in units of its own
constexpr int kPlotHeight = 160;

// "20:40", and the day with it where it begins.
std::string ClockTime(UtcTime time) { return HumanTime(time).substr(11, 5); }

int XOf(std::size_t bin) { return static_cast<int>(bin) * kWidth / static_cast<int>(kNightBins); }

// A line of steps over all bins.
std::string Steps(const NightBins& night, std::int64_t NightBin::*count, std::int64_t most) {
  std::string path = fmt::format("M0 {}", kPlotHeight);
  for (std::size_t bin = 0; bin < kNightBins; ++bin) {
    const std::int64_t height = night.bins[bin].*count * (kPlotHeight - 4) / std::max<std::int64_t>(most, 1);
    fmt::format_to(std::back_inserter(path), "V{}H{}", kPlotHeight - height, XOf(bin + 1));
  }
  return path + fmt::format("V{}", kPlotHeight);
}

void BeginPlot(std::string_view what, const std::string& top, const std::string& bottom, Html& page) {
  page.Raw("<div class=\"plot-y\" aria-hidden=\"true\"><span>").Text(top).Raw("</span><span>").Text(bottom);
  page.Raw("</span></div>\n<svg viewBox=\"0 0 960 160\" preserveAspectRatio=\"none\" role=\"img\" ");
  page.Raw("aria-label=\"").Text(what).Raw("\">");
  page.Raw("<path class=\"grid\" d=\"M240 0V160M480 0V160M720 0V160M0 80H960\"/>");
}

void EndPlot(const NightBins& night, Html& page) {
  page.Raw("</svg>\n<div class=\"plot-x\" aria-hidden=\"true\">");
  const nanoseconds quarter = night.length * static_cast<int>(kNightBins) / kQuartersOfAxis;
  for (int at = 0; at <= kQuartersOfAxis; ++at) {
    page.Raw("<span>").Text(ClockTime(night.bins.front().begin + at * quarter)).Raw("</span>");
  }
  page.Raw("</div>\n</figure>\n");
}

// "3 arrivals and 1 ingest lie outside of these hours"; empty where none does.
std::string OutsideInWords(const NightBins& night) {
  std::string words;
  if (night.arrived_outside > 0) words = CountOf(night.arrived_outside, "arrival", "arrivals");
  if (night.ingested_outside > 0) {
    words += (words.empty() ? "" : " and ") + CountOf(night.ingested_outside, "ingest", "ingests");
  }
  if (words.empty()) return words;
  const bool is_one = night.arrived_outside + night.ingested_outside == 1;
  return words + (is_one ? " lies" : " lie") + " outside of these hours";
}

void Traffic(const NightBins& night, Html& page) {
  const NightBin& busiest = *std::ranges::max_element(night.bins, {}, &NightBin::arrived);
  const std::int64_t most =
      std::max(busiest.arrived, std::ranges::max_element(night.bins, {}, &NightBin::ingested)->ingested);
  const std::string span = HumanDuration(night.length);
  page.Raw("<figure class=\"plot\">\n<figcaption><h3>Arrivals and ingests</h3> <span class=\"key arrived\">")
      .Raw("arrived</span> <span class=\"key ingested\">ingested</span> <span>files in ")
      .Text(span)
      .Raw("</span>");
  if (const std::string outside = OutsideInWords(night); !outside.empty()) {
    page.Raw(" <span>").Text(outside).Raw("</span>");
  }
  page.Raw("</figcaption>\n");
  BeginPlot(fmt::format(
                "Files that arrived and were ingested through the night. Most arrivals: {} in {} from {} on.",
                HumanCount(busiest.arrived), span, HumanTime(busiest.begin)),
            HumanCount(most), "0", page);
  page.Raw("<path class=\"arrived\" d=\"").Text(Steps(night, &NightBin::arrived, most)).Raw("\"/>");
  page.Raw("<path class=\"ingested\" d=\"").Text(Steps(night, &NightBin::ingested, most)).Raw("\"/>");
  EndPlot(night, page);
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
    return kPlotHeight - static_cast<int>(std::clamp(share, 0.0, 1.0) * kPlotHeight);
  }
  nanoseconds low() const { return low_; }
  nanoseconds high() const { return high_; }

 private:
  nanoseconds low_{}, high_{};
};

void LatencyPlot(const NightBins& night, const LatencySummary& all, Html& page) {
  nanoseconds least = all.max;
  nanoseconds most{1};
  for (const NightBin& bin : night.bins) {
    if (bin.creation_to_ingest.files == 0) continue;
    least = std::min(least, bin.creation_to_ingest.p50);
    most = std::max(most, bin.creation_to_ingest.max);
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
  for (std::size_t bin = 0; bin < kNightBins; ++bin) {
    const LatencySummary& latency = night.bins[bin].creation_to_ingest;
    if (latency.files == 0) continue;
    const int x = XOf(bin);
    const int end = XOf(bin + 1);
    const int half = axis.YOf(latency.p50);
    fmt::format_to(std::back_inserter(p50), "M{} {}H{}", x, half, end);
    fmt::format_to(std::back_inserter(p95), "M{} {}H{}V{}H{}z", x, axis.YOf(latency.p95), end, half, x);
    fmt::format_to(std::back_inserter(longest), "M{} {}H{}", x + 2, axis.YOf(latency.max), end - 2);
  }
  page.Raw("<path class=\"p95\" d=\"").Text(p95).Raw("\"/><path class=\"p50\" d=\"").Text(p50);
  page.Raw("\"/><path class=\"max\" d=\"").Text(longest).Raw("\"/>");
  EndPlot(night, page);
}

}  // namespace

void NightPlots(const NightReport& report, Html& page) {
  const NightBins night = BinsOf(report);
  if (night.empty()) return;
  page.Raw(
      "<section aria-labelledby=\"plots\">\n<h2 id=\"plots\">Through the night</h2>\n<div "
      "class=\"plots\">\n");
  Traffic(night, page);
  if (report.latency.creation_to_ingest.files > 0) {
    LatencyPlot(night, report.latency.creation_to_ingest, page);
  }
  page.Raw("</div>\n</section>\n");
}

}  // namespace obsmon
