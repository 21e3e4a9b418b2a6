// A night in time, as two plots in SVG: they need no script, and print.
#ifndef OBSMON_SRC_PAGES_NIGHT_PLOTS_H_
#define OBSMON_SRC_PAGES_NIGHT_PLOTS_H_

#include "obsmon/report.h"
#include "pages/html.h"

namespace obsmon {

/// How many files arrived and were ingested when, and how long they took from creation to ingest. Nothing
/// where no file has a time.
void NightPlots(const NightReport& report, Html& page);

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_NIGHT_PLOTS_H_
