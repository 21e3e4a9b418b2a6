// The event tables of the Rubin data backbone, which the prototype's --gen 3 reads: what the endpoint manager
// at NCSA (lsst-dm/dbb_buffmngrs_endpoint, declaratives.py) kept of each file and of each attempt to ingest
// it:
//
//     <prefix>files              id, relpath, filename, checksum, size_bytes, added_on
//     <prefix>gen3_file_events   files_id, start_time, duration, status, err_message, ingest_ver
//
// A file may have many events; the latest one says what became of it. Its path, relpath/filename, starts at
// storage.
#ifndef OBSMON_SRC_REGISTRY_EVENT_TABLES_H_
#define OBSMON_SRC_REGISTRY_EVENT_TABLES_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/registry.h"
#include "registry/row_source.h"

namespace obsmon {

/// kInvalidArgument where a table's name is none, or nothing tells it.
absl::Status CheckEventTables(const EventTables& events);

/// Errors: those of CheckEventTables.
absl::StatusOr<std::unique_ptr<RowSource>> MakeEventTables(const EventTables& events,
                                                           const RegistryOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_EVENT_TABLES_H_
