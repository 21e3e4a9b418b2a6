#include "monitor/stream_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <iterator>
#include <set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/notification.h"
#include "expected/manifest.h"
#include "files/checksum.h"
#include "files/directory.h"
#include "files/folder_stamps.h"
#include "files/parallel.h"
#include "match/matcher.h"
#include "monitor/compare_checksums.h"
#include "monitor/rules_digest.h"
#include "monitor/scanned_files.h"
#include "postgres/uri.h"
#include "status_macros.h"
#include "text/digest.h"
#include "text/path_text.h"
#include "transfers/folder_visit.h"
#include "transfers/observation_type.h"

namespace obsmon {
namespace {

// A file that somebody waits for may still be growing where it lies, which leaves its folder as it is: it is
// looked at again all the same. So is a manifest, which may be written anew there.
constexpr std::chrono::minutes kMayStillGrow{15};
// A transfer that has stood still for longer nobody goes on with.
constexpr std::chrono::hours kMayGoOn{24};
// How long after a file's arrival rsync may tell of it in its log.
constexpr std::chrono::hours kLogIsWrittenWithin{24};

std::vector<std::string> NamesOfFolder(const std::filesystem::path& folder) {
  std::vector<std::string> names = {AbsolutePath(folder).string()};
  const std::string resolved = WithoutLinks(folder).string();
  if (resolved != names.front()) names.push_back(resolved);
  return names;
}

std::array<Night, 2> NeighboursOf(Night night) { return {night - 1, night + 1}; }

// A FITS file that nothing explains so far, and that may be ingested under another night.
bool IsUnexplained(const NightLook& look, std::size_t row) {
  switch (look.report.match.verdict[row]) {
    case Verdict::kNotIngested:
    case Verdict::kTooSmall:
      return true;
    case Verdict::kSettling:
    case Verdict::kUnknown:
      return look.report.match.ingest_of[row] == NightMatch::kNoRow &&
             IsFitsName(look.report.evidence.transfers.path()[row]);
    default:
      return false;
  }
}

// The night of the storage folder that a link leads into; nothing where it leads elsewhere.
std::optional<Night> FolderNight(std::string_view path_below_storage) {
  return Night::FromFolderName(path_below_storage.substr(0, path_below_storage.find('/')));
}

// The folders of links that could not be listed: which files they stand for is as unknown as the rows of a
// database that can't be read. `folders` are sorted by path.
std::vector<ScanIssue> HiddenFolders(std::span<const ScanIssue> issues,
                                     std::span<const FolderStamp> folders) {
  std::vector<ScanIssue> hidden;
  std::ranges::copy_if(issues, std::back_inserter(hidden), [folders](const ScanIssue& issue) {
    return HidesFiles(issue) && std::ranges::binary_search(folders, issue.path, {}, &FolderStamp::path);
  });
  return hidden;
}

// A log that can't be read costs what it would have told, and hides no file.
ScanIssue LogIssue(const std::filesystem::path& log, std::string_view option, const absl::Status& why) {
  return {.path = AbsolutePath(log).string(),
          .status = absl::NotFoundError(
              fmt::format("a log that can't be read: {}; correct {}", std::string(why.message()), option)),
          .is_option = true};
}

// What a database has not told is as a manifest that can't be used: it hides no file.
ScanIssue ExpectedIssue(const SqlQuery& sql, const absl::Status& why) {
  const std::string place = sql.uri.starts_with("sqlite:///")
                                ? sql.uri.substr(std::string_view("sqlite:///").size())
                                : postgres::ForPeople(sql.uri);
  std::string message(why.message());
  if (message.starts_with(place + ": ")) message.erase(0, place.size() + 2);
  return {.path = place, .status = absl::DataLossError(message)};
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

template <typename T>
void Append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
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
  Append(storage.issues, found.issues);
  Append(storage.folders, found.folders);
  storage.num_hidden += found.num_hidden;
}

// The copies of which the night's own folders have no file, by what a file in another night's folder may be
// called, as the look at that night would find its dataset.
class CopiesByName {
 public:
  CopiesByName(const IngestTable& ingests, std::span<const DetectorAlias> detector_names)
      : ingests_(ingests), detector_names_(detector_names) {}

