// A night's files as data for its page's script: dictionaries and columns, in files that a browser loads by
// script elements, for no other way works from file:// too.
#ifndef OBSMON_SRC_PAGES_NIGHT_DATA_H_
#define OBSMON_SRC_PAGES_NIGHT_DATA_H_

#include <cstddef>
#include <vector>

#include "obsmon/pages.h"
#include "obsmon/report.h"

namespace obsmon {

/// The files that the page of `report` loads: the first at once, with names and verdicts of all files, the
/// others when their rows come into view, with sizes, times and ingest paths. Each is named by its contents,
/// and the first names the others, so that a page never meets another page's data.
std::vector<PageFile> MakeNightData(const NightReport& report);
/// How many those are, of a report of `num_files` files.
std::size_t NumDataFiles(std::size_t num_files);

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_NIGHT_DATA_H_
