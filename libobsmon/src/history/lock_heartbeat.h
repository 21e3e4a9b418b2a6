// The sign of life of a run that holds its output folder by a file alone. Private to the output lock.
#ifndef OBSMON_SRC_HISTORY_LOCK_HEARTBEAT_H_
#define OBSMON_SRC_HISTORY_LOCK_HEARTBEAT_H_

#include <sys/stat.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "history/lock_record.h"

namespace obsmon {

/// Sets the time of the open file `fd` to that of its file system, again and again, until destruction.
class LockHeartbeat {
 public:
  explicit LockHeartbeat(int fd)
      : thread_([fd](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          while (!never.wait_for(lock, stop, kLockHeartbeat, [&stop] { return stop.stop_requested(); })) {
            futimens(fd, nullptr);  // where this fails, the next may not
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_LOCK_HEARTBEAT_H_
