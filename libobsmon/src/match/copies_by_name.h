// Datasets that are copies, by what their files may be called in another night's folder of storage.
#ifndef OBSMON_SRC_MATCH_COPIES_BY_NAME_H_
#define OBSMON_SRC_MATCH_COPIES_BY_NAME_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "match/matcher.h"
#include "obsmon/raw_file_name.h"
#include "obsmon/registry.h"
#include "obsmon/transfers.h"

namespace obsmon {

/// As the look at that night would find their datasets.
class CopiesByName {
 public:
  /// REQUIRES: both outlive this, unchanged.
  CopiesByName(const IngestTable& ingests, std::span<const DetectorAlias> detector_names)
      : ingests_(ingests), detector_names_(detector_names) {}

  /// Adds a dataset, if it is a copy: one that is not whole is told as long as nobody has looked at that
  /// night.
  void Add(std::uint32_t row);

  bool empty() const { return of_name_.empty(); }

  /// Calls `take` with the row of each that may be a copy of `file`; of one that has two names twice.
  void ForEachOf(const TransferRow& file, absl::FunctionRef<void(std::uint32_t row)> take) const;

 private:
  std::int64_t SizeOf(std::uint32_t row) const;

  const IngestTable& ingests_;
  std::span<const DetectorAlias> detector_names_;
  absl::flat_hash_map<std::string_view, std::vector<std::uint32_t>> of_name_;
  absl::flat_hash_map<ExposureAndDetector, std::vector<std::uint32_t>> of_numbers_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_MATCH_COPIES_BY_NAME_H_
