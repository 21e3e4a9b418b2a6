#include "pages/page_parts.h"

#include <fmt/format.h>

#include <range/v3/algorithm/count_if.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/take.hpp>

#include "obsmon/pages.h"
#include "pages/js_text.h"
#include "pages/page_script.h"
#include "pages/style.h"
#include "text/human.h"

namespace obsmon {
namespace {

// A night list is for reading; the table below it has them all.
constexpr std::ptrdiff_t kMaxProblemsInWords = 50;

// A disc with the sign of the state: the tab tells how the night is while another one is read.
Markup IconOf(NightState state) {
  switch (state) {
    case NightState::kNeedsAttention:
      return "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
             "%3Cpath d='M8 1l8 14H0z' fill='%23c8412f'/%3E%3Cpath d='M7 6h2v4H7zM7 11h2v2H7z' "
             "fill='%23fff'/%3E%3C/svg%3E";
    case NightState::kInProgress:
      return "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
             "%3Ccircle cx='8' cy='8' r='7' fill='none' stroke='%233b76c4' stroke-width='2'/%3E"
             "%3Cpath d='M8 1a7 7 0 0 1 0 14z' fill='%233b76c4'/%3E%3C/svg%3E";
    case NightState::kComplete:
      return "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
             "%3Ccircle cx='8' cy='8' r='8' fill='%232c8a57'/%3E%3Cpath d='M4 8l3 3 5-6' fill='none' "
             "stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";
    case NightState::kUnknown:
      break;
  }
  return "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
         "%3Crect width='16' height='16' rx='4' fill='%238a6a1c'/%3E%3Ctext x='8' y='13' fill='%23fff' "
         "font-family='sans-serif' font-weight='bold' font-size='13' text-anchor='middle'%3E?%3C/text%3E"
         "%3C/svg%3E";
}

void NightLink(Night night, std::optional<std::string_view> folder, Html& page) {
  if (!folder) {
    page.Raw("<time>").Text(night.ToString()).Raw("</time>");
    return;
  }
  page.Raw("<a href=\"")
      .Link(*folder)
      .Link(NightPageName(night))
      .Raw("\"><time>")
      .Text(night.ToString())
      .Raw("</time></a>");
}

void Problem(const NightSummary& night, std::optional<std::string_view> folder, Html& page) {
  const NightFacts facts = FactsOf(night);
  page.Raw("<li>");
  NightLink(night.night, folder, page);
  page.Raw(" ");
  StateBadge(facts, page);
  page.Raw(" <span>").Text(NightDetail(facts));
  // The reason is a sentence of its own; it tells more than ours where there is one.
  if (!night.trouble.empty()) page.Raw(". <bdi>").Text(night.trouble).Raw("</bdi>");
  page.Raw("</span></li>\n");
}

// "2 artifact gone, 3 not FITS": every verdict that has no column of its own.
std::string OtherVerdicts(const NightCounts& counts) {
  std::string out;
  for (const Verdict verdict : kGravestFirst) {
    if (counts[verdict] == 0 || verdict == Verdict::kIngested || verdict == Verdict::kNotIngested) continue;
    if (!out.empty()) out += ", ";
    AppendCount(counts[verdict], out);
    out += ' ';
    out += VerdictLabel(verdict);
  }
  return out;
}

// The prototype's own classes overlap; they are not squeezed into verdicts here.
std::string PrototypesClasses(const LegacyCounts& legacy) {
  std::string out;
  if (legacy.n_small > 0) out += HumanCount(legacy.n_small) + " small";
  if (legacy.n_not_fits > 0) {
    out += (out.empty() ? "" : ", ") + HumanCount(legacy.n_not_fits) + " not FITS";
  }
  return out;
}

// The figures of a row: ours, or what the prototype left.
struct NightFigures {
  std::int64_t files = 0;
  std::int64_t ingested = 0;
  std::int64_t not_ingested = 0;
  std::string others{};
  std::optional<UtcTime> last_creation{};
  std::optional<UtcTime> last_ingest{};
};

NightFigures FiguresOf(const NightSummary& night) {
  if (night.from_prototype) {
    return {.files = night.legacy.n_files,
            .ingested = night.legacy.n_ingest,
            .not_ingested = night.legacy.n_error,
            .others = PrototypesClasses(night.legacy),
            .last_creation = night.legacy.last_creation,
            .last_ingest = night.legacy.last_ingest};
  }
  return {.files = night.counts.files,
          .ingested = night.counts[Verdict::kIngested],
          .not_ingested = night.counts[Verdict::kNotIngested],
          .others = OtherVerdicts(night.counts),
          .last_creation = night.counts.last_creation,
          .last_ingest = night.counts.last_ingest};
}

void NightRow(const NightSummary& night, std::optional<std::string_view> folder, Html& page) {
  const NightFigures figures = FiguresOf(night);
  page.Raw("<tr><th scope=\"row\">");
  NightLink(night.night, folder, page);
  page.Raw("</th><td>");
  StateBadge(FactsOf(night), page);
  if (night.from_prototype) page.Raw(" <span class=\"tag\">seen by the prototype only</span>");
  page.Raw("</td><td>").Count(figures.files).Raw("</td><td>").Count(figures.ingested).Raw("</td>");
  page.Raw(figures.not_ingested > 0 ? Markup("<td class=\"bad\">") : Markup("<td>"))
      .Count(figures.not_ingested)
      .Raw("</td><td>")
      .Text(figures.others)
      .Raw("</td><td>")
      .Minute(figures.last_creation)
      .Raw("</td><td>")
      .Minute(figures.last_ingest)
      .Raw("</td><td>")
      .Minute(night.looked_at)
      .Raw("</td><td>")
      .Minute(night.changed_at)
      .Raw("</td></tr>\n");
}

void BeginLivePlace(UtcTime as_of, Html& page) {
  page.Raw("<div id=\"live\" class=\"live\" data-as-of=\"")
      .Text(fmt::format("{}", Milliseconds(as_of)))
      .Raw("\"");
}

}  // namespace

std::string_view ClassOf(const NightFacts& night) {
  const bool is_empty = night.state == NightState::kComplete && night.counts.files == 0;
  return is_empty ? "nothing" : NightStateName(night.state);
}

void BeginPage(const PageHead& head, Html& page) {
  page.Raw(
          "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; ")
      .Raw(head.has_script ? Markup("script-src 'self'; ") : Markup(""))
      .Raw("style-src '")
      .Raw(kStyleHash)
      .Raw(
          "'; base-uri 'none'; form-action 'none'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<title>")
      .Text(head.title)
      .Raw("</title>\n<link rel=\"icon\" href=\"")
      .Raw(IconOf(head.state))
      .Raw("\">\n<style>")
      .Raw(kStyle)
      .Raw("</style>\n");
  if (head.has_script) page.Raw("<script defer src=\"").Link(PageScriptName()).Raw("\"></script>\n");
  if (!head.data.empty()) page.Raw("<script defer src=\"").Link(head.data).Raw("\"></script>\n");
  page.Raw("</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n");
  if (!head.back.empty()) {
    page.Raw("<nav aria-label=\"Pages\"><a href=\"index.html\"><span aria-hidden=\"true\">\u2190 </span>")
        .Text(head.back)
        .Raw("</a></nav>\n");
  }
  page.Raw("<main id=\"main\">\n");
}

void EndPage(Html& page) {
  page.Raw(
      "</main>\n<footer><p>Made by obsmon. All times are UTC; 1\u00a0kB is 1000 bytes.</p></footer>\n"
      "</body>\n</html>\n");
}

void LivePlace(UtcTime as_of, std::string_view night, Html& page) {
  BeginLivePlace(as_of, page);
  if (!night.empty()) page.Raw(" data-night=\"").Text(night).Raw("\"");
  page.Raw("></div>\n");
}

void SummaryLivePlace(UtcTime made_at, Html& page) {
  BeginLivePlace(made_at, page);
  page.Raw(" data-summary></div>\n");
}

void VerdictLine(const NightFacts& night, Html& page) {
  const std::string detail = NightDetail(night);
  page.Raw("<p class=\"verdict ")
      .Text(ClassOf(night))
      .Raw("\"><strong>")
      .Text(NightHeadline(night))
      .Raw(":</strong> ")
      .Text(detail)
      .Raw(".</p>\n");
}

void StateBadge(const NightFacts& night, Html& page) {
  page.Raw("<span class=\"badge ").Text(ClassOf(night)).Raw("\">").Text(NightHeadline(night)).Raw("</span>");
}

void VerdictBadge(Verdict verdict, Html& page) {
  page.Raw("<span class=\"badge v-")
      .Text(VerdictName(verdict))
      .Raw("\">")
      .Text(VerdictLabel(verdict))
      .Raw("</span>");
}

NightState WorstOf(std::span<const NightSummary> nights) {
  NightState worst = NightState::kComplete;
  for (const NightSummary& night : nights) worst = WorseOf(worst, night.state);
  return worst;
}

void ProblemList(std::span<const NightSummary> nights, std::optional<std::string_view> folder, Html& page) {
  const std::ptrdiff_t problems = ranges::count_if(nights, IsProblem);
  if (problems == 0) return;
  page.Raw("<ul class=\"problems\">\n");
  for (const NightSummary& night :
       nights | ranges::views::filter(IsProblem) | ranges::views::take(kMaxProblemsInWords)) {
    Problem(night, folder, page);
  }
  if (problems > kMaxProblemsInWords) {
    page.Raw("<li>and ").Count(problems - kMaxProblemsInWords).Raw(" more, marked in the table.</li>\n");
  }
  page.Raw("</ul>\n");
}

void NightTable(std::string_view stream, std::span<const NightSummary> nights,
                std::optional<std::string_view> folder, Html& page) {
  const std::string of_stream = stream.empty() ? "" : fmt::format(" of {}", stream);
  page.Raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table of nights")
      .Text(of_stream)
      .Raw("\"><table class=\"nights\">\n<caption>Nights")
      .Text(of_stream)
      .Raw(
          ", newest first</caption>\n<thead><tr><th scope=\"col\">Night</th><th scope=\"col\">Verdict</th>"
          "<th scope=\"col\">Files</th><th scope=\"col\">Ingested</th><th scope=\"col\">Not ingested</th>"
          "<th scope=\"col\">Others</th><th scope=\"col\">Latest creation</th>"
          "<th scope=\"col\">Latest ingest</th><th scope=\"col\">Last looked at</th>"
          "<th scope=\"col\">Last changed</th></tr></thead>\n<tbody>\n");
  for (const NightSummary& night : nights) NightRow(night, folder, page);
  page.Raw("</tbody>\n</table></div>\n");
}

}  // namespace obsmon
