#include "registry/gen3_files.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "files/directory.h"
#include "files/throttled_progress.h"
#include "registry/row_file.h"
#include "registry/row_folder.h"
#include "registry/sort_rows.h"
#include "status_macros.h"
#include "text/path_text.h"
#include "text/percent.h"

namespace obsmon {
namespace {

constexpr std::string_view kNotStoredMessage = "no datastore holds it: it was pruned, or is being deleted";
constexpr std::string_view kGuiderEnding = "_guider";

// One folder, and the rows whose files lie in it.
struct Gen3Folder {
  std::string folder{};
  std::vector<std::uint32_t> rows{};
};

class Gen3Finder {
 public:
  Gen3Finder(const Gen3Place& place, const Gen3Schema& schema, const Gen3Rows& rows, Night night,
             std::span<const Gen3Row> of_night, const KnownFiles& known, const WorkControl& control)
      : place_(place),
        schema_(schema),
        rows_(rows),
        night_(night),
        of_night_(of_night),
        known_(known),
        control_(control),
        progress_(control.progress, "registry") {
    answer_.rows.Reserve(of_night.size(), 0);
  }

  absl::StatusOr<NightIngests> Run() {
    OBSMON_RETURN_IF_ERROR(VisitFolders(
        PlaceRows(), control_, [this](const Gen3Folder& visit) { return Visit(visit); },
        [this](FolderAnswer answer) { TakeOver(std::move(answer)); }));
    SortByPath(answer_.rows);
    SortIssuesAndFolders(answer_);
    return std::move(answer_);
  }

 private:
  // The texts of a row: views into what the row's artifact and this hold.
  struct Texts {
    std::string path{};
    std::string stem{};
  };

  Gen3Artifact ArtifactOf(const Gen3Row& row) const {
    return ResolveGen3Path(rows_.paths[row.path], schema_.datastores[row.datastore].root);
  }

  void MergeRows();
  std::vector<Gen3Folder> PlaceRows();
  FolderAnswer Visit(const Gen3Folder& visit) const;
  void AppendUnaskedRow(const Gen3Row& row, const Gen3Artifact& artifact, ArtifactState state);
  IngestRow RowOf(const Gen3Row& row, const Gen3Artifact& artifact, Texts& texts) const;
  void TakeOver(FolderAnswer answer);

