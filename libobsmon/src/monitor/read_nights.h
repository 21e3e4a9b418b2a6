// What a history says, for who only wants to read it.
#ifndef OBSMON_SRC_MONITOR_READ_NIGHTS_H_
#define OBSMON_SRC_MONITOR_READ_NIGHTS_H_

#include <memory>
#include <stop_token>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/history.h"
#include "status_macros.h"

namespace obsmon {

/// Every night of a stream's history, newest first. Errors: those of History::OpenReadOnly.
inline absl::StatusOr<std::vector<NightSummary>> ReadNights(const StreamOutput& output,
                                                            const std::stop_token& stop) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<History> history, History::OpenReadOnly(output, stop));
  return history->Nights();
}

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_READ_NIGHTS_H_
