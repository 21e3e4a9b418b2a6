// obsmon_measure COMMAND ARGUMENT…: runs a command and prints one line on stdout:
//
//     <user+sys CPU s> <wall s> <peak RSS MiB> <exit status>
//
// What the command prints on stdout goes nowhere, stderr passes through. The numbers come of wait4, as
// /usr/bin/time's do; this is here because that is not installed everywhere and gives CPU in hundredths of
// a second only. The exit status is the command's, or 128 + signal.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

int ExitStatus(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: obsmon_measure COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const auto began = std::chrono::steady_clock::now();
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[1], &actions, nullptr, argv + 1, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    std::fprintf(stderr, "obsmon_measure: %s: %s\n", argv[1], std::strerror(error));
    return 127;
  }
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
  std::printf("%.6f %.6f %.1f %d\n", Seconds(usage.ru_utime) + Seconds(usage.ru_stime), wall.count(),
              static_cast<double>(usage.ru_maxrss) / 1024, ExitStatus(status));
  return ExitStatus(status);
}
