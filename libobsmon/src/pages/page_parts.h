// What all pages share: head and foot, the line that says how a night is, and a row for a night.
#ifndef OBSMON_SRC_PAGES_PAGE_PARTS_H_
#define OBSMON_SRC_PAGES_PAGE_PARTS_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "history/night_facts.h"
#include "obsmon/history.h"
#include "obsmon/report.h"
#include "pages/html.h"
#include "report/night_in_words.h"

namespace obsmon {

struct PageHead {
  std::string_view title{};
  NightState state = NightState::kComplete;  ///< what the tab's icon shows
  std::string_view back{};                   ///< text of a link to index.html; empty: no link
  bool has_script = false;                   ///< the page loads PageScript()
  std::string_view data{};                   ///< name of the data that it loads then; may be empty
};

/// From the doctype to the beginning of <main>.
void BeginPage(const PageHead& head, Html& page);
/// From the end of <main> to the end.
void EndPage(Html& page);

/// Where the script tells how old the last look is. `night` is that of a night's page, else empty.
void LivePlace(UtcTime as_of, std::string_view night, Html& page);
/// The same on a page over several streams, which are looked at each by itself: how old that page is.
void SummaryLivePlace(UtcTime made_at, Html& page);

/// The night's verdict in words, for the top of its page.
void VerdictLine(const NightFacts& night, Html& page);

/// The style's name for how the night is. One without files is complete, but a green tick would promise too
/// much.
std::string_view ClassOf(const NightFacts& night);
/// A word for a state, with its sign and colour.
void StateBadge(const NightFacts& night, Html& page);
/// A word for a verdict, with its sign and colour.
void VerdictBadge(Verdict verdict, Html& page);

/// The worst of all; complete where there are none.
NightState WorstOf(std::span<const NightSummary> nights);

/// A list of nights with what is wrong with each. `folder` is what their links begin with: "" or "auxtel/";
/// absent where there is no page to lead to.
void ProblemList(std::span<const NightSummary> nights, std::optional<std::string_view> folder, Html& page);

/// The nights as a calendar: a month a table, newest first, each night with its sign and colour.
void NightCalendar(std::span<const NightSummary> nights, std::string_view folder, Html& page);
/// Two small plots over the nights: how many files, and how long they took to be ingested.
void NightSparklines(std::span<const NightSummary> nights, Html& page);

/// The table of nights, newest first as given; the caption names `stream`, and the links begin with `folder`.
void NightTable(std::string_view stream, std::span<const NightSummary> nights,
                std::optional<std::string_view> folder, Html& page);

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_PAGE_PARTS_H_
