// The checksums of files that are known by name or key alone.
#ifndef OBSMON_SRC_MONITOR_COMPARE_CHECKSUMS_H_
#define OBSMON_SRC_MONITOR_COMPARE_CHECKSUMS_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "obsmon/files.h"
#include "obsmon/match.h"
#include "obsmon/report.h"

namespace obsmon {

/// Reads each file of storage that `match` knows by name or key alone, whose dataset has a checksum recorded
/// and its size, and whose own checksum is not known yet; puts it into the evidence's transfers. Returns
/// whether there was any, so that all is to be matched again. A file that can't be read is an issue, which
/// hides no file. kCancelled.
absl::StatusOr<bool> ReadChecksums(const std::filesystem::path& storage, const NightMatch& match,
                                   NightEvidence& evidence, const WorkControl& control);

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_COMPARE_CHECKSUMS_H_
