// The rows of a night's files in an SQLite history.
//
// A look finds all of a night's files again, of which few are new. Their packs (packs.h) are therefore made
// again, and only those that differ are written. What a look has recalled of the old ones is not read again.
#ifndef OBSMON_SRC_HISTORY_FILE_ROWS_H_
#define OBSMON_SRC_HISTORY_FILE_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
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
struct PackChanges {
  std::int64_t written = 0;  ///< packs that are new or differ
  std::int64_t removed = 0;

  friend bool operator==(const PackChanges&, const PackChanges&) = default;
};

/// A pack as it was read: by the hash of its contents it shows whether that of a later look differs.
struct ReadPack {
  std::string path{};
  std::size_t hash_of_contents = 0;
};
using ReadPacks = std::vector<ReadPack>;  ///< of one night in one table, in the order of their keys

/// What RecallRows has read of a night.
struct ReadNight {
  ReadPacks transfers{};
  ReadPacks ingests{};
};

/// Makes the night's transfers those of `transfers`, with their verdicts. `read` are all of the night's
/// packs, which are still as they were read; empty: they are read here.
///
/// A row keeps the earlier arrival time while it is the same file, untouched: same inode, size and creation
/// time. For a chmod or a new hard link moves a file's ctime, and the file has not arrived anew. (The device
/// may differ: a network file system gets another number with each mount.) `arrivals` are given them, where
/// they are not empty: one for each row of `transfers`, with its own arrival.
absl::StatusOr<PackChanges> ReplaceTransfers(sqlite::Connection& database, Night night,
                                             const TransferTable& transfers,
                                             std::span<const Verdict> verdicts,
                                             std::span<const ReadPack> read = {},
                                             std::span<UtcTime> arrivals = {});

/// Makes the night's datasets those of `ingests` that are listed under `night`; the rest of the table
/// belongs to its neighbours. Of several rows with one path the first is kept. `read` as above.
absl::StatusOr<PackChanges> ReplaceIngests(sqlite::Connection& database, Night night,
                                           const IngestTable& ingests, std::span<const ReadPack> read = {});

/// Makes the night's rows in `absent` those of `absent`.
absl::Status ReplaceAbsent(sqlite::Connection& database, Night night, const ExpectedTable& expected,
                           std::span<const AbsentFile> absent);

/// Makes the night's rows in `event` those of `events`, with what `transfers` say of their files; but
/// `arrivals` are theirs, as ReplaceTransfers keeps them.
absl::Status ReplaceEvents(sqlite::Connection& database, Night night, std::span<const FileEvent> events,
                           const TransferTable& transfers, std::span<const UtcTime> arrivals);

/// Adds the night's files, absent files and links to `earlier`, and what was read to `read`, unless it is
/// null.
absl::Status RecallRows(sqlite::Connection& database, Night night, EarlierLook& earlier, ReadNight* read);

/// Binds a path, or any text from outside: as TEXT where it is UTF-8, else as a BLOB. It is not copied, and
/// must stay as it is until the statement is reset.
void BindPath(sqlite::Statement& statement, int position, std::string_view path);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_FILE_ROWS_H_
