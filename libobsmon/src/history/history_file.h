// The history's file: found or made, opened, and brought to this version's tables.
#ifndef OBSMON_SRC_HISTORY_HISTORY_FILE_H_
#define OBSMON_SRC_HISTORY_HISTORY_FILE_H_

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "history/schema.h"
#include "sqlite/foreign_database.h"
#include "sqlite/sqlite.h"

namespace obsmon {

/// How long a writer waits for readers, and a reader for a writer.
inline constexpr std::chrono::milliseconds kBusyTimeout = std::chrono::seconds{30};

struct HistoryFile {
  std::optional<sqlite::PrivateFolder> copy{};  ///< where the database lies, if it is a copy; outlives it
  sqlite::Connection database;
  Contents contents = Contents::kHistory;  ///< for reading also what an update would bring up to date
  bool writable = false;
};

/// Opens the history in `output_dir` for writing. Makes it where there is none or an empty file, takes over a
/// prototype's; it is a history then. Errors: as History::Open.
/// REQUIRES: `mode` is one for writing.
absl::StatusOr<HistoryFile> OpenHistoryFile(const std::filesystem::path& output_dir,
                                            std::chrono::milliseconds busy_timeout,
                                            sqlite::OpenMode mode = sqlite::OpenMode::kReadWrite,
                                            const std::stop_token& stop = {});

/// Opens what is there for reading: a history, or a prototype's database. Errors: as History::OpenReadOnly.
absl::StatusOr<HistoryFile> OpenHistoryFileReadOnly(const std::filesystem::path& output_dir,
                                                    std::chrono::milliseconds busy_timeout,
                                                    const std::stop_token& stop = {});

/// A database's error as a sentence that also says what to do. OK stays OK.
absl::Status Explain(const absl::Status& status);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_HISTORY_FILE_H_
