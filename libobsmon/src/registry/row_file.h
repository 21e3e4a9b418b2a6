// What the file system says of the file that a registry row stands for.
#ifndef OBSMON_SRC_REGISTRY_ROW_FILE_H_
#define OBSMON_SRC_REGISTRY_ROW_FILE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "files/directory.h"
#include "obsmon/registry.h"

namespace obsmon {

struct RowFile {
  ArtifactState artifact = ArtifactState::kGone;
  absl::Status trouble{};        ///< why it is unreadable, or a link's text is; else OK
  bool leads_to_folder = false;  ///< it is a folder, or a link to one
  FileId file_id{};
  std::int64_t size_bytes = -1;
  std::string link_target{};
  std::optional<UtcTime> ingest_time{};
  std::optional<UtcTime> file_time{};

  /// Puts these facts into `row`, which then has a view of `link_target`.
  void Fill(IngestRow& row) const;
};

/// Asks for the entry `name` of `folder`: one system call, for a symbolic link one more, and where its target
/// is none of the `known` files a third. `folder_path` is the folder's absolute path.
RowFile LookAtRowFile(const Directory& folder, std::string_view folder_path, const char* name,
                      const KnownFiles& known);

/// The same for a `link` that is still as it was found, without a system call; absent where its target is not
/// among the `known` files, or is another file by now: whoever replaced or moved it may have done more, so
/// all is to be asked.
std::optional<RowFile> RecallLink(const KnownLink& link, const KnownFiles& known);

/// The same for a row that names a file outside of its repository, which is mostly in storage: no system call
/// where `location`, the file's absolute path, is among the `known` ones.
RowFile LookAtNamedFile(const Directory& folder, std::string_view folder_path, const std::string& location,
                        const KnownFiles& known);

/// The absolute path that a link with the text `target`, in the folder `folder_path`, names: by its letters,
/// without a look at the disk. An absolute one stays as it is but for "." and ".." in it.
std::string LinkTarget(std::string_view folder_path, std::string_view target);

/// Whether `status` says that there is no such entry, rather than that it can't be asked.
bool SaysAbsent(const absl::Status& status);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_ROW_FILE_H_
