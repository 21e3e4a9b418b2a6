#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/directory.h"
#include "registry/listed_registry.h"
#include "registry/row_file.h"
#include "registry/row_folder.h"
#include "status_macros.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

/// One folder, and the rows whose files lie in it, by their place in the order of paths.
struct ListedFolder {
  std::string folder{};
  std::size_t first = 0;
  std::size_t end = 0;
};

class ListedFinder {
 public:
  ListedFinder(const std::string& storage, const IngestTable& rows, const KnownFiles& known,
               const WorkControl& control)
      : storage_(storage), rows_(rows), known_(known), control_(control), order_(rows.size()) {
    std::iota(order_.begin(), order_.end(), 0U);
    const auto path_of = [&](std::uint32_t row) { return rows_.path()[row]; };
    // An attempt that was made again does not undo the one that has ingested the file.
    const auto is_no_ingest = [&](std::uint32_t row) {
      return rows_.status()[row] != IngestStatus::kIngested;
    };
    std::ranges::stable_sort(order_, {},
                             [&](std::uint32_t row) { return std::pair(path_of(row), is_no_ingest(row)); });
    const auto same_path = [&](std::uint32_t a, std::uint32_t b) { return path_of(a) == path_of(b); };
    order_.erase(std::unique(order_.begin(), order_.end(), same_path), order_.end());
  }

  absl::StatusOr<NightIngests> Run() {
    const std::vector<ListedFolder> visits = PlanVisits();
    NightIngests found;
    found.rows.Reserve(rows_.size(), rows_.path().bytes().size());
    OBSMON_RETURN_IF_ERROR(VisitFolders(
        visits, control_, [this](const ListedFolder& visit) { return Visit(visit); },
        [&found](FolderAnswer answer) { std::move(answer).AppendTo(found); }));
    SortIssuesAndFolders(found);
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

  FolderAnswer Visit(const ListedFolder& visit) const {
    FolderAnswer answer;
    const absl::StatusOr<Directory> folder = OpenRowFolder(visit.folder, answer);
    for (std::size_t place = visit.first; place < visit.end; ++place) {
      AppendRow(rows_[order_[place]], folder, answer);
    }
    return answer;
  }

  void AppendRow(IngestRow row, const absl::StatusOr<Directory>& folder, FolderAnswer& answer) const {
    const std::string location = LocationOf(row.path);
    RowFile file;
    if (folder.ok()) {
      file = LookAtNamedFile(*folder, answer.stamp.path, location, known_);
      if (!file.trouble.ok()) answer.issues.push_back({.path = location, .status = file.trouble});
    } else if (!SaysAbsent(folder.status())) {
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
