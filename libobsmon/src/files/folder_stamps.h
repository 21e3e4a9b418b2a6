// What stages share that gather stamps of folders.
#ifndef OBSMON_SRC_FILES_FOLDER_STAMPS_H_
#define OBSMON_SRC_FILES_FOLDER_STAMPS_H_

#include <algorithm>
#include <vector>

#include "obsmon/files.h"

namespace obsmon {

/// Sorts by path. A folder that was visited more than once keeps its first stamp: what changed in between
/// must show at the next look.
inline void SortAndKeepFirst(std::vector<FolderStamp>& stamps) {
  std::ranges::stable_sort(stamps, {}, &FolderStamp::path);
  // Not std::ranges::unique: clang 14 can't compile libstdc++ 12's subrange.
  stamps.erase(std::unique(stamps.begin(), stamps.end(),
                           [](const FolderStamp& a, const FolderStamp& b) { return a.path == b.path; }),
               stamps.end());
}

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_FOLDER_STAMPS_H_
