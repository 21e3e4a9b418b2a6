// A library to be preloaded: counts the calls by which a program reads and writes files, and makes one of
// them fail, or ends the program just before it. What it does is set in the environment:
//
//   FAULT_BELOW=DIR     only calls on what lies below DIR count
//   FAULT_CALLS=KINDS   only these kinds count: names of Kind, with commas; empty: all
//   FAULT_LOG=FILE      each call that counts is appended to FILE: its kind, a blank, its path
//   FAULT_AT=N          the call to tamper with, from 1 on; 0: none
//   FAULT_ACTION=…      what happens to it: kill (SIGKILL before it), stop (SIGSTOP before it), half (half
//                       of a write, then SIGKILL), short (half of a read or write), or the number of an
//                       errno: the call fails with it
//   FAULT_LOCKS=ERRNO   flock and fcntl end so whenever they are asked for a lock, as where there is no such
//                       call
//   FAULT_NOW=SECONDS   the time that the program is told, so that two runs write the same bytes
//   FAULT_HASTE=N       the clock by which the program waits runs N times as fast
//
// It must not allocate, lock or log by way of what it stands in for: all of its own work is raw system calls.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace {

enum Kind {
  kOpen,
  kCreate,
  kRead,
  kWrite,
  kSync,
  kTruncate,
  kRename,
  kUnlink,
  kMkdir,
  kStat,
  kList,
  kLink,
  kLock
};
constexpr std::array<std::string_view, 13> kNames = {"open",     "create", "read",   "write", "sync",
                                                     "truncate", "rename", "unlink", "mkdir", "stat",
                                                     "list",     "link",   "lock"};

struct Plan {
  std::string_view below;
  std::string_view calls;
  std::string_view action;
  long at = 0;
  int log = -1;
};

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

