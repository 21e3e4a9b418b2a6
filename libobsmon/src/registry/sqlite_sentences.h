// What is wrong with the SQLite database of a registry, in sentences for a person.
#ifndef OBSMON_SRC_REGISTRY_SQLITE_SENTENCES_H_
#define OBSMON_SRC_REGISTRY_SQLITE_SENTENCES_H_

#include <string>

#include "absl/status/status.h"
#include "obsmon/registry.h"

namespace obsmon {

/// Why the registry `file` could not be read, where `status` is from ForeignDatabase and its message a clause
/// without the file: what, where, what to do. kCancelled where `options` asked to stop meanwhile; what passes
/// by itself is kUnavailable.
absl::Status ExplainSqliteRegistry(const absl::Status& status, const std::string& file,
                                   const RegistryOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_SQLITE_SENTENCES_H_
