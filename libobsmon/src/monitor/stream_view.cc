#include "monitor/stream_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/synchronization/notification.h"
#include "files/checksum.h"
#include "files/directory.h"
#include "files/folder_stamps.h"
#include "files/parallel.h"
#include "monitor/rules_digest.h"
#include "monitor/scanned_files.h"
#include "status_macros.h"
#include "text/digest.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

std::vector<std::string> NamesOfFolder(const std::filesystem::path& folder) {
  std::vector<std::string> names = {AbsolutePath(folder).string()};
  const std::string resolved = WithoutLinks(folder).string();
  if (resolved != names.front()) names.push_back(resolved);
  return names;
}

absl::Status CheckStorage(const std::filesystem::path& storage) {
  absl::Status status = Directory::Open(storage.string()).status();
  if (status.ok()) return status;
  return {status.code(),
          fmt::format("{}: the storage folder can't be read ({}); name the folder that holds the "
                      "nights with --storage, or its parent with --input_dir",
                      storage.string(), std::string(status.message()))};
}

// The folders beside storage that a stream has.
std::vector<std::pair<std::filesystem::path, TransferPlace>> OtherPlaces(const Stream& stream) {
  std::vector<std::pair<std::filesystem::path, TransferPlace>> places;
  if (!stream.pending_folder.empty()) places.emplace_back(stream.pending_folder, TransferPlace::kPending);
  if (!stream.bad_folder.empty()) places.emplace_back(stream.bad_folder, TransferPlace::kBad);
  return places;
}

absl::Status CheckOtherPlaces(const Stream& stream) {
  for (const auto& [folder, place] : OtherPlaces(stream)) {
    const absl::Status status = Directory::Open(folder.string()).status();
    if (status.ok()) continue;
    return {status.code(), fmt::format("{}: the folder can't be read ({}); correct --{}", folder.string(),
                                       std::string(status.message()),
                                       place == TransferPlace::kPending ? "pending_folder" : "bad_folder")};
  }
  return absl::OkStatus();
}

// Adds to `storage` what was found in another place, under absolute names.
void AddPlace(const TransferScan& found, const std::filesystem::path& folder, TransferPlace place,
              TransferScan& storage) {
  const std::string prefix = AbsolutePath(folder).string() + '/';
  std::string path;
  for (TransferRow file : found.files) {
    path.assign(prefix).append(file.path);
    file.path = path;
    file.place = place;
    storage.files.Append(file);
  }
  std::ranges::copy(found.issues, std::back_inserter(storage.issues));
  std::ranges::copy(found.folders, std::back_inserter(storage.folders));
  storage.num_hidden += found.num_hidden;
}

}  // namespace

StreamView::StreamView(const Stream& stream, UtcTime as_of, const WorkControl& control)
    : stream_(stream), as_of_(as_of), control_(control) {
  if (control_.num_threads == 0) control_.num_threads = stream_.num_threads;
  match_options_ = MatchOptionsOf(stream_);
  match_options_.storage_names = NamesOfFolder(stream_.StorageFolder());
  for (const auto& [folder, place] : OtherPlaces(stream_)) {
    match_options_.other_names.push_back(AbsolutePath(folder).string());
  }
  rules_digest_ = DigestOfRules(stream_, match_options_);
}

absl::StatusOr<StreamView> StreamView::Open(const Stream& stream, UtcTime as_of, const WorkControl& control) {
  OBSMON_RETURN_IF_ERROR(CheckInputOf(stream));  // or the working folder would be looked at
  StreamView view(stream, as_of, control);
  if (stream.compare_checksums) OBSMON_RETURN_IF_ERROR(ChecksumMaker::Make().status());
  OBSMON_RETURN_IF_ERROR(CheckStorage(stream.StorageFolder()));
  OBSMON_RETURN_IF_ERROR(CheckOtherPlaces(stream));
  view.ingest_log_digest_ = DigestOfFile(stream.ingest_log);
  view.rsync_log_digest_ = DigestOfFile(stream.rsync_log);
  for (const std::filesystem::path& log : {stream.ingest_log, stream.rsync_log}) {
    if (!log.empty() && !StatPath(log.string()).ok()) view.logs_are_there_ = false;
  }
  absl::StatusOr<std::unique_ptr<Registry>> registry = OpenRegistry(stream, view.control_);
  if (registry.ok()) {
    view.registry_ = *std::move(registry);
    view.registry_token_ = view.registry_->ChangeToken();
  } else if (absl::IsUnavailable(registry.status())) {
    view.registry_status_ = registry.status();
  } else {
    return registry.status();
  }
  if (stream.expected.IsGiven()) {
    absl::StatusOr<std::unique_ptr<AskedQuery>> query = expected::MakeExpectedQuery(
        stream.expected,
        {.logins = stream.logins, .busy_timeout = stream.busy_timeout, .stop = control.stop});
    if (!query.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("expected_query: {}", std::string(query.status().message())));
    }
    view.expected_query_ = *std::move(query);
  }
  return view;
}

