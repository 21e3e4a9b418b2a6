// The rows of a night's files in the tables `transfer` and `ingest`.
//
// A look finds all of a night's files again, of which few are new. Old rows and new ones are therefore merged
// in the order of their key, and only what differs is written.
#ifndef OBSMON_SRC_HISTORY_FILE_ROWS_H_
#define OBSMON_SRC_HISTORY_FILE_ROWS_H_

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "obsmon/expected.h"
#include "obsmon/files.h"
#include "obsmon/history.h"
#include "obsmon/match.h"
#include "obsmon/night.h"
#include "obsmon/registry.h"
#include "obsmon/transfers.h"
#include "sqlite/sqlite.h"

namespace obsmon {

/// What a replacement did.
struct RowChanges {
  std::int64_t written = 0;  ///< rows that are new or differ
  std::int64_t removed = 0;

  friend bool operator==(const RowChanges&, const RowChanges&) = default;
};

/// Makes the night's rows in `transfer` those of `transfers`, with their verdicts.
///
/// A row keeps the earlier arrival time while it is the same file, untouched: same inode, size and creation
/// time. For a chmod or a new hard link moves a file's ctime, and the file has not arrived anew. (The device
/// may differ: a network file system gets another number with each mount.)
absl::StatusOr<RowChanges> ReplaceTransfers(sqlite::Connection& database, Night night,
                                            const TransferTable& transfers,
                                            std::span<const Verdict> verdicts);

/// Makes the night's rows in `ingest` those of `ingests` that are listed under `night`; the rest of the table
/// belongs to its neighbours. Of several rows with one path the first is kept.
absl::StatusOr<RowChanges> ReplaceIngests(sqlite::Connection& database, Night night,
                                          const IngestTable& ingests);

/// Makes the night's rows in `absent` those of `absent`.
absl::Status ReplaceAbsent(sqlite::Connection& database, Night night, const ExpectedTable& expected,
                           std::span<const AbsentFile> absent);

/// Makes the night's rows in `event` those of `events`.
absl::Status ReplaceEvents(sqlite::Connection& database, Night night, std::span<const FileEvent> events);

/// Adds the night's files, absent files and links to `earlier`.
absl::Status RecallRows(sqlite::Connection& database, Night night, EarlierLook& earlier);

/// Binds a path, or any text from outside: as TEXT where it is UTF-8, else as a BLOB. It is not copied, and
/// must stay as it is until the statement is reset.
void BindPath(sqlite::Statement& statement, int position, std::string_view path);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_FILE_ROWS_H_
