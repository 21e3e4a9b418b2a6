// Rows that a query of the observatory's own gives.
#ifndef OBSMON_SRC_REGISTRY_QUERY_ROWS_H_
#define OBSMON_SRC_REGISTRY_QUERY_ROWS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "obsmon/registry.h"
#include "registry/row_source.h"

namespace obsmon {

/// The rows of Registry::OpenSql. kInvalidArgument where `sql` can't be meant; it is not asked yet.
absl::StatusOr<std::unique_ptr<RowSource>> MakeQueryRows(const SqlQuery& sql, const RegistryOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_QUERY_ROWS_H_
