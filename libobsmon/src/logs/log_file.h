// The end of a log, which may be long.
#ifndef OBSMON_SRC_LOGS_LOG_FILE_H_
#define OBSMON_SRC_LOGS_LOG_FILE_H_

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace obsmon::logs {

/// The last 64 MiB of `file`, from the beginning of a line on. Errors: the system's clause, without the path.
absl::StatusOr<std::string> ReadEndOfLog(const std::filesystem::path& file);

}  // namespace obsmon::logs

#endif  // OBSMON_SRC_LOGS_LOG_FILE_H_
