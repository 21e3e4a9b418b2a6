#include "history/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace obsmon {
namespace {

int LockWholeFile(int fd, int command) {
  struct flock whole {};  // l_start and l_len of 0: from the beginning to the end, however far that is
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return fcntl(fd, command, &whole);
}

int Call(int fd, LockCall call) {
  switch (call) {
    case LockCall::kFlock:
      return flock(fd, LOCK_EX | LOCK_NB);
    case LockCall::kOpenFile:
      return LockWholeFile(fd, F_OFD_SETLK);
    case LockCall::kProcess:
      return LockWholeFile(fd, F_SETLK);
  }
  errno = ENOSYS;
  return -1;
}

}  // namespace

LockResult MeaningOfLockError(int error) {
  switch (error) {
    case EWOULDBLOCK:  // EAGAIN
    case EACCES:       // fcntl may say either
      return LockResult::kHeld;
    case ENOLCK:  // NFS without a lock manager
    case ENOSYS:
    case EOPNOTSUPP:
    case EINVAL:  // a kernel that does not know F_OFD_SETLK
      return LockResult::kUnsupported;
    default:
      return LockResult::kFailed;
  }
}

LockResult TryLock(int fd, LockCall call) {
  while (Call(fd, call) != 0) {
    if (errno != EINTR) return MeaningOfLockError(errno);
  }
  return LockResult::kLocked;
}

LockResult TryLock(int fd, std::span<const LockCall> calls) {
  LockResult result = LockResult::kUnsupported;
  for (const LockCall call : calls) {
    result = TryLock(fd, call);
    if (result != LockResult::kUnsupported) break;
  }
  return result;
}

}  // namespace obsmon
