#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <string>

#include "pages/page_parts.h"
#include "text/human.h"

namespace obsmon {
namespace {

constexpr int kMaxNights = 120;  // back from the newest
constexpr int kSparklineHeight = 40;
constexpr int kStep = 4;  // of the drawing's units, a night

using Figure = std::function<std::int64_t(const NightSummary&)>;

// A bar a night, oldest first; a night that was not looked at leaves its place empty.
std::string Bars(std::span<const NightSummary> nights, int shown, std::int64_t most, const Figure& figure) {
  std::string path;
  for (const NightSummary& night : nights) {
    const int back = nights.front().night - night.night;
    if (back >= shown) break;
    const std::int64_t value = figure(night);
    if (value <= 0) continue;
    // Never so low that it can't be seen.
    const std::int64_t height = std::max<std::int64_t>(
        1,
        static_cast<std::int64_t>(static_cast<double>(value) / static_cast<double>(most) * kSparklineHeight));
    fmt::format_to(std::back_inserter(path), "M{} {}v-{}h{}v{}z", (shown - 1 - back) * kStep,
                   kSparklineHeight, height, kStep - 1, height);
  }
  return path;
}

std::int64_t MostOf(std::span<const NightSummary> nights, int shown, const Figure& figure) {
  std::int64_t most = 0;
  for (const NightSummary& night : nights) {
    if (nights.front().night - night.night < shown) most = std::max(most, figure(night));
  }
  return most;
}

void BeginSpark(std::string_view title, std::string_view what, std::string_view top, int shown, Html& page) {
  page.Raw("<figure class=\"spark\">\n<figcaption>").Text(title).Raw("</figcaption>\n");
  page.Raw("<div class=\"plot-y\" aria-hidden=\"true\"><span>")
      .Text(top)
      .Raw("</span><span>0</span></div>\n");
  page.Raw("<svg viewBox=\"0 0 ").Text(fmt::format("{} {}", shown * kStep, kSparklineHeight));
  page.Raw("\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"").Text(what).Raw("\">");
}

void EndSpark(Night oldest, Night newest, Html& page) {
  page.Raw("</svg>\n<div class=\"plot-x\" aria-hidden=\"true\"><span>").Text(oldest.ToString());
  page.Raw("</span><span>").Text(newest.ToString()).Raw("</span></div>\n</figure>\n");
}

}  // namespace

void NightSparklines(std::span<const NightSummary> nights, Html& page) {
  if (nights.size() < 2) return;
  const Night newest = nights.front().night;
  const int shown = std::min(kMaxNights, newest - nights.back().night + 1);
  const Night oldest = newest - (shown - 1);
  const Figure files = [](const NightSummary& night) {
    return night.from_prototype ? night.legacy.n_files : night.counts.files;
  };
  const Figure bad = [](const NightSummary& night) {
    return night.from_prototype ? night.legacy.n_error : night.counts.Of(Concern::kAttention);
  };
  const Figure p50 = [](const NightSummary& night) { return night.latency.creation_to_ingest.p50.count(); };
  const Figure p95 = [](const NightSummary& night) { return night.latency.creation_to_ingest.p95.count(); };

  page.Raw("<div class=\"sparks\">\n");
  const std::int64_t most_files = std::max<std::int64_t>(MostOf(nights, shown, files), 1);
  BeginSpark("Files a night, and in front those that need attention",
             fmt::format("Files a night; the most are {}", HumanCount(most_files)), HumanCount(most_files),
             shown, page);
  page.Raw("<path class=\"all\" d=\"").Text(Bars(nights, shown, most_files, files));
  page.Raw("\"/><path class=\"bad\" d=\"").Text(Bars(nights, shown, most_files, bad)).Raw("\"/>");
  EndSpark(oldest, newest, page);
  if (const std::int64_t longest = MostOf(nights, shown, p95); longest > 0) {
    const std::string top = HumanDuration(std::chrono::nanoseconds{longest});
    BeginSpark("From creation to ingest: 95\u00a0% of a night's files within, and in front half of them",
               fmt::format("From creation to ingest, 95 % within; the longest night has {}", top), top, shown,
               page);
    page.Raw("<path class=\"all\" d=\"").Text(Bars(nights, shown, longest, p95));
    page.Raw("\"/><path class=\"half\" d=\"").Text(Bars(nights, shown, longest, p50)).Raw("\"/>");
    EndSpark(oldest, newest, page);
  }
  page.Raw("</div>\n");
}

}  // namespace obsmon
