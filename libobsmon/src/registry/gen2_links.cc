#include "registry/gen2_links.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "files/directory.h"
#include "files/folder_stamps.h"
#include "files/parallel.h"
#include "files/throttled_progress.h"
#include "registry/row_file.h"
#include "status_macros.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

// The folders from raw/<night> down to one, so that a link into one of them is not followed round and round.
struct FolderChain {
  FileId file_id{};
  std::shared_ptr<const FolderChain> parent{};
};

bool Holds(const FolderChain* chain, const FileId& folder) {
  for (; chain != nullptr; chain = chain->parent.get()) {
    if (chain->file_id == folder) return true;
  }
  return false;
}

struct LinkFolder {
  std::string path{};  // from the repository on
  std::shared_ptr<const FolderChain> parents{};
  int num_links = 0;  // on the way to it
};

struct LinkRow {
  std::string path{};
  RowFile file{};
};

struct LinkFolderAnswer {
  bool is_loop = false;
  FolderStamp stamp{};
  std::vector<ScanIssue> issues{};
  std::vector<LinkRow> files{};
  std::vector<LinkFolder> folders{};
};

// Folders must be entered; what has no kind without a stat gets one below.
bool IsHidden(const char* name) { return name[0] == '.'; }

LinkFolderAnswer ListLinkFolder(const std::filesystem::path& repo, const LinkFolder& wanted,
                                const KnownFiles& known) {
  LinkFolderAnswer answer;
  answer.stamp.path = (repo / wanted.path).string();
  const auto add_issue = [&answer](std::string path, const absl::Status& status) {
    answer.issues.push_back({.path = std::move(path), .status = status});
  };

  const absl::StatusOr<Directory> folder = Directory::Open(answer.stamp.path);
  if (!folder.ok()) {
    if (SaysAbsent(folder.status())) return answer;
    answer.stamp.exists = true;  // and of no known time: a stamp that no later look finds unchanged
    add_issue(answer.stamp.path, folder.status());
    return answer;
  }
  const absl::StatusOr<FileFacts> facts = folder->Stat();
  answer.stamp.exists = true;
  if (!facts.ok()) {
    add_issue(answer.stamp.path, facts.status());
    return answer;
  }
  if (Holds(wanted.parents.get(), facts->file_id)) {
    answer.is_loop = true;
    return answer;
  }
  answer.stamp = StampOf(std::move(answer.stamp.path), *facts);

  const auto chain = std::make_shared<const FolderChain>(FolderChain{facts->file_id, wanted.parents});
  const absl::Status listed = folder->List([&](const ListedEntry& entry) {
    if (IsHidden(entry.name)) return;
    std::string path = wanted.path + '/' + entry.name;
    RowFile file;
    if (entry.kind != FileKind::kFolder) file = LookAtRowFile(*folder, answer.stamp.path, entry.name, known);
    if (entry.kind == FileKind::kFolder || file.leads_to_folder) {
      const int num_links = wanted.num_links + (entry.kind == FileKind::kSymlink ? 1 : 0);
      if (num_links > kMostLinksOnTheWay) return add_issue((repo / path).string(), TooManyLinks());
      answer.folders.push_back({.path = std::move(path), .parents = chain, .num_links = num_links});
      return;
    }
    if (!file.trouble.ok()) add_issue((repo / path).string(), file.trouble);
    answer.files.push_back({.path = std::move(path), .file = std::move(file)});
  });
  if (!listed.ok()) add_issue(answer.stamp.path, listed);
  return answer;
}

// One night's folder, walked level by level; the answer is sorted, whichever thread was first.
class LinkWalk {
 public:
  LinkWalk(const std::filesystem::path& repo, Night night, const KnownFiles& known,
           const WorkControl& control)
      : repo_(repo),
        night_(night),
        known_(known),
        control_(control),
        progress_(control.progress, "registry") {}

  absl::StatusOr<NightIngests> Run() {
    std::vector<LinkFolder> level{{.path = "raw/" + night_.ToString()}};
    while (!level.empty()) {
      std::vector<LinkFolderAnswer> answers(level.size());
      ParallelFor(level.size(), control_.num_threads, [&](std::size_t i) {
        if (!control_.stop.stop_requested()) answers[i] = ListLinkFolder(repo_, level[i], known_);
      });
      if (control_.stop.stop_requested()) return absl::CancelledError("cancelled");
      level.clear();
      for (LinkFolderAnswer& answer : answers) TakeOver(std::move(answer), level);
      progress_.Report(static_cast<std::int64_t>(files_.size()), 0);
    }
    return Sorted();
  }

