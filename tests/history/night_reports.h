// Reports as the stages before would make them, put together by hand: what a test is about stands in its
// body.
#ifndef OBSMON_TESTS_HISTORY_NIGHT_REPORTS_H_
#define OBSMON_TESTS_HISTORY_NIGHT_REPORTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "obsmon/history.h"
#include "obsmon/night.h"
#include "obsmon/report.h"
#include "support/temp_tree.h"

namespace obsmon {

inline Night N(std::string_view text) { return Night::Parse(text).value(); }

/// A file in storage, with its verdict.
struct ArrivedFile {
  std::string path{};
  FileId file_id{.device = 5, .inode = 100};
  std::int64_t size = 57'600;
  UtcTime creation = Utc("2020-05-02T00:28:59");
  UtcTime arrival = Utc("2020-05-02T00:29:30");
  TransferState state = TransferState::kArrived;
  Verdict verdict = Verdict::kNotIngested;
};

/// A dataset that the registry lists.
struct ListedDataset {
  std::string path{};
  Night night = N("2020-05-01");
  FileId file_id{.device = 5, .inode = 100};
  std::optional<UtcTime> ingest_time = Utc("2020-05-02T00:30:00");
  ArtifactState artifact = ArtifactState::kPresent;
  IngestStatus status = IngestStatus::kIngested;
  std::string link_target{};
};

/// The report of `night` with these files and datasets, looked at on 2020-05-02 at noon.
inline NightReport Report(Night night, const std::vector<ArrivedFile>& files,
                          const std::vector<ListedDataset>& datasets = {}) {
  NightReport report;
  report.night = night;
  report.as_of = Utc("2020-05-02T12:00:00");
  report.state = NightState::kComplete;
  report.counts.files = static_cast<std::int64_t>(files.size());
  for (const ArrivedFile& file : files) {
    report.evidence.transfers.Append({.path = file.path,
                                      .size_bytes = file.size,
                                      .creation_time = file.creation,
                                      .arrival_time = file.arrival,
                                      .file_id = file.file_id,
                                      .state = file.state});
    report.match.verdict.push_back(file.verdict);
    ++report.counts[file.verdict];
    if (file.verdict == Verdict::kNotIngested) report.state = NightState::kNeedsAttention;
  }
  for (const ListedDataset& dataset : datasets) {
    report.evidence.ingests.Append({.path = dataset.path,
                                    .night = dataset.night,
                                    .status = dataset.status,
                                    .artifact = dataset.artifact,
                                    .file_id = dataset.file_id,
                                    .link_target = dataset.link_target,
                                    .ingest_time = dataset.ingest_time});
  }
  return report;
}

}  // namespace obsmon

#endif  // OBSMON_TESTS_HISTORY_NIGHT_REPORTS_H_
