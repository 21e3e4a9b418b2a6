// Small Gen3 repositories, written by hand: a butler.yaml and a gen3.sqlite3 with the tables and indexes that
// daf_butler makes, as far as obsmon reads them. tests/gen3 has real ones, made by daf_butler itself.
#ifndef OBSMON_TESTS_SUPPORT_GEN3_BUILDER_H_
#define OBSMON_TESTS_SUPPORT_GEN3_BUILDER_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "obsmon/night.h"
#include "sqlite/sqlite.h"
#include "support/temp_tree.h"

namespace obsmon {

/// What a repository was made with.
struct Gen3Make {
  bool utc_text = false;  ///< datasets manager 1: ingest_date is a text in UTC
  int universe = 7;       ///< before 6 there are no tables day_obs and group, nor an index on the night
  /// Empty: as makeRepo writes it.
  std::string butler_yaml{};
};

/// One dataset. Its exposure, detector, run and type are made as needed.
struct Gen3Raw {
  std::string obs_id = "MC_O_20250501_000001";
  std::string detector = "R22_S11";
  std::string path{};  ///< as the record has it
  std::int64_t size = 57'600;
  std::string checksum{};  ///< empty: NULL
  std::string instrument = "LSSTCam";
  std::string run = "LSSTCam/raw/all";
  std::string type = "raw";
  UtcTime ingested = Utc("2025-05-01T20:00:00");
  std::string observation_type = "science";  ///< of the exposure; the first dataset's counts
  bool located = true;                       ///< false: no row in dataset_location
  bool recorded = true;                      ///< false: no row in the table of records
  std::string records_table = "file_datastore_records";
  std::string datastore = "FileDatastore@<butlerRoot>";
};

class Gen3Builder {
 public:
  Gen3Builder(const TempTree& tree, std::string_view repo, const Gen3Make& make = {});

  /// Inserts a dataset; returns its id.
  std::string Dataset(const Gen3Raw& raw);
  /// Adds a record of a dataset in another datastore.
  Gen3Builder& Record(const std::string& dataset, const Gen3Raw& raw);
  Gen3Builder& Instrument(const std::string& name);
  /// Makes a collection: 1 a run, 2 tagged, 3 a chain, 4 of calibrations.
  std::int64_t Collection(const std::string& name, int type);
  /// Puts a dataset into a tagged collection.
  Gen3Builder& Tag(const std::string& dataset, const std::string& collection);
  /// Makes a table of records.
  Gen3Builder& RecordsTable(const std::string& name);
  /// Runs any SQL.
  Gen3Builder& Sql(std::string_view statements);
  /// Ends the transaction and closes the connection.
  std::filesystem::path Close();

  std::filesystem::path repo() const { return tree_.root() / repo_; }
  std::filesystem::path file() const { return repo() / "gen3.sqlite3"; }

 private:
  std::int64_t Type(const std::string& name);

  const TempTree& tree_;
  std::string repo_;
  Gen3Make make_;
  std::optional<sqlite::Connection> connection_;
  std::map<std::string, std::int64_t> collections_;
  std::map<std::string, std::int64_t> types_;
  int num_datasets_ = 0;
};

}  // namespace obsmon

#endif  // OBSMON_TESTS_SUPPORT_GEN3_BUILDER_H_
