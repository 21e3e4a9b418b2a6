// What a history says, for who only wants to read it.
#ifndef OBSMON_SRC_MONITOR_READ_NIGHTS_H_
#define OBSMON_SRC_MONITOR_READ_NIGHTS_H_

#include <filesystem>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/history.h"
#include "status_macros.h"

namespace obsmon {

/// Every night of the history in `folder`, newest first. Errors: those of History::OpenReadOnly.
inline absl::StatusOr<std::vector<NightSummary>> ReadNights(const std::filesystem::path& folder) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<History> history, History::OpenReadOnly(folder));
  return history->Nights();
}

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_READ_NIGHTS_H_
