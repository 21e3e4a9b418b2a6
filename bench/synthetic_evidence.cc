#include "synthetic_evidence.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "night_tree.h"
#include "support/synthetic_night.h"

namespace obsmon::bench {
namespace {

constexpr std::int64_t kFitsBytes = 12'000'000;
constexpr std::int64_t kJsonBytes = 2'000;

UtcTime TimeOf(int exposure) {
  return UtcTime(kNight.date()) + std::chrono::hours{20} + std::chrono::seconds{40} * exposure;
}

/// Detectors in the order of their files' names, which is not that of their numbers.
std::vector<int> DetectorsByName(int detectors) {
  std::vector<int> order;
  for (int detector = 0; detector < detectors; ++detector) order.push_back(detector);
  std::ranges::sort(order, {}, SyntheticRaftSensor);
  return order;
}

FileId IdOf(std::int64_t number) {
  return {.device = 64'769, .inode = 1'000'000 + static_cast<std::uint64_t>(number)};
}

void AppendTransfer(TransferTable& transfers, const std::string& path, std::int64_t size, UtcTime time,
                    FileId id) {
  transfers.Append({.path = path,
                    .size_bytes = size,
                    .creation_time = time,
                    .arrival_time = time + std::chrono::seconds{30},
                    .file_id = id});
}

}  // namespace

UtcTime LookTime() { return UtcTime(kNight.date()) + std::chrono::hours{40}; }

NightEvidence SyntheticEvidence(const NightSize& size) {
  NightEvidence evidence;
  const std::vector<int> order = DetectorsByName(size.detectors);
  for (int exposure = 1; exposure <= size.exposures; ++exposure) {
    const UtcTime time = TimeOf(exposure);
    const auto id_of = [&](int detector) {
      return IdOf(2 * (std::int64_t{exposure} * size.detectors + detector));
    };
    for (const int detector : order) {
      const std::string stem = SyntheticStorageStem(kNight, exposure, detector);
      FileId id = id_of(detector);
      AppendTransfer(evidence.transfers, stem + ".fits", kFitsBytes, time, id);
      ++id.inode;
      AppendTransfer(evidence.transfers, stem + ".json", kJsonBytes, time, id);
    }
    for (const int detector : order) {
      const std::string path = SyntheticIngestPath(kNight, exposure, detector);
      const std::string stem = SyntheticObsId(kNight, exposure) + '_' + SyntheticRaftSensor(detector);
      const std::string target =
          "/data/storage/" + SyntheticStorageStem(kNight, exposure, detector) + ".fits";
      evidence.ingests.Append({.path = path,
                               .night = kNight,
                               .exposure = SyntheticExposureId(kNight, exposure),
                               .detector = detector,
                               .storage_stem = stem,
                               .file_id = id_of(detector),
                               .size_bytes = kFitsBytes,
                               .link_target = target,
                               .ingest_time = time + std::chrono::seconds{90}});
    }
  }
  return evidence;
}

}  // namespace obsmon::bench
