#include "registry/gen3_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "postgres/uri.h"
#include "registry/butler_config.h"
#include "registry/gen3_database.h"
#include "registry/gen3_files.h"
#include "registry/gen3_postgres.h"
#include "registry/gen3_query.h"
#include "registry/gen3_schema.h"
#include "registry/gen3_sqlite.h"
#include "status_macros.h"
#include "text/digest.h"

namespace obsmon {
namespace {

// Of all in the configuration that decides which files a registry's rows stand for.
std::uint64_t DigestOf(const ButlerConfig& config) {
  Digest digest;
  digest.Add(config.database_url).Add(config.database_namespace);
  for (const ButlerDatastore& datastore : config.datastores) {
    digest.Add(datastore.name).Add("\n").Add(datastore.root).Add("\n").Add(datastore.records_table).Add("\n");
  }
  for (const auto& [in_database, name] : config.new_names)
    digest.Add(in_database).Add("\n").Add(name).Add("\n");
  return digest.value();
}

class Gen3Snapshot final : public RegistrySnapshot {
 public:
  Gen3Snapshot(Gen3Place place, Gen3Schema schema, Gen3Rows rows, WorkControl control)
      : place_(std::move(place)),
        schema_(std::move(schema)),
        rows_(std::move(rows)),
        control_(std::move(control)) {
    for (const Gen3Exposure& exposure : rows_.exposures) {
      if (exposure.observation_type.empty()) continue;
      types_[exposure.night].try_emplace(exposure.obs_id, exposure.observation_type);
    }
  }

  // Of the rows' hashes in ascending order: the order of the rows is the database's choice.
  std::uint64_t Digest(Night night) const override {
    std::vector<std::uint64_t> hashes;
    for (const Gen3Row& row : RowsOf(night)) hashes.push_back(HashOf(row));
    for (const auto& [obs_id, type] : TypesOf(night)) {
      hashes.push_back(obsmon::Digest().Add(obs_id).Add("\n").Add(type).value());
    }
    std::ranges::sort(hashes);
    obsmon::Digest digest;
    for (const ButlerDatastore& datastore : schema_.datastores) digest.Add(datastore.root);
    for (const std::uint64_t hash : hashes) digest.Add(hash);
    return digest.value();
  }

  absl::StatusOr<NightIngests> Ingests(Night night, const KnownFiles& known) const override {
    OBSMON_ASSIGN_OR_RETURN(NightIngests ingests,
                            FindGen3Files(place_, schema_, rows_, night, RowsOf(night), known, control_));
    ingests.observation_types = TypesOf(night);
    return ingests;
  }

 private:
  std::span<const Gen3Row> RowsOf(Night night) const {
    const auto rows = rows_.nights.find(night);
    if (rows == rows_.nights.end()) return {};
    return rows->second;
  }

  ObservationTypes TypesOf(Night night) const {
    const auto types = types_.find(night);
    return types == types_.end() ? ObservationTypes() : types->second;
  }

  std::uint64_t HashOf(const Gen3Row& row) const {
    obsmon::Digest digest;
    const Gen3Exposure& exposure = rows_.exposures[row.exposure];
    digest.Add(exposure.obs_id).Add("\n").Add(static_cast<std::uint64_t>(exposure.id));
    // By which a copy is known.
    const auto detector = schema_.detectors.find(row.detector);
    if (detector != schema_.detectors.end()) digest.Add(detector->second);
    digest.Add(static_cast<std::uint64_t>(row.detector)).Add(std::uint64_t{row.datastore});
    digest.Add(static_cast<std::uint64_t>(row.size_bytes)).Add(std::uint64_t{row.is_guider});
    if (row.ingest_time) digest.Add(static_cast<std::uint64_t>(row.ingest_time->time_since_epoch().count()));
    if (row.datastore != Gen3Row::kNoDatastore) digest.Add(rows_.paths[row.path]);
    if (row.checksum != kNoChecksum) digest.Add(row.checksum);
    return digest.value();
  }

  Gen3Place place_;
  Gen3Schema schema_;
  Gen3Rows rows_;
  std::map<Night, ObservationTypes> types_;
  WorkControl control_;
};

class Gen3Registry final : public Registry {
 public:
  Gen3Registry(ButlerConfig config, std::unique_ptr<Gen3Database> database, const RegistryOptions& options)
      : config_(std::move(config)), database_(std::move(database)), options_(options) {}

  /// Whether there is a registry that can be read as the options ask.
  absl::Status Check() {
    return database_->Read([this](Gen3Transaction& transaction) {
      return ReadGen3Schema(transaction, config_, options_).status();
    });
  }

  std::string ChangeToken() override {
    const std::string token = database_->ChangeToken();
    if (token.empty()) return {};
    return fmt::format("{}-{:x}", token, DigestOf(config_));
  }

  absl::StatusOr<std::unique_ptr<RegistrySnapshot>> Read(std::span<const Night> nights,
                                                         const RowsAreFixed& rows_are_fixed) override {
    Gen3Schema schema;
    Gen3Rows rows;
    OBSMON_RETURN_IF_ERROR(database_->Read([&](Gen3Transaction& transaction) -> absl::Status {
      OBSMON_ASSIGN_OR_RETURN(schema, ReadGen3Schema(transaction, config_, options_));
      // By its first question at the latest a transaction knows of which instant it is.
      if (rows_are_fixed && !transaction.AsksByExposure()) rows_are_fixed();
      OBSMON_ASSIGN_OR_RETURN(rows, ReadGen3Rows(transaction, schema, nights, options_.control.stop));
      return absl::OkStatus();
    }));
    return std::make_unique<Gen3Snapshot>(Gen3Place{.folder = config_.file.parent_path().native()},
                                          std::move(schema), std::move(rows), options_.control);
  }

 private:
  ButlerConfig config_;
  std::unique_ptr<Gen3Database> database_;
  RegistryOptions options_;
};

// The one place that knows which kinds of database there are.
absl::StatusOr<std::unique_ptr<Gen3Database>> DatabaseOf(const ButlerConfig& config,
                                                         const RegistryOptions& options) {
  const std::string_view dialect = config.Dialect();
  if (dialect == "sqlite") {
    OBSMON_ASSIGN_OR_RETURN(const std::filesystem::path file, SqliteFileOf(config));
    return MakeGen3Sqlite(file, options);
  }
  if (postgres::IsUri(config.database_url)) return MakeGen3Postgres(config, options);
  return absl::UnimplementedError(
      fmt::format("{}: its registry is a database of kind '{}', which this obsmon can't read",
                  config.file.native(), dialect));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Registry>> OpenGen3(const std::filesystem::path& config,
                                                   const RegistryOptions& options) {
  OBSMON_ASSIGN_OR_RETURN(ButlerConfig butler, ReadButlerConfig(config));
  OBSMON_ASSIGN_OR_RETURN(std::unique_ptr<Gen3Database> database, DatabaseOf(butler, options));
  auto registry = std::make_unique<Gen3Registry>(std::move(butler), std::move(database), options);
  OBSMON_RETURN_IF_ERROR(registry->Check());
  return registry;
}

}  // namespace obsmon
