// Reads the table `raw` of a Gen2 registry.
#ifndef OBSMON_SRC_REGISTRY_GEN2_TABLE_H_
#define OBSMON_SRC_REGISTRY_GEN2_TABLE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/night.h"
#include "registry/gen2_row.h"
#include "sqlite/sqlite.h"

namespace obsmon {

/// The columns that a table `raw` has. They are looked up, ignoring case: registries differ by camera and by
/// the day on which they were made, and old ones have their columns in any order.
class RawColumns {
 public:
  /// Errors: kFailedPrecondition where there is no table `raw`, or none of its columns tells the night; the
  /// message is one clause without the path.
  static absl::StatusOr<RawColumns> Read(sqlite::Connection& database);

  FieldSet fields() const { return fields_; }
  bool has_test_seq_num() const { return has_test_seq_num_; }
  /// Selects the rows that may belong to the nights from ?1 on, before ?2 (ISO dates): first the texts that
  /// tell the night (dayObs, dateObs, date), then the fields in the order of RawField.
  std::string SelectRows() const;

 private:
  void Add(std::string_view column);

  std::array<std::string, kNumRawFields> columns_;  ///< empty where there is none
  std::array<std::string, 3> night_columns_;        ///< dayObs, dateObs, date
  FieldSet fields_;
  bool has_test_seq_num_ = false;
};

/// The rows of some nights.
struct RawRows {
  absl::flat_hash_map<Night, std::vector<RawRow>> nights{};  ///< in the order of the table
  TextPool texts{};
};

/// Reads the rows of `nights` in one pass over the table: it has no index on the night, and a query for each
/// would read all of it each time. kCancelled once `stop` is requested.
absl::StatusOr<RawRows> ReadRawRows(sqlite::Connection& database, const RawColumns& columns,
                                    std::span<const Night> nights, const std::stop_token& stop);

/// The night that a row belongs to: its dayObs; else its dateObs where that is a date (HSC); else the night
/// of the instant in dateObs or date, UTC-12 h, as the ingest derives dayObs itself (obs_lsst,
/// translate_dayObs). Absent where none of them tells. Empty views stand for what is not there.
std::optional<Night> NightOfRow(std::string_view day_obs, std::string_view date_obs, std::string_view date);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN2_TABLE_H_
