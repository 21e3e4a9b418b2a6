// A Gen3 repository: what its butler.yaml says, and what a registry of either kind of database lists.
#ifndef OBSMON_SRC_REGISTRY_GEN3_REGISTRY_H_
#define OBSMON_SRC_REGISTRY_GEN3_REGISTRY_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "obsmon/registry.h"

namespace obsmon {

/// Opens the repository of `config`, the absolute path of a butler.yaml. Errors as Registry::Open.
absl::StatusOr<std::unique_ptr<Registry>> OpenGen3(const std::filesystem::path& config,
                                                   const RegistryOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN3_REGISTRY_H_
