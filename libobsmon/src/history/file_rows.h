// The rows of a night's files in the tables `transfer` and `ingest`.
//
// A look finds all of a night's files again, of which few are new. Old rows and new ones are therefore merged
// in the order of their key, and only what differs is written. What a look has recalled of the old ones is
// not read again.
#ifndef OBSMON_SRC_HISTORY_FILE_ROWS_H_
#define OBSMON_SRC_HISTORY_FILE_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

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

/// Rows of one night in one table as they were read, in the order of their key: hashes of the key and of the
/// values, by which it shows which rows of a later look differ.
struct ReadRow {
  std::size_t key = 0;
  std::size_t values = 0;
};
using ReadRows = std::vector<ReadRow>;

/// What RecallRows has read of a night.
struct ReadNight {
  ReadRows transfers{};
  ReadRows ingests{};
};

/// Makes the night's rows in `transfer` those of `transfers`, with their verdicts. `read` are all of the
/// night's rows, which are still as they were read; empty: they are read here.
///
/// A row keeps the earlier arrival time while it is the same file, untouched: same inode, size and creation
/// time. For a chmod or a new hard link moves a file's ctime, and the file has not arrived anew. (The device
/// may differ: a network file system gets another number with each mount.)
absl::StatusOr<RowChanges> ReplaceTransfers(sqlite::Connection& database, Night night,
                                            const TransferTable& transfers, std::span<const Verdict> verdicts,
                                            std::span<const ReadRow> read = {});

/// Makes the night's rows in `ingest` those of `ingests` that are listed under `night`; the rest of the table
/// belongs to its neighbours. Of several rows with one path the first is kept. `read` as above.
absl::StatusOr<RowChanges> ReplaceIngests(sqlite::Connection& database, Night night,
                                          const IngestTable& ingests, std::span<const ReadRow> read = {});

/// Makes the night's rows in `absent` those of `absent`.
absl::Status ReplaceAbsent(sqlite::Connection& database, Night night, const ExpectedTable& expected,
                           std::span<const AbsentFile> absent);

/// Makes the night's rows in `event` those of `events`.
absl::Status ReplaceEvents(sqlite::Connection& database, Night night, std::span<const FileEvent> events);

/// Adds the night's files, absent files and links to `earlier`, and what was read to `read`, unless it is
/// null.
absl::Status RecallRows(sqlite::Connection& database, Night night, EarlierLook& earlier, ReadNight* read);

/// Binds a path, or any text from outside: as TEXT where it is UTF-8, else as a BLOB. It is not copied, and
/// must stay as it is until the statement is reset.
void BindPath(sqlite::Statement& statement, int position, std::string_view path);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_FILE_ROWS_H_
