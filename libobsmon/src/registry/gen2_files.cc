#include "registry/gen2_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "files/directory.h"
#include "files/folder_stamps.h"
#include "files/throttled_progress.h"
#include "registry/row_file.h"
#include "registry/row_folder.h"
#include "registry/sort_rows.h"
#include "status_macros.h"

namespace obsmon {
namespace {

constexpr std::array<std::string_view, 3> kSuffixes = {"", ".gz", ".fz"};

// The names of one folder: one text, and where each begins.
class Names {
 public:
  // Before Find is called first.
  void Add(std::string_view name) {
    begins_.push_back(text_.size());
    text_.append(name).push_back('\0');  // system calls want it
  }
  // `name` as it is kept here, ended by a NUL; empty where the folder has no such name.
  std::string_view Find(std::string_view name) {
    if (names_.empty()) Sort();
    const auto found = names_.find(name);
    return found == names_.end() ? std::string_view() : *found;
  }

 private:
  void Sort() {
    names_.reserve(begins_.size());
    for (const std::size_t begin : begins_) names_.emplace(text_.data() + begin);
  }

  std::string text_;
  std::vector<std::size_t> begins_;
  absl::flat_hash_set<std::string_view> names_;
};

// One folder, and the rows whose files may lie in it.
struct Gen2Folder {
  std::string folder{};  // from the repository on
  std::vector<std::uint32_t> rows{};
};

struct Gen2Answer {
  FolderAnswer found{};  // sorted by path
  std::vector<std::uint32_t> not_found{};
  bool unreadable = false;
};

class Gen2Finder {
 public:
  Gen2Finder(const std::filesystem::path& repo, Night night, std::span<const RawRow> rows,
             const TextPool& texts, std::span<const FolderPlan> plans, const KnownFiles& known,
             const WorkControl& control)
      : repo_(repo),
        night_(night),
        rows_(rows),
        texts_(texts),
        plans_(plans),
        known_(known),
        control_(control),
        progress_(control.progress, "registry"),
        pending_(rows.size()) {
    std::iota(pending_.begin(), pending_.end(), 0U);
    answer_.rows.Reserve(rows.size(), 0);
  }

  absl::StatusOr<NightIngests> Run() {
    for (std::size_t plan = 0; plan < plans_.size() && !pending_.empty(); ++plan) {
      OBSMON_RETURN_IF_ERROR(TryPlan(plan));
    }
    AppendLostRows();
    SortAnswer();
    return std::move(answer_);
  }

 private:
  absl::Status TryPlan(std::size_t plan);
  std::vector<Gen2Folder> PlaceRows(std::size_t plan);
  bool WasTried(std::size_t plan, const RawRow& row, const std::string& folder) const;
  Gen2Answer Visit(const Gen2Folder& visit, const FolderPlan& plan) const;
  std::optional<Gen2Answer> Recall(const Gen2Folder& visit, const FolderPlan& plan,
                                   const FolderStamp& before) const;
  void LookAtFiles(const Directory& folder, const Gen2Folder& visit, const FolderPlan& plan, Names& names,
                   bool is_unchanged, Gen2Answer& answer) const;
  void Append(std::uint32_t i, const std::string& path, const RowFile& file, FolderAnswer& found) const;
  std::string_view NameIn(Names& names, const FolderPlan& plan, const RawRow& row, std::string& tried) const;
  void TakeOver(Gen2Answer answer, std::size_t plan);
  void AppendLostRows();
  void SortAnswer();

