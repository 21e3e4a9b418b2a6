// The one place where a verdict is decided.
#ifndef OBSMON_SRC_MATCH_DECIDE_H_
#define OBSMON_SRC_MATCH_DECIDE_H_

#include <chrono>
#include <cstdint>

#include "obsmon/match.h"

namespace obsmon {

/// All that the verdict on one file depends on.
struct FileEvidence {
  // In storage:
  bool in_storage = false;  ///< in one of the stream's folders
  TransferPlace place = TransferPlace::kStorage;
  bool in_flight = false;        ///< rsync's name or time: not whole
  bool is_orphan = false;        ///< in flight, and nobody has written to it for long
  bool superseded = false;       ///< an orphan whose file has arrived, or is on its way again
  bool is_its_artifact = false;  ///< the file of its dataset is this very one
  bool is_fits = false;
  std::int64_t size_bytes = 0;

  // In the registry:
  bool listed = false;
  IngestStatus status = IngestStatus::kIngested;
  ArtifactState artifact = ArtifactState::kPresent;

  bool ignored = false;  ///< a rule holds for it
  bool hidden = false;   ///< the registry, or for what is not there its folder, could not be read
  /// Since it arrived or, where it did not, since it is expected.
  std::chrono::nanoseconds age{};
  std::chrono::nanoseconds grace{};
  std::int64_t min_fits_bytes = 0;
};

/// The verdict on one file.
Verdict Decide(const FileEvidence& evidence);

}  // namespace obsmon

#endif  // OBSMON_SRC_MATCH_DECIDE_H_
