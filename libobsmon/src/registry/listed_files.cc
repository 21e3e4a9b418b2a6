#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/directory.h"
#include "files/folder_stamps.h"
#include "files/parallel.h"
#include "registry/listed_registry.h"
#include "registry/row_file.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

/// One folder, and the rows whose files lie in it, by their place in the order of paths.
struct ListedFolder {
  std::string folder{};
  std::size_t first = 0;
  std::size_t end = 0;
};

struct ListedAnswer {
  FolderStamp stamp{};
  std::vector<ScanIssue> issues{};
  IngestTable rows{};
};

class ListedFinder {
 public:
  ListedFinder(const std::string& storage, const IngestTable& rows, const KnownFiles& known,
               const WorkControl& control)
      : storage_(storage), rows_(rows), known_(known), control_(control), order_(rows.size()) {
    std::iota(order_.begin(), order_.end(), 0U);
    std::ranges::stable_sort(order_, {}, [&](std::uint32_t row) { return rows_.path()[row]; });
  }

  absl::StatusOr<NightIngests> Run() {
    const std::vector<ListedFolder> visits = PlanVisits();
    NightIngests found;
    found.rows.Reserve(rows_.size(), rows_.path().bytes().size());
    std::vector<ListedAnswer> answers;
    for (std::size_t begin = 0; begin < visits.size(); begin += kFoldersPerBatch) {
      answers.assign(std::min(kFoldersPerBatch, visits.size() - begin), {});
      ParallelFor(answers.size(), control_.num_threads, [&](std::size_t i) {
        if (!control_.stop.stop_requested()) answers[i] = Visit(visits[begin + i]);
      });
      if (control_.stop.stop_requested()) return absl::CancelledError("cancelled");
      for (ListedAnswer& answer : answers) {
        found.rows.Append(answer.rows);
        found.folders.push_back(std::move(answer.stamp));
        std::ranges::move(answer.issues, std::back_inserter(found.issues));
      }
    }
    std::ranges::stable_sort(found.issues, {}, &ScanIssue::path);
    SortAndKeepFirst(found.folders);
    return found;
  }

 private:
  /// The absolute path of a row's file.
  std::string LocationOf(std::string_view path) const {
    if (path.starts_with('/')) return std::string(path);
    return std::string(storage_).append("/").append(path);
  }

  /// The rows in the order of their paths, cut where the folder changes. A folder may be visited more than
  /// once, for "a/b" comes between "a" and "a0"; its rows stay in order then.
  std::vector<ListedFolder> PlanVisits() const {
    std::vector<ListedFolder> visits;
    for (std::size_t place = 0; place < order_.size(); ++place) {
      const std::string location = LocationOf(rows_.path()[order_[place]]);
      const std::string_view folder = FolderOf(location);
      if (visits.empty() || visits.back().folder != folder) {
        visits.push_back({.folder = std::string(folder), .first = place});
      }
      visits.back().end = place + 1;
    }
    return visits;
  }

  ListedAnswer Visit(const ListedFolder& visit) const {
    ListedAnswer answer;
    answer.stamp.path = visit.folder;
    const absl::StatusOr<Directory> folder =
        Directory::OpenToEnter(visit.folder.empty() ? "/" : visit.folder);
    absl::Status trouble = folder.status();
    if (folder.ok()) {
      const absl::StatusOr<FileFacts> facts = folder->Stat();  // before the files: a later change then shows
      trouble = facts.status();
      if (facts.ok()) {
        answer.stamp = {
            .path = visit.folder, .exists = true, .file_id = facts->file_id, .modified = facts->mtime};
      }
    }
    if (!trouble.ok() && !SaysAbsent(trouble)) {
      answer.stamp.exists = true;  // and of no known time: a stamp that no later look finds unchanged
      answer.issues.push_back({.path = visit.folder, .status = trouble});
    }
    for (std::size_t place = visit.first; place < visit.end; ++place) {
      AppendRow(rows_[order_[place]], folder, trouble, answer);
    }
    return answer;
  }

  void AppendRow(IngestRow row, const absl::StatusOr<Directory>& folder, const absl::Status& trouble,
                 ListedAnswer& answer) const {
    const std::string location = LocationOf(row.path);
    RowFile file;
    if (trouble.ok()) {
      file = LookAtNamedFile(*folder, answer.stamp.path, location, known_);
      if (!file.trouble.ok()) answer.issues.push_back({.path = location, .status = file.trouble});
    } else if (!SaysAbsent(trouble)) {
      file.artifact = ArtifactState::kUnreadable;
    }
    const std::optional<UtcTime> ingest_time = row.ingest_time;
    file.Fill(row);
    row.ingest_time = ingest_time;  // what the list says, or nothing: a link in storage is no ingest
    row.link_target = location;     // the row is about the file of this name
    answer.rows.Append(row);
  }

  const std::string& storage_;
  const IngestTable& rows_;
  const KnownFiles& known_;
  const WorkControl& control_;
  std::vector<std::uint32_t> order_;
};

}  // namespace

absl::StatusOr<NightIngests> FindListedFiles(const std::string& storage, const IngestTable& rows,
                                             const KnownFiles& known, const WorkControl& control) {
  return ListedFinder(storage, rows, known, control).Run();
}

}  // namespace obsmon
