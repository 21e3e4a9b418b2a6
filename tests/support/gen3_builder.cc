#include "support/gen3_builder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

namespace obsmon {
namespace {

constexpr std::string_view kButlerYaml = R"(datastore:
  cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore
  records:
    table: file_datastore_records
  root: <butlerRoot>
registry:
  db: sqlite:///<butlerRoot>/gen3.sqlite3
)";

constexpr std::string_view kTables = R"(
CREATE TABLE butler_attributes (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE instrument (name VARCHAR(32) NOT NULL PRIMARY KEY, class_name TEXT);
CREATE TABLE collection (collection_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type SMALLINT NOT NULL);
CREATE TABLE collection_chain (parent BIGINT NOT NULL, position SMALLINT NOT NULL, child BIGINT NOT NULL,
  PRIMARY KEY (parent, position));
CREATE TABLE dataset_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, storage_class TEXT NOT NULL,
  dimensions_key BIGINT NOT NULL, tag_association_table TEXT NOT NULL);
CREATE TABLE dataset_location (datastore_name TEXT NOT NULL, dataset_id CHAR(32) NOT NULL,
  PRIMARY KEY (datastore_name, dataset_id));
CREATE INDEX dataset_location_fkidx_dataset_id ON dataset_location (dataset_id);
CREATE TABLE detector (instrument VARCHAR(32) NOT NULL, id BIGINT NOT NULL, full_name VARCHAR(32),
  PRIMARY KEY (instrument, id));
CREATE TABLE dataset_tags_00000001 (dataset_type_id BIGINT NOT NULL, dataset_id CHAR(32) NOT NULL,
  collection_id BIGINT NOT NULL, instrument VARCHAR(32) NOT NULL, detector BIGINT NOT NULL,
  exposure BIGINT NOT NULL, PRIMARY KEY (dataset_id, collection_id),
  UNIQUE (dataset_type_id, collection_id, instrument, detector, exposure));
CREATE INDEX dataset_tags_00000001_fkidx_instrument ON dataset_tags_00000001 (instrument);
CREATE INDEX dataset_tags_00000001_fkidx_instrument_detector ON dataset_tags_00000001 (instrument, detector);
CREATE INDEX dataset_tags_00000001_fkidx_dataset_type_id ON dataset_tags_00000001 (dataset_type_id);
CREATE INDEX dataset_tags_00000001_fkidx_instrument_exposure ON dataset_tags_00000001 (instrument, exposure);
CREATE INDEX dataset_tags_00000001_fkidx_dataset_id ON dataset_tags_00000001 (dataset_id);
CREATE INDEX dataset_tags_00000001_fkidx_collection_id ON dataset_tags_00000001 (collection_id);
)";

std::string CreateDataset(bool utc_text) {
  return fmt::format(
      "CREATE TABLE dataset (id CHAR(32) NOT NULL PRIMARY KEY, dataset_type_id BIGINT NOT NULL, "
      "ingest_date {} NOT NULL, run_id BIGINT NOT NULL);"
      "CREATE INDEX dataset_fkidx_dataset_type_id ON dataset (dataset_type_id);"
      "CREATE INDEX dataset_fkidx_run_id ON dataset (run_id);",
      utc_text ? "TIMESTAMP" : "BIGINT");
}

std::string CreateExposure(int universe) {
  const bool has_group = universe >= 6;
  std::string sql = fmt::format(
      "CREATE TABLE exposure (instrument VARCHAR(32) NOT NULL, id BIGINT NOT NULL, day_obs BIGINT, {}, "
      "obs_id TEXT, seq_num BIGINT, observation_type VARCHAR(16), PRIMARY KEY (instrument, id));"
      "CREATE INDEX exposure_fkidx_instrument ON exposure (instrument);",
      has_group ? "\"group\" TEXT" : "group_name TEXT, group_id BIGINT");
  if (has_group) {
    sql +=
        "CREATE INDEX exposure_fkidx_instrument_day_obs ON exposure (instrument, day_obs);"
        "CREATE TABLE day_obs (instrument VARCHAR(32) NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (instrument, "
        "id));";
  }
  return sql;
}

// "MC_O_20250501_000001": day_obs and number.
std::int64_t DayObsOf(const std::string& obs_id) { return std::stoll(obs_id.substr(5, 8)); }
std::int64_t ExposureOf(const std::string& obs_id) {
  return DayObsOf(obs_id) * 100'000 + std::stoll(obs_id.substr(14, 6));
}

// Some number that no other name has.
std::int64_t DetectorOf(const std::string& name) {
  std::int64_t id = 0;
  for (const char c : name) id = id * 37 + (c <= '9' ? c - '0' : c - 'A' + 10);
  return id % 2'000'000'011;
}

std::string IngestDate(UtcTime time, bool utc_text) {
  constexpr std::chrono::seconds kTaiMinusUtc{37};
  if (!utc_text) return std::to_string((time + kTaiMinusUtc).time_since_epoch().count());
  std::string text = FormatUtcNanos(time);  // 2025-05-01T20:00:00.000000000Z
  text[10] = ' ';
  return fmt::format("'{}'", text.substr(0, 26));
}

}  // namespace

