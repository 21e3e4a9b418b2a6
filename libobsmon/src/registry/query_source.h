// Rows that a query of the observatory's own gives.
#ifndef OBSMON_SRC_REGISTRY_QUERY_SOURCE_H_
#define OBSMON_SRC_REGISTRY_QUERY_SOURCE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "obsmon/registry.h"
#include "registry/night_query.h"
#include "registry/row_source.h"

namespace obsmon {

/// Of a table on a PostgreSQL server. REQUIRES: postgres::IsUri(sql.uri).
std::unique_ptr<RowSource> MakePostgresQuery(const SqlRegistry& sql, NightQuery query,
                                             const RegistryOptions& options);

/// Of a table in an SQLite file.
std::unique_ptr<RowSource> MakeSqliteQuery(const std::filesystem::path& file, NightQuery query,
                                           const RegistryOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_QUERY_SOURCE_H_
