// The datasets of some nights, as a Gen3 registry lists them.
#ifndef OBSMON_SRC_REGISTRY_GEN3_QUERY_H_
#define OBSMON_SRC_REGISTRY_GEN3_QUERY_H_

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "obsmon/columns.h"
#include "obsmon/night.h"
#include "registry/gen3_database.h"
#include "registry/gen3_schema.h"

namespace obsmon {

/// One exposure of a night.
struct Gen3Exposure {
  std::int64_t id = 0;
  Night night{};
  std::string obs_id{};
  std::string observation_type{};
};

/// One dataset in one datastore; or, where no datastore holds it, once with `datastore` kNoDatastore.
struct Gen3Row {
  static constexpr std::uint8_t kNoDatastore = 255;

  std::uint32_t exposure = 0;  ///< in Gen3Rows::exposures
  std::uint32_t path = 0;      ///< in Gen3Rows::paths; as file_datastore_records has it
  std::int32_t detector = -1;
  std::uint8_t datastore = kNoDatastore;  ///< in Gen3Schema::datastores
  bool is_guider = false;
  std::int64_t size_bytes = -1;  ///< at ingest; -1 where it was not recorded
  std::optional<UtcTime> ingest_time{};
  Checksum checksum = kNoChecksum;  ///< as size_bytes; read only where the schema says so
};

/// The rows of some nights.
struct Gen3Rows {
  std::vector<Gen3Exposure> exposures{};
  StringColumn paths{};
  absl::flat_hash_map<Night, std::vector<Gen3Row>> nights{};
};

/// Reads the rows of `nights`. Where a reader holds writers back, in as many transactions as keep each short:
/// every exposure is then as it was at one instant, and all of them as they were since this call began.
/// kCancelled once `stop` is requested.
absl::StatusOr<Gen3Rows> ReadGen3Rows(Gen3Transaction& transaction, const Gen3Schema& schema,
                                      std::span<const Night> nights, const std::stop_token& stop);

/// The SQL that lists the exposures of the nights from $2 to $3 of instrument $1: id, day_obs, obs_id,
/// observation_type.
std::string Gen3ExposuresSql(const Gen3Transaction& transaction);

/// Which exposures a query for datasets is about.
enum class Gen3Scope : std::uint8_t {
  kExposure,  ///< that of instrument $1 with id $2
  kNights,    ///< those of instrument $1 from night $2 to $3: PostgreSQL's SQL alone
};

/// The SQL that lists datasets of `group`: exposure, detector, dataset_type_id, ingest_date; then for each of
/// the schema's datastores path, file_size, whether dataset_location has it (1, else 0), and, where they are
/// asked for, checksum. The indexes lead from exposures to tags to datasets to records; nothing is scanned.
std::string Gen3DatasetsSql(const Gen3Transaction& transaction, const Gen3Schema& schema,
                            const Gen3TypeGroup& group, Gen3Scope scope);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN3_QUERY_H_