const Plan& ThePlan() {
  static const Plan plan = [] {
    Plan made{.below = Variable("FAULT_BELOW"),
              .calls = Variable("FAULT_CALLS"),
              .action = Variable("FAULT_ACTION")};
    if (const char* at = std::getenv("FAULT_AT")) made.at = std::strtol(at, nullptr, 10);
    if (const char* log = std::getenv("FAULT_LOG")) {
      made.log = static_cast<int>(
          syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    }
    return made;
  }();
  return plan;
}

bool Counts(std::string_view calls, std::string_view name) {
  if (calls.empty()) return true;
  while (!calls.empty()) {
    const std::size_t comma = calls.find(',');
    if (calls.substr(0, comma) == name) return true;
    calls = comma == std::string_view::npos ? std::string_view() : calls.substr(comma + 1);
  }
  return false;
}

/// The absolute path of `name` in the folder `fd`, or of `fd` itself where `name` is empty.
std::string_view PathOf(int fd, std::string_view name, std::array<char, 2 * PATH_MAX>& buffer) {
  std::size_t length = 0;
  if (!name.starts_with('/')) {
    std::array<char, 32> link{"/proc/self/fd/"};
    if (fd == AT_FDCWD) {
      std::strcpy(link.data(), "/proc/self/cwd");
    } else {
      char* digit = link.data() + std::strlen(link.data());
      std::array<char, 12> digits{};
      int count = 0;
      do digits[static_cast<std::size_t>(count++)] = static_cast<char>('0' + fd % 10);
      while ((fd /= 10) > 0);
      while (count > 0) *digit++ = digits[static_cast<std::size_t>(--count)];
    }
    const long read = syscall(SYS_readlinkat, AT_FDCWD, link.data(), buffer.data(), PATH_MAX);
    if (read < 0) return {};
    length = static_cast<std::size_t>(read);
    if (!name.empty()) buffer[length++] = '/';
  }
  if (name.size() > PATH_MAX) return {};
  std::memcpy(buffer.data() + length, name.data(), name.size());
  return {buffer.data(), length + name.size()};
}

enum class Fate { kAsUsual, kHalf, kHalfThenKill, kFails };

[[noreturn]] void Die() {
  syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
  for (;;) syscall(SYS_pause);
}

/// Counts the call, and decides what becomes of it. Where it fails, errno is set.
Fate FateOf(Kind kind, int fd, const char* name) {
  const int saved = errno;
  const Plan& plan = ThePlan();
  static std::atomic<long> count{0};
  std::array<char, 2 * PATH_MAX> buffer;
  const std::string_view path = PathOf(fd, name == nullptr ? std::string_view() : name, buffer);
  errno = saved;
  if (plan.below.empty() || !path.starts_with(plan.below)) return Fate::kAsUsual;
  const std::string_view kind_name = kNames[kind];
  if (!Counts(plan.calls, kind_name)) return Fate::kAsUsual;
  if (plan.log >= 0) {
    std::array<char, 2 * PATH_MAX + 16> line;
    std::size_t size = 0;
    const auto add = [&](std::string_view text) {
      std::memcpy(line.data() + size, text.data(), text.size());
      size += text.size();
    };
    add(kind_name);
    add(" ");
    add(path);
    add("\n");
    syscall(SYS_write, plan.log, line.data(), size);
    errno = saved;
  }
  if (++count != plan.at) return Fate::kAsUsual;
  if (plan.action == "kill") Die();
  if (plan.action == "stop") {
    syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
    errno = saved;
    return Fate::kAsUsual;
  }
  if (plan.action == "half") {
    if (kind != kWrite) Die();
    return Fate::kHalfThenKill;
  }
  if (plan.action == "short") return kind == kWrite || kind == kRead ? Fate::kHalf : Fate::kAsUsual;
  errno = static_cast<int>(std::strtol(plan.action.data(), nullptr, 10));
  return Fate::kFails;
}

Kind KindOfOpen(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0 ? kCreate : kOpen; }

template <typename Call>
ssize_t Transfer(Kind kind, int fd, std::size_t size, Call call) {
  switch (FateOf(kind, fd, nullptr)) {
    case Fate::kAsUsual:
      return call(size);
    case Fate::kHalf:
      return call(size > 1 ? size / 2 : size);
    case Fate::kHalfThenKill:
      call(size / 2);
      Die();
    case Fate::kFails:
      return -1;
  }
  return -1;
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int OpenAt(int folder, const char* name, int flags, mode_t mode) {
  if (FateOf(KindOfOpen(flags), folder, name) == Fate::kFails) return -1;
  return static_cast<int>(syscall(SYS_openat, folder, name, flags, mode));
}

bool LocksFail(int fd) {
  const char* error = std::getenv("FAULT_LOCKS");
  if (error == nullptr) return false;
  std::array<char, 2 * PATH_MAX> buffer;
  if (!PathOf(fd, {}, buffer).starts_with(Variable("FAULT_LOCKS_BELOW"))) return false;
  errno = static_cast<int>(std::strtol(error, nullptr, 10));
  return true;
}

constexpr long kNanosASecond = 1'000'000'000;
long NanosOf(const struct timespec& time) { return time.tv_sec * kNanosASecond + time.tv_nsec; }
struct timespec TimeOf(long nanos) {
  return {.tv_sec = nanos / kNanosASecond, .tv_nsec = nanos % kNanosASecond};
}
long Haste() {
  static const char* const haste = std::getenv("FAULT_HASTE");
  return haste == nullptr ? 1 : std::strtol(haste, nullptr, 10);
}

}  // namespace

// Which of the names a program calls depends on how it was built; each stands for the same.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-declarations"
extern "C" {

#define OBSMON_OPEN(name)                         \
  int name(const char* path, int flags, ...) {    \
    va_list arguments;                            \
    va_start(arguments, flags);                   \
    const mode_t mode = ModeOf(flags, arguments); \
    va_end(arguments);                            \
    return OpenAt(AT_FDCWD, path, flags, mode);   \
  }
OBSMON_OPEN(open)
OBSMON_OPEN(open64)

#define OBSMON_OPENAT(name)                                \
  int name(int folder, const char* path, int flags, ...) { \
    va_list arguments;                                     \
    va_start(arguments, flags);                            \
    const mode_t mode = ModeOf(flags, arguments);          \
    va_end(arguments);                                     \
    return OpenAt(folder, path, flags, mode);              \
  }
OBSMON_OPENAT(openat)
OBSMON_OPENAT(openat64)

ssize_t read(int fd, void* buffer, size_t size) {
  return Transfer(kRead, fd, size, [&](std::size_t part) { return syscall(SYS_read, fd, buffer, part); });
}
ssize_t write(int fd, const void* buffer, size_t size) {
  return Transfer(kWrite, fd, size, [&](std::size_t part) { return syscall(SYS_write, fd, buffer, part); });
}
ssize_t pread(int fd, void* buffer, size_t size, off_t at) {
  return Transfer(kRead, fd, size,
                  [&](std::size_t part) { return syscall(SYS_pread64, fd, buffer, part, at); });
}
ssize_t pread64(int fd, void* buffer, size_t size, off_t at) { return pread(fd, buffer, size, at); }
ssize_t pwrite(int fd, const void* buffer, size_t size, off_t at) {
  return Transfer(kWrite, fd, size,
                  [&](std::size_t part) { return syscall(SYS_pwrite64, fd, buffer, part, at); });
}
ssize_t pwrite64(int fd, const void* buffer, size_t size, off_t at) { return pwrite(fd, buffer, size, at); }

int fsync(int fd) {
  return FateOf(kSync, fd, nullptr) == Fate::kFails ? -1 : static_cast<int>(syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
  return FateOf(kSync, fd, nullptr) == Fate::kFails ? -1 : static_cast<int>(syscall(SYS_fdatasync, fd));
}
int ftruncate(int fd, off_t size) {
  return FateOf(kTruncate, fd, nullptr) == Fate::kFails ? -1
                                                        : static_cast<int>(syscall(SYS_ftruncate, fd, size));
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  if (FateOf(kRename, to_folder, to) == Fate::kFails) return -1;
  return static_cast<int>(syscall(SYS_renameat2, from_folder, from, to_folder, to, 0));
}
int rename(const char* from, const char* to) noexcept { return renameat(AT_FDCWD, from, AT_FDCWD, to); }
int unlinkat(int folder, const char* name, int flags) noexcept {
  if (FateOf(kUnlink, folder, name) == Fate::kFails) return -1;
  return static_cast<int>(syscall(SYS_unlinkat, folder, name, flags));
}
int unlink(const char* name) noexcept { return unlinkat(AT_FDCWD, name, 0); }
int mkdir(const char* name, mode_t mode) noexcept {
  if (FateOf(kMkdir, AT_FDCWD, name) == Fate::kFails) return -1;
  return static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, name, mode));
}

int statx(int folder, const char* name, int flags, unsigned int mask, struct statx* answer) noexcept {
  if (FateOf(kStat, folder, name) == Fate::kFails) return -1;
  return static_cast<int>(syscall(SYS_statx, folder, name, flags, mask, answer));
}
int fstatat(int folder, const char* name, struct stat* answer, int flags) noexcept {
  if (FateOf(kStat, folder, name) == Fate::kFails) return -1;
  return static_cast<int>(syscall(SYS_newfstatat, folder, name, answer, flags));
}
int stat(const char* name, struct stat* answer) noexcept { return fstatat(AT_FDCWD, name, answer, 0); }
int lstat(const char* name, struct stat* answer) noexcept {
  return fstatat(AT_FDCWD, name, answer, AT_SYMLINK_NOFOLLOW);
}
int fstat(int fd, struct stat* answer) noexcept {
  if (FateOf(kStat, fd, nullptr) == Fate::kFails) return -1;
  return static_cast<int>(syscall(SYS_fstat, fd, answer));
}
// On a 64-bit machine the two structures are one.
int stat64(const char* name, struct stat64* answer) noexcept {
  return stat(name, reinterpret_cast<struct stat*>(answer));
}
int lstat64(const char* name, struct stat64* answer) noexcept {
  return lstat(name, reinterpret_cast<struct stat*>(answer));
}
int fstat64(int fd, struct stat64* answer) noexcept {
  return fstat(fd, reinterpret_cast<struct stat*>(answer));
}

ssize_t getdents64(int fd, void* buffer, size_t size) noexcept {
  if (FateOf(kList, fd, nullptr) == Fate::kFails) return -1;
  return syscall(SYS_getdents64, fd, buffer, size);
}
ssize_t readlinkat(int folder, const char* name, char* buffer, size_t size) noexcept {
  if (FateOf(kLink, folder, name) == Fate::kFails) return -1;
  return syscall(SYS_readlinkat, folder, name, buffer, size);
}
int flock(int fd, int operation) noexcept {
  if (LocksFail(fd)) return -1;
  if (FateOf(kLock, fd, nullptr) == Fate::kFails) return -1;
  return static_cast<int>(syscall(SYS_flock, fd, operation));
}

#define OBSMON_FCNTL(name)                                                                \
  int name(int fd, int command, ...) {                                                    \
    va_list arguments;                                                                    \
    va_start(arguments, command);                                                         \
    void* const argument = va_arg(arguments, void*); /* a number comes in the same way */ \
    va_end(arguments);                                                                    \
    const bool locks = command == F_SETLK || command == F_SETLKW || command == F_GETLK || \
                       command == F_OFD_SETLK || command == F_OFD_SETLKW;                 \
    if (locks && LocksFail(fd)) return -1;                                                \
    return static_cast<int>(syscall(SYS_fcntl, fd, command, argument));                   \
  }
OBSMON_FCNTL(fcntl)
OBSMON_FCNTL(fcntl64)

int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
  const char* fixed = clock == CLOCK_REALTIME ? std::getenv("FAULT_NOW") : nullptr;
  if (fixed != nullptr) {
    *now = {.tv_sec = std::strtol(fixed, nullptr, 10), .tv_nsec = 0};
    return 0;
  }
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (clock == CLOCK_MONOTONIC) *now = TimeOf(NanosOf(*now) * Haste());
  return static_cast<int>(result);
}
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const struct timespec* end) {
  static const auto real =
      reinterpret_cast<decltype(&pthread_cond_clockwait)>(dlsym(RTLD_NEXT, "pthread_cond_clockwait"));
  const struct timespec sooner = TimeOf(NanosOf(*end) / Haste());
  return real(condition, mutex, clock, clock == CLOCK_MONOTONIC ? &sooner : end);
}

}  // extern "C"
#pragma GCC diagnostic pop
