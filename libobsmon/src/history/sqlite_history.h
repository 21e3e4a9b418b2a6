// The class History over SQLite. Private: tests and benchmarks choose how long it waits for a lock.
#ifndef OBSMON_SRC_HISTORY_SQLITE_HISTORY_H_
#define OBSMON_SRC_HISTORY_SQLITE_HISTORY_H_

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>

#include "absl/status/statusor.h"
#include "obsmon/history.h"

namespace obsmon {

/// As History::Open and History::OpenReadOnly, but gives up after `busy_timeout` where another program keeps
/// the history locked.
absl::StatusOr<std::unique_ptr<History>> OpenHistory(const std::filesystem::path& output_dir,
                                                     std::chrono::milliseconds busy_timeout,
                                                     const std::stop_token& stop = {});
absl::StatusOr<std::unique_ptr<History>> OpenHistoryReadOnly(const std::filesystem::path& output_dir,
                                                             std::chrono::milliseconds busy_timeout,
                                                             const std::stop_token& stop = {});

/// As History::Open, for the holder of `lock`: with SQLite's own locks, or without any where the file system
/// has none. Readers there find the history locked, or changing under them.
absl::StatusOr<std::unique_ptr<History>> OpenHistoryUnder(const OutputLock& lock,
                                                          const std::filesystem::path& output_dir,
                                                          const std::stop_token& stop);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_SQLITE_HISTORY_H_
