#include "registry/sqlite_sentences.h"

#include <fmt/format.h>

#include "text/human.h"

namespace obsmon {

absl::Status ExplainSqliteRegistry(const absl::Status& status, const std::string& file,
                                   const RegistryOptions& options) {
  if (status.ok() || absl::IsCancelled(status)) return status;
  if (options.control.stop.stop_requested()) return absl::CancelledError("cancelled");
  const std::string clause(status.message());
  switch (status.code()) {
    case absl::StatusCode::kPermissionDenied:
      return absl::PermissionDeniedError(
          fmt::format("{}: {}; let the user who runs obsmon read it", file, clause));
    case absl::StatusCode::kFailedPrecondition:
      return absl::FailedPreconditionError(fmt::format("{}: {}", file, clause));
    case absl::StatusCode::kDataLoss:
      return absl::DataLossError(
          fmt::format("{}: no SQLite database, or a damaged one ({}); restore it", file, clause));
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return absl::UnavailableError(
          fmt::format("{}: the registry was being written for longer than {} ({}); look again later, or wait "
                      "longer for it",
                      file, HumanDuration(options.busy_timeout), clause));
    default:
      return absl::UnavailableError(
          fmt::format("{}: the registry can't be read now ({}); look again later", file, clause));
  }
}

}  // namespace obsmon
