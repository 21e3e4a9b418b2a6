#include <algorithm>
#include <utility>

#include "obsmon/raw_file_name.h"
#include "obsmon/report.h"

namespace obsmon {
namespace {

// Of a dataset that has no file in storage; nothing of a transfer can be said.
Verdict VerdictOf(const IngestRow& dataset) {
  if (dataset.status == IngestStatus::kPending) return Verdict::kPending;
  if (dataset.status == IngestStatus::kFailed) return Verdict::kFailed;
  switch (dataset.artifact) {
    case ArtifactState::kPresent:
    case ArtifactState::kRemote:
      return Verdict::kIngested;
    case ArtifactState::kGone:
    case ArtifactState::kNotStored:
      return Verdict::kArtifactGone;
    case ArtifactState::kUnreadable:
      return Verdict::kUnknown;
  }
  return Verdict::kUnknown;
}

void KeepLatest(std::optional<UtcTime>& latest, const std::optional<UtcTime>& time) {
  if (time && (!latest || *latest < *time)) latest = time;
}

std::vector<std::uint32_t> RegistryOnlyRows(const NightReport& report) {
  const NightEvidence& evidence = report.evidence;
  std::vector<std::uint32_t> rows;
  auto stray = evidence.strays.begin();
  for (std::uint32_t row = 0; row < evidence.ingests.size(); ++row) {
    while (stray != evidence.strays.end() && stray->ingest_row < row) ++stray;
    const bool is_stray = stray != evidence.strays.end() && stray->ingest_row == row;
    const bool has_file = report.match.transfer_of[row] != NightMatch::kNoRow;
    if (!is_stray && !has_file && evidence.ingests.night()[row] == report.night) rows.push_back(row);
  }
  return rows;
}

NightCounts Count(const NightReport& report) {
  NightCounts counts;
  for (const FileRow& file : report.files()) {
    ++counts.files;
    ++counts[file.verdict];
    if (file.verdict != Verdict::kInFlight) {
      KeepLatest(counts.last_creation, file.creation_time);
      KeepLatest(counts.last_arrival, file.arrival_time);
    }
    KeepLatest(counts.last_ingest, file.ingest_time);
  }
  return counts;
}

LatencySummary Latency(const NightReport& report) {
  std::vector<std::chrono::nanoseconds> spans;
  for (const FileRow& file : report.files()) {
    if (file.verdict == Verdict::kIngested && file.ingest_time && file.creation_time) {
      spans.push_back(*file.ingest_time - *file.creation_time);
    }
  }
  if (spans.empty()) return {};
  const auto rank = [&spans](std::size_t percent) {
    const std::size_t place = (spans.size() * percent + 99) / 100 - 1;
    std::ranges::nth_element(spans, spans.begin() + static_cast<std::ptrdiff_t>(place));
    return spans[place];
  };
  return {
      .files = static_cast<std::int64_t>(spans.size()), .p50 = rank(50), .p95 = rank(95), .max = rank(100)};
}

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
  bool IsPresent(std::size_t ingest) const {
    return evidence_.ingests.artifact()[ingest] == ArtifactState::kPresent;
  }

  // INGEST_LIST joined to TRANSFER_LIST where the registry's night is this one. One file counts once, however
  // many links lead to it: both lists had one row an inode.
  void CountIngested() {
    std::vector<bool> counted(evidence_.transfers.size(), false);
    auto stray = evidence_.strays.begin();
    for (std::size_t ingest = 0; ingest < evidence_.ingests.size(); ++ingest) {
      if (evidence_.ingests.night()[ingest] != report_.night || !IsPresent(ingest)) continue;
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
      if (ingest != NightMatch::kNoRow && IsPresent(static_cast<std::size_t>(ingest))) continue;
      const TransferRow file = evidence_.transfers[row];
      if (file.state == TransferState::kInFlight) continue;
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
  return !report.evidence.registry_status.ok() || std::ranges::any_of(report.evidence.issues, HidesFiles);
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

void DescribeDataset(const IngestRow& dataset, FileRow& file) {
  file.ingest_path = dataset.path;
  file.ingest_night = dataset.night;
  file.ingest_time = dataset.ingest_time;
  // A copy is recognised by its name alone; its own mtime is then the time of the copy.
  if (!file.ingest_time && file.basis == MatchBasis::kName) file.ingest_time = dataset.file_time;
  file.message = dataset.message;
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

bool HidesFiles(const ScanIssue& issue) { return !absl::IsNotFound(issue.status); }

std::int64_t NightCounts::Of(Concern concern) const {
  std::int64_t sum = 0;
  for (const Verdict verdict : kAllVerdicts) {
    if (ConcernOf(verdict) == concern) sum += (*this)[verdict];
  }
  return sum;
}

std::size_t NightReport::Files::size() const {
  return report_->evidence.transfers.size() + report_->registry_only.size();
}

FileRow NightReport::Files::operator[](std::size_t row) const {
  const NightEvidence& evidence = report_->evidence;
  FileRow file;
  if (row >= evidence.transfers.size()) {
    const IngestRow dataset = evidence.ingests[report_->registry_only[row - evidence.transfers.size()]];
    file.path = dataset.path;
    NameExposure(dataset.storage_stem.empty() ? dataset.path : dataset.storage_stem, file);
    file.verdict = VerdictOf(dataset);
    file.in_storage = false;
    if (dataset.size_bytes >= 0) file.size_bytes = dataset.size_bytes;
    DescribeDataset(dataset, file);
    return file;
  }
  const TransferRow transfer = evidence.transfers[row];
  file.path = transfer.path;
  NameExposure(transfer.path, file);
  file.verdict = report_->match.verdict[row];
  file.basis = report_->match.basis[row];
  file.size_bytes = transfer.size_bytes;
  file.creation_time = transfer.creation_time;
  file.arrival_time = transfer.arrival_time;
  if (const std::int32_t ingest = report_->match.ingest_of[row]; ingest != NightMatch::kNoRow) {
    DescribeDataset(evidence.ingests[static_cast<std::size_t>(ingest)], file);
  }
  return file;
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
  report.counts = Count(report);
  report.legacy = LegacyCounter(report).Count();
  report.latency = Latency(report);
  report.state = StateOf(report);
  return report;
}

}  // namespace obsmon
