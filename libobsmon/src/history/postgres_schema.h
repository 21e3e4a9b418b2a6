// What a shared history's database looks like: the schema "obsmon" of a PostgreSQL database.
#ifndef OBSMON_SRC_HISTORY_POSTGRES_SCHEMA_H_
#define OBSMON_SRC_HISTORY_POSTGRES_SCHEMA_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "postgres/postgres.h"

namespace obsmon {

/// What obsmon.version holds: grows when a table or a view changes.
inline constexpr std::int64_t kSharedSchemaVersion = 7;

/// Of the advisory locks that obsmon takes: "obsm" in ASCII. The second key is a stream's number, or 0 for
/// the schema.
inline constexpr std::int64_t kAdvisoryLocks = 0x6F62736D;

/// Makes the schema, or brings it to version `upto`, in one transaction; does nothing where it is of that
/// version. kFailedPrecondition where a newer obsmon, or somebody else, has made it, and where the database
/// can't hold UTF-8.
absl::Status PrepareSharedSchema(postgres::Connection& connection, std::int64_t upto = kSharedSchemaVersion);

/// kNotFound where there is none; kFailedPrecondition where it is of another version. Within the caller's
/// transaction.
absl::Status CheckSharedSchema(postgres::Connection& connection);

/// Runs one statement to its end. The first number of its first row, where it gives one.
absl::StatusOr<std::optional<std::int64_t>> RunForInt(postgres::Connection& connection, std::string_view sql,
                                                      std::span<const postgres::Value> values = {});

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_POSTGRES_SCHEMA_H_
