// A Gen3 registry in a PostgreSQL database.
#ifndef OBSMON_SRC_REGISTRY_GEN3_POSTGRES_H_
#define OBSMON_SRC_REGISTRY_GEN3_POSTGRES_H_

#include <memory>

#include "absl/status/statusor.h"
#include "obsmon/registry.h"
#include "registry/butler_config.h"
#include "registry/gen3_database.h"

namespace obsmon {

/// The registry that `config` names. Connects only when it is read. REQUIRES: config.Dialect() ==
/// "postgresql". kFailedPrecondition where its namespace is no name of a schema.
absl::StatusOr<std::unique_ptr<Gen3Database>> MakeGen3Postgres(const ButlerConfig& config,
                                                               const RegistryOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN3_POSTGRES_H_
