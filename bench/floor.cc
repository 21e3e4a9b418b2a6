// obsmon_floor FOLDER…: the bare loop over folders, as a command, to compare whole commands with.
#include <cstdio>

#include "bare_loop.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: obsmon_floor FOLDER...\n", stderr);
    return 2;
  }
  obsmon::bench::TreeCount total;
  for (int i = 1; i < argc; ++i) {
    const obsmon::bench::TreeCount count = obsmon::bench::RunBareLoop(argv[i]);
    total.entries += count.entries;
    total.folders += count.folders;
    total.failures += count.failures;
  }
  std::printf("%lld entries in %lld folders\n", static_cast<long long>(total.entries),
              static_cast<long long>(total.folders));
  if (total.failures > 0) {
    std::fprintf(stderr, "obsmon_floor: %lld system calls failed\n", static_cast<long long>(total.failures));
  }
  return total.failures > 0 ? 1 : 0;
}