  const std::filesystem::path& repo_;
  Night night_;
  std::span<const RawRow> rows_;
  const TextPool& texts_;
  std::span<const FolderPlan> plans_;
  const KnownFiles& known_;
  const WorkControl& control_;
  ThrottledProgress progress_;
  std::vector<std::uint32_t> pending_;  // rows that are not found yet, ascending
  absl::flat_hash_map<std::uint32_t, std::size_t>
      unreadable_plan_;  // of a row, the newest that can't be read
  NightIngests answer_;
};

// What the row itself tells of its dataset; `path` and `stem` must outlive it.
IngestRow DatasetOf(const RawRow& row, Night night, std::string_view path, std::string_view stem) {
  return {.path = path,
          .night = night,
          .exposure = row.Exposure(),
          .detector = row.Detector(),
          .storage_stem = stem};
}

absl::Status Gen2Finder::TryPlan(std::size_t plan) {
  OBSMON_RETURN_IF_ERROR(VisitFolders(
      PlaceRows(plan), control_, [&](const Gen2Folder& visit) { return Visit(visit, plans_[plan]); },
      [&](Gen2Answer answer) { TakeOver(std::move(answer), plan); }));
  std::ranges::sort(pending_);
  return absl::OkStatus();
}

// Moves the rows that `plan` gives a folder out of pending_, by folder, sorted by folder.
std::vector<Gen2Folder> Gen2Finder::PlaceRows(std::size_t plan) {
  std::vector<Gen2Folder> visits;
  absl::flat_hash_map<std::string, std::size_t> visit_of;
  std::size_t last = 0;  // the visit of the row before: mostly this one's too
  std::string folder;
  std::erase_if(pending_, [&](std::uint32_t i) {
    const RawRow& row = rows_[i];
    if (!plans_[plan].Fits(row)) return false;
    folder.clear();
    plans_[plan].folder.AppendTo(folder, row, texts_);
    if (WasTried(plan, row, folder)) return false;
    if (visits.empty() || visits[last].folder != folder) {
      const auto [visit, is_new] = visit_of.try_emplace(folder, visits.size());
      if (is_new) visits.push_back({.folder = folder});
      last = visit->second;
    }
    visits[last].rows.push_back(i);
    return true;
  });
  std::ranges::sort(visits, {}, &Gen2Folder::folder);
  return visits;
}

// Whether the plan before put `row` into the same folder: M4 does as M5 for ids of 13 digits.
bool Gen2Finder::WasTried(std::size_t plan, const RawRow& row, const std::string& folder) const {
  return plan > 0 && plans_[plan - 1].Fits(row) && plans_[plan - 1].Folder(row, texts_) == folder;
}

Gen2Answer Gen2Finder::Visit(const Gen2Folder& visit, const FolderPlan& plan) const {
  Gen2Answer answer;
  FolderStamp& stamp = answer.found.stamp;
  stamp.path = (repo_ / visit.folder).string();
  const std::optional<FolderStamp> before = known_.FindFolder(stamp.path);
  if (std::optional<Gen2Answer> recalled = before ? Recall(visit, plan, *before) : std::nullopt) {
    return *std::move(recalled);
  }
  const auto none_found = [&](const absl::Status& trouble) {
    answer.not_found = visit.rows;
    if (SaysAbsent(trouble)) return;
    answer.unreadable = true;
    stamp.exists = true;  // and of no known time: a stamp that no later look finds unchanged
    answer.found.issues.push_back({.path = stamp.path, .status = trouble});
  };

  const absl::StatusOr<Directory> folder = Directory::Open(stamp.path);
  if (!folder.ok()) {
    none_found(folder.status());
    return answer;
  }
  const absl::StatusOr<FileFacts> facts = folder->Stat();  // before the names: a later change then shows
  Names names;
  const absl::Status listed = folder->List([&names](const ListedEntry& entry) { names.Add(entry.name); });
  if (!facts.ok() || !listed.ok()) {
    none_found(facts.ok() ? listed : facts.status());
    return answer;
  }
  stamp = StampOf(std::move(stamp.path), *facts);
  LookAtFiles(*folder, visit, plan, names, AreAlike(before, stamp), answer);
  return answer;
}

// What a listing would tell of a folder that is as it was, and whose rows all have the links that were found
// there. Absent where that is not so. Only the newest name counts here: of an older one it takes a listing to
// know that none of the newer ones is there.
std::optional<Gen2Answer> Gen2Finder::Recall(const Gen2Folder& visit, const FolderPlan& plan,
                                             const FolderStamp& before) const {
  const absl::StatusOr<FolderStamp> now = StampFolder(before.path);
  if (!now.ok() || !AreAlike(before, *now)) return std::nullopt;

  std::vector<std::pair<std::string, std::uint32_t>> links;
  links.reserve(visit.rows.size());
  for (const std::uint32_t i : visit.rows) {
    links.emplace_back(visit.folder + '/' + plan.NewestName(rows_[i], texts_), i);
  }
  std::ranges::sort(links);
  Gen2Answer answer{.found = {.stamp = *now}};
  answer.found.rows.Reserve(links.size(), 0);
  for (const auto& [path, i] : links) {
    const std::optional<KnownLink> link = known_.FindLink(path);
    const std::optional<RowFile> file = link ? RecallLink(*link, known_) : std::nullopt;
    if (!file) return std::nullopt;
    Append(i, path, *file, answer.found);
  }
  return answer;
}

// Appends what is known of row `i`, whose file is at `path`.
void Gen2Finder::Append(std::uint32_t i, const std::string& path, const RowFile& file,
                        FolderAnswer& found) const {
  const std::string stem = StorageStem(rows_[i], texts_);
  IngestRow row = DatasetOf(rows_[i], night_, path, stem);
  file.Fill(row);
  found.rows.Append(row);
  if (!file.trouble.ok()) found.issues.push_back({.path = (repo_ / path).string(), .status = file.trouble});
}

void Gen2Finder::LookAtFiles(const Directory& folder, const Gen2Folder& visit, const FolderPlan& plan,
                             Names& names, bool is_unchanged, Gen2Answer& answer) const {
  std::vector<std::pair<std::string_view, std::uint32_t>> found;
  found.reserve(visit.rows.size());
  std::string tried;
  for (const std::uint32_t i : visit.rows) {
    const std::string_view name = NameIn(names, plan, rows_[i], tried);
    if (name.empty()) {
      answer.not_found.push_back(i);
    } else {
      found.emplace_back(name, i);
    }
  }
  std::ranges::sort(found);

  FolderAnswer& of_folder = answer.found;
  of_folder.rows.Reserve(found.size(), 0);
  std::string path;
  for (const auto& [name, i] : found) {
    path.assign(visit.folder).append("/").append(name);
    const std::optional<KnownLink> link = is_unchanged ? known_.FindLink(path) : std::nullopt;
    const std::optional<RowFile> recalled = link ? RecallLink(*link, known_) : std::nullopt;
    Append(i, path, recalled ? *recalled : LookAtRowFile(folder, of_folder.stamp.path, name.data(), known_),
           of_folder);
  }
}

// The name that the row's file has in the folder; empty where it has none there. `tried` is space to work in.
std::string_view Gen2Finder::NameIn(Names& names, const FolderPlan& plan, const RawRow& row,
                                    std::string& tried) const {
  for (const PathPattern& pattern : plan.names) {
    if (!pattern.Fits(row)) continue;
    tried.clear();
    pattern.AppendTo(tried, row, texts_);
    const std::size_t bare_size = tried.size();
    for (const std::string_view suffix : kSuffixes) {
      tried.resize(bare_size);
      tried += suffix;
      if (const std::string_view name = names.Find(tried); !name.empty()) return name;
    }
  }
  return {};
}

void Gen2Finder::TakeOver(Gen2Answer answer, std::size_t plan) {
  std::move(answer.found).AppendTo(answer_);
  progress_.Report(static_cast<std::int64_t>(answer_.rows.size()), static_cast<std::int64_t>(rows_.size()));
  std::ranges::copy(answer.not_found, std::back_inserter(pending_));
  if (!answer.unreadable) return;
  for (const std::uint32_t i : answer.not_found) unreadable_plan_.try_emplace(i, plan);
}

void Gen2Finder::AppendLostRows() {
  std::int64_t num_unknown = 0;
  for (const std::uint32_t i : pending_) {
    const RawRow& row = rows_[i];
    const auto unreadable = unreadable_plan_.find(i);
    const auto plan = unreadable != unreadable_plan_.end()
                          ? plans_.begin() + static_cast<std::ptrdiff_t>(unreadable->second)
                          : std::ranges::find_if(plans_, [&](const FolderPlan& p) { return p.Fits(row); });
    std::string path(kUnknownPath);
    if (plan != plans_.end()) {
      path = plan->Folder(row, texts_) + '/' + plan->NewestName(row, texts_);
    } else {
      ++num_unknown;
    }
    const std::string stem = StorageStem(row, texts_);
    IngestRow lost = DatasetOf(row, night_, path, stem);
    lost.artifact = unreadable != unreadable_plan_.end() ? ArtifactState::kUnreadable : ArtifactState::kGone;
    answer_.rows.Append(lost);
  }
  if (num_unknown == 0) return;
  answer_.issues.push_back(
      {.path = (repo_ / "registry.sqlite3").string(),
       .status = absl::FailedPreconditionError(
           fmt::format("{} row{} of {} lack{} what every known path of a file needs", num_unknown,
                       num_unknown == 1 ? "" : "s", night_.ToString(), num_unknown == 1 ? "s" : ""))});
}

void Gen2Finder::SortAnswer() {
  SortByPath(answer_.rows);
  SortIssuesAndFolders(answer_);  // two plans may visit the same folder
}

}  // namespace

absl::StatusOr<NightIngests> FindRowFiles(const std::filesystem::path& repo, Night night,
                                          std::span<const RawRow> rows, const TextPool& texts,
                                          std::span<const FolderPlan> plans, const KnownFiles& known,
                                          const WorkControl& control) {
  return Gen2Finder(repo, night, rows, texts, plans, known, control).Run();
}

}  // namespace obsmon
