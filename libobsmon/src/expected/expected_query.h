// What should arrive, as a database of the observatory's own lists it.
#ifndef OBSMON_SRC_EXPECTED_EXPECTED_QUERY_H_
#define OBSMON_SRC_EXPECTED_EXPECTED_QUERY_H_

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/database.h"
#include "obsmon/expected.h"
#include "obsmon/night.h"
#include "query/asked_query.h"

namespace obsmon::expected {

/// What is listed of some nights, as it was at one instant.
using Lists = std::map<Night, std::vector<ListedFile>>;

/// The query of Stream::expected; no database is asked yet. kInvalidArgument where it can't be meant.
absl::StatusOr<std::unique_ptr<AskedQuery>> MakeExpectedQuery(const SqlQuery& sql, AskOptions options);

/// Asks it. Errors: those of Registry::OpenSql; kDataLoss for a path that no list can have; kCancelled.
absl::StatusOr<Lists> ReadLists(AskedQuery& query, std::span<const Night> nights);

}  // namespace obsmon::expected

#endif  // OBSMON_SRC_EXPECTED_EXPECTED_QUERY_H_
