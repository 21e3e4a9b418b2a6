// The class History over a database that many streams share: see SharedHistory.
#ifndef OBSMON_SRC_HISTORY_POSTGRES_HISTORY_H_
#define OBSMON_SRC_HISTORY_POSTGRES_HISTORY_H_

#include <memory>
#include <stop_token>

#include "absl/status/statusor.h"
#include "obsmon/history.h"

namespace obsmon {

/// Opens the history of `output.name` in `output.history`, and takes the right to write it, which goes with
/// the process: one run at a time. Makes what is not there. Errors: as History::Open; kAborted where another
/// run writes it, naming that run.
absl::StatusOr<std::unique_ptr<History>> OpenSharedHistory(const StreamOutput& output,
                                                           const std::stop_token& stop);

/// For reading alone: nothing is made or changed, and no right is needed but to read. Errors: as
/// History::OpenReadOnly.
absl::StatusOr<std::unique_ptr<History>> OpenSharedHistoryReadOnly(const StreamOutput& output,
                                                                   const std::stop_token& stop);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_POSTGRES_HISTORY_H_
