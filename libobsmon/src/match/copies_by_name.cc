#include "match/copies_by_name.h"

#include <string>

namespace obsmon {

void CopiesByName::Add(std::uint32_t row) {
  const ArtifactState artifact = ingests_.artifact()[row];
  const bool is_there = artifact == ArtifactState::kPresent || artifact == ArtifactState::kRemote;
  if (!is_there || HasAnotherSizeThanRecorded(ingests_, row) || !ingests_.link_target()[row].empty()) return;
  const std::string_view stem = ingests_.storage_stem()[row];
  const std::string_view own = StemOfDataset(ingests_.path()[row]);
  of_name_[own].push_back(row);
  if (stem.empty()) return;
  if (stem != own) of_name_[stem].push_back(row);
  if (IsOfGuiderImages(stem) || ingests_.exposure()[row] <= 0) return;
  of_numbers_[{ingests_.exposure()[row], ingests_.detector()[row]}].push_back(row);
}

void CopiesByName::ForEachOf(const TransferRow& file, absl::FunctionRef<void(std::uint32_t row)> take) const {
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

std::int64_t CopiesByName::SizeOf(std::uint32_t row) const {
  const std::int64_t recorded = ingests_.ingested_size_bytes()[row];
  return recorded >= 0 ? recorded : ingests_.size_bytes()[row];
}

}  // namespace obsmon
