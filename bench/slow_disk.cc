// A disk far away: loaded before a program (LD_PRELOAD), delays each of its calls that ask for a name, by
// OBSMON_SLOW_US microseconds, as a server's answer would. What only concerns an open file (read, write,
// fstat) takes its own time.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdlib>
#include <ctime>

namespace {

void Wait() {
  static const long delay_us = [] {
    const char* text = std::getenv("OBSMON_SLOW_US");
    return text == nullptr ? 0L : std::atol(text);
  }();
  timespec span{.tv_sec = delay_us / 1'000'000, .tv_nsec = delay_us % 1'000'000 * 1'000};
  while (nanosleep(&span, &span) != 0) {
  }
}

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// The mode of a call that may make a file; garbage, and not looked at, where it makes none.
mode_t ModeIn(std::va_list arguments) { return va_arg(arguments, mode_t); }

}  // namespace

// The C library's names and arguments.
extern "C" {

int statx(int fd, const char* name, int flags, unsigned mask, struct statx* answer) {
  static auto* const real = Real<decltype(statx)>("statx");
  Wait();
  return real(fd, name, flags, mask, answer);
}

int stat(const char* name, struct stat* answer) {
  static auto* const real = Real<int(const char*, struct stat*)>("stat");
  Wait();
  return real(name, answer);
}

int lstat(const char* name, struct stat* answer) {
  static auto* const real = Real<int(const char*, struct stat*)>("lstat");
  Wait();
  return real(name, answer);
}

ssize_t getdents64(int fd, void* buffer, size_t size) {
  static auto* const real = Real<decltype(getdents64)>("getdents64");
  Wait();
  return real(fd, buffer, size);
}

ssize_t readlinkat(int fd, const char* name, char* buffer, size_t size) {
  static auto* const real = Real<decltype(readlinkat)>("readlinkat");
  Wait();
  return real(fd, name, buffer, size);
}

int openat(int fd, const char* name, int flags, ...) {
  static auto* const real = Real<decltype(openat)>("openat");
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeIn(arguments);
  va_end(arguments);
  Wait();
  return real(fd, name, flags, mode);
}

int open(const char* name, int flags, ...) {
  static auto* const real = Real<decltype(open)>("open");
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeIn(arguments);
  va_end(arguments);
  Wait();
  return real(name, flags, mode);
}

// What a hardened build calls for an open without a mode.
int __open_2(const char* name,
             int flags) {  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
  using OpenWithoutMode = int(const char*, int);
  static auto* const real = Real<OpenWithoutMode>("__open_2");
  Wait();
  return real(name, flags);
}

int open64(const char* name, int flags, ...) {
  static auto* const real = Real<decltype(open64)>("open64");
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeIn(arguments);
  va_end(arguments);
  Wait();
  return real(name, flags, mode);
}

}  // extern "C"
