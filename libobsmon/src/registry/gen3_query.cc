#include "registry/gen3_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "files/checksum.h"
#include "status_macros.h"
#include "tai.h"
#include "text/utc_text.h"

namespace obsmon {
namespace {

// A writer that commits waits for us at most about this long, and then for its own next try: SQLite's busy
// handler sleeps for 1, 2, 5, 10, 15, 20, 25 ms and so on, so that a hold of 4 ms costs it 8, and one of 20
// costs it 33. On a machine with too much to do the processor may be taken from us in between for several
// times as long: hence the room below the 100 ms that are promised. To let go more often costs no time that
// could be measured.
constexpr std::chrono::milliseconds kLongestHold{4};

constexpr std::int64_t kDatasetsBetweenStops = 4096;

// Columns of Gen3DatasetsSql.
enum DatasetColumn : int { kExposure, kDetector, kType, kIngestDate, kFirstRecord };
constexpr int kColumnsOfRecord = 4;  // path, file_size, located, checksum

std::string IdList(const std::vector<std::int64_t>& ids) {
  // Numbers that the database itself gave: no text of anyone's comes into the SQL.
  return fmt::format("({})", fmt::join(ids, ", "));
}

// An 'infinity', which no number can be, is no time that anyone knows.
std::string SelectedIngestDate(IngestDate kind) {
  if (kind == IngestDate::kUtcTimestamp) {
    return "CASE WHEN isfinite(d.ingest_date) THEN (extract(epoch FROM d.ingest_date) * 1000000)::bigint END";
  }
  return "d.ingest_date";
}

std::string QuotedText(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

// Whether a location row is `datastore`'s. Only its name can tell, where there are several. A name that the
// table has not got at all was given to the datastore later, or nothing is stored in it yet: its rows are
// then at most those that have the name of no other one. (By default those of a chain share their table of
// records, so that a record does not tell whose it is.)
std::string IsLocatedSql(const Gen3Transaction& transaction, const Gen3Schema& schema,
                         const ButlerDatastore& datastore, std::string_view dataset) {
  const auto is_located = [&](const std::string& name) {
    return std::ranges::find(schema.location_names, name) != schema.location_names.end();
  };
  std::string sql = fmt::format("EXISTS (SELECT 1 FROM {} l WHERE l.dataset_id = {}",
                                transaction.Table("dataset_location"), dataset);
  if (schema.datastores.size() == 1) return sql + ")";
  if (is_located(datastore.name))
    return sql + fmt::format(" AND l.datastore_name = {})", QuotedText(datastore.name));
  std::vector<std::string> others;
  for (const ButlerDatastore& other : schema.datastores) {
    if (is_located(other.name)) others.push_back(QuotedText(other.name));
  }
  if (!others.empty()) sql += fmt::format(" AND l.datastore_name NOT IN ({})", fmt::join(others, ", "));
  return sql + ")";
}

std::string InCollectionsSql(const Gen3Transaction& transaction, const Gen3Schema& schema,
                             const Gen3TypeGroup& group) {
  std::vector<std::string> conditions;
  if (!schema.runs.empty()) conditions.push_back(fmt::format("d.run_id IN {}", IdList(schema.runs)));
  if (!schema.tagged.empty()) {
    conditions.push_back(
        fmt::format("EXISTS (SELECT 1 FROM {} g WHERE g.dataset_id = d.id AND g.collection_id IN {})",
                    transaction.Table(group.tags_table), IdList(schema.tagged)));
  }
  if (conditions.empty()) return "";
  return fmt::format(" AND ({})", fmt::join(conditions, " OR "));
}

std::optional<Night> NightOfDayObs(std::int64_t day_obs) {
  if (day_obs < 1'00'00 || day_obs > 9999'12'31) return std::nullopt;
  return Night::FromFolderName(fmt::format("{:08}", day_obs));
}

// Where `nights` have no gap: what one query can ask for.
struct NightRange {
  Night first;
  Night last;
};

std::vector<NightRange> RangesOf(std::span<const Night> nights) {
  std::vector<Night> sorted(nights.begin(), nights.end());
  std::ranges::sort(sorted);
  std::vector<NightRange> ranges;
  for (const Night night : sorted) {
    if (ranges.empty() || night > ranges.back().last + 1) {
      ranges.push_back({night, night});
    } else {
      ranges.back().last = night;
    }
  }
  return ranges;
}

class Reader {
 public:
  Reader(Gen3Transaction& transaction, const Gen3Schema& schema, const std::stop_token& stop)
      : transaction_(transaction), schema_(schema), stop_(stop) {}

  absl::StatusOr<Gen3Rows> Read(std::span<const Night> nights) && {
    for (const Night night : nights) rows_.nights.try_emplace(night);
    if (schema_.is_empty()) return std::move(rows_);
    const std::vector<NightRange> ranges = RangesOf(nights);
    for (const NightRange& range : ranges) {
      if (transaction_.AsksByExposure()) OBSMON_RETURN_IF_ERROR(LetWritersGoOn());
      OBSMON_RETURN_IF_ERROR(ReadExposures(range));
    }
    for (const Gen3TypeGroup& group : schema_.types) {
      if (transaction_.AsksByExposure()) {
        OBSMON_RETURN_IF_ERROR(ReadDatasetsByExposure(group));
      } else {
        for (const NightRange& range : ranges) OBSMON_RETURN_IF_ERROR(ReadDatasetsOfNights(group, range));
      }
    }
    return std::move(rows_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  absl::Status ReadExposures(const NightRange& range);
  absl::Status ReadDatasetsByExposure(const Gen3TypeGroup& group);
  absl::Status ReadDatasetsOfNights(const Gen3TypeGroup& group, const NightRange& range);
  absl::Status TakeRows(Gen3Statement& statement, const Gen3TypeGroup& group);
  void TakeRow(const Gen3Statement& statement, const Gen3TypeGroup& group);
  absl::Status LetWritersGoOn();
  std::optional<UtcTime> IngestTime(const Gen3Statement& statement) const;

  Gen3Transaction& transaction_;
  const Gen3Schema& schema_;
  const std::stop_token& stop_;
  Gen3Rows rows_;
  absl::flat_hash_map<std::int64_t, std::uint32_t> exposure_of_id_;
  std::int64_t num_read_ = 0;
  Clock::time_point began_{};  // so that what was read of the schema is let go of at once
};

absl::Status Reader::ReadExposures(const NightRange& range) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<Gen3Statement> statement,
                          transaction_.Prepare(Gen3ExposuresSql(transaction_)));
  const std::array values = {BoundValue{std::string_view(schema_.instrument)},
                             BoundValue{std::int64_t{range.first.yyyymmdd()}},
                             BoundValue{std::int64_t{range.last.yyyymmdd()}}};
  OBSMON_RETURN_IF_ERROR(statement->Run(values));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, statement->Step());
    if (!has_row) return absl::OkStatus();
    const std::optional<Night> night = NightOfDayObs(statement->Int(1));
    if (!night) continue;
    exposure_of_id_.emplace(statement->Int(0), static_cast<std::uint32_t>(rows_.exposures.size()));
    rows_.exposures.push_back({.id = statement->Int(0),
                               .night = *night,
                               .obs_id = std::string(statement->Text(2)),
                               .observation_type = std::string(statement->Text(3))});
  }
}

absl::Status Reader::ReadDatasetsByExposure(const Gen3TypeGroup& group) {
  OBSMON_ASSIGN_OR_RETURN(
      const std::unique_ptr<Gen3Statement> statement,
      transaction_.Prepare(Gen3DatasetsSql(transaction_, schema_, group, Gen3Scope::kExposure)));
  for (const Gen3Exposure& exposure : rows_.exposures) {
    OBSMON_RETURN_IF_ERROR(LetWritersGoOn());
    const std::array values = {BoundValue{std::string_view(schema_.instrument)}, BoundValue{exposure.id}};
    OBSMON_RETURN_IF_ERROR(statement->Run(values));
    OBSMON_RETURN_IF_ERROR(TakeRows(*statement, group));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadDatasetsOfNights(const Gen3TypeGroup& group, const NightRange& range) {
  OBSMON_ASSIGN_OR_RETURN(
      const std::unique_ptr<Gen3Statement> statement,
      transaction_.Prepare(Gen3DatasetsSql(transaction_, schema_, group, Gen3Scope::kNights)));
  const std::array values = {BoundValue{std::string_view(schema_.instrument)},
                             BoundValue{std::int64_t{range.first.yyyymmdd()}},
                             BoundValue{std::int64_t{range.last.yyyymmdd()}}};
  OBSMON_RETURN_IF_ERROR(statement->Run(values));
  return TakeRows(*statement, group);
}

absl::Status Reader::TakeRows(Gen3Statement& statement, const Gen3TypeGroup& group) {
  for (;; ++num_read_) {
    if (num_read_ % kDatasetsBetweenStops == 0 && stop_.stop_requested())
      return absl::CancelledError("cancelled");
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
    if (!has_row) return absl::OkStatus();
    TakeRow(statement, group);
  }
}

void Reader::TakeRow(const Gen3Statement& statement, const Gen3TypeGroup& group) {
  const auto exposure = exposure_of_id_.find(statement.Int(kExposure));
  if (exposure == exposure_of_id_.end()) return;
  const auto night = rows_.nights.find(rows_.exposures[exposure->second].night);
  if (night == rows_.nights.end()) return;

  const auto type = std::ranges::find(group.types, statement.Int(kType), &Gen3DatasetType::id);
  Gen3Row row{.exposure = exposure->second,
              .detector = static_cast<std::int32_t>(statement.Int(kDetector)),
              .is_guider = type != group.types.end() && type->name.find("guider") != std::string::npos,
              .ingest_time = IngestTime(statement)};
  bool is_stored = false;
  for (std::size_t i = 0; i < schema_.datastores.size(); ++i) {
    const int record = kFirstRecord + kColumnsOfRecord * static_cast<int>(i);
    if (statement.IsNull(record) || statement.Int(record + 2) == 0) continue;
    is_stored = true;
    row.datastore = static_cast<std::uint8_t>(i);
    row.path = static_cast<std::uint32_t>(rows_.paths.size());
    rows_.paths.Append(statement.Text(record));
    row.size_bytes = statement.IsNull(record + 1) ? -1 : statement.Int(record + 1);
    row.checksum = ParseChecksum(statement.Text(record + 3));
    night->second.push_back(row);
  }
  if (!is_stored) night->second.push_back(row);
}

// An open transaction keeps an SQLite writer from its commit.
absl::Status Reader::LetWritersGoOn() {
  if (Clock::now() - began_ < kLongestHold) return absl::OkStatus();
  OBSMON_RETURN_IF_ERROR(transaction_.Pause());
  began_ = Clock::now();
  return absl::OkStatus();
}

std::optional<UtcTime> Reader::IngestTime(const Gen3Statement& statement) const {
  if (statement.IsNull(kIngestDate)) return std::nullopt;
  switch (schema_.ingest_date) {
    case IngestDate::kTaiNanoseconds:
      if (const auto tai = CheckedUtc(UtcTime(std::chrono::nanoseconds{statement.Int(kIngestDate)}))) {
        return *tai - kTaiMinusUtc;
      }
      return std::nullopt;
    case IngestDate::kUtcTimestamp:
      return CheckedUtc(std::chrono::sys_time<std::chrono::microseconds>(
          std::chrono::microseconds{statement.Int(kIngestDate)}));
    case IngestDate::kUtcText:
      return ParseUtcText(statement.Text(kIngestDate));
  }
  return std::nullopt;
}

// CROSS JOIN keeps SQLite from choosing another order; PostgreSQL takes it, with its condition in WHERE, for
// any other join. A dataset has a row of tags for each collection that it is in: that of its own run counts
// it once.
std::string DatasetsOfExposureSql(const Gen3Transaction& transaction, const Gen3Schema& schema,
                                  const Gen3TypeGroup& group, std::string_view exposure) {
  std::string select = fmt::format("SELECT t.exposure, t.detector, t.dataset_type_id, {}",
                                   SelectedIngestDate(schema.ingest_date));
  std::string from = fmt::format(" FROM {} t CROSS JOIN {} d", transaction.Table(group.tags_table),
                                 transaction.Table("dataset"));
  for (std::size_t i = 0; i < schema.datastores.size(); ++i) {
    const ButlerDatastore& datastore = schema.datastores[i];
    select += fmt::format(", r{0}.path, r{0}.file_size, CASE WHEN {1} THEN 1 ELSE 0 END, {2}", i,
                          IsLocatedSql(transaction, schema, datastore, "d.id"),
                          schema.checksums ? fmt::format("r{}.checksum", i) : "NULL");
    from +=
        fmt::format(" LEFT JOIN {0} r{1} ON r{1}.dataset_id = d.id AND r{1}.component = '__NULL_STRING__'",
                    transaction.Table(datastore.records_table), i);
  }
  std::vector<std::int64_t> type_ids;
  for (const Gen3DatasetType& type : group.types) type_ids.push_back(type.id);
  return fmt::format(
      "{}{} WHERE t.instrument = $1 AND t.exposure = {} AND t.dataset_type_id IN {} AND d.id = t.dataset_id "
      "AND d.run_id = t.collection_id{}",
      select, from, exposure, IdList(type_ids), InCollectionsSql(transaction, schema, group));
}

}  // namespace

absl::StatusOr<Gen3Rows> ReadGen3Rows(Gen3Transaction& transaction, const Gen3Schema& schema,
                                      std::span<const Night> nights, const std::stop_token& stop) {
  return Reader(transaction, schema, stop).Read(nights);
}

std::string Gen3ExposuresSql(const Gen3Transaction& transaction) {
  return fmt::format(
      "SELECT e.id, e.day_obs, e.obs_id, e.observation_type FROM {} e "
      "WHERE e.instrument = $1 AND e.day_obs >= $2 AND e.day_obs <= $3",
      transaction.Table("exposure"));
}

// OFFSET 0 keeps PostgreSQL from making one join of it all, for which it would scan whole tables: as it is,
// it plans for the few hundred datasets of an exposure, and indexes are far the cheapest way to these.
std::string Gen3DatasetsSql(const Gen3Transaction& transaction, const Gen3Schema& schema,
                            const Gen3TypeGroup& group, Gen3Scope scope) {
  if (scope == Gen3Scope::kExposure) return DatasetsOfExposureSql(transaction, schema, group, "$2");
  return fmt::format(
      "SELECT x.* FROM {} e CROSS JOIN LATERAL ({} OFFSET 0) x "
      "WHERE e.instrument = $1 AND e.day_obs >= $2 AND e.day_obs <= $3",
      transaction.Table("exposure"), DatasetsOfExposureSql(transaction, schema, group, "e.id"));
}

}  // namespace obsmon
