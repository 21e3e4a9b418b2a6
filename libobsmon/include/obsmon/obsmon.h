// obsmon: what was taken, what has arrived, what has been ingested, and which files are missing, and why.
//
// The map of the library, in the order in which data flows; a header includes only those above it.
//
//   night.h       the observing night, and instants in UTC
//   columns.h     what tables are made of: columns inside, rows at the edge
//   database.h    a query of the observatory's own, and who asks it
//   files.h       file identity, trouble with one entry, folder stamps, control of long work
//     │
//   raw_file_name.h   a file's name             → exposure and detector
//   transfers.h   storage/<night>/…            → TransferTable
//   expected.h    manifests                    → ExpectedTable: what should arrive
//   registry.h    the data repository          → IngestTable
//     │
//   match.h       all three                    → a verdict for every file
//   report.h      verdicts                     → NightReport: counts, times, reasons
//     │
//   export.h      NightReport                  → table, JSON, JSON Lines, CSV
//   history.h     NightReport                  → observing_monitor.sqlite3, and what it knows of older nights
//   pages.h       NightReport, history         → HTML
//   check.h       history                      → OK, WARNING, CRITICAL, UNKNOWN: should someone be called?
//   metrics.h     history                      → gauges for Prometheus
//     │
//   stream.h      one stream's folders and options; streams.yaml
//   monitor.h     the one call that joins them all: ObserveNight, UpdateStream, CheckStreams
//
// Errors are absl::Status with one sentence for a person: what, where, what to do. No exception crosses the
// library (but std::bad_alloc). It prints nothing, reads no environment, and takes the time from its caller.
#ifndef OBSMON_OBSMON_H_
#define OBSMON_OBSMON_H_

#include "obsmon/check.h"
#include "obsmon/columns.h"
#include "obsmon/database.h"
#include "obsmon/expected.h"
#include "obsmon/export.h"
#include "obsmon/files.h"
#include "obsmon/history.h"
#include "obsmon/match.h"
#include "obsmon/metrics.h"
#include "obsmon/monitor.h"
#include "obsmon/night.h"
#include "obsmon/pages.h"
#include "obsmon/raw_file_name.h"
#include "obsmon/registry.h"
#include "obsmon/report.h"
#include "obsmon/stream.h"
#include "obsmon/transfers.h"

#endif  // OBSMON_OBSMON_H_
