// The time between the looks of `obsmon update --every`.
#ifndef OBSMON_CLI_PAUSE_H_
#define OBSMON_CLI_PAUSE_H_

#include <chrono>
#include <optional>
#include <stop_token>

#include "absl/status/statusor.h"
#include "options.h"

namespace obsmon::cli {

/// What --every says; absent where it was not given. At least a second, else kInvalidArgument.
absl::StatusOr<std::optional<std::chrono::seconds>> PauseOf(const Options& options);

/// Waits until `then`. False: until someone asked to stop.
bool WaitUntil(std::chrono::steady_clock::time_point then, const std::stop_token& stop);

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_PAUSE_H_
