// What of a Gen3 registry's schema depends on the day on which it was made, and which of its datasets are
// asked for.
//
// Source of all that is assumed of the tables: daf_butler v30, registry/ (datasets/byDimensions/tables.py,
// collections/_base.py, bridge/monolithic.py, opaque.py), datastores/fileDatastore.py,
// configs/dimensions.yaml and configs/old_dimensions/.
#ifndef OBSMON_SRC_REGISTRY_GEN3_SCHEMA_H_
#define OBSMON_SRC_REGISTRY_GEN3_SCHEMA_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "obsmon/registry.h"
#include "registry/butler_config.h"
#include "registry/gen3_database.h"

namespace obsmon {

/// How `dataset.ingest_date` is written.
enum class IngestDate : std::uint8_t {
  kTaiNanoseconds,  ///< a number, TAI since 1970-01-01 TAI (datasets manager 2, since v28, October 2024)
  kUtcText,         ///< "2024-10-03 01:02:03.456789" (datasets manager 1 on SQLite)
  kUtcTimestamp,    ///< a timestamp without time zone (datasets manager 1 on PostgreSQL)
};

/// A type of dataset that stands for raw files.
struct Gen3DatasetType {
  std::string name{};  ///< the Butler's, which need not be the database's
  std::int64_t id = 0;
};

/// Types that share their table of tags, and so their query.
struct Gen3TypeGroup {
  std::string tags_table{};
  std::vector<Gen3DatasetType> types{};
};

/// What to read.
struct Gen3Schema {
  IngestDate ingest_date = IngestDate::kTaiNanoseconds;
  std::string instrument{};  ///< empty where the repository has none yet: then there is nothing to read
  std::vector<Gen3TypeGroup> types{};
  std::vector<ButlerDatastore>
      datastores{};  ///< those whose table of records is there; without any, no dataset is stored
  /// Of the collections asked for, with all that a chain holds: ids of runs, and of tagged collections. Both
  /// empty where none is asked for, so that all runs count.
  std::vector<std::int64_t> runs{};
  std::vector<std::int64_t> tagged{};
  /// Names of detectors by their number: "R22_S11".
  absl::flat_hash_map<std::int32_t, std::string> detectors{};
  /// Names that dataset_location has for datastores.
  std::vector<std::string> location_names{};
  bool checksums = false;  ///< RegistryOptions::checksums

  bool is_empty() const { return instrument.empty() || types.empty(); }
};

/// Reads it. Errors, one clause each, without the database's name: kFailedPrecondition where the schema is
/// none that obsmon can read (no Butler's tables, integer ids, collections by name, a newer version of a
/// manager, stored datasets without a table of their paths), or the options choose what is not there, or
/// leave a choice open; else those of the database.
absl::StatusOr<Gen3Schema> ReadGen3Schema(Gen3Transaction& transaction, const ButlerConfig& config,
                                          const RegistryOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN3_SCHEMA_H_
