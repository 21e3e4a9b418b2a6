// A registry that is a list of paths below storage, each with what became of it.
#ifndef OBSMON_SRC_REGISTRY_LISTED_REGISTRY_H_
#define OBSMON_SRC_REGISTRY_LISTED_REGISTRY_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "obsmon/registry.h"
#include "registry/row_source.h"

namespace obsmon {

/// The registry whose rows `source` has. A relative path starts at `storage`, an absolute one is as it is.
std::unique_ptr<Registry> MakeListedRegistry(std::unique_ptr<RowSource> source,
                                             const std::filesystem::path& storage,
                                             const WorkControl& control);

/// Asks for the file of each of `rows` that is not `known`: a system call a file, and one a folder. The
/// answer has the rows sorted by path. `storage` is absolute. Errors: kCancelled.
absl::StatusOr<NightIngests> FindListedFiles(const std::string& storage, const IngestTable& rows,
                                             const KnownFiles& known, const WorkControl& control);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_LISTED_REGISTRY_H_
