#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "obsmon/raw_file_name.h"
#include "obsmon/report.h"
#include "report/span_collector.h"

namespace obsmon {
namespace {

void KeepLatest(std::optional<UtcTime>& latest, const std::optional<UtcTime>& time) {
  if (time && (!latest || *latest < *time)) latest = time;
}

void KeepEarliest(std::optional<UtcTime>& earliest, const std::optional<UtcTime>& time) {
  if (time && (!earliest || *time < *earliest)) earliest = time;
}

std::vector<std::uint32_t> RegistryOnlyRows(const NightReport& report) {
  const NightEvidence& evidence = report.evidence;
  std::vector<std::uint32_t> rows;
  auto stray = evidence.strays.begin();
  for (std::uint32_t row = 0; row < evidence.ingests.size(); ++row) {
    while (stray != evidence.strays.end() && stray->ingest_row < row) ++stray;
    const bool is_stray = stray != evidence.strays.end() && stray->ingest_row == row;
    const bool has_file = report.match.transfer_of[row] != NightMatch::kNoRow;
    // Pruned, and no longer in storage: nobody means to have it.
    if (evidence.ingests.artifact()[row] == ArtifactState::kNotStored) continue;
    if (!is_stray && !has_file && evidence.ingests.night()[row] == report.night) rows.push_back(row);
  }
  return rows;
}

std::optional<std::chrono::nanoseconds> Span(const std::optional<UtcTime>& from,
                                             const std::optional<UtcTime>& to) {
  if (!from || !to) return std::nullopt;
  return *to - *from;
}

/// Adds up the files of a report in one pass over them.
class Summing {
 public:
  explicit Summing(NightReport& report) : report_(report) {}

  void Run() && {
    const NightReport::Files files = report_.files();
    const TransferTable& stored = report_.evidence.transfers;
    // Of the most, those in storage, the times and the name tell all: a whole row would cost twice as much.
    for (std::size_t row = 0; row < stored.size(); ++row) {
      const std::optional<RawFileName> name = ParseRawFileName(stored.path()[row]);
      Add(files.TimesOf(row), name ? name->obs_id : std::string_view(),
          stored.state()[row] == TransferState::kArrived);
    }
    for (std::size_t row = stored.size(); row < files.size(); ++row) {
      Add(files.TimesOf(row), files[row].obs_id, false);
    }
    report_.latency = {.creation_to_arrival = to_arrival_.OfAll(),
                       .arrival_to_ingest = arrival_to_ingest_.OfAll(),
                       .creation_to_ingest = to_ingest_.OfAll()};
    SummariseExposures();
  }

 private:
  using Exposure = SpanCollector::Group;

  // What a transfer has not finished has no arrival yet, whatever its verdict.
  void Add(const FileTimes& file, std::string_view obs_id, bool has_arrived) {
    NightCounts& counts = report_.counts;
    ++counts.files;
    ++counts[file.verdict];
    if (has_arrived) {
      KeepLatest(counts.last_creation, file.creation);
      KeepLatest(counts.last_arrival, file.arrival);
    }
    KeepLatest(counts.last_ingest, file.ingest);
    const Exposure exposure = ExposureOf(file, obs_id, has_arrived);
    if (has_arrived) to_arrival_.Add(exposure, Span(file.creation, file.arrival));
    if (file.verdict != Verdict::kIngested) return;
    arrival_to_ingest_.Add(exposure, Span(file.arrival, file.ingest));
    to_ingest_.Add(exposure, Span(file.creation, file.ingest));
  }