  /// Adds a dataset, if it is a copy: one that is not whole is told as long as nobody has looked at that
  /// night.
  void Add(std::uint32_t row) {
    const ArtifactState artifact = ingests_.artifact()[row];
    const bool is_there = artifact == ArtifactState::kPresent || artifact == ArtifactState::kRemote;
    if (!is_there || HasAnotherSizeThanRecorded(ingests_, row) || !ingests_.link_target()[row].empty())
      return;
    const std::string_view stem = ingests_.storage_stem()[row];
    const std::string_view own = StemOfDataset(ingests_.path()[row]);
    of_name_[own].push_back(row);
    if (stem.empty()) return;
    if (stem != own) of_name_[stem].push_back(row);
    if (IsOfGuiderImages(stem) || ingests_.exposure()[row] <= 0) return;
    of_numbers_[{ingests_.exposure()[row], ingests_.detector()[row]}].push_back(row);
  }

  bool empty() const { return of_name_.empty(); }

  /// Calls `take` with each that may be a copy of `file`.
  template <typename Take>
  void ForEachOf(const TransferRow& file, Take take) const {
    if (empty() || file.state == TransferState::kInFlight || !IsFitsName(file.path)) return;
    const auto take_alike = [&](std::span<const std::uint32_t> rows) {
      for (const std::uint32_t row : rows) {
        if (const std::int64_t size = SizeOf(row); size < 0 || size == file.size_bytes) take(row);
      }
    };
    const auto take_named = [&](std::string_view name) {
      const auto rows = of_name_.find(name);
      if (rows != of_name_.end()) take_alike(rows->second);
    };
    if (detector_names_.empty()) {
      take_named(StemOf(file.path));
    } else {
      for (const std::string& name : NamesOfFile(file.path, detector_names_)) take_named(name);
    }
    for (const ExposureAndDetector& numbers : NumbersOfFile(file.path)) {
      const auto rows = of_numbers_.find(numbers);
      if (rows != of_numbers_.end()) take_alike(rows->second);
    }
  }

 private:
  std::int64_t SizeOf(std::uint32_t row) const {
    const std::int64_t recorded = ingests_.ingested_size_bytes()[row];
    return recorded >= 0 ? recorded : ingests_.size_bytes()[row];
  }