void StreamView::Expect(std::span<const Night> nights) {
  asked_.assign(nights.begin(), nights.end());
  std::set<Night> with_neighbours;
  for (const Night night : nights) with_neighbours.insert({night - 1, night, night + 1});
  expected_.assign(with_neighbours.begin(), with_neighbours.end());
}

absl::StatusOr<const RegistrySnapshot*> StreamView::Snapshot(const Registry::RowsAreFixed& rows_are_fixed) {
  if (snapshot_ == nullptr && registry_status_.ok()) {
    absl::StatusOr<std::unique_ptr<RegistrySnapshot>> snapshot = registry_->Read(expected_, rows_are_fixed);
    if (snapshot.ok()) {
      snapshot_ = *std::move(snapshot);
    } else if (absl::IsUnavailable(snapshot.status())) {
      registry_status_ = snapshot.status();
    } else {
      return snapshot.status();
    }
  }
  return snapshot_.get();  // null where the registry is locked
}

absl::StatusOr<StreamView::Earlier> StreamView::Recalled(Night night) const {
  if (!recall_) return nullptr;
  OBSMON_ASSIGN_OR_RETURN(std::optional<EarlierLook> look, recall_(night));
  // While the clock was ahead every file looked older than it was.
  if (!look || look->found_at > as_of_) return nullptr;
  return std::make_unique<const EarlierFiles>(*std::move(look));
}

absl::StatusOr<const TransferScan*> StreamView::Storage(Night night) {
  auto& [earlier, storage, registry] = sides_[night];
  if (!storage) {
    if (!earlier) {
      OBSMON_ASSIGN_OR_RETURN(earlier, Recalled(night));
    }
    ScanOptions options{.known = earlier->get(), .control = control_};
    OBSMON_ASSIGN_OR_RETURN(storage, ScanTransfers(stream_.StorageFolder(), night, options));
    options.known = nullptr;  // it is about storage
    for (const auto& [folder, place] : OtherPlaces(stream_)) {
      OBSMON_ASSIGN_OR_RETURN(const TransferScan found, ScanTransfers(folder, night, options));
      AddPlace(found, folder, place, *storage);
    }
  }
  return &*storage;
}

absl::StatusOr<const NightIngests*> StreamView::Ingests(Night night) {
  auto& [earlier, storage, registry] = sides_[night];
  if (!registry) {
    OBSMON_ASSIGN_OR_RETURN(const RegistrySnapshot* snapshot, Snapshot());
    if (snapshot == nullptr) {
      registry.emplace();
    } else {
      OBSMON_ASSIGN_OR_RETURN(
          registry,
          storage ? snapshot->Ingests(
                        night, ScannedFiles(storage->files, match_options_.storage_names, earlier->get()))
                  : snapshot->Ingests(night));
    }
  }
  return &*registry;
}

absl::StatusOr<StreamView::TransfersOfNeighbour> StreamView::NeighboursTransfers(Night neighbour) {
  if (const NightLook* look = Remembered(neighbour)) {
    return TransfersOfNeighbour{look->report.evidence.transfers, look->storage_folders};
  }
  OBSMON_ASSIGN_OR_RETURN(const TransferScan* storage, Storage(neighbour));
  return TransfersOfNeighbour{storage->files, storage->folders};
}

absl::StatusOr<StreamView::IngestsOfNeighbour> StreamView::NeighboursIngests(Night neighbour) {
  if (const NightLook* look = Remembered(neighbour)) {
    return IngestsOfNeighbour{look->report.evidence.ingests, look->num_listed, look->registry_folders,
                              look->report.evidence.issues};
  }
  // Where there was an earlier look, with what that has found: both sides then cost a question a folder, and
  // not one a link.
  Sides& sides = sides_[neighbour];
  if (!sides.registry && !sides.storage && registry_status_.ok()) {
    if (!sides.earlier) {
      OBSMON_ASSIGN_OR_RETURN(sides.earlier, Recalled(neighbour));
    }
    if (*sides.earlier) OBSMON_RETURN_IF_ERROR(Storage(neighbour).status());
  }
  OBSMON_ASSIGN_OR_RETURN(const NightIngests* ingests, Ingests(neighbour));
  return IngestsOfNeighbour{ingests->rows, ingests->rows.size(), ingests->folders, ingests->issues};
}

absl::StatusOr<std::uint64_t> StreamView::RegistryDigest(Night night) {
  OBSMON_ASSIGN_OR_RETURN(const RegistrySnapshot* snapshot, Snapshot());
  if (snapshot == nullptr) return 0;
  return Digest()
      .Add(snapshot->Digest(night - 1))
      .Add(snapshot->Digest(night))
      .Add(snapshot->Digest(night + 1))
      .value();
}

absl::StatusOr<bool> StreamView::IsUnchanged(Night night, const NightFingerprint& known) {
  if (!known.trusted) return false;
  if (!logs_are_there_) return false;  // which is told at each look, whether they matter or not
  const RulesDigests digests = DigestsOfRules(night);
  if (std::ranges::find(digests, known.rules_digest) == digests.end()) return false;
  if (known.good_until && *known.good_until <= as_of_) return false;
  if (!AreUnchanged(known.folders)) return false;
  if (!registry_token_.empty() && known.registry_token == registry_token_) return true;
  OBSMON_ASSIGN_OR_RETURN(const std::uint64_t digest, RegistryDigest(night));
  return registry_status_.ok() && digest == known.registry_digest;
}

