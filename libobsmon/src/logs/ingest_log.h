// The log of an ingest, for what it says of files that are not ingested.
//
// Read are lines that name a FITS file and one of the words "error", "fail", "exception", "cannot",
// "conflict" (in any case), as pipe_tasks ("ingest WARN: Failed to ingest file /…/a.fits: …"), obs_base and
// ctrl_oods write them; and the lines after one that ends "for reason: …" (ctrl_oods), while they name files.
// A later line with "success" or "ingested file" takes back what was said of a file.
#ifndef OBSMON_SRC_LOGS_INGEST_LOG_H_
#define OBSMON_SRC_LOGS_INGEST_LOG_H_

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace obsmon::logs {

/// By a file's name, the last that the log says of its failure, on one line and at most 500 bytes.
using IngestFailures = absl::flat_hash_map<std::string, std::string>;

IngestFailures ParseIngestLog(std::string_view text);

/// From the last 64 MiB of `file`. Errors: it can't be read, one clause without the path.
absl::StatusOr<IngestFailures> ReadIngestLog(const std::filesystem::path& file);

}  // namespace obsmon::logs

#endif  // OBSMON_SRC_LOGS_INGEST_LOG_H_
