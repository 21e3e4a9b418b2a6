// A lock on an open file that the kernel holds for the process, and drops when it ends.
#ifndef OBSMON_SRC_HISTORY_FILE_LOCK_H_
#define OBSMON_SRC_HISTORY_FILE_LOCK_H_

#include <array>
#include <cstdint>
#include <span>

namespace obsmon {

/// The kernel's calls for it, best first. They don't see each other on a local disk; which of them work is a
/// matter of the file system, and so the same for all that lock one file.
enum class LockCall : std::uint8_t {
  kFlock,     ///< held by the open file
  kOpenFile,  ///< fcntl(F_OFD_SETLK): likewise, where a file system has byte ranges only
  kProcess,   ///< fcntl(F_SETLK): held by the process, lost when it closes any descriptor of the file
};

inline constexpr std::array kLockCalls = {LockCall::kFlock, LockCall::kOpenFile, LockCall::kProcess};

/// How an attempt to lock ended.
enum class LockResult : std::uint8_t {
  kLocked,
  kHeld,         ///< by another
  kUnsupported,  ///< the file system has no such call
  kFailed,       ///< errno says why
};

/// Locks `fd`, open for reading and writing, with one call, without waiting.
LockResult TryLock(int fd, LockCall call);

/// Locks `fd` with the first of `calls` that is supported. kUnsupported: none is; errno is of the last.
LockResult TryLock(int fd, std::span<const LockCall> calls);

/// What an errno of a lock call means.
LockResult MeaningOfLockError(int error);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_FILE_LOCK_H_
