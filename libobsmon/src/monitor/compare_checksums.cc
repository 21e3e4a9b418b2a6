#include "monitor/compare_checksums.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "files/checksum.h"
#include "files/directory.h"
#include "files/parallel.h"
#include "files/throttled_progress.h"
#include "status_macros.h"

namespace obsmon {
namespace {

// Files that are read between two reports of progress.
constexpr std::size_t kFilesAtOnce = 64;

bool IsToBeRead(const NightEvidence& evidence, const NightMatch& match, std::size_t row) {
  const MatchBasis basis = match.basis[row];
  if (basis != MatchBasis::kName && basis != MatchBasis::kKey) return false;
  const IngestRow dataset = evidence.ingests[static_cast<std::size_t>(match.ingest_of[row])];
  return dataset.ingested_checksum != kNoChecksum && evidence.transfers.checksum()[row] == kNoChecksum &&
         evidence.transfers.state()[row] == TransferState::kArrived &&
         dataset.ingested_size_bytes == evidence.transfers.size_bytes()[row];
}

absl::StatusOr<Checksum> ReadFile(const std::filesystem::path& storage, const TransferRow& file,
                                  const std::stop_token& stop) {
  return ReadChecksum(storage / file.path,
                      {.file_id = file.file_id, .size_bytes = file.size_bytes, .mtime = file.creation_time},
                      stop);
}

// A name that leads nowhere hides no file, nor does a file that is there and whose bytes can't be read.
ScanIssue IssueOf(const std::filesystem::path& file, const absl::Status& why) {
  return {.path = AbsolutePath(file).string(),
          .status = absl::NotFoundError(
              fmt::format("its checksum can't be compared: {}", std::string(why.message())))};
}

}  // namespace

absl::StatusOr<bool> ReadChecksums(const std::filesystem::path& storage, const NightMatch& match,
                                   NightEvidence& evidence, const WorkControl& control) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < evidence.transfers.size(); ++row) {
    if (IsToBeRead(evidence, match, row)) rows.push_back(row);
  }
  ThrottledProgress progress(control.progress, "checksums");
  std::vector<absl::StatusOr<Checksum>> checksums;
  for (std::size_t begin = 0; begin < rows.size(); begin += kFilesAtOnce) {
    const auto some = std::span(rows).subspan(begin, std::min(kFilesAtOnce, rows.size() - begin));
    checksums.assign(some.size(), kNoChecksum);
    ParallelFor(some.size(), control.num_threads, [&](std::size_t i) {
      checksums[i] = ReadFile(storage, evidence.transfers[some[i]], control.stop);
    });
    if (control.stop.stop_requested()) return absl::CancelledError("stopped while reading files");
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (checksums[i].ok()) {
        evidence.transfers.SetChecksum(some[i], *checksums[i]);
      } else {
        evidence.issues.push_back(
            IssueOf(storage / evidence.transfers.path()[some[i]], checksums[i].status()));
      }
    }
    progress.Report(static_cast<std::int64_t>(begin + some.size()), static_cast<std::int64_t>(rows.size()));
  }
  return !rows.empty();
}

}  // namespace obsmon
