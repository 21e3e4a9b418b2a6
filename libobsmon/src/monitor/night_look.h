// One look at one night.
#ifndef OBSMON_SRC_MONITOR_NIGHT_LOOK_H_
#define OBSMON_SRC_MONITOR_NIGHT_LOOK_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/files.h"
#include "obsmon/history.h"
#include "obsmon/night.h"
#include "obsmon/report.h"

namespace obsmon {

class StreamView;

/// A report, and what a later run compares to know that it still holds.
struct NightLook {
  NightReport report;
  NightFingerprint fingerprint;

  // For the looks at the neighbours: the stamps of the night's own folders, without those that it depends on
  // elsewhere, and how many of the report's datasets the registry itself lists; they come first.
  std::vector<FolderStamp> storage_folders;
  std::vector<FolderStamp> registry_folders;
  std::size_t num_listed = 0;
};

/// Looks at `night`, and at its neighbours where a file may have been ingested under another night than its
/// folder's. Errors: the input can't be read, kCancelled.
absl::StatusOr<NightLook> LookAt(Night night, StreamView& view);

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_NIGHT_LOOK_H_
