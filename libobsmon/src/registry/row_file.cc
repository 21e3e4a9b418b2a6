#include "registry/row_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "files/system_error.h"

namespace obsmon {
namespace {

bool Is(const absl::Status& status, int error) { return status == SystemError(error); }

// Of a link that leads nowhere: its target is gone, or it turns in a circle.
bool SaysDangling(const absl::Status& status) { return SaysAbsent(status) || Is(status, ELOOP); }

void SetUnreadable(RowFile& file, absl::Status trouble) {
  file.artifact = ArtifactState::kUnreadable;
  file.trouble = std::move(trouble);
}

void SetPresent(RowFile& file, const FileFacts& facts) {
  if (facts.kind == FileKind::kFolder) {
    file.leads_to_folder = true;  // no file: for a row it is gone
    return;
  }
  file.artifact = ArtifactState::kPresent;
  file.file_id = facts.file_id;
  file.size_bytes = facts.size_bytes;
  file.file_time = facts.mtime;
}

void SetPresent(RowFile& file, const FoundFile& known) {
  file.artifact = ArtifactState::kPresent;
  file.file_id = known.file_id;
  file.size_bytes = known.size_bytes;
  file.file_time = known.mtime;
}

void FollowLink(const Directory& folder, std::string_view folder_path, const char* name,
                const KnownFiles& known, RowFile& file) {
  const absl::StatusOr<std::string> text = folder.ReadLink(name);
  if (text.ok()) file.link_target = LinkTarget(folder_path, *text);
  // Where the text had to be put in order, links on the way may lead the system elsewhere.
  if (text.ok() && file.link_target == *text) {
    if (const std::optional<FoundFile> target = known.Find(*text)) return SetPresent(file, *target);
  }
  const absl::StatusOr<FileFacts> target = folder.Stat(name, FollowLinks::kYes);
  if (target.ok()) {
    SetPresent(file, *target);
    if (!text.ok()) file.trouble = text.status();  // a later look is to know what the link says
  } else if (!SaysDangling(target.status())) {
    SetUnreadable(file, target.status());
  }
}

}  // namespace

void RowFile::Fill(IngestRow& row) const {
  row.artifact = artifact;
  row.file_id = file_id;
  row.size_bytes = size_bytes;
  row.link_target = link_target;
  row.ingest_time = ingest_time;
  row.file_time = file_time;
}

RowFile LookAtRowFile(const Directory& folder, std::string_view folder_path, const char* name,
                      const KnownFiles& known) {
  RowFile file;
  const absl::StatusOr<FileFacts> facts = folder.Stat(name, FollowLinks::kNo);
  if (!facts.ok()) {
    if (!SaysAbsent(facts.status())) SetUnreadable(file, facts.status());
  } else if (facts->kind == FileKind::kSymlink) {
    file.ingest_time = std::min(facts->mtime, facts->birth_time.value_or(facts->mtime));
    FollowLink(folder, folder_path, name, known, file);
  } else {
    SetPresent(file, *facts);
  }
  return file;
}

std::optional<RowFile> RecallLink(const KnownLink& link, const KnownFiles& known) {
  const std::optional<FoundFile> target = known.Find(link.target);
  if (!target || target->file_id != link.file_id) return std::nullopt;
  RowFile file;
  file.link_target = link.target;
  file.ingest_time = link.made_at;
  SetPresent(file, *target);
  return file;
}

RowFile LookAtNamedFile(const Directory& folder, std::string_view folder_path, const std::string& location,
                        const KnownFiles& known) {
  if (const std::optional<FoundFile> found = known.Find(location)) {
    RowFile file;
    SetPresent(file, *found);
    return file;
  }
  return LookAtRowFile(folder, folder_path, location.c_str() + location.rfind('/') + 1, known);
}

std::string LinkTarget(std::string_view folder_path, std::string_view target) {
  const bool is_absolute = target.starts_with('/');
  // Ingest writes links that need nothing of this, and there are 205,000 of them in a night.
  const auto needs_order = [](char a, char b) { return a == '/' && (b == '.' || b == '/'); };
  if (is_absolute && std::ranges::adjacent_find(target, needs_order) == target.end()) {
    return std::string(target);
  }
  std::filesystem::path path(target);
  if (!is_absolute) path = std::filesystem::path(folder_path) / path;
  return path.lexically_normal().string();
}

bool SaysAbsent(const absl::Status& status) { return absl::IsNotFound(status) || Is(status, ENOTDIR); }

}  // namespace obsmon
