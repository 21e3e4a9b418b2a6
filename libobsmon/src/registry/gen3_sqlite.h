// A Gen3 registry in an SQLite file.
#ifndef OBSMON_SRC_REGISTRY_GEN3_SQLITE_H_
#define OBSMON_SRC_REGISTRY_GEN3_SQLITE_H_

#include <filesystem>
#include <memory>

#include "obsmon/registry.h"
#include "registry/gen3_database.h"

namespace obsmon {

/// The registry in `file`, an absolute path; nothing is opened yet. It is read as sqlite/foreign_database.h
/// says: in place where that leaves no trace, else from a copy.
std::unique_ptr<Gen3Database> MakeGen3Sqlite(const std::filesystem::path& file,
                                             const RegistryOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN3_SQLITE_H_
