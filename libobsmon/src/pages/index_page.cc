#include <fmt/format.h>

#include <range/v3/algorithm/count_if.hpp>

#include "obsmon/pages.h"
#include "pages/html.h"
#include "pages/page_parts.h"
#include "text/human.h"

namespace obsmon {
namespace {

constexpr std::size_t kBytesANight = 700;

// What is to be said of all nights at once.
std::string Overview(std::span<const NightSummary> nights) {
  const auto problems = static_cast<std::int64_t>(ranges::count_if(nights, IsProblem));
  const auto all = static_cast<std::int64_t>(nights.size());
  if (all == 0) return "No night has been looked at yet";
  if (problems == 0) return fmt::format("All is well: {} in view", CountOf(all, "night", "nights"));
  return fmt::format("{} of {} to look at", HumanCount(problems), CountOf(all, "night", "nights"));
}

}  // namespace

std::string RenderIndexPage(std::string_view stream, std::span<const NightSummary> nights, UtcTime as_of) {
  Html page(16'384 + nights.size() * kBytesANight);
  const std::string name(stream.empty() ? "Observing nights" : stream);
  BeginPage({.title = name + " Transfer and Ingestion", .state = WorstOf(nights), .has_script = true}, page);
  page.Raw("<h1>").Text(name).Raw("</h1>\n<p class=\"verdict ");
  page.Text(NightStateName(WorstOf(nights)))
      .Raw("\"><strong>")
      .Text(Overview(nights))
      .Raw(".</strong></p>\n");
  page.Raw("<p class=\"note\">Last looked at ").Time(as_of).Raw(".</p>\n");
  LivePlace(as_of, "", page);
  if (ranges::count_if(nights, IsProblem) > 0) {
    page.Raw("<section aria-labelledby=\"problems\">\n<h2 id=\"problems\">What needs attention</h2>\n");
    ProblemList(nights, "", page);
    page.Raw("</section>\n");
  }
  if (!nights.empty()) {
    page.Raw("<section aria-labelledby=\"nights\">\n<h2 id=\"nights\">All nights</h2>\n");
    NightCalendar(nights, "", page);
    NightSparklines(nights, page);
    NightTable(stream, nights, "", page);
    page.Raw("</section>\n");
  }
  EndPage(page);
  return std::move(page).Finish();
}

}  // namespace obsmon