// Of a large night's look the rows take as long as the recall or half of the scan.
absl::Status StreamView::ReadRegistryBesideStorage(Night night) {
  if (snapshot_ != nullptr || !registry_status_.ok()) return absl::OkStatus();
  absl::Notification rows_are_fixed;
  int times_fixed = 0;  // the reader's, until it has been awaited
  const std::launch how = control_.num_threads == 1 ? std::launch::deferred : kBeside;
  std::future<absl::Status> read = std::async(how, [&] {
    const absl::Cleanup read_or_given_up = [&] {
      if (times_fixed == 0) rows_are_fixed.Notify();
    };
    return Snapshot([&] {
             if (++times_fixed == 1) rows_are_fixed.Notify();
           })
        .status();
  });
  if (read.wait_for(std::chrono::seconds{0}) == std::future_status::deferred) read.wait();
  absl::Status scanned = [&]() -> absl::Status {
    OBSMON_ASSIGN_OR_RETURN(sides_[night].earlier, Recalled(night));
    rows_are_fixed.WaitForNotification();
    return Storage(night).status();
  }();
  OBSMON_RETURN_IF_ERROR(read.get());
  if (times_fixed > 1) sides_[night].storage.reset();  // the rows are later than the scan
  return scanned;
}

absl::Status StreamView::ReadBothSides(Night night) {
  // The registry's rows are of an instant before storage is scanned: what is ingested meanwhile is then at
  // worst seen late, never as a file that is ingested and not there. Folders of links are themselves what a
  // database's rows are.
  if (stream_.search_links) {
    OBSMON_RETURN_IF_ERROR(Ingests(night).status());
  } else {
    OBSMON_RETURN_IF_ERROR(ReadRegistryBesideStorage(night));
  }
  OBSMON_RETURN_IF_ERROR(Storage(night).status());
  return Ingests(night).status();
}

absl::StatusOr<NightSides> StreamView::Read(Night night) {
  // Only neighbours are worth remembering.
  const auto is_near = [night](Night other) { return night - 1 <= other && other <= night + 1; };
  std::erase_if(sides_, [&](const auto& entry) { return !is_near(entry.first); });
  if (last_look_ && !is_near(last_look_->report.night)) last_look_.reset();
  OBSMON_RETURN_IF_ERROR(ReadBothSides(night));
  Sides sides = std::move(sides_[night]);
  sides_.erase(night);
  return NightSides{.earlier = *std::move(sides.earlier),
                    .storage = *std::move(sides.storage),
                    .registry = *std::move(sides.registry)};
}

void StreamView::Forget() {
  snapshot_.reset();
  sides_.clear();
}

std::span<const ListedFile> StreamView::Listed(Night night) {
  if (expected_query_ == nullptr) return {};
  if (!expected_lists_ && expected_status_.ok()) {
    absl::StatusOr<expected::Lists> lists = expected::ReadLists(*expected_query_, asked_);
    if (lists.ok()) {
      expected_lists_ = *std::move(lists);
    } else {
      expected_status_ = {lists.status().code(), fmt::format("{}; which files are missing is not known",
                                                             std::string(lists.status().message()))};
    }
  }
  if (!expected_lists_) return {};
  const auto list = expected_lists_->find(night);
  return list == expected_lists_->end() ? std::span<const ListedFile>() : list->second;
}

RulesDigests StreamView::DigestsOfRules(Night night) {
  Digest digest;
  digest.Add(rules_digest_);
  for (const ListedFile& file : Listed(night)) {
    digest.Add(file.path).Add("\n").Add(file.observation_type).Add("\n");
    if (file.since) digest.Add(static_cast<std::uint64_t>(file.since->time_since_epoch().count()));
  }
  digest.Add(std::uint64_t{expected_status_.ok()});
  digest.Add(DigestOfFile(ManifestOf(stream_.manifest, night)));
  RulesDigests digests{};
  for (std::size_t logs = 0; logs < digests.size(); ++logs) {
    Digest with_logs = digest;
    with_logs.Add(std::uint64_t{logs});
    if ((logs & kWithIngestLog) != 0) with_logs.Add(ingest_log_digest_);
    if ((logs & kWithRsyncLog) != 0) with_logs.Add(rsync_log_digest_);
    digests[logs] = with_logs.value();
  }
  return digests;
}

const absl::StatusOr<logs::RsyncLog>& StreamView::RsyncLog() {
  if (!rsync_log_) rsync_log_ = logs::RsyncLog::Read(stream_.rsync_log);
  return *rsync_log_;
}

const absl::StatusOr<logs::IngestFailures>& StreamView::IngestFailures() {
  if (!ingest_failures_) ingest_failures_ = logs::ReadIngestLog(stream_.ingest_log);
  return *ingest_failures_;
}

}  // namespace obsmon
