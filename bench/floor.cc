// obsmon_floor FOLDER…: the bare loop over folders, as a command, to compare whole commands with.
// obsmon_floor --each FILE: one statx for each path that is a line of FILE.
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "bare_loop.h"

namespace {

std::vector<std::string> LinesOf(const char* file) {
  std::vector<std::string> lines;
  std::ifstream input(file);
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  const bool asks_for_each = argc == 3 && std::string_view(argv[1]) == "--each";
  if (argc < 2 || (!asks_for_each && argv[1][0] == '-')) {
    std::fputs("usage: obsmon_floor FOLDER...\n       obsmon_floor --each FILE\n", stderr);
    return 2;
  }
  obsmon::bench::TreeCount total;
  if (asks_for_each) {
    total = obsmon::bench::AskForEach(LinesOf(argv[2]));
  } else {
    for (int i = 1; i < argc; ++i) {
      const obsmon::bench::TreeCount count = obsmon::bench::RunBareLoop(argv[i]);
      total.entries += count.entries;
      total.folders += count.folders;
      total.failures += count.failures;
    }
  }
  std::printf("%lld entries in %lld folders\n", static_cast<long long>(total.entries),
              static_cast<long long>(total.folders));
  if (total.entries + total.folders == 0) std::fputs("obsmon_floor: nothing was asked for\n", stderr);
  if (total.failures > 0) {
    std::fprintf(stderr, "obsmon_floor: %lld system calls failed\n", static_cast<long long>(total.failures));
  }
  return total.failures > 0 || total.entries + total.folders == 0 ? 1 : 0;
}