  // Adds the file to its exposure. Mostly that of the file before.
  Exposure ExposureOf(const FileTimes& file, std::string_view obs_id, bool has_arrived) {
    if (obs_id.empty()) return SpanCollector::kNoGroup;
    std::vector<ExposureSummary>& exposures = report_.exposures;
    if (last_ == SpanCollector::kNoGroup || exposures[last_].obs_id != obs_id) {
      const auto [found, is_new] =
          exposure_of_.try_emplace(std::string(obs_id), static_cast<Exposure>(exposures.size()));
      if (is_new) exposures.push_back({.obs_id = found->first});
      last_ = found->second;
    }
    ExposureSummary& exposure = exposures[last_];
    ++exposure.files;
    ++exposure.by_verdict[static_cast<std::size_t>(file.verdict)];
    if (has_arrived) {
      KeepEarliest(exposure.first_creation, file.creation);
      KeepLatest(exposure.last_arrival, file.arrival);
    }
    return last_;
  }

  void SummariseExposures() {
    std::vector<ExposureSummary>& exposures = report_.exposures;
    const std::vector<LatencySummary> to_arrival = to_arrival_.OfEach(exposures.size());
    const std::vector<LatencySummary> arrival_to_ingest = arrival_to_ingest_.OfEach(exposures.size());
    const std::vector<LatencySummary> to_ingest = to_ingest_.OfEach(exposures.size());
    for (std::size_t i = 0; i < exposures.size(); ++i) {
      exposures[i].latency = {.creation_to_arrival = to_arrival[i],
                              .arrival_to_ingest = arrival_to_ingest[i],
                              .creation_to_ingest = to_ingest[i]};
      exposures[i].manifest = ManifestOf(exposures[i].obs_id);
      if (exposures[i].manifest != ManifestState::kRead) ++report_.counts.without_manifest;
    }
    report_.counts.exposures = static_cast<std::int64_t>(exposures.size());
    std::ranges::sort(exposures, {}, &ExposureSummary::obs_id);
  }

  ManifestState ManifestOf(const std::string& obs_id) const {
    const NightEvidence& evidence = report_.evidence;
    if (std::ranges::binary_search(evidence.exposures_with_manifest, obs_id)) return ManifestState::kRead;
    if (std::ranges::binary_search(evidence.exposures_with_bad_manifest, obs_id)) return ManifestState::kBad;
    return ManifestState::kNone;
  }

  NightReport& report_;
  absl::flat_hash_map<std::string, Exposure> exposure_of_;
  Exposure last_ = SpanCollector::kNoGroup;
  SpanCollector to_arrival_;
  SpanCollector arrival_to_ingest_;
  SpanCollector to_ingest_;
};

// The prototype's queries, predicate by predicate.
class LegacyCounter {
 public:
  explicit LegacyCounter(const NightReport& report) : report_(report), evidence_(report.evidence) {}

  LegacyCounts Count() && {
    CountIngested();
    CountUningested();
    counts_.n_files += counts_.n_ingest;
    return counts_;
  }

 private:
  // In INGEST_LIST: what was tried in vain, or waits, is not.
  bool IsIngested(std::size_t ingest) const {
    return evidence_.ingests.artifact()[ingest] == ArtifactState::kPresent &&
           evidence_.ingests.status()[ingest] == IngestStatus::kIngested;
  }

  // INGEST_LIST joined to TRANSFER_LIST where the registry's night is this one. One file counts once, however
  // many links lead to it: both lists had one row an inode.
  void CountIngested() {
    std::vector<bool> counted(evidence_.transfers.size(), false);
    auto stray = evidence_.strays.begin();
    for (std::size_t ingest = 0; ingest < evidence_.ingests.size(); ++ingest) {
      if (evidence_.ingests.night()[ingest] != report_.night || !IsIngested(ingest)) continue;
      while (stray != evidence_.strays.end() && stray->ingest_row < ingest) ++stray;
      if (const std::int32_t transfer = report_.match.transfer_of[ingest]; transfer != NightMatch::kNoRow) {
        const auto row = static_cast<std::size_t>(transfer);
        if (!counted[row]) CountOneIngested(ingest, evidence_.transfers.creation_time()[row]);
        counted[row] = true;
      } else if (stray != evidence_.strays.end() && stray->ingest_row == ingest) {
        CountOneIngested(ingest, stray->creation_time);
      }
    }
  }

