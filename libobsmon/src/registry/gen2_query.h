// Gen2 by query: registry.sqlite3 tells which datasets there are, the templates where their files lie.
#ifndef OBSMON_SRC_REGISTRY_GEN2_QUERY_H_
#define OBSMON_SRC_REGISTRY_GEN2_QUERY_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "obsmon/registry.h"

namespace obsmon {

/// Opens the registry of `repo`, an absolute path. Errors as Registry::Open.
absl::StatusOr<std::unique_ptr<Registry>> OpenGen2ByQuery(const std::filesystem::path& repo,
                                                          const RegistryOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN2_QUERY_H_
