// EXPORT: a night's report as text for people and as data for programs.
//
// A path is written as it is where it is UTF-8. In one that is not, each byte that does not belong is written
// \xNN, and a further field gives all of its bytes in hexadecimal. Threads: call from any number at once,
// each with its own stream.
#ifndef OBSMON_EXPORT_H_
#define OBSMON_EXPORT_H_

#include <ostream>
#include <span>

#include "obsmon/match.h"
#include "obsmon/report.h"

namespace obsmon {

/// Version of the JSON and CSV forms: grows when a field changes or goes; new fields may come at any time.
inline constexpr int kExportSchema = 2;

/// What of a report is written. No verdicts: all files.
struct ExportOptions {
  std::span<const Verdict> verdicts{};
  bool color = false;  ///< table only: mark verdicts with ANSI colours
};

/// Writes one JSON object, documented in README under "JSON", and a newline.
void WriteJson(const NightReport& report, std::ostream& out, const ExportOptions& options = {});

/// Writes a JSON object a file, each on a line of its own (https://jsonlines.org), with the members that a
/// file has in WriteJson and, before them, "schema", "stream" and "night": lines of many nights can be put
/// together.
void WriteJsonLines(const NightReport& report, std::ostream& out, const ExportOptions& options = {});

/// Writes CSV (RFC 4180, "\n" line ends) with a header line, a row a file. Times are ISO 8601 in UTC. A text
/// that a spreadsheet would take for a formula (first character = + - @ tab or return) gets a ' before it.
void WriteCsv(const NightReport& report, std::ostream& out, const ExportOptions& options = {});

/// Writes a table for a terminal: the night in a sentence, counts, then the files that need attention or are
/// on their way, or those of the verdicts asked for, gravest first. Control characters in names are shown
/// escaped, never sent.
void WriteTable(const NightReport& report, std::ostream& out, const ExportOptions& options = {});

}  // namespace obsmon

#endif  // OBSMON_EXPORT_H_
