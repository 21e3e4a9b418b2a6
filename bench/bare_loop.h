// The floor: the least that a program must do which wants to know every file of a tree.
#ifndef OBSMON_BENCH_BARE_LOOP_H_
#define OBSMON_BENCH_BARE_LOOP_H_

#include <cstdint>
#include <string>
#include <vector>

namespace obsmon::bench {

struct TreeCount {
  std::int64_t entries = 0;  ///< all but folders
  std::int64_t folders = 0;
  std::int64_t failures = 0;  ///< system calls that failed
};

/// Lists `folder` and all below it with getdents64, and asks for each entry with one statx relative to the
/// open folder: basic mask, links not followed. One thread; keeps nothing. Calls the system and nothing of
/// libobsmon, so that what obsmon is compared with does not change with it.
TreeCount RunBareLoop(const std::string& folder);

/// Asks for each of `paths` with one statx, as above: the least that anyone must do who knows folders and
/// wants to know whether one has changed.
TreeCount AskForEach(const std::vector<std::string>& paths);

}  // namespace obsmon::bench

#endif  // OBSMON_BENCH_BARE_LOOP_H_
