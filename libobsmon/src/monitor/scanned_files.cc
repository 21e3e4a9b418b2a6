#include "monitor/scanned_files.h"

#include "match/matcher.h"
#include "text/path_text.h"

namespace obsmon {
std::optional<FoundFile> ScannedFiles::Find(std::string_view path) const {
  std::call_once(asked_, [this] { folders_.emplace(files_.path()); });
  // Of the other places the paths are absolute.
  const std::string_view below_storage = PathBelow(path, storage_names_);
  if (!below_storage.empty()) path = below_storage;
  const std::optional<std::size_t> row = folders_->FindRow(path);
  if (!row) return std::nullopt;
  return FoundFile{.file_id = files_.file_id()[*row],
                   .size_bytes = files_.size_bytes()[*row],
                   .mtime = files_.creation_time()[*row]};
}

}  // namespace obsmon
