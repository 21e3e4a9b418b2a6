#include "registry/row_folder.h"

#include <iterator>

#include "files/folder_stamps.h"
#include "registry/row_file.h"

namespace obsmon {

void FolderAnswer::AppendTo(NightIngests& found) && {
  found.rows.Append(rows);
  found.folders.push_back(std::move(stamp));
  std::ranges::move(issues, std::back_inserter(found.issues));
}

absl::StatusOr<Directory> OpenRowFolder(const std::string& path, FolderAnswer& answer) {
  answer.stamp.path = path;
  absl::StatusOr<Directory> folder = Directory::OpenToEnter(path.empty() ? "/" : path);
  if (folder.ok()) {
    const absl::StatusOr<FileFacts> facts = folder->Stat();
    if (facts.ok()) {
      answer.stamp = StampOf(path, *facts);
      return folder;
    }
    folder = facts.status();
  }
  if (!SaysAbsent(folder.status())) {
    answer.stamp.exists = true;  // and of no known time
    answer.issues.push_back({.path = path, .status = folder.status()});
  }
  return folder;
}

void SortIssuesAndFolders(NightIngests& found) {
  std::ranges::stable_sort(found.issues, {}, &ScanIssue::path);
  SortAndKeepFirst(found.folders);
}

}  // namespace obsmon
