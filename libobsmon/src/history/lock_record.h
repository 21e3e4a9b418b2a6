// What a lock file says of its holder: for people, and for runs on a file system that has no locks, which
// have nothing else to go by. Private to the output lock.
#ifndef OBSMON_SRC_HISTORY_LOCK_RECORD_H_
#define OBSMON_SRC_HISTORY_LOCK_RECORD_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace obsmon {

/// A holder that gives no sign of life for so long, and about which this machine can't tell more, is dead.
inline constexpr std::chrono::minutes kLockSilence{10};
/// How often a holder gives one, where the kernel does not hold the lock for it.
inline constexpr std::chrono::seconds kLockHeartbeat{30};

enum class LockKeeper : std::uint8_t {
  kKernel,  ///< the lock is on the open file, and goes with the process: what the file says is for people
  kFile,    ///< the file's existence is the lock
};

/// A process, told apart from any other on any machine at any time.
struct ProcessId {
  std::string boot_id{};    ///< of the machine's kernel since it was started: /proc/sys/kernel/random/boot_id
  std::string pid_space{};  ///< a container has numbers of its own: /proc/self/ns/pid
  pid_t pid = 0;
  std::string
      started{};  ///< in clock ticks since that boot: field 22 of /proc/PID/stat; numbers are used again

  static ProcessId Self();
  bool operator==(const ProcessId&) const = default;
};

/// For people: "process 4711 on lsst-dev".
std::string ThisProcess();

struct LockRecord {
  std::string who{};  ///< "process 4711 on lsst-dev, since 2020-05-02T03:04:05Z"; empty: the file has no text
  LockKeeper keeper = LockKeeper::kKernel;
  ProcessId holder{};  ///< without a boot_id where the file does not say

  static LockRecord Parse(std::string_view text);
  std::string ToString() const;
};

/// Whether the process is known to be gone; or, where it is none of this machine's or unknown, has been
/// silent for longer than kLockSilence.
bool IsDead(const ProcessId& holder, std::chrono::nanoseconds silence);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_LOCK_RECORD_H_
