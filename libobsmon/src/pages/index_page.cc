#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <range/v3/algorithm/count_if.hpp>
#include <range/v3/algorithm/none_of.hpp>

#include "obsmon/pages.h"
#include "pages/html.h"
#include "pages/page_parts.h"
#include "text/human.h"

namespace obsmon {
namespace {

constexpr std::size_t kBytesANight = 700;

bool HasFiles(const NightSummary& night) { return night.counts.files > 0; }

// What is to be said of all nights at once.
std::string Overview(std::span<const NightSummary> nights) {
  if (nights.empty()) return "No night has been looked at yet";
  const std::string all = CountOf(std::ssize(nights), "night", "nights");
  if (const std::int64_t problems = ranges::count_if(nights, IsProblem); problems > 0) {
    return fmt::format("{} of {} to look at", HumanCount(problems), all);
  }
  if (const std::int64_t open = ranges::count_if(nights, IsOpen); open > 0) {
    return fmt::format("{} of {} in progress", HumanCount(open), all);
  }
  // Nothing is wrong with no files; but a transfer that has died would leave none either.
  if (ranges::none_of(nights, HasFiles)) return fmt::format("No files in {}", all);
  return fmt::format("All is well: {} in view{}", all,
                     HasFiles(nights.front()) ? "" : "; no files in the latest night");
}

// As of a night without files, a green tick would promise too much.
std::string_view ClassOfAll(std::span<const NightSummary> nights) {
  const NightState worst = WorstOf(nights);
  const bool is_empty = worst == NightState::kComplete && ranges::none_of(nights, HasFiles);
  return is_empty ? "nothing" : NightStateName(worst);
}

}  // namespace

std::string RenderIndexPage(std::string_view stream, std::span<const NightSummary> nights, UtcTime as_of) {
  Html page(16'384 + nights.size() * kBytesANight);
  const std::string name(stream.empty() ? "Observing nights" : stream);
  BeginPage({.title = name + " Transfer and Ingestion", .state = WorstOf(nights), .has_script = true}, page);
  page.Raw("<h1>").Text(name).Raw("</h1>\n<p class=\"verdict ");
  page.Text(ClassOfAll(nights)).Raw("\"><strong>").Text(Overview(nights)).Raw(".</strong></p>\n");
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
