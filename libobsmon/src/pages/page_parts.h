// What all pages share: head and foot, the line that says how a night is, and a row for a night.
#ifndef OBSMON_SRC_PAGES_PAGE_PARTS_H_
#define OBSMON_SRC_PAGES_PAGE_PARTS_H_

#include <span>
#include <string>
#include <string_view>

#include "history/night_facts.h"
#include "obsmon/history.h"
#include "obsmon/report.h"
#include "pages/html.h"
#include "text/night_in_words.h"

namespace obsmon {

/// From the doctype to the beginning of <main>; `state` is what the tab's icon shows. `back`, where it is not
/// empty, is the text of a link to index.html.
void BeginPage(std::string_view title, NightState state, std::string_view back, Html& page);
/// From the end of <main> to the end.
void EndPage(Html& page);

/// The night's verdict in words, for the top of its page.
void VerdictLine(const NightFacts& night, Html& page);

/// A word for a state, with its sign and colour.
void StateBadge(const NightFacts& night, Html& page);
/// A word for a verdict, with its sign and colour.
void VerdictBadge(Verdict verdict, Html& page);

/// The worse of two, in the order attention, unknown, in progress, complete.
NightState WorseOf(NightState a, NightState b);
/// The worst of all; complete where there are none.
NightState WorstOf(std::span<const NightSummary> nights);

/// A list of nights with what is wrong with each. `folder` is what their links begin with: "" or "auxtel/".
void ProblemList(std::span<const NightSummary> nights, std::string_view folder, Html& page);

/// The table of nights, newest first as given; the caption names `stream`, and the links begin with `folder`.
void NightTable(std::string_view stream, std::span<const NightSummary> nights, std::string_view folder,
                Html& page);

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_PAGE_PARTS_H_
