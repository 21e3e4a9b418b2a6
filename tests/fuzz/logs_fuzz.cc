// rsync's log and an ingest's.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "logs/ingest_log.h"
#include "logs/rsync_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  obsmon::TransferTable transfers;
  transfers.Append({.path = "2025-05-01/MC_O_20250501_000012_R22_S11.fits"});
  obsmon::logs::RsyncLog(text).Apply(transfers);
  for (const auto& [name, reason] : obsmon::logs::ParseIngestLog(text)) {
    if (name.empty() || reason.size() > 500 || reason.find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
