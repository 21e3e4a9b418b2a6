#include <algorithm>
#include <chrono>
#include <optional>

#include "obsmon/pages.h"
#include "pages/html.h"
#include "pages/page_parts.h"
#include "text/human.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

bool HasTrouble(const StreamSummary& stream) { return !stream.trouble.empty(); }

// How old the last look at a stream is, where that is too old.
std::optional<std::chrono::milliseconds> StoppedFor(const StreamSummary& stream, UtcTime as_of) {
  if (!stream.last_look) return std::nullopt;
  const auto age = std::chrono::floor<std::chrono::milliseconds>(as_of - *stream.last_look);
  return age > stream.max_age ? std::optional(age) : std::nullopt;
}

// A stream whose history can't be read, or that nobody looks at any more, is as unknown as a night whose
// registry can't be read.
NightState StateOf(const StreamSummary& stream, UtcTime as_of) {
  const bool is_unknown = HasTrouble(stream) || StoppedFor(stream, as_of);
  return WorseOf(WorstOf(stream.nights), is_unknown ? NightState::kUnknown : NightState::kComplete);
}

NightState WorstOfStreams(std::span<const StreamSummary> streams, UtcTime as_of) {
  NightState worst = NightState::kComplete;
  for (const StreamSummary& stream : streams) worst = WorseOf(worst, StateOf(stream, as_of));
  return worst;
}

void StreamName(const StreamSummary& stream, Html& page) {
  if (stream.page.empty()) {
    page.Raw("<bdi>").Text(stream.name).Raw("</bdi>");
  } else {
    page.Raw("<a href=\"").Link(stream.page).Raw("\"><bdi>").Text(stream.name).Raw("</bdi></a>");
  }
}

// What is true of the page as it is: with a monitor that has stopped, pages over several streams may go on
// being made.
void LastLook(const StreamSummary& stream, UtcTime as_of, Html& page) {
  if (!stream.last_look) {
    page.Raw("<td>\u2013</td>");
    return;
  }
  if (const auto age = StoppedFor(stream, as_of)) {
    page.Raw("<td class=\"bad\">seems to have stopped: its last look was ")
        .Text(HumanDuration(*age))
        .Raw(" before this page was made, at ");
  } else {
    page.Raw("<td>last looked at ");
  }
  page.Time(stream.last_look).Raw("</td>");
}

void StreamRow(const StreamSummary& stream, UtcTime as_of, Html& page) {
  page.Raw("<tr><th scope=\"row\">");
  StreamName(stream, page);
  page.Raw("</th><td>");
  if (HasTrouble(stream)) {
    page.Raw("<span class=\"badge unknown\">Unknown</span></td><td>Its history could not be read");
  } else if (stream.nights.empty()) {
    page.Raw("\u2013</td><td>No night has been looked at yet");
  } else {
    // The night that matters most speaks for the stream: the newest of the worst.
    const NightState found = WorstOf(stream.nights);
    const auto night = std::ranges::find(stream.nights, found, &NightSummary::state);
    if (StateOf(stream, as_of) == found) {
      StateBadge(FactsOf(*night), page);
      page.Raw("</td><td>");
    } else {
      page.Raw("<span class=\"badge unknown\">Unknown</span></td><td>At its last look ");
    }
    page.Raw("<time>").Text(night->night.ToString()).Raw("</time>: ");
    page.Text(NightDetail(FactsOf(*night)));
  }
  page.Raw("</td>");
  LastLook(stream, as_of, page);
  page.Raw("</tr>\n");
}

void Overview(std::span<const StreamSummary> streams, UtcTime as_of, Html& page) {
  page.Raw(
      "<table class=\"streams\">\n<caption>How the streams are</caption>\n"
      "<thead><tr><th scope=\"col\">Stream</th><th scope=\"col\">Verdict</th>"
      "<th scope=\"col\">What matters most</th><th scope=\"col\">Monitor</th></tr></thead>\n<tbody>\n");
  for (const StreamSummary& stream : streams) StreamRow(stream, as_of, page);
  page.Raw("</tbody>\n</table>\n");
}

void Section(const StreamSummary& stream, Html& page) {
  page.Raw("<section>\n<h2>");
  StreamName(stream, page);
  page.Raw("</h2>\n");
  if (HasTrouble(stream)) {
    page.Raw("<div class=\"banner\"><p><strong>This stream can't be shown.</strong> <bdi>")
        .Text(stream.trouble)
        .Raw("</bdi></p></div>\n");
  } else if (stream.nights.empty()) {
    page.Raw("<p>No night has been looked at yet.</p>\n");
  } else {
    const auto folder = stream.page.empty() ? std::nullopt : std::optional(FolderPrefixOf(stream.page));
    ProblemList(stream.nights, folder, page);
    if (stream.num_more_open > 0) {
      page.Raw("<p>And ")
          .Text(CountOf(stream.num_more_open, "older night is", "older nights are"))
          .Raw(" not complete; the stream's own page lists them all.</p>\n");
    }
    if (stream.nights.size() > 3) NightSparklines(stream.nights, page);
    NightTable(stream.name, stream.nights, folder, page);
  }
  page.Raw("</section>\n");
}

}  // namespace

std::string RenderSummaryPage(std::span<const StreamSummary> streams, UtcTime as_of) {
  Html page;
  BeginPage({.title = "Transfer and Ingestion: all streams",
             .state = WorstOfStreams(streams, as_of),
             .has_script = true},
            page);
  page.Raw("<h1>All streams</h1>\n<p class=\"note\">Summary made at ").Time(as_of).Raw(".</p>\n");
  SummaryLivePlace(as_of, page);
  if (streams.empty()) {
    page.Raw("<p>There is no stream to show.</p>\n");
  } else {
    Overview(streams, as_of, page);
  }
  for (const StreamSummary& stream : streams) Section(stream, page);
  EndPage(page);
  return std::move(page).Finish();
}

}  // namespace obsmon
