#include "transfers/folder_visit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <span>

#include "files/folder_stamps.h"
#include "status_macros.h"
#include "text/path_text.h"

namespace obsmon::transfers {

std::string Storage::PathOf(std::string_view relative) const { return fmt::format("{}/{}", path, relative); }

absl::Status WhyNotThere(const Directory& folder, const char* name) {
  const absl::StatusOr<std::string> target = folder.ReadLink(name);
  if (!target.ok()) return absl::NotFoundError("gone");
  return absl::FailedPreconditionError(fmt::format("a link to {}, which does not exist", *target));
}

namespace {

bool IsIn(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

void FolderVisit::Begin() {
  contents_ = FolderContents{.path = task_.path};
  names_.clear();
  entries_.clear();
  chunks_.clear();
  if (options_.known != nullptr) before_ = options_.known->FindFolder(storage_.PathOf(task_.path));
  if (RecallAll()) return;
  if (absl::Status status = Open(); !status.ok()) {
    if (absl::IsNotFound(status)) status = WhyNotThere(storage_.folder, task_.path.c_str());
    if (!absl::IsNotFound(status)) {
      contents_.issues.push_back(IssueOf("", std::move(status)));
      contents_.issues.back().leaves_nothing_out = leads_back_;
    } else {
      // Gone since its parent was listed, or never there: no trouble, but worth a look when it comes (again).
      contents_.stamp = FolderStamp{.path = storage_.PathOf(task_.path), .exists = false};
    }
    return;
  }
  const absl::Status listed = folder_->List([this](const ListedEntry& entry) { Classify(entry); });
  // What was listed before the trouble is asked all the same. A folder that is removed while it is listed has
  // no entries any more (ENOENT): gone, as above.
  if (!listed.ok() && !absl::IsNotFound(listed)) contents_.issues.push_back(IssueOf("", listed));
  DivideIntoChunks();
}

// One question instead of a listing, which on a disk far away is many. The folder was found to lie in
// storage, and in a folder that lies there it still does.
bool FolderVisit::RecallAll() {
  if (task_.by_link || !before_ || !before_->num_plain_files) return false;
  const absl::StatusOr<FileFacts> facts = storage_.folder.StatNow(task_.path.c_str());
  if (!facts.ok() || facts->kind != FileKind::kFolder || IsAncestor(facts->file_id)) return false;
  if (!AreAlike(before_, StampOf(before_->path, *facts))) return false;
  const std::optional<std::vector<TransferRow>> files = options_.known->FilesOf(task_.path);
  if (!files || std::ssize(*files) != *before_->num_plain_files) return false;
  contents_.stamp = before_;
  entries_.reserve(files->size());
  for (const TransferRow& file : *files) {
    SetFound(file, AddEntry(NameOf(file.path), FileKind::kRegular, false));
  }
  return true;
}

absl::Status FolderVisit::Open() {
  if (task_.num_links > kMostLinksOnTheWay) return TooManyLinks();
  OBSMON_ASSIGN_OR_RETURN(folder_, storage_.folder.OpenAt(task_.path));
  // By way of its ".", so that a folder which can be listed but not entered is one issue, not one a file.
  OBSMON_ASSIGN_OR_RETURN(const FileFacts facts, folder_->Stat(".", FollowLinks::kNo));
  leads_back_ = IsAncestor(facts.file_id);
  if (leads_back_) {
    return absl::FailedPreconditionError("leads back to a folder that it lies in; not entered again");
  }
  OBSMON_RETURN_IF_ERROR(CheckPlace());
  contents_.stamp = StampOf(storage_.PathOf(task_.path), facts);
  change_ = AreAlike(before_, *contents_.stamp) ? FolderChange::kNone : FolderChange::kChanged;
  return absl::OkStatus();
}

// A night's folder may be a link to another disk. Who may write into a night could by a link have any folder
// of this machine shown on a page; and since names are exchanged while a scan is under way, what was opened
// is asked where it lies, not the names by which it was reached.
absl::Status FolderVisit::CheckPlace() {
  const absl::StatusOr<std::string> place = folder_->RealPath();
  if (!place.ok() || storage_.real_path.empty()) return absl::OkStatus();  // no /proc: nothing to go by
  if (task_.night_path == nullptr) {
    night_path_ = std::make_shared<const std::string>(*place);
    return absl::OkStatus();
  }
  night_path_ = task_.night_path;
  if (IsIn(*place, *night_path_) || IsIn(*place, storage_.real_path)) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("leads out of storage, to {}; not entered", *place));
}

bool FolderVisit::IsAncestor(const FileId& id) const {
  for (const Ancestry* at = task_.ancestors.get(); at != nullptr; at = at->parent.get()) {
    if (at->file_id == id) return true;
  }
  return false;
}

void FolderVisit::Classify(ListedEntry entry) {
  if (task_.in_flight) return Add(entry, true);
  const bool has_dot = entry.name[0] == '.';
  if (has_dot && entry.kind == FileKind::kUnknown) {
    const absl::StatusOr<FileFacts> facts = folder_->Stat(entry.name, FollowLinks::kNo);
    if (facts.ok()) entry.kind = facts->kind;
  }
  if (entry.kind != FileKind::kRegular &&
      std::ranges::find(options_.partial_folders, entry.name) != options_.partial_folders.end()) {
    return Add(entry, true);
  }
  if (!has_dot) return Add(entry, false);
  if (entry.kind != FileKind::kFolder && IsRsyncTemporaryName(entry.name)) return Add(entry, true);
  ++contents_.num_hidden;
}

void FolderVisit::Add(const ListedEntry& listed, bool in_flight) {
  Entry& entry = AddEntry(listed.name, listed.kind, in_flight);
  if (options_.known != nullptr && listed.kind == FileKind::kRegular && !in_flight) Recall(listed, entry);
}

Entry& FolderVisit::AddEntry(std::string_view name, FileKind listed_as, bool in_flight) {
  entries_.push_back({.name_begin = names_.size(),
                      .name_bytes = static_cast<std::uint16_t>(name.size()),
                      .listed_as = listed_as,
                      // A folder is asked when it is opened, so not here as well.
                      .fate = listed_as == FileKind::kFolder ? Entry::Fate::kFolder : Entry::Fate::kUnasked,
                      .in_flight = in_flight});
  names_.append(name);
  names_.push_back('\0');  // system calls want it
  return entries_.back();
}

void FolderVisit::SetFound(const TransferRow& known, Entry& entry) {
  entry.fate = Entry::Fate::kFile;
  entry.file_id = known.file_id;
  entry.size_bytes = known.size_bytes;
  entry.mtime = known.creation_time;
  entry.ctime = known.arrival_time;
}

// A listing tells no device: that of a file is its folder's, or the file is not recognised and asked.
void FolderVisit::Recall(const ListedEntry& listed, Entry& entry) {
  known_path_.assign(task_.path).append("/").append(listed.name);
  const FileId file_id{.device = contents_.stamp->file_id.device, .inode = listed.inode};
  const std::optional<TransferRow> known = options_.known->Find(known_path_, file_id, change_);
  if (known) SetFound(*known, entry);
}

void FolderVisit::DivideIntoChunks() {
  for (std::size_t begin = 0; begin < entries_.size(); begin += kChunkEntries) {
    chunks_.push_back({.begin = begin, .end = std::min(begin + kChunkEntries, entries_.size())});
  }
  num_open_chunks_ = chunks_.size();
}

bool FolderVisit::Ask(std::size_t chunk) {
  Chunk& asked = chunks_[chunk];
  for (std::size_t i = asked.begin; i < asked.end; ++i) {
    if (entries_[i].fate == Entry::Fate::kUnasked) AskEntry(entries_[i], asked);
  }
  return --num_open_chunks_ == 0;
}

void FolderVisit::AskEntry(Entry& entry, Chunk& chunk) const {
  const char* name = names_.data() + entry.name_begin;
  absl::StatusOr<FileFacts> facts = StatEntry(name, entry.listed_as, chunk);
  const bool is_no_file = facts.ok() && facts->kind == FileKind::kOther;
  if (is_no_file) {
    facts = absl::FailedPreconditionError("neither a file nor a folder, but a pipe, socket or device");
  }
  if (!facts.ok()) {
    const bool is_gone = absl::IsNotFound(facts.status());
    entry.fate = is_gone ? Entry::Fate::kGone : Entry::Fate::kTroubled;
    chunk.saw_vanish |= is_gone;
    if (is_gone) return;
    chunk.issues.push_back(IssueOf(name, facts.status()));
    chunk.issues.back().leaves_nothing_out = is_no_file;
    return;
  }
  entry.fate = facts->kind == FileKind::kFolder ? Entry::Fate::kFolder : Entry::Fate::kFile;
  entry.file_id = facts->file_id;
  entry.size_bytes = facts->size_bytes;
  entry.mtime = facts->mtime;
  entry.ctime = facts->ctime;
  entry.in_flight |= IsCutOff(facts->mtime);
}

absl::StatusOr<FileFacts> FolderVisit::StatEntry(const char* name, FileKind listed_as, Chunk& chunk) const {
  if (listed_as == FileKind::kSymlink) return FollowLink(name, chunk);
  absl::StatusOr<FileFacts> facts = folder_->Stat(name, FollowLinks::kNo);
  // A link all the same: the listing did not tell, or the entry was replaced since.
  if (facts.ok() && facts->kind == FileKind::kSymlink) return FollowLink(name, chunk);
  if (absl::IsNotFound(facts.status())) return WhyNotThere(*folder_, name);
  return facts;
}

absl::StatusOr<FileFacts> FolderVisit::FollowLink(const char* name, Chunk& chunk) const {
  absl::StatusOr<FileFacts> facts = folder_->Stat(name, FollowLinks::kYes);
  if (absl::IsNotFound(facts.status())) return WhyNotThere(*folder_, name);
  if (!facts.ok() || facts->kind == FileKind::kOther) return facts;
  absl::StatusOr<std::string> target = folder_->ReadLink(name);
  if (!target.ok()) return facts;  // replaced since, which its own folder tells
  chunk.linked.Add(storage_.PathOf(task_.path) + '/' + name, *std::move(target));
  return facts;
}

bool FolderVisit::SawEntryVanish() const { return std::ranges::any_of(chunks_, &Chunk::saw_vanish); }

// As long as such a folder is as it is, the rows of its files tell all of it.
bool FolderVisit::HoldsPlainFilesAlone() const {
  return contents_.stamp && contents_.stamp->exists && contents_.issues.empty() &&
         contents_.num_hidden == 0 &&
         std::ranges::all_of(chunks_, [](const Chunk& chunk) { return chunk.issues.empty(); }) &&
         std::ranges::all_of(entries_, [](const Entry& entry) {
           return entry.fate == Entry::Fate::kFile && entry.listed_as == FileKind::kRegular &&
                  !entry.in_flight;
         });
}

FolderContents FolderVisit::TakeContents() && {
  if (HoldsPlainFilesAlone()) contents_.stamp->num_plain_files = std::ssize(entries_);
  for (const Entry& entry : entries_) {
    if (entry.fate == Entry::Fate::kFolder) contents_.folders.push_back(TaskOf(entry));
  }
  for (Chunk& chunk : chunks_) {
    std::ranges::move(std::move(chunk.linked).Take(), std::back_inserter(contents_.linked));
    std::ranges::move(chunk.issues, std::back_inserter(contents_.issues));
  }
  std::vector<const Entry*> files;
  files.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (entry.fate == Entry::Fate::kFile) files.push_back(&entry);
  }
  std::ranges::sort(files, {}, [this](const Entry* file) { return NameOfEntry(*file); });
  PutFiles(files);
  // A night may be one folder: of it all is in the table now.
  entries_ = {};
  names_ = {};
  return std::move(contents_);
}

// Here, where many threads are at work, and not where their answers are put together.
void FolderVisit::PutFiles(std::span<const Entry* const> entries) {
  std::string path = task_.path + '/';
  const std::size_t prefix = path.size();
  contents_.files.Reserve(entries.size(), entries.size() * prefix + names_.size());
  for (const Entry* file : entries) {
    path.replace(prefix, std::string::npos, NameOfEntry(*file));
    contents_.files.Append({.path = path,
                            .size_bytes = file->size_bytes,
                            .creation_time = file->mtime,
                            .arrival_time = file->ctime,
                            .file_id = file->file_id,
                            .state = file->in_flight ? TransferState::kInFlight : TransferState::kArrived});
  }
}

FolderTask FolderVisit::TaskOf(const Entry& entry) const {
  return {.path = fmt::format("{}/{}", task_.path, NameOfEntry(entry)),
          .ancestors = std::make_shared<Ancestry>(
              Ancestry{.file_id = contents_.stamp->file_id, .parent = task_.ancestors}),
          .night_path = night_path_,
          .in_flight = entry.in_flight,
          .by_link = task_.by_link || entry.listed_as != FileKind::kFolder,
          .num_links = task_.num_links + (entry.listed_as == FileKind::kSymlink ? 1 : 0)};
}

ScanIssue FolderVisit::IssueOf(std::string_view name, absl::Status status) const {
  std::string path = storage_.PathOf(task_.path);
  if (!name.empty()) path.append("/").append(name);
  return {.path = std::move(path), .status = std::move(status)};
}

}  // namespace obsmon::transfers
