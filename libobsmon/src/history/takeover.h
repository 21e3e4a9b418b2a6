// The prototype's own database: recognised, read as it is, and taken over.
//
// Its tables have kept their names and changed their columns six times:
//
//   since       FILE_COUNT                          TRANSFER_LIST, INGEST_LIST
//   2020-05-07  Last_Transfer; times with '-' for   no Filenum: joined by Transfer_Path; Transfer_Time
//               'T'; no number of problems
//   2020-06-23                                      FILENUM (INGEST_LIST: often of a wrong file)
//   2020-06-29  N_Uningested
//   2020-07-30  Last_Creation; times with 'T'       Creation_Time
//   2020-09-02  N_Small, N_Not_Fits, N_Error        File_Size
//   2020-09-30                                      Filenum is the key, no File_Name
//   2021-03-09  FILE_COUNT_GEN3                     FILE_LIST_GEN3
//
// A layout is known by the columns that are there; others beside them do no harm.
#ifndef OBSMON_SRC_HISTORY_TAKEOVER_H_
#define OBSMON_SRC_HISTORY_TAKEOVER_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/history.h"
#include "sqlite/sqlite.h"

namespace obsmon {

/// Whether the database holds at least one of the prototype's tables, each that it holds has the columns that
/// all of the layouts share, and its nights are dates.
absl::StatusOr<bool> IsPrototypes(sqlite::Connection& database);

/// The nights of the prototype's FILE_COUNT, in no order; none where it has no such table.
///
/// Its numbers are no partition (a small file that is not FITS counts twice), and so NightCounts has them as
/// far as they go: `files`, ingested, too_small, not_fits, and not_ingested = N_Error. Where the layout has
/// no N_Error, that is N_Uningested, or the files that are not ingested. Some of these mean "needs
/// attention".
absl::StatusOr<std::vector<NightSummary>> ReadPrototypesNights(sqlite::Connection& database);

/// Moves all that the prototype's tables hold into the history's, and drops them. The views then give the
/// same rows as the tables did.
///
/// Within the caller's transaction, which is to be rolled back on any error.
absl::Status TakeOver(sqlite::Connection& database);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_TAKEOVER_H_