  const IngestTable& ingests_;
  std::span<const DetectorAlias> detector_names_;
  absl::flat_hash_map<std::string_view, std::vector<std::uint32_t>> of_name_;
  absl::flat_hash_map<ExposureAndDetector, std::vector<std::uint32_t>> of_numbers_;
};

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

absl::StatusOr<StreamView::OfNeighbour<TransferTable>> StreamView::NeighboursTransfers(Night neighbour) {
  if (const NightLook* look = Remembered(neighbour)) {
    return OfNeighbour<TransferTable>{look->report.evidence.transfers, look->storage_folders,
                                      look->report.evidence.issues};
  }
  OBSMON_ASSIGN_OR_RETURN(const TransferScan* storage, Storage(neighbour));
  return OfNeighbour<TransferTable>{storage->files, storage->folders, storage->issues};
}

absl::StatusOr<StreamView::OfNeighbour<IngestTable>> StreamView::NeighboursIngests(Night neighbour) {
  if (const NightLook* look = Remembered(neighbour)) {
    return OfNeighbour<IngestTable>{look->report.evidence.ingests, look->registry_folders,
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
  return OfNeighbour<IngestTable>{ingests->rows, ingests->folders, ingests->issues};
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
  const RulesDigests digests = DigestsOfRules(night);
  if (std::ranges::find(digests, known.rules_digest) == digests.end()) return false;
  if (known.good_until && *known.good_until <= as_of_) return false;
  // A log that can't be read is told at each look, whether it matters or not.
  for (const std::filesystem::path& log : {stream_.ingest_log, stream_.rsync_log}) {
    if (!log.empty() && !StatPath(log.string()).ok()) return false;
  }
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

absl::StatusOr<NightLook> StreamView::Look(Night night) {
  // Only neighbours are worth remembering.
  const auto is_near = [night](Night other) { return night - 1 <= other && other <= night + 1; };
  std::erase_if(sides_, [&](const auto& entry) { return !is_near(entry.first); });
  if (last_look_ && !is_near(last_look_->report.night)) last_look_.reset();
  OBSMON_RETURN_IF_ERROR(ReadBothSides(night));
  // Of rows that are all read by now, beside the rest.
  const bool is_large = sides_[night].storage->files.size() >= kRowsOfALargeNight;
  std::future<absl::StatusOr<std::uint64_t>> digest =
      std::async(is_large ? kBeside : std::launch::deferred, [this, night] { return RegistryDigest(night); });

  Sides sides = std::move(sides_[night]);
  sides_.erase(night);
  NightLook look;
  look.report.stream = stream_.name;
  look.report.night = night;
  NightEvidence& evidence = look.report.evidence;
  evidence.transfers = std::move(sides.storage->files);
  evidence.ingests = std::move(sides.registry->rows);
  evidence.events = std::move(sides.registry->events);
  evidence.issues = std::move(sides.storage->issues);
  const bool links_are_hidden =
      stream_.search_links && !HiddenFolders(sides.registry->issues, sides.registry->folders).empty();
  Append(evidence.issues, sides.registry->issues);
  evidence.registry_status = registry_status_;
  look.observation_types = std::move(sides.registry->observation_types);
  look.storage_folders = std::move(sides.storage->folders);
  look.registry_folders = std::move(sides.registry->folders);
  look.fingerprint.folders = look.storage_folders;
  Append(look.fingerprint.folders, look.registry_folders);

  OBSMON_RETURN_IF_ERROR(ReadExpectations(look));
  const Earlier earlier = *std::move(sides.earlier);
  if (earlier) earlier->Restore(evidence.transfers, evidence.expected);
  match_options_.registry_readable = registry_status_.ok() && !links_are_hidden;
  look.report.match = Match(evidence);
  OBSMON_ASSIGN_OR_RETURN(look.fingerprint.registry_digest, digest.get());
  if (earlier) AskAgain(look, *earlier);
  OBSMON_RETURN_IF_ERROR(ConsultNeighbours(look));
  ReadFailures(look);
  look.report = MakeReport(stream_.name, night, as_of_, std::move(evidence), std::move(look.report.match));
  Trust(look);
  return look;
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
  const std::uint64_t ingest_log = DigestOfFile(stream_.ingest_log);
  const std::uint64_t rsync_log = DigestOfFile(stream_.rsync_log);
  RulesDigests digests{};
  for (std::size_t logs = 0; logs < digests.size(); ++logs) {
    Digest with_logs = digest;
    with_logs.Add(std::uint64_t{logs});
    if ((logs & kWithIngestLog) != 0) with_logs.Add(ingest_log);
    if ((logs & kWithRsyncLog) != 0) with_logs.Add(rsync_log);
    digests[logs] = with_logs.value();
  }
  return digests;
}

void StreamView::ReadArrivals(NightEvidence& evidence) {
  if (stream_.rsync_log.empty()) return;
  if (!rsync_log_) rsync_log_ = logs::RsyncLog::Read(stream_.rsync_log);
  if (rsync_log_->ok()) return (*rsync_log_)->Apply(evidence.transfers);
  evidence.issues.push_back(LogIssue(stream_.rsync_log, "rsync_log", rsync_log_->status()));
}

void StreamView::ReadFailures(NightLook& look) {
  if (stream_.ingest_log.empty()) return;
  NightEvidence& evidence = look.report.evidence;
  if (!ingest_failures_) ingest_failures_ = logs::ReadIngestLog(stream_.ingest_log);
  const absl::StatusOr<logs::IngestFailures>& failures = *ingest_failures_;
  if (!failures.ok()) {
    return evidence.issues.push_back(LogIssue(stream_.ingest_log, "ingest_log", failures.status()));
  }
  if (!match_options_.registry_readable) return;  // a file may have been ingested after all
  bool found = false;
  for (std::size_t row = 0; row < evidence.transfers.size(); ++row) {
    if (!IsUnexplained(look, row) || look.report.match.verdict[row] == Verdict::kSettling) continue;
    const std::string path(evidence.transfers.path()[row]);
    const auto failure = failures->find(std::string(NameOf(path)));
    if (failure == failures->end()) continue;
    // An event of the ingest, as a registry with events would have it; it is the file's by the path.
    const std::string target = match_options_.storage_names.front() + '/' + path;
    evidence.ingests.Append({.path = path,
                             .night = look.report.night,
                             .status = IngestStatus::kFailed,
                             .message = failure->second,
                             .artifact = ArtifactState::kUnreadable,
                             .link_target = target});
    found = true;
  }
  if (found) look.report.match = Match(evidence);
}

absl::Status StreamView::ReadExpectations(NightLook& look) {
  NightEvidence& evidence = look.report.evidence;
  // Before manifests bring issues that hide nothing in storage.
  match_options_.hidden_folders.clear();
  for (const ScanIssue& issue : evidence.issues) {
    if (!HidesFiles(issue)) continue;
    for (const auto* names : {&match_options_.storage_names, &match_options_.other_names}) {
      const std::string_view path = PathBelow(issue.path, *names);
      if (!path.empty()) match_options_.hidden_folders.emplace_back(path);
    }
  }
  look.rules_digests = DigestsOfRules(look.report.night);  // before the list is read
  if (absl::IsCancelled(expected_status_)) return expected_status_;
  evidence.expected_status = expected_status_;
  OBSMON_ASSIGN_OR_RETURN(NightExpected expected,
                          ReadExpected(stream_.StorageFolder(), evidence.transfers, look.report.night,
                                       {.manifest = stream_.manifest,
                                        .listed = Listed(look.report.night),
                                        .as_of = as_of_,
                                        .control = control_}));
  evidence.expected = std::move(expected.files);
  evidence.exposures_with_manifest = std::move(expected.exposures);
  evidence.exposures_with_bad_manifest = std::move(expected.broken_exposures);
  evidence.ignore = match_options_.ignore;
  Append(evidence.issues, expected.issues);
  if (!expected_status_.ok()) evidence.issues.push_back(ExpectedIssue(stream_.expected, expected_status_));
  match_options_.observation_types = std::move(look.observation_types);
  match_options_.observation_types.merge(expected.observation_types);
  OBSMON_RETURN_IF_ERROR(ReadObservationTypes(evidence.transfers));
  ReadArrivals(evidence);
  return absl::OkStatus();
}

absl::Status StreamView::ReadObservationTypes(const TransferTable& files) {
  constexpr int kMostTries =
      3;  // one file may be damaged; a camera without such keywords is not asked 205 times
  const bool is_asked = std::ranges::any_of(
      match_options_.ignore, [](const IgnoreRule& rule) { return !rule.observation_type.empty(); });
  if (!is_asked) return absl::OkStatus();
  ObservationTypes& types = match_options_.observation_types;
  absl::flat_hash_map<std::string, int> tries;
  for (std::size_t row = 0; row < files.size(); ++row) {
    const std::string_view path = files.path()[row];
    if (files.state()[row] != TransferState::kArrived || !IsFitsName(path)) continue;
    const std::optional<RawFileName> name = ParseRawFileName(path);
    if (!name || types.contains(name->obs_id) || ++tries[std::string(name->obs_id)] > kMostTries) continue;
    if (control_.stop.stop_requested()) return absl::CancelledError("stopped while reading headers");
    std::string type = ReadObservationType(stream_.StorageFolder() / path);
    if (!type.empty()) types.emplace(name->obs_id, std::move(type));
  }
  return absl::OkStatus();
}

absl::Status StreamView::ConsultNeighbours(NightLook& look) {
  OBSMON_RETURN_IF_ERROR(FindIngestsUnderOtherNights(look));
  if (stream_.compare_checksums) {
    NightEvidence& evidence = look.report.evidence;
    OBSMON_ASSIGN_OR_RETURN(const bool found,
                            ReadChecksums(stream_.StorageFolder(), look.report.match, evidence, control_));
    if (found) look.report.match = Match(evidence);
  }
  OBSMON_RETURN_IF_ERROR(FindFilesInOtherFolders(look));
  StampTargetsElsewhere(look);
  return absl::OkStatus();
}

// What was ingested, and is so no more, goes by what it was when somebody asked for it last. So does a copy
// of what was ingested, where its folder has changed: of the same name and inode it may be another file. (Of
// what is unknown nothing is said that its size could change.)
void StreamView::AskAgain(NightLook& look, const EarlierFiles& earlier) const {
  TransferTable& files = look.report.evidence.transfers;
  absl::flat_hash_set<std::string_view> changed_folders;
  for (const FolderStamp& stamp : look.storage_folders) {
    if (!AreAlike(earlier.FindFolder(stamp.path), stamp)) changed_folders.insert(stamp.path);
  }
  const auto may_be_another = [&](std::size_t row) {
    switch (look.report.match.basis[row]) {
      case MatchBasis::kName:
      case MatchBasis::kKey:
      case MatchBasis::kChecksum:
        return changed_folders.contains(match_options_.storage_names.front() + '/' +
                                        std::string(FolderOf(files.path()[row])));
      default:
        return false;
    }
  };
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < files.size(); ++row) {
    const Verdict verdict = look.report.match.verdict[row];
    if (verdict == Verdict::kUnknown || files.place()[row] != TransferPlace::kStorage) continue;
    if (verdict == Verdict::kIngested && !may_be_another(row)) continue;
    if (earlier.WasIngested(files.path()[row])) rows.push_back(row);
  }
  std::vector<std::optional<FileFacts>> found(rows.size());
  ParallelForWhereSlow(rows.size(), control_.num_threads, [&](std::size_t i) {
    absl::StatusOr<FileFacts> facts = StatPath((stream_.StorageFolder() / files.path()[rows[i]]).string());
    if (facts.ok()) found[i] = *std::move(facts);
  });
  bool is_another = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TransferRow file = files[rows[i]];
    if (!found[i] || (found[i]->size_bytes == file.size_bytes && found[i]->mtime == file.creation_time))
      continue;
    files.SetContents(rows[i], found[i]->size_bytes, found[i]->mtime, found[i]->ctime,
                      transfers::IsCutOff(found[i]->mtime) ? TransferState::kInFlight : file.state);
    is_another = true;
  }
  if (is_another) look.report.match = Match(look.report.evidence);
}

absl::Status StreamView::FindIngestsUnderOtherNights(NightLook& look) {
  NightEvidence& evidence = look.report.evidence;
  absl::flat_hash_set<FileId> unexplained;
  std::vector<std::string> names;
  absl::flat_hash_set<ExposureAndDetector> numbers;
  for (std::size_t row = 0; row < evidence.transfers.size(); ++row) {
    if (!IsUnexplained(look, row)) continue;
    unexplained.insert(evidence.transfers.file_id()[row]);
    for (std::string& name : NamesOfFile(evidence.transfers.path()[row], match_options_.detector_names)) {
      names.push_back(std::move(name));
    }
    for (const ExposureAndDetector& number : NumbersOfFile(evidence.transfers.path()[row])) {
      numbers.insert(number);
    }
  }
  if (unexplained.empty()) return absl::OkStatus();
  // By which copies and objects are known.
  const absl::flat_hash_set<std::string_view> are_names(names.begin(), names.end());
  const auto is_named_so = [&](const IngestRow& row) {
    return are_names.contains(row.storage_stem) || are_names.contains(StemOfDataset(row.path)) ||
           (!numbers.empty() && numbers.contains({row.exposure, row.detector}));
  };
  bool found = false;
  for (const Night neighbour : NeighboursOf(look.report.night)) {
    OBSMON_ASSIGN_OR_RETURN(const OfNeighbour<IngestTable> ingests, NeighboursIngests(neighbour));
    for (const IngestRow& row : ingests.rows) {
      if (row.night != neighbour) continue;
      const bool is_same = row.artifact == ArtifactState::kPresent && unexplained.contains(row.file_id);
      if (!is_same && !is_named_so(row)) continue;
      evidence.ingests.Append(row);
      found = true;
    }
    Append(look.fingerprint.folders, ingests.folders);
    if (!stream_.search_links) continue;
    const std::vector<ScanIssue> hidden = HiddenFolders(ingests.issues, ingests.folders);
    Append(evidence.issues, hidden);
    if (!hidden.empty()) match_options_.registry_readable = false;
    found |= !hidden.empty();
  }
  if (found) look.report.match = Match(evidence);
  return absl::OkStatus();
}

absl::Status StreamView::FindFilesInOtherFolders(NightLook& look) {
  NightEvidence& evidence = look.report.evidence;
  absl::flat_hash_map<FileId, std::vector<std::uint32_t>> without_file;  // a file may be several datasets
  absl::flat_hash_set<std::uint32_t> is_stray;
  CopiesByName copies(evidence.ingests, match_options_.detector_names);
  for (std::uint32_t row = 0; row < evidence.ingests.size(); ++row) {
    if (look.report.match.transfer_of[row] != NightMatch::kNoRow) continue;
    const IngestRow dataset = evidence.ingests[row];
    if (dataset.night != look.report.night) continue;
    copies.Add(row);
    if (dataset.artifact != ArtifactState::kPresent) continue;
    const std::string_view path = PathBelow(dataset.link_target, match_options_.storage_names);
    if (const std::optional<Night> night = FolderNight(path); night && *night != look.report.night) {
      evidence.strays.push_back(
          {.ingest_row = row, .path = std::string(path), .creation_time = dataset.file_time});
    } else if (dataset.link_target.empty()) {
      without_file[dataset.file_id].push_back(row);
    }
  }
  if (!without_file.empty() || !copies.empty()) {
    for (const Night neighbour : NeighboursOf(look.report.night)) {
      OBSMON_ASSIGN_OR_RETURN(const OfNeighbour<TransferTable> storage, NeighboursTransfers(neighbour));
      for (const TransferRow& file : storage.rows) {
        if (file.place != TransferPlace::kStorage) continue;
        const auto add = [&](std::uint32_t row) {
          if (!is_stray.insert(row).second) return;
          evidence.strays.push_back(
              {.ingest_row = row, .path = std::string(file.path), .creation_time = file.creation_time});
        };
        if (const auto found = without_file.find(file.file_id); found != without_file.end()) {
          std::ranges::for_each(found->second, add);
        }
        copies.ForEachOf(file, add);
      }
      Append(look.fingerprint.folders, storage.folders);
    }
  }
  std::ranges::sort(evidence.strays, {}, &StrayFile::ingest_row);
  return absl::OkStatus();
}

// Links lead into the night's folders, which the scan has stamped, but for those that lead elsewhere, be it
// to a hidden folder: a file there may go, or come back with its disk, while all else is as it was.
void StreamView::StampTargetsElsewhere(NightLook& look) const {
  const NightEvidence& evidence = look.report.evidence;
  absl::flat_hash_set<std::string_view> stamped;
  for (const FolderStamp& folder : look.storage_folders) stamped.insert(folder.path);
  std::vector<std::string_view> elsewhere;
  std::string_view folder;  // that of the row before: mostly the same, and asked about once
  bool is_elsewhere = false;
  for (std::size_t row = 0; row < evidence.ingests.size(); ++row) {
    const std::string_view target = evidence.ingests.link_target()[row];
    if (target.empty()) continue;
    if (const std::string_view its_folder = FolderOf(target); its_folder != folder) {
      folder = its_folder;
      const std::string_view path = PathBelow(target, match_options_.storage_names);
      is_elsewhere = path.empty() || !stamped.contains(match_options_.storage_names.front() + '/' +
                                                       std::string(FolderOf(path)));
    }
    const bool is_hidden =
        NameOf(target).starts_with('.');  // and may be a link that the scan has not followed
    if (is_elsewhere || is_hidden) elsewhere.push_back(target);
  }
  // Whether they lead on, as links, is not known: each is asked, and may lie on a disk far away.
  constexpr std::size_t kInOneGo = 256;
  std::vector<WaysOfLinks> ways((elsewhere.size() + kInOneGo - 1) / kInOneGo);
  ParallelForWhereSlow(ways.size(), control_.num_threads, [&](std::size_t go) {
    const std::size_t end = std::min(elsewhere.size(), (go + 1) * kInOneGo);
    for (std::size_t i = go * kInOneGo; i < end; ++i) ways[go].Add("/", std::string(elsewhere[i]));
  });
  for (WaysOfLinks& some : ways) {
    std::ranges::move(std::move(some).Take(), std::back_inserter(look.fingerprint.folders));
  }
}

// A log that grows says nothing new of files that are all explained, by others than it, or that arrived long
// ago.
std::size_t StreamView::LogsThatMatterTo(const NightLook& look) const {
  std::size_t logs = 0;
  const TransferTable& files = look.report.evidence.transfers;
  for (std::size_t row = 0; row < files.size(); ++row) {
    const bool is_failed = look.report.match.verdict[row] == Verdict::kFailed;
    if (IsUnexplained(look, row) || is_failed) logs |= kWithIngestLog;
    if (files.arrival_time()[row] + kLogIsWrittenWithin >= as_of_) logs |= kWithRsyncLog;
  }
  return logs;
}

void StreamView::Trust(NightLook& look) const {
  NightFingerprint& fingerprint = look.fingerprint;
  const NightReport& report = look.report;
  SortAndKeepFirst(fingerprint.folders);
  fingerprint.registry_token = registry_token_;
  fingerprint.rules_digest = look.rules_digests[LogsThatMatterTo(look)];
  fingerprint.good_until = report.match.holds_until;
  fingerprint.trusted = report.evidence.registry_status.ok() && report.evidence.issues.empty() &&
                        std::ranges::none_of(fingerprint.folders, [this](const FolderStamp& stamp) {
                          return IsRacy(stamp, as_of_ - kClocksApart);
                        });
  const TransferTable& files = report.evidence.transfers;
  for (std::size_t row = 0; row < files.size(); ++row) {
    const UtcTime last_written = files.arrival_time()[row];
    const bool is_done = ConcernOf(report.match.verdict[row]) == Concern::kNone &&
                         !expected::IsManifestName(files.path()[row]);
    if (last_written + (is_done ? kClockGrain + kClocksApart : kMayStillGrow) >= as_of_) {
      fingerprint.trusted = false;
    }
    // A transfer that stalled may go on, which changes its file alone.
    if (files.state()[row] == TransferState::kInFlight && last_written + kMayGoOn >= as_of_) {
      fingerprint.trusted = false;
    }
  }
}

}  // namespace obsmon
