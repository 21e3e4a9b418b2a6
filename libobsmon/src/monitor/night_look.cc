#include "monitor/night_look.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "expected/manifest.h"
#include "files/folder_stamps.h"
#include "files/parallel.h"
#include "history/earlier_files.h"
#include "logs/ingest_log.h"
#include "logs/rsync_log.h"
#include "match/copies_by_name.h"
#include "match/matcher.h"
#include "monitor/compare_checksums.h"
#include "monitor/stream_view.h"
#include "postgres/uri.h"
#include "query/asked_query.h"
#include "status_macros.h"
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
  const std::optional<std::string_view> file = SqliteFileOf(sql.uri);
  const std::string place = file ? std::string(*file) : postgres::ForPeople(sql.uri);
  std::string message(why.message());
  if (message.starts_with(place + ": ")) message.erase(0, place.size() + 2);
  return {.path = place, .status = absl::DataLossError(message)};
}

template <typename T>
void Append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// The look, step by step: what both sides have, what should be there, the match, and then what may explain a
/// file that it leaves open.
class NightLooker {
 public:
  NightLooker(Night night, StreamView& view)
      : view_(view),
        stream_(view.stream()),
        as_of_(view.as_of()),
        control_(view.control()),
        night_(night),
        options_(view.match_options()) {}

  absl::StatusOr<NightLook> Look() &&;

 private:
  absl::Status ReadExpectations();
  /// Where a rule asks for them: of exposures that neither registry nor lists know, by the header of a file.
  absl::Status ReadObservationTypes(const TransferTable& files);
  void ReadArrivals();
  NightMatch Match(const NightEvidence& evidence) const {
    return MatchNight(evidence.transfers, evidence.ingests, evidence.expected, as_of_, options_);
  }
  void AskAgain(const EarlierFiles& earlier);
  /// Adds what the neighbours have of this night's files, where any is left unmatched.
  absl::Status ConsultNeighbours();
  absl::Status FindIngestsUnderOtherNights();
  absl::Status FindFilesInOtherFolders();
  void StampTargetsElsewhere();
  /// Adds what the ingest's log says of files that nothing explains.
  void ReadFailures();
  std::size_t LogsThatMatter() const;
  void Trust();

  StreamView& view_;
  const Stream& stream_;
  UtcTime as_of_;
  const WorkControl& control_;
  Night night_;
  MatchOptions options_;
  RulesDigests rules_digests_{};
  NightLook look_;
};

absl::StatusOr<NightLook> NightLooker::Look() && {
  OBSMON_ASSIGN_OR_RETURN(NightSides sides, view_.Read(night_));
  // Of rows that are all read by now, beside the rest.
  const bool is_large = sides.storage.files.size() >= kRowsOfALargeNight;
  std::future<absl::StatusOr<std::uint64_t>> digest =
      std::async(is_large ? kBeside : std::launch::deferred, [this] { return view_.RegistryDigest(night_); });

  NightEvidence& evidence = look_.report.evidence;
  evidence.transfers = std::move(sides.storage.files);
  evidence.ingests = std::move(sides.registry.rows);
  evidence.events = std::move(sides.registry.events);
  evidence.issues = std::move(sides.storage.issues);
  const bool links_are_hidden =
      stream_.search_links && !HiddenFolders(sides.registry.issues, sides.registry.folders).empty();
  Append(evidence.issues, sides.registry.issues);
  evidence.registry_status = view_.registry_status();
  options_.observation_types = std::move(sides.registry.observation_types);
  look_.num_listed = evidence.ingests.size();
  look_.storage_folders = std::move(sides.storage.folders);
  look_.registry_folders = std::move(sides.registry.folders);
  look_.fingerprint.folders = look_.storage_folders;
  Append(look_.fingerprint.folders, look_.registry_folders);

  OBSMON_RETURN_IF_ERROR(ReadExpectations());
  if (sides.earlier) sides.earlier->Restore(evidence.transfers, evidence.expected);
  options_.registry_readable = evidence.registry_status.ok() && !links_are_hidden;
  look_.report.match = Match(evidence);
  OBSMON_ASSIGN_OR_RETURN(look_.fingerprint.registry_digest, digest.get());
  if (sides.earlier) AskAgain(*sides.earlier);
  OBSMON_RETURN_IF_ERROR(ConsultNeighbours());
  ReadFailures();
  look_.report = MakeReport(stream_.name, night_, as_of_, std::move(evidence), std::move(look_.report.match));
  Trust();
  return std::move(look_);
}