Gen3Builder::Gen3Builder(const TempTree& tree, std::string_view repo, const Gen3Make& make)
    : tree_(tree), repo_(repo), make_(make) {
  tree.Folder(repo);
  tree.Text(repo_ + "/butler.yaml", make.butler_yaml.empty() ? kButlerYaml : make.butler_yaml);
  absl::StatusOr<sqlite::Connection> connection =
      sqlite::Connection::Open(file().string(), sqlite::OpenMode::kReadWrite, std::chrono::seconds{1});
  EXPECT_TRUE(connection.ok()) << connection.status();
  connection_.emplace(*std::move(connection));
  Sql("BEGIN").Sql(kTables).Sql(CreateDataset(make.utc_text)).Sql(CreateExposure(make.universe));
  RecordsTable("file_datastore_records");
}

std::string Gen3Builder::Dataset(const Gen3Raw& raw) {
  Instrument(raw.instrument);
  const std::int64_t exposure = ExposureOf(raw.obs_id);
  const std::int64_t detector = DetectorOf(raw.detector);
  const std::int64_t run = Collection(raw.run, 1);
  const std::int64_t type = Type(raw.type);
  Sql(
      fmt::format("INSERT OR IGNORE INTO exposure (instrument, id, day_obs, obs_id, observation_type) "
                  "VALUES ('{}', {}, {}, '{}', '{}')",
                  raw.instrument, exposure, DayObsOf(raw.obs_id), raw.obs_id, raw.observation_type));
  Sql(fmt::format("INSERT OR IGNORE INTO detector VALUES ('{}', {}, '{}')", raw.instrument, detector,
                  raw.detector));
  std::string id = fmt::format("{:032x}", ++num_datasets_);
  Sql(fmt::format("INSERT INTO dataset VALUES ('{}', {}, {}, {})", id, type,
                  IngestDate(raw.ingested, make_.utc_text), run));
  Sql(fmt::format("INSERT INTO dataset_tags_00000001 VALUES ({}, '{}', {}, '{}', {}, {})", type, id, run,
                  raw.instrument, detector, exposure));
  Record(id, raw);
  return id;
}

Gen3Builder& Gen3Builder::Record(const std::string& dataset, const Gen3Raw& raw) {
  if (raw.recorded) {
    Sql(
        fmt::format("INSERT INTO {} VALUES ('{}', '{}', 'formatter', 'Exposure', '__NULL_STRING__', "
                    "nullif('{}', ''), {})",
                    raw.records_table, dataset, raw.path, raw.checksum, raw.size));
  }
  if (raw.located)
    Sql(fmt::format("INSERT INTO dataset_location VALUES ('{}', '{}')", raw.datastore, dataset));
  return *this;
}

Gen3Builder& Gen3Builder::Instrument(const std::string& name) {
  return Sql(fmt::format("INSERT OR IGNORE INTO instrument VALUES ('{}', 'test')", name));
}

std::int64_t Gen3Builder::Collection(const std::string& name, int type) {
  const auto [known, is_new] =
      collections_.try_emplace(name, static_cast<std::int64_t>(collections_.size()) + 1);
  if (is_new) Sql(fmt::format("INSERT INTO collection VALUES ({}, '{}', {})", known->second, name, type));
  return known->second;
}

std::int64_t Gen3Builder::Type(const std::string& name) {
  const auto [known, is_new] = types_.try_emplace(name, static_cast<std::int64_t>(types_.size()) + 1);
  if (is_new) {
    Sql(fmt::format("INSERT INTO dataset_type VALUES ({}, '{}', 'Exposure', 1, 'dataset_tags_00000001')",
                    known->second, name));
  }
  return known->second;
}

Gen3Builder& Gen3Builder::Tag(const std::string& dataset, const std::string& collection) {
  return Sql(fmt::format(
      "INSERT INTO dataset_tags_00000001 SELECT dataset_type_id, dataset_id, {}, instrument, detector, "
      "exposure FROM dataset_tags_00000001 WHERE dataset_id = '{}' LIMIT 1",
      Collection(collection, 2), dataset));
}

Gen3Builder& Gen3Builder::RecordsTable(const std::string& name) {
  return Sql(fmt::format(
      "CREATE TABLE {0} (dataset_id CHAR(32) NOT NULL, path TEXT NOT NULL, formatter TEXT NOT NULL, "
      "storage_class TEXT NOT NULL, component VARCHAR(32) NOT NULL, checksum TEXT, file_size BIGINT, "
      "PRIMARY KEY (dataset_id, component)); CREATE INDEX {0}_idx_path ON {0} (path);",
      name));
}

Gen3Builder& Gen3Builder::Sql(std::string_view statements) {
  const absl::Status status = connection_->Execute(statements);
  EXPECT_TRUE(status.ok()) << status << "\n" << statements;
  return *this;
}

std::filesystem::path Gen3Builder::Close() {
  if (connection_->InTransaction()) Sql("COMMIT");
  connection_.reset();
  return repo();
}

}  // namespace obsmon