  void CountOneIngested(std::size_t ingest, std::optional<UtcTime> creation_time) {
    ++counts_.n_ingest;
    KeepLatest(counts_.last_creation, creation_time);
    KeepLatest(counts_.last_ingest, evidence_.ingests[ingest].ingest_time);
  }

  // TRANSFER_LIST of this night, without what INGEST_LIST has of any night.
  void CountUningested() {
    constexpr std::int64_t kSmallBytes = 10'000;
    for (std::size_t row = 0; row < evidence_.transfers.size(); ++row) {
      const std::int32_t ingest = report_.match.ingest_of[row];
      if (ingest != NightMatch::kNoRow && IsIngested(static_cast<std::size_t>(ingest))) continue;
      const TransferRow file = evidence_.transfers[row];
      if (file.state == TransferState::kInFlight || file.place != TransferPlace::kStorage) continue;
      const bool is_fits = file.path.ends_with(".fits");
      ++counts_.n_files;
      if (file.size_bytes < kSmallBytes) ++counts_.n_small;
      if (!is_fits) ++counts_.n_not_fits;
      if (is_fits && file.size_bytes > kSmallBytes) ++counts_.n_error;
      KeepLatest(counts_.last_creation, file.creation_time);
    }
  }

  const NightReport& report_;
  const NightEvidence& evidence_;
  LegacyCounts counts_;
};

bool SomethingIsHidden(const NightReport& report) {
  return !report.evidence.registry_status.ok() || !report.evidence.expected_status.ok() ||
         std::ranges::any_of(report.evidence.issues, HidesFiles);
}

NightState StateOf(const NightReport& report) {
  if (report.counts.Of(Concern::kAttention) > 0) return NightState::kNeedsAttention;
  if (SomethingIsHidden(report) || report.counts.Of(Concern::kUnknown) > 0) return NightState::kUnknown;
  if (report.counts.Of(Concern::kWait) > 0) return NightState::kInProgress;
  return NightState::kComplete;
}

void NameExposure(std::string_view name, FileRow& file) {
  if (const std::optional<RawFileName> raw = ParseRawFileName(name)) {
    file.obs_id = raw->obs_id;
    file.detector = raw->detector;
  }
}

// Of a dataset, as far as its row or, of a copy, its file tells.
std::optional<UtcTime> IngestTimeOf(const IngestTable& ingests, std::size_t row, MatchBasis basis) {
  const auto known = [](UtcTime time) {
    return time == IngestTable::kNoTime ? std::nullopt : std::optional(time);
  };
  if (const auto time = known(ingests.ingest_time()[row])) return time;
  // What is no link is a copy; its own mtime is then the time of the copy.
  const bool is_copy = basis == MatchBasis::kName || basis == MatchBasis::kChecksum;
  return is_copy ? known(ingests.file_time()[row]) : std::nullopt;
}

// Takes the columns that it needs: a whole row would cost as much as all the rest of a file's.
void DescribeDataset(const IngestTable& ingests, std::size_t row, FileRow& file) {
  file.ingest_path = ingests.path()[row];
  file.ingest_night = ingests.night()[row];
  file.ingest_time = IngestTimeOf(ingests, row, file.basis);
  const std::int64_t ingested_size = ingests.ingested_size_bytes()[row];
  if (ingested_size >= 0) file.ingested_size_bytes = ingested_size;
  const std::int64_t size = ingests.size_bytes()[row];
  const bool is_copy = file.basis == MatchBasis::kName || file.basis == MatchBasis::kChecksum;
  const bool is_whole = size < 0 || ingested_size < 0 || size == ingested_size || size == file.size_bytes;
  if (is_copy && !is_whole) file.damaged_size_bytes = size;
  file.message = ingests.message()[row];
}

std::string_view MessageOf(TransferPlace place) {
  switch (place) {
    case TransferPlace::kStorage:
      return "";
    case TransferPlace::kPending:
      return "it lies in the folder of files that wait";
    case TransferPlace::kBad:
      return "moved to the folder of bad files";
  }
  return "";
}

}  // namespace

std::string_view NightStateName(NightState state) {
  switch (state) {
    case NightState::kComplete:
      return "complete";
    case NightState::kInProgress:
      return "in_progress";
    case NightState::kNeedsAttention:
      return "needs_attention";
    case NightState::kUnknown:
      return "unknown";
  }
  return "";
}

std::string_view NightStateLabel(NightState state) {
  switch (state) {
    case NightState::kComplete:
      return "complete";
    case NightState::kInProgress:
      return "in progress";
    case NightState::kNeedsAttention:
      return "needs attention";
    case NightState::kUnknown:
      return "unknown";
  }
  return "";
}

bool HidesFiles(const ScanIssue& issue) {
  return !issue.leaves_nothing_out && !absl::IsNotFound(issue.status) && !IsOfManifest(issue);
}

std::string WarningOf(const ScanIssue& issue) {
  const std::string clause(issue.status.message());
  if (issue.is_option) return fmt::format("{}: {}", issue.path, clause);
  if (!HidesFiles(issue)) return {};
  return fmt::format("{}: can't be read ({}); what is in it is not in the report", issue.path, clause);
}

std::vector<std::string> WarningsOf(const NightReport& report) {
  std::vector<std::string> warnings;
  std::set<std::string> known;
  const auto add = [&](std::string warning) {
    if (!warning.empty() && known.insert(warning).second) warnings.push_back(std::move(warning));
  };
  add(std::string(report.evidence.registry_status.message()));
  add(std::string(report.evidence.expected_status.message()));
  for (const ScanIssue& issue : report.evidence.issues) add(WarningOf(issue));
  return warnings;
}

std::int64_t NightCounts::Of(Concern concern) const {
  std::int64_t sum = 0;
  for (const Verdict verdict : kAllVerdicts) {
    if (ConcernOf(verdict) == concern) sum += (*this)[verdict];
  }
  return sum;
}

std::string_view ManifestStateName(ManifestState state) {
  switch (state) {
    case ManifestState::kNone:
      return "none";
    case ManifestState::kRead:
      return "read";
    case ManifestState::kBad:
      return "bad";
  }
  return "";
}

std::size_t NightReport::Files::size() const {
  return report_->evidence.transfers.size() + report_->registry_only.size() + report_->match.absent.size();
}

FileRow NightReport::Files::operator[](std::size_t row) const {
  const std::size_t num_transfers = report_->evidence.transfers.size();
  if (row < num_transfers) return Transfer(row);
  row -= num_transfers;
  if (row < report_->registry_only.size()) return Dataset(report_->registry_only[row]);
  return Absent(report_->match.absent[row - report_->registry_only.size()]);
}

FileTimes NightReport::Files::TimesOf(std::size_t row) const {
  const NightEvidence& found = report_->evidence;
  const NightMatch& matched = report_->match;
  FileTimes times{.verdict = VerdictOf(row)};
  if (row < found.transfers.size()) {
    times.creation = found.transfers.creation_time()[row];
    times.arrival = found.transfers.arrival_time()[row];
    if (const std::int32_t ingest = matched.ingest_of[row]; ingest != NightMatch::kNoRow) {
      times.ingest = IngestTimeOf(found.ingests, static_cast<std::size_t>(ingest), matched.basis[row]);
    }
    return times;
  }
  row -= found.transfers.size();
  if (row < report_->registry_only.size()) {
    times.ingest = IngestTimeOf(found.ingests, report_->registry_only[row], MatchBasis::kNone);
  }
  return times;
}

Verdict NightReport::Files::VerdictOf(std::size_t row) const {
  const NightMatch& matched = report_->match;
  if (row < matched.verdict.size()) return matched.verdict[row];
  row -= matched.verdict.size();
  const std::vector<std::uint32_t>& datasets = report_->registry_only;
  if (row < datasets.size()) return matched.dataset_verdict[datasets[row]];
  return matched.absent[row - datasets.size()].verdict;
}

FileRow NightReport::Files::Transfer(std::size_t row) const {
  const NightEvidence& found = report_->evidence;
  const TransferRow transfer = found.transfers[row];
  FileRow file{.path = transfer.path,
               .verdict = report_->match.verdict[row],
               .basis = report_->match.basis[row],
               .size_bytes = transfer.size_bytes,
               .creation_time = transfer.creation_time,
               .arrival_time = transfer.arrival_time};
  NameExposure(transfer.path, file);
  file.message = MessageOf(transfer.place);
  if (const std::int32_t ingest = report_->match.ingest_of[row]; ingest != NightMatch::kNoRow) {
    const auto dataset = static_cast<std::size_t>(ingest);
    DescribeDataset(found.ingests, dataset, file);
    const Checksum recorded = found.ingests.ingested_checksum()[dataset];
    file.checksum_differs =
        transfer.checksum != kNoChecksum && recorded != kNoChecksum && transfer.checksum != recorded;
  }
  NameRule(report_->match.rule_of[row], file);
  file.exposure_is_listed = IsGuiderOfListedExposure(file);
  return file;
}

// While the report is still being made its exposures lie in no order yet, and nobody asks.
bool NightReport::Files::IsGuiderOfListedExposure(const FileRow& file) const {
  if (file.verdict != Verdict::kNotIngested) return false;
  const std::optional<RawFileName> name = ParseRawFileName(file.path);
  if (!name || !name->guider) return false;
  const auto exposure =
      std::ranges::lower_bound(report_->exposures, name->obs_id, {}, &ExposureSummary::obs_id);
  if (exposure == report_->exposures.end() || exposure->obs_id != name->obs_id) return false;
  return exposure->by_verdict[static_cast<std::size_t>(Verdict::kIngested)] > 0 ||
         exposure->by_verdict[static_cast<std::size_t>(Verdict::kArtifactGone)] > 0;
}

FileRow NightReport::Files::Dataset(std::size_t row) const {
  const IngestRow dataset = report_->evidence.ingests[row];
  FileRow file{.path = dataset.path, .verdict = report_->match.dataset_verdict[row], .in_storage = false};
  NameExposure(dataset.storage_stem.empty() ? dataset.path : dataset.storage_stem, file);
  if (dataset.size_bytes >= 0) file.size_bytes = dataset.size_bytes;
  DescribeDataset(report_->evidence.ingests, row, file);
  return file;
}

FileRow NightReport::Files::Absent(const AbsentFile& absent) const {
  const ExpectedRow expected = report_->evidence.expected[absent.expected_row];
  FileRow file{.path = expected.path,
               .verdict = absent.verdict,
               .in_storage = false,
               .expected_since = expected.since};
  NameExposure(expected.path, file);
  NameRule(absent.rule, file);
  return file;
}

void NightReport::Files::NameRule(std::int32_t rule, FileRow& file) const {
  const std::vector<IgnoreRule>& rules = report_->evidence.ignore;
  if (rule == NightMatch::kNoRow || static_cast<std::size_t>(rule) >= rules.size()) return;
  if (file.verdict == Verdict::kIgnored) file.message = rules[static_cast<std::size_t>(rule)].reason;
}

NightReport MakeReport(std::string stream, Night night, UtcTime as_of, NightEvidence evidence,
                       NightMatch match) {
  NightReport report;
  report.stream = std::move(stream);
  report.night = night;
  report.as_of = as_of;
  report.evidence = std::move(evidence);
  report.match = std::move(match);
  report.registry_only = RegistryOnlyRows(report);
  Summing(report).Run();
  report.legacy = LegacyCounter(report).Count();
  report.state = StateOf(report);
  return report;
}

}  // namespace obsmon