absl::Status NightLooker::ReadExpectations() {
  NightEvidence& evidence = look_.report.evidence;
  // Before manifests bring issues that hide nothing in storage.
  for (const ScanIssue& issue : evidence.issues) {
    if (!HidesFiles(issue)) continue;
    for (const auto* names : {&options_.storage_names, &options_.other_names}) {
      const std::string_view path = PathBelow(issue.path, *names);
      if (!path.empty()) options_.hidden_folders.emplace_back(path);
    }
  }
  rules_digests_ = view_.DigestsOfRules(night_);  // before the list is read
  const std::span<const ListedFile> listed = view_.Listed(night_);
  const absl::Status& why_not_listed = view_.expected_status();
  if (absl::IsCancelled(why_not_listed)) return why_not_listed;
  evidence.expected_status = why_not_listed;
  OBSMON_ASSIGN_OR_RETURN(
      NightExpected expected,
      ReadExpected(stream_.StorageFolder(), evidence.transfers, night_,
                   {.manifest = stream_.manifest, .listed = listed, .as_of = as_of_, .control = control_}));
  evidence.expected = std::move(expected.files);
  evidence.exposures_with_manifest = std::move(expected.exposures);
  evidence.exposures_with_bad_manifest = std::move(expected.broken_exposures);
  evidence.ignore = options_.ignore;
  Append(evidence.issues, expected.issues);
  if (!why_not_listed.ok()) evidence.issues.push_back(ExpectedIssue(stream_.expected, why_not_listed));
  options_.observation_types.merge(expected.observation_types);
  OBSMON_RETURN_IF_ERROR(ReadObservationTypes(evidence.transfers));
  ReadArrivals();
  return absl::OkStatus();
}