 private:
  void TakeOver(LinkFolderAnswer answer, std::vector<LinkFolder>& next) {
    if (answer.is_loop) return;
    answer_.folders.push_back(std::move(answer.stamp));
    std::ranges::move(answer.issues, std::back_inserter(answer_.issues));
    std::ranges::move(answer.files, std::back_inserter(files_));
    std::ranges::move(answer.folders, std::back_inserter(next));
  }

  NightIngests Sorted() {
    std::ranges::sort(files_, {}, &LinkRow::path);
    answer_.rows.Reserve(files_.size(), 0);
    for (const LinkRow& link : files_) {
      const std::string_view name = NameOf(link.path);
      const DatasetName dataset = ParseDatasetName(name);
      IngestRow row{
          .path = link.path, .night = night_, .exposure = dataset.exposure, .detector = dataset.detector};
      link.file.Fill(row);
      answer_.rows.Append(row);
    }
    std::ranges::sort(answer_.issues, {}, &ScanIssue::path);
    std::ranges::sort(answer_.folders, {}, &FolderStamp::path);
    return std::move(answer_);
  }

  const std::filesystem::path& repo_;
  Night night_;
  const KnownFiles& known_;
  const WorkControl& control_;
  ThrottledProgress progress_;
  std::vector<LinkRow> files_;
  NightIngests answer_;
};

class LinksSnapshot final : public RegistrySnapshot {
 public:
  LinksSnapshot(std::filesystem::path repo, WorkControl control)
      : repo_(std::move(repo)), control_(std::move(control)) {}

  // There are no rows to differ: the stamps of the folders tell it all.
  std::uint64_t Digest(Night) const override { return 0; }
  absl::StatusOr<NightIngests> Ingests(Night night, const KnownFiles& known) const override {
    return LinkWalk(repo_, night, known, control_).Run();
  }

 private:
  std::filesystem::path repo_;
  WorkControl control_;
};

class LinksRegistry final : public Registry {
 public:
  LinksRegistry(std::filesystem::path repo, WorkControl control)
      : repo_(std::move(repo)), control_(std::move(control)) {}

  // Nothing is ever committed; the stamps of the folders tell what changed.
  std::string ChangeToken() override { return "links"; }
  absl::StatusOr<std::unique_ptr<RegistrySnapshot>> Read(std::span<const Night>,
                                                         const RowsAreFixed&) override {
    return std::make_unique<LinksSnapshot>(repo_, control_);
  }

 private:
  std::filesystem::path repo_;
  WorkControl control_;
};

// Takes the number at the front of `text` off it; false where there is none.
template <typename T>
bool TakeNumber(std::string_view& text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(text[0] >= '0' && text[0] <= '9')) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

std::unique_ptr<Registry> OpenGen2ByLinks(const std::filesystem::path& repo, const RegistryOptions& options) {
  return std::make_unique<LinksRegistry>(repo, options.control);
}

DatasetName ParseDatasetName(std::string_view name) {
  constexpr std::string_view kDetector = "-det";
  DatasetName dataset;
  std::string_view rest = name;
  if (!TakeNumber(rest, dataset.exposure)) return {};
  const std::size_t detector_at = rest.find(kDetector);
  // Between them the raft and the sensor, where there are such.
  if (detector_at == std::string_view::npos || std::ranges::count(rest.substr(0, detector_at), '-') > 2)
    return {};
  if (detector_at > 0 && rest[0] != '-') return {};
  rest.remove_prefix(detector_at + kDetector.size());
  if (!TakeNumber(rest, dataset.detector)) return {};
  std::int64_t snap = 0;
  if (rest.starts_with('-')) {
    rest.remove_prefix(1);
    if (!TakeNumber(rest, snap)) return {};
  }
  if (rest == ".fits" || rest == ".fits.gz" || rest == ".fits.fz") return dataset;
  return {};
}

}  // namespace obsmon
