// What the history's database looks like, and how to tell whose a database is.
#ifndef OBSMON_SRC_HISTORY_SCHEMA_H_
#define OBSMON_SRC_HISTORY_SCHEMA_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sqlite/sqlite.h"

namespace obsmon {

/// PRAGMA application_id of every history: "obsm" in ASCII.
inline constexpr std::int64_t kApplicationId = 0x6F62736D;
/// PRAGMA user_version: grows when a table changes.
inline constexpr std::int64_t kSchemaVersion = 7;
/// Of a history that is made new. The files of one exposure lie side by side, so that a night's change
/// touches few pages; larger pages cost more in the rollback journal than they gain.
inline constexpr std::int64_t kPageBytes = 8192;

/// obsmon's tables. Every statement is a constant; values are bound elsewhere.
extern const char* const kTables;
/// Those of files and folders, as packs.
extern const char* const kPackTables;
/// What is in packs, row by row.
extern const char* const kPackViews;
/// The views that scripts written for the prototype read. They have the names of the prototype's tables,
/// which must be gone first.
extern const char* const kViews;
extern const char* const kGen3Views;

/// Makes all tables, or all views. Within the caller's transaction.
absl::Status MakeTables(sqlite::Connection& database);
absl::Status MakeViews(sqlite::Connection& database);

/// Whose a database is.
enum class Contents : std::uint8_t {
  kNothing,    ///< a new or empty file
  kHistory,    ///< obsmon's, of this version
  kVersion1,   ///< an older obsmon's; nights have fewer columns, and there are no latencies
  kOlder,      ///< an older obsmon's, of version 2 to 5; there are latencies
  kVersion6,   ///< an older obsmon's; nights are as they are now, and each file is a row
  kPrototype,  ///< the prototype's, of any of its layouts
  kNewer,      ///< a newer obsmon's
  kForeign,    ///< anybody else's
};

/// Looks at the database; changes nothing.
absl::StatusOr<Contents> Identify(sqlite::Connection& database);

/// Brings an older obsmon's tables to this version, keeping all rows; marks the database as such. Within the
/// caller's transaction. REQUIRES: it is kVersion1, kOlder or kVersion6.
absl::Status Migrate(sqlite::Connection& database);

/// Marks the database as a history of this version. Within the caller's transaction, as the tables are.
absl::Status MarkAsHistory(sqlite::Connection& database);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_SCHEMA_H_