absl::Status NightLooker::ReadObservationTypes(const TransferTable& files) {
  constexpr int kMostTries =
      3;  // one file may be damaged; a camera without such keywords is not asked 205 times
  const bool is_asked = std::ranges::any_of(
      options_.ignore, [](const IgnoreRule& rule) { return !rule.observation_type.empty(); });
  if (!is_asked) return absl::OkStatus();
  ObservationTypes& types = options_.observation_types;
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

void NightLooker::ReadArrivals() {
  if (stream_.rsync_log.empty()) return;
  NightEvidence& evidence = look_.report.evidence;
  const absl::StatusOr<logs::RsyncLog>& log = view_.RsyncLog();
  if (log.ok()) return log->Apply(evidence.transfers);
  evidence.issues.push_back(LogIssue(stream_.rsync_log, "rsync_log", log.status()));
}

// What was ingested, and is so no more, goes by what it was when somebody asked for it last. So does a copy
// of what was ingested, where its folder has changed: of the same name and inode it may be another file. (Of
// what is unknown nothing is said that its size could change.)
void NightLooker::AskAgain(const EarlierFiles& earlier) {
  TransferTable& files = look_.report.evidence.transfers;
  absl::flat_hash_set<std::string_view> changed_folders;
  for (const FolderStamp& stamp : look_.storage_folders) {
    if (!AreAlike(earlier.FindFolder(stamp.path), stamp)) changed_folders.insert(stamp.path);
  }
  const auto may_be_another = [&](std::size_t row) {
    switch (look_.report.match.basis[row]) {
      case MatchBasis::kName:
      case MatchBasis::kKey:
      case MatchBasis::kChecksum:
        return changed_folders.contains(options_.storage_names.front() + '/' +
                                        std::string(FolderOf(files.path()[row])));
      default:
        return false;
    }
  };
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < files.size(); ++row) {
    const Verdict verdict = look_.report.match.verdict[row];
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
  if (is_another) look_.report.match = Match(look_.report.evidence);
}

absl::Status NightLooker::ConsultNeighbours() {
  OBSMON_RETURN_IF_ERROR(FindIngestsUnderOtherNights());
  if (stream_.compare_checksums) {
    NightEvidence& evidence = look_.report.evidence;
    OBSMON_ASSIGN_OR_RETURN(const bool found,
                            ReadChecksums(stream_.StorageFolder(), look_.report.match, evidence, control_));
    if (found) look_.report.match = Match(evidence);
  }
  OBSMON_RETURN_IF_ERROR(FindFilesInOtherFolders());
  StampTargetsElsewhere();
  return absl::OkStatus();
}

absl::Status NightLooker::FindIngestsUnderOtherNights() {
  NightEvidence& evidence = look_.report.evidence;
  absl::flat_hash_set<FileId> unexplained;
  std::vector<std::string> names;
  absl::flat_hash_set<ExposureAndDetector> numbers;
  for (std::size_t row = 0; row < evidence.transfers.size(); ++row) {
    if (!IsUnexplained(look_, row)) continue;
    unexplained.insert(evidence.transfers.file_id()[row]);
    for (std::string& name : NamesOfFile(evidence.transfers.path()[row], options_.detector_names)) {
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
  for (const Night neighbour : NeighboursOf(night_)) {
    OBSMON_ASSIGN_OR_RETURN(const StreamView::IngestsOfNeighbour ingests, view_.NeighboursIngests(neighbour));
    for (std::size_t i = 0; i < ingests.num_listed; ++i) {
      const IngestRow row = ingests.rows[i];
      if (row.night != neighbour) continue;
      const bool is_same = row.artifact == ArtifactState::kPresent && unexplained.contains(row.file_id);
      if (!is_same && !is_named_so(row)) continue;
      evidence.ingests.Append(row);
      found = true;
    }
    Append(look_.fingerprint.folders, ingests.folders);
    if (!stream_.search_links) continue;
    const std::vector<ScanIssue> hidden = HiddenFolders(ingests.issues, ingests.folders);
    Append(evidence.issues, hidden);
    if (!hidden.empty()) options_.registry_readable = false;
    found |= !hidden.empty();
  }
  if (found) look_.report.match = Match(evidence);
  return absl::OkStatus();
}

absl::Status NightLooker::FindFilesInOtherFolders() {
  NightEvidence& evidence = look_.report.evidence;
  absl::flat_hash_map<FileId, std::vector<std::uint32_t>> without_file;  // a file may be several datasets
  absl::flat_hash_set<std::uint32_t> is_stray;
  CopiesByName copies(evidence.ingests, options_.detector_names);
  for (std::uint32_t row = 0; row < evidence.ingests.size(); ++row) {
    if (look_.report.match.transfer_of[row] != NightMatch::kNoRow) continue;
    const IngestRow dataset = evidence.ingests[row];
    if (dataset.night != night_) continue;
    copies.Add(row);
    if (dataset.artifact != ArtifactState::kPresent) continue;
    const std::string_view path = PathBelow(dataset.link_target, options_.storage_names);
    if (const std::optional<Night> night = FolderNight(path); night && *night != night_) {
      evidence.strays.push_back(
          {.ingest_row = row, .path = std::string(path), .creation_time = dataset.file_time});
    } else if (dataset.link_target.empty()) {
      without_file[dataset.file_id].push_back(row);
    }
  }
  if (!without_file.empty() || !copies.empty()) {
    for (const Night neighbour : NeighboursOf(night_)) {
      OBSMON_ASSIGN_OR_RETURN(const StreamView::TransfersOfNeighbour storage,
                              view_.NeighboursTransfers(neighbour));
      for (const TransferRow& file : storage.files) {
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
      Append(look_.fingerprint.folders, storage.folders);
    }
  }
  std::ranges::sort(evidence.strays, {}, &StrayFile::ingest_row);
  return absl::OkStatus();
}

// Links lead into the night's folders, which the scan has stamped, but for those that lead elsewhere, be it
// to a hidden folder: a file there may go, or come back with its disk, while all else is as it was.
void NightLooker::StampTargetsElsewhere() {
  const NightEvidence& evidence = look_.report.evidence;
  absl::flat_hash_set<std::string_view> stamped;
  for (const FolderStamp& folder : look_.storage_folders) stamped.insert(folder.path);
  std::vector<std::string_view> elsewhere;
  std::string_view folder;  // that of the row before: mostly the same, and asked about once
  bool is_elsewhere = false;
  for (std::size_t row = 0; row < evidence.ingests.size(); ++row) {
    const std::string_view target = evidence.ingests.link_target()[row];
    if (target.empty()) continue;
    if (const std::string_view its_folder = FolderOf(target); its_folder != folder) {
      folder = its_folder;
      const std::string_view path = PathBelow(target, options_.storage_names);
      is_elsewhere = path.empty() ||
                     !stamped.contains(options_.storage_names.front() + '/' + std::string(FolderOf(path)));
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
    std::ranges::move(std::move(some).Take(), std::back_inserter(look_.fingerprint.folders));
  }
}

void NightLooker::ReadFailures() {
  if (stream_.ingest_log.empty()) return;
  NightEvidence& evidence = look_.report.evidence;
  const absl::StatusOr<logs::IngestFailures>& failures = view_.IngestFailures();
  if (!failures.ok()) {
    return evidence.issues.push_back(LogIssue(stream_.ingest_log, "ingest_log", failures.status()));
  }
  if (!options_.registry_readable) return;  // a file may have been ingested after all
  bool found = false;
  for (std::size_t row = 0; row < evidence.transfers.size(); ++row) {
    if (!IsUnexplained(look_, row) || look_.report.match.verdict[row] == Verdict::kSettling) continue;
    const std::string path(evidence.transfers.path()[row]);
    const auto failure = failures->find(std::string(NameOf(path)));
    if (failure == failures->end()) continue;
    // An event of the ingest, as a registry with events would have it; it is the file's by the path.
    const std::string target = options_.storage_names.front() + '/' + path;
    evidence.ingests.Append({.path = path,
                             .night = night_,
                             .status = IngestStatus::kFailed,
                             .message = failure->second,
                             .artifact = ArtifactState::kUnreadable,
                             .link_target = target});
    found = true;
  }
  if (found) look_.report.match = Match(evidence);
}

// A log that grows says nothing new of files that are all explained, by others than it, or that arrived long
// ago.
std::size_t NightLooker::LogsThatMatter() const {
  std::size_t logs = 0;
  const TransferTable& files = look_.report.evidence.transfers;
  for (std::size_t row = 0; row < files.size(); ++row) {
    const bool is_failed = look_.report.match.verdict[row] == Verdict::kFailed;
    if (IsUnexplained(look_, row) || is_failed) logs |= kWithIngestLog;
    if (files.arrival_time()[row] + kLogIsWrittenWithin >= as_of_) logs |= kWithRsyncLog;
  }
  return logs;
}

void NightLooker::Trust() {
  NightFingerprint& fingerprint = look_.fingerprint;
  const NightReport& report = look_.report;
  SortAndKeepFirst(fingerprint.folders);
  fingerprint.registry_token = view_.registry_token();
  fingerprint.rules_digest = rules_digests_[LogsThatMatter()];
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

}  // namespace

absl::StatusOr<NightLook> LookAt(Night night, StreamView& view) { return NightLooker(night, view).Look(); }

}  // namespace obsmon
