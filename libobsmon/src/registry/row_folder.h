// The folders that the files of a registry's rows lie in, visited many at a time.
#ifndef OBSMON_SRC_REGISTRY_ROW_FOLDER_H_
#define OBSMON_SRC_REGISTRY_ROW_FOLDER_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "files/directory.h"
#include "files/parallel.h"
#include "obsmon/files.h"
#include "obsmon/registry.h"

namespace obsmon {

/// What was found in one folder.
struct FolderAnswer {
  FolderStamp stamp{};
  std::vector<ScanIssue> issues{};
  IngestTable rows{};

  /// Appends all of it to `found`.
  void AppendTo(NightIngests& found) &&;
};

/// Opens the folder `path` for questions about its files, and stamps it before the first one, so that a later
/// change shows. One that is there and can't be asked is an issue, with a stamp that no later look finds
/// unchanged. Errors: why it can't be asked; SaysAbsent where it is not there.
absl::StatusOr<Directory> OpenRowFolder(const std::string& path, FolderAnswer& answer);

/// Puts `found` in an order that does not depend on that of the visits: its issues and folders, each of these
/// once.
void SortIssuesAndFolders(NightIngests& found);

/// Calls `visit(folder)` for each of `folders` from as many threads as `control` says, and, in their order
/// and on this thread, `take_over` with each of the answers, while the next ones are visited. Errors:
/// kCancelled.
template <typename Folder, typename Visit, typename TakeOver>
absl::Status VisitFolders(const std::vector<Folder>& folders, const WorkControl& control, Visit visit,
                          TakeOver take_over) {
  // Before their answers are put together and a request to stop is heard: enough to keep every thread at
  // work, few enough that the answers of a night are not held twice.
  constexpr std::size_t kFoldersAtOnce = 128;
  using Answers = std::vector<decltype(visit(folders.front()))>;
  Answers answers;
  const auto take_over_answers = [&] {
    for (auto& answer : answers) take_over(std::move(answer));
  };
  for (std::size_t begin = 0; begin < folders.size(); begin += kFoldersAtOnce) {
    Answers next(std::min(kFoldersAtOnce, folders.size() - begin));
    ParallelFor(
        next.size(), control.num_threads,
        [&](std::size_t i) {
          if (!control.stop.stop_requested()) next[i] = visit(folders[begin + i]);
        },
        take_over_answers);
    if (control.stop.stop_requested()) return absl::CancelledError("cancelled");
    answers = std::move(next);
  }
  take_over_answers();
  return absl::OkStatus();
}

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_ROW_FOLDER_H_