  const Gen3Place& place_;
  const Gen3Schema& schema_;
  const Gen3Rows& rows_;
  Night night_;
  std::span<const Gen3Row> of_night_;
  std::vector<Gen3Row> files_;  ///< those of the night, one a file; of several detectors with the number -1
  const KnownFiles& known_;
  const WorkControl& control_;
  ThrottledProgress progress_;
  NightIngests answer_;
};

// A file may be several datasets: where a camera writes one for all of its detectors, or where several runs
// have ingested it where it lies. It is one row all the same, for it is one file: that of its first ingest.
void Gen3Finder::MergeRows() {
  // The texts tell, with no need to resolve each: those that say where a file is without a datastore's root
  // are absolute. Members of zip files are files of their own.
  using Key = std::tuple<std::string_view, std::uint8_t, std::uint32_t>;
  absl::flat_hash_map<Key, std::size_t> row_of;
  row_of.reserve(of_night_.size());
  files_.reserve(of_night_.size());
  for (const Gen3Row& row : of_night_) {
    if (row.datastore == Gen3Row::kNoDatastore) {
      files_.push_back(row);
      continue;
    }
    const std::string_view path = rows_.paths[row.path];
    const bool is_absolute = path.starts_with('/') || path.find("://") != std::string_view::npos;
    const auto [known, is_new] = row_of.try_emplace(
        {path, is_absolute ? Gen3Row::kNoDatastore : row.datastore, row.exposure}, files_.size());
    if (is_new) {
      files_.push_back(row);
      continue;
    }
    Gen3Row& first = files_[known->second];
    const bool is_of_one_detector = first.detector == row.detector;
    if (row.ingest_time < first.ingest_time) first = row;
    if (!is_of_one_detector) first.detector = -1;
  }
}

// The rows by folder, sorted by folder; those that have no file to ask for go into the answer at once.
std::vector<Gen3Folder> Gen3Finder::PlaceRows() {
  MergeRows();
  std::vector<Gen3Folder> visits;
  absl::flat_hash_map<std::string, std::size_t> visit_of;
  for (std::uint32_t i = 0; i < files_.size(); ++i) {
    const Gen3Row& row = files_[i];
    if (row.datastore == Gen3Row::kNoDatastore) {
      AppendUnaskedRow(row, {}, ArtifactState::kNotStored);
      continue;
    }
    const Gen3Artifact artifact = ArtifactOf(row);
    if (artifact.is_remote) {
      AppendUnaskedRow(row, artifact, ArtifactState::kRemote);
      continue;
    }
    const std::string_view folder = FolderOf(artifact.location);
    // Rows of one folder mostly follow each other.
    if (visits.empty() || visits.back().folder != folder) {
      const auto [visit, is_new] = visit_of.try_emplace(std::string(folder), visits.size());
      if (is_new) visits.push_back({.folder = std::string(folder)});
      visits[visit->second].rows.push_back(i);
    } else {
      visits.back().rows.push_back(i);
    }
  }
  std::ranges::sort(visits, {}, &Gen3Folder::folder);
  return visits;
}

FolderAnswer Gen3Finder::Visit(const Gen3Folder& visit) const {
  FolderAnswer answer;
  const absl::StatusOr<Directory> folder = OpenRowFolder(visit.folder, answer);
  answer.rows.Reserve(visit.rows.size(), 0);
  Texts texts;
  for (const std::uint32_t i : visit.rows) {
    const Gen3Artifact artifact = ArtifactOf(files_[i]);
    IngestRow row = RowOf(files_[i], artifact, texts);
    RowFile file;
    if (folder.ok()) {
      file = artifact.is_in_datastore
                 ? LookAtRowFile(*folder, visit.folder, artifact.location.c_str() + visit.folder.size() + 1,
                                 known_)
                 : LookAtNamedFile(*folder, visit.folder, artifact.location, known_);
      if (!file.trouble.ok()) answer.issues.push_back({.path = artifact.location, .status = file.trouble});
    } else if (!SaysAbsent(folder.status())) {
      file.artifact = ArtifactState::kUnreadable;
    }
    const std::optional<UtcTime> ingest_time = row.ingest_time;
    file.Fill(row);
    if (ingest_time) row.ingest_time = ingest_time;
    if (!artifact.zip_member.empty() && row.size_bytes >= 0) row.size_bytes = row.ingested_size_bytes;
    if (!artifact.is_in_datastore) row.link_target = artifact.location;
    answer.rows.Append(row);
  }
  return answer;
}

IngestRow Gen3Finder::RowOf(const Gen3Row& row, const Gen3Artifact& artifact, Texts& texts) const {
  const Gen3Exposure& exposure = rows_.exposures[row.exposure];
  texts.path = artifact.location;
  const std::string_view folder = place_.folder;
  if (texts.path.starts_with(folder) && texts.path.size() > folder.size() &&
      texts.path[folder.size()] == '/') {
    texts.path.erase(0, folder.size() + 1);
  }
  if (!artifact.zip_member.empty()) texts.path.append(kZipMember).append(artifact.zip_member);

  texts.stem = exposure.obs_id;
  const auto detector = schema_.detectors.find(row.detector);
  if (!texts.stem.empty() && detector != schema_.detectors.end() && !detector->second.empty()) {
    texts.stem.append("_").append(detector->second);
  }
  if (!texts.stem.empty() && row.is_guider) texts.stem.append(kGuiderEnding);
  return {.path = texts.path,
          .night = night_,
          .exposure = exposure.id,
          .detector = row.detector,
          .storage_stem = texts.stem,
          .ingested_size_bytes = row.size_bytes,
          .ingested_checksum = row.checksum,
          .ingest_time = row.ingest_time};
}

void Gen3Finder::AppendUnaskedRow(const Gen3Row& row, const Gen3Artifact& artifact, ArtifactState state) {
  Texts texts;
  IngestRow dataset = RowOf(row, artifact, texts);
  dataset.artifact = state;
  if (state == ArtifactState::kNotStored) {
    dataset.path = texts.stem;  // no file tells what it is called
    dataset.message = kNotStoredMessage;
  }
  answer_.rows.Append(dataset);
}

void Gen3Finder::TakeOver(FolderAnswer answer) {
  std::move(answer).AppendTo(answer_);
  progress_.Report(static_cast<std::int64_t>(answer_.rows.size()), static_cast<std::int64_t>(files_.size()));
}

// The place of the fragment that a path ends with: a plain path may hold any '#', an URI has its own as %23.
std::size_t FragmentOf(std::string_view path, bool is_uri) {
  const std::size_t zip = path.rfind(kZipMember);
  if (zip != std::string_view::npos) return zip;
  return is_uri ? std::min(path.rfind('#'), path.size()) : path.size();
}

}  // namespace

Gen3Artifact ResolveGen3Path(std::string_view path, std::string_view root) {
  const std::size_t scheme = path.find("://");
  const bool is_uri = scheme != std::string_view::npos;
  const std::size_t end = FragmentOf(path, is_uri);
  Gen3Artifact artifact;
  if (path.substr(end).starts_with(kZipMember)) artifact.zip_member = path.substr(end + kZipMember.size());
  path = path.substr(0, end);

  if (is_uri) {
    const std::string_view after = path.substr(scheme + 3);
    const std::string_view host = after.substr(0, after.find('/'));
    artifact.is_remote = path.substr(0, scheme) != "file" || !(host.empty() || host == "localhost");
    artifact.location = PercentDecoded(after.substr(host.size()));
    if (artifact.is_remote) artifact.location.insert(0, path.substr(0, scheme + 3 + host.size()));
    return artifact;
  }
  artifact.is_in_datastore = !path.starts_with('/');
  if (!artifact.is_in_datastore) {
    artifact.location = path;
    return artifact;
  }
  artifact.is_remote = root.find("://") != std::string_view::npos;
  artifact.location.reserve(root.size() + 1 + path.size());
  artifact.location.append(root).append(root.ends_with('/') ? "" : "/").append(path);
  return artifact;
}

absl::StatusOr<NightIngests> FindGen3Files(const Gen3Place& place, const Gen3Schema& schema,
                                           const Gen3Rows& rows, Night night,
                                           std::span<const Gen3Row> of_night, const KnownFiles& known,
                                           const WorkControl& control) {
  return Gen3Finder(place, schema, rows, night, of_night, known, control).Run();
}

}  // namespace obsmon
