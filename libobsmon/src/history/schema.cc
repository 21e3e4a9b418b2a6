#include "history/schema.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "history/takeover.h"
#include "status_macros.h"

namespace obsmon {

// What version 2 added, as part of a new history and of an older one's migration.
//
// latency: how long a night's files took for a span of their way ('creation_to_arrival', 'arrival_to_ingest',
// 'creation_to_ingest'), in nanoseconds; `negative` files had it end before it began. No row where no file
// tells.
// absent: the files that a night's manifests call for, and that are neither in storage nor in the registry;
// `path` is where it would be, `since` when its manifest arrived, `verdict` missing, settling, ignored or
// unknown.
// event: a night's files as the event tables of the data backbone have them, with the times as the prototype
// wrote them, for its views; `status` is empty where there is no event yet.
#define OBSMON_TABLES_SINCE_VERSION_2                                                                  \
  "CREATE TABLE latency (night INTEGER NOT NULL, span TEXT NOT NULL, files INTEGER NOT NULL,"          \
  " negative INTEGER NOT NULL, shortest INTEGER NOT NULL, p50 INTEGER NOT NULL, p95 INTEGER NOT NULL," \
  " longest INTEGER NOT NULL, PRIMARY KEY (night, span)) WITHOUT ROWID;"                               \
  "CREATE TABLE absent (night INTEGER NOT NULL, path TEXT NOT NULL, since INTEGER NOT NULL,"           \
  " verdict INTEGER NOT NULL, PRIMARY KEY (night, path)) WITHOUT ROWID;"                               \
  "CREATE TABLE event (night INTEGER NOT NULL, path TEXT NOT NULL, number INTEGER NOT NULL,"           \
  " status TEXT NOT NULL, message TEXT NOT NULL, found_time TEXT NOT NULL, event_time TEXT NOT NULL,"  \
  " PRIMARY KEY (night, path)) WITHOUT ROWID;"

// Times are nanoseconds since 1970 in UTC, NULL where absent. device and inode have 64 bits without a sign
// and are kept bit for bit in SQLite's integers, which have one.
const char* const kTables = OBSMON_TABLES_SINCE_VERSION_2 R"(
CREATE TABLE night (
  number INTEGER PRIMARY KEY,            -- 20200501
  nite TEXT NOT NULL UNIQUE,             -- '2020-05-01'
  state INTEGER NOT NULL,                -- NightState
  trouble TEXT NOT NULL,
  looked_at INTEGER NOT NULL,
  changed_at INTEGER,
  from_prototype INTEGER NOT NULL,
  num_issues INTEGER NOT NULL,
  files INTEGER NOT NULL,                -- and by verdict:
  ingested INTEGER NOT NULL,
  artifact_gone INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  in_flight INTEGER NOT NULL,
  ignored INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  settling INTEGER NOT NULL,
  not_fits INTEGER NOT NULL,
  too_small INTEGER NOT NULL,
  not_ingested INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  last_creation INTEGER,
  last_arrival INTEGER,
  last_ingest INTEGER,
  legacy_files INTEGER NOT NULL,         -- by the prototype's rules:
  legacy_ingested INTEGER NOT NULL,
  legacy_small INTEGER NOT NULL,
  legacy_not_fits INTEGER NOT NULL,
  legacy_errors INTEGER NOT NULL,
  legacy_last_creation INTEGER,
  legacy_last_ingest INTEGER,
  registry_token TEXT,                   -- the fingerprint; NULL where the night has none
  registry_digest INTEGER,
  rules_digest INTEGER,
  good_until INTEGER,
  trusted INTEGER NOT NULL DEFAULT 0,
  exposures INTEGER NOT NULL DEFAULT 0,
  without_manifest INTEGER NOT NULL DEFAULT 0,
  num_hiding INTEGER NOT NULL DEFAULT 0  -- those of the issues that may hide files
);

-- A prototype's lists as they were found, until obsmon looks at a row's night. They can't live in the tables
-- above: the prototype keeps several rows for one path, and a time of update for each row.
CREATE TABLE prototype_transfer (
  Filenum INTEGER, Nite_Trans TEXT, Last_Update TEXT, Transfer_Path TEXT, Creation_Time TEXT, File_Size INT
);
CREATE INDEX prototype_transfer_nite ON prototype_transfer (Nite_Trans);
CREATE TABLE prototype_ingest (
  FILENUM INTEGER, Ingest_Path TEXT, Nite_Obs TEXT, Last_Update TEXT, Ingest_Time TEXT
);
CREATE INDEX prototype_ingest_nite ON prototype_ingest (Nite_Obs);
CREATE TABLE prototype_file_count_gen3 (
  Nite_Obs TEXT, Last_Update TEXT, N_Files INTEGER, Last_Creation TEXT, N_Ingest INTEGER, N_Small INTEGER,
  N_Not_Fits, N_Error INTEGER, Last_Transfer TEXT, Last_Ingest TEXT
);
CREATE TABLE prototype_file_list_gen3 (
  Filenum INTEGER, Nite TEXT, Last_Update TEXT, Transfer_Path TEXT, Status TEXT, Creation_Time TEXT,
  Transfer_Time TEXT, Ingest_Time TEXT, File_Size INT, Err_Message TEXT
);
)";

// What the query planner is to believe: that the lists are long (rows, rows a night, rows a key). Left to
// guess it takes a night for ten rows, and joins the two lists of a night row by row with row. (Of what
// ANALYZE finds nothing stays: it makes the table, whose name SQLite keeps for itself.)
const char* const kPlannerStatistics = R"(
ANALYZE night;
DELETE FROM sqlite_stat1 WHERE tbl IN
  ('night', 'transfer', 'ingest', 'transfer_pack', 'ingest_pack', 'prototype_transfer', 'prototype_ingest');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('night', 'sqlite_autoindex_night_1', '100 1'),
  ('transfer_pack', 'transfer_pack', '1000000 10000 1'),
  ('ingest_pack', 'ingest_pack', '500000 5000 1'),
  ('prototype_transfer', 'prototype_transfer_nite', '1000000 10000'),
  ('prototype_ingest', 'prototype_ingest_nite', '500000 5000');
)";

// Keyed by (night, path), without a rowid: a night's files lie together, in the order of their paths.
//
// A path is TEXT where it is UTF-8 and a BLOB of its bytes where it is not, so that no reader ever meets TEXT
// that it can't decode. A pack with such a path has it as its `beginning`, and holds no other.
const char* const kPackTables = R"(
CREATE TABLE transfer_pack (
  night INTEGER NOT NULL,
  path TEXT NOT NULL,                    -- of the first file; all as Pack in packs.h has them
  beginning TEXT NOT NULL,
  device INTEGER NOT NULL,
  since INTEGER NOT NULL,
  files TEXT NOT NULL,
  PRIMARY KEY (night, path)
) WITHOUT ROWID;
CREATE TABLE ingest_pack (
  night INTEGER NOT NULL,
  path TEXT NOT NULL,
  beginning TEXT NOT NULL,
  device INTEGER NOT NULL,
  since INTEGER NOT NULL,
  files TEXT NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (night, path)
) WITHOUT ROWID;
CREATE TABLE folder_pack (
  night INTEGER NOT NULL,
  position INTEGER NOT NULL,             -- of the first folder
  beginning TEXT NOT NULL,
  since INTEGER NOT NULL,
  folders TEXT NOT NULL,
  PRIMARY KEY (night, position)
) WITHOUT ROWID;
-- As in `transfer`, NULL of a file that is not in storage: so that the views need not unpack every night.
ALTER TABLE event ADD COLUMN arrival INTEGER;
ALTER TABLE event ADD COLUMN size INTEGER;
)";

#define OBSMON_PACKED_PATH                                                                                   \
  "CASE typeof(p.beginning) WHEN 'text' THEN p.beginning || json_extract(f.value, '$[0]') ELSE p.beginning " \
  "END"
// See Filenum in stored_rows.h.
#define OBSMON_FILENUM                                                                   \
  "CASE WHEN device >= 0 AND inode BETWEEN 0 AND (9223372036854775807 - device) / 10000" \
  " THEN inode * 10000 + device ELSE -1 - (inode & 9223372036854775807) END"

// transfer: the files in a night's folders of storage. `path` is from storage on, `filenum` the prototype's
// key of a file, `arrival` the first that was seen of this very file, `state` a TransferState, `verdict` a
// Verdict, `checksum` a Checksum, bit for bit.
//
// ingest: the datasets that the registry lists under a night. `path` is from the repository on, `artifact` an
// ArtifactState, `status` an IngestStatus, `link_target` that of a link in the repository, where it is UTF-8.
//
// folder: the folders of a night's fingerprint, in its order. `plain_files` is how many there are, where
// there is nothing else.
//
// What JSON gives has no affinity, by which a number would be less than any text: hence the casts.
const char* const kPackViews =
    "CREATE VIEW transfer AS SELECT night, path, CAST(" OBSMON_FILENUM
    " AS INTEGER) AS filenum, size, creation, arrival, device, inode, state, verdict, checksum FROM ("
    "SELECT p.night AS night, " OBSMON_PACKED_PATH
    " AS path,"
    " CAST(json_extract(f.value, '$[1]') AS INTEGER) AS size,"
    " CAST(p.since + json_extract(f.value, '$[2]') AS INTEGER) AS creation,"
    " CAST(p.since + json_extract(f.value, '$[3]') AS INTEGER) AS arrival,"
    " CAST(json_extract(f.value, '$[4]') AS INTEGER) AS inode,"
    " CAST(json_extract(f.value, '$[5]') AS INTEGER) AS state,"
    " CAST(json_extract(f.value, '$[6]') AS INTEGER) AS verdict,"
    " CAST(ifnull(json_extract(f.value, '$[7]'), 0) AS INTEGER) AS checksum,"
    " CAST(ifnull(json_extract(f.value, '$[8]'), p.device) AS INTEGER) AS device"
    " FROM transfer_pack p, json_each(p.files) f);"

    "CREATE VIEW ingest AS SELECT night, path, CAST(" OBSMON_FILENUM
    " AS INTEGER) AS filenum, device, inode, ingest_time, artifact, status, link_target FROM ("
    "SELECT p.night AS night, " OBSMON_PACKED_PATH
    " AS path,"
    " CAST(json_extract(f.value, '$[1]') AS INTEGER) AS inode,"
    " CAST(p.since + json_extract(f.value, '$[2]') AS INTEGER) AS ingest_time,"
    " CAST(json_extract(f.value, '$[3]') AS INTEGER) AS artifact,"
    " CAST(json_extract(f.value, '$[4]') AS INTEGER) AS status,"
    " ifnull(p.target || json_extract(f.value, '$[5]'), '') AS link_target,"
    " CAST(ifnull(json_extract(f.value, '$[6]'), p.device) AS INTEGER) AS device"
    " FROM ingest_pack p, json_each(p.files) f);"

    "CREATE VIEW folder AS SELECT p.night AS night, CAST(p.position + f.key AS INTEGER) AS "
    "position, " OBSMON_PACKED_PATH
    " AS path,"
    " CAST(json_extract(f.value, '$[1]') AS INTEGER) AS present,"
    " CAST(json_extract(f.value, '$[2]') AS INTEGER) AS device,"
    " CAST(json_extract(f.value, '$[3]') AS INTEGER) AS inode,"
    " CAST(p.since + json_extract(f.value, '$[4]') AS INTEGER) AS modified,"
    " CAST(json_extract(f.value, '$[5]') AS INTEGER) AS plain_files,"
    " CAST(p.since + json_extract(f.value, '$[6]') AS INTEGER) AS changed"
    " FROM folder_pack p, json_each(p.folders) f;";

#undef OBSMON_FILENUM
#undef OBSMON_PACKED_PATH

// A version's columns come last in their table, so that a migrated history is like a new one.
constexpr const char* kFromVersion1 = OBSMON_TABLES_SINCE_VERSION_2
    "ALTER TABLE night ADD COLUMN exposures INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE night ADD COLUMN without_manifest INTEGER NOT NULL DEFAULT 0;";

constexpr const char* kFromVersion2 = "ALTER TABLE transfer ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;";

constexpr const char* kFromVersion3 = "ALTER TABLE ingest ADD COLUMN link_target TEXT NOT NULL DEFAULT '';";

constexpr const char* kFromVersion4 = "ALTER TABLE folder ADD COLUMN plain_files INTEGER;";

constexpr const char* kFromVersion5 =
    "ALTER TABLE folder ADD COLUMN changed INTEGER;"
    "ALTER TABLE night ADD COLUMN num_hiding INTEGER NOT NULL DEFAULT 0;"
    "UPDATE night SET num_hiding = num_issues;";  // which of them, nobody knows

#define OBSMON_IS_TEXT_IN_JSON "typeof(path) = 'text' AND instr(path, char(0)) = 0"
// Comes after kPackTables. A pack for each folder of a night, for what was a row for each file. Of how the
// folders were nothing is kept: each night is looked at once more.
constexpr const char* kFromVersion6 =
    "DROP TABLE folder; UPDATE night SET trusted = 0;"
    "INSERT INTO transfer_pack SELECT night, min(path), '', 0, 0, json_group_array(json_array(path, size,"
    " creation, arrival, inode, state, verdict, checksum, device)) FROM transfer "
    "WHERE " OBSMON_IS_TEXT_IN_JSON
    " GROUP BY night, rtrim(path, replace(path, '/', ''));"
    "INSERT INTO transfer_pack SELECT night, CAST(path AS BLOB), CAST(path AS BLOB), 0, 0, json_array("
    "json_array('', size, creation, arrival, inode, state, verdict, checksum, device)) FROM transfer"
    " WHERE NOT (" OBSMON_IS_TEXT_IN_JSON
    ");"
    "INSERT INTO ingest_pack SELECT night, min(path), '', 0, 0, json_group_array(json_array(path, inode,"
    " ingest_time, artifact, status, nullif(link_target, ''), device)), '' FROM ingest"
    " WHERE " OBSMON_IS_TEXT_IN_JSON
    " GROUP BY night, rtrim(path, replace(path, '/', ''));"
    "INSERT INTO ingest_pack SELECT night, CAST(path AS BLOB), CAST(path AS BLOB), 0, 0, json_array("
    "json_array('', inode, ingest_time, artifact, status, nullif(link_target, ''), device)), ''"
    " FROM ingest WHERE NOT (" OBSMON_IS_TEXT_IN_JSON
    ");"
    "UPDATE event SET (arrival, size) = (SELECT t.arrival, t.size FROM transfer t WHERE t.night = event.night"
    " AND t.path = event.path);"
    "DROP TABLE transfer; DROP TABLE ingest;"
    "UPDATE absent SET path = CAST(path AS BLOB) WHERE NOT (" OBSMON_IS_TEXT_IN_JSON ");";
#undef OBSMON_IS_TEXT_IN_JSON

// Step i brings a history of version i + 1 to the next.
constexpr std::array kSteps = {kFromVersion1, kFromVersion2, kFromVersion3,
                               kFromVersion4, kFromVersion5, kFromVersion6};
static_assert(kSteps.size() + 1 == kSchemaVersion);

#undef OBSMON_TABLES_SINCE_VERSION_2

// A time as the prototype writes it: rounded to microseconds, as Python's datetime does, then cut to seconds.
// (Integer division cuts towards zero, hence the 1 that is taken off before 1970.) No time is written as the
// prototype's string of zeros.
#define OBSMON_LEGACY_TIME(ns)                                               \
  "ifnull(strftime('%Y-%m-%dT%H:%M:%S', (" ns " + 500) / 1000000000 - ((" ns \
  " + 500) % 1000000000 < 0), 'unixepoch'), '0000-00-00T00:00:00')"

// The numbers in the WHERE clauses: transfer.state 0 is TransferState::kArrived, ingest.artifact 0 is
// ArtifactState::kPresent, ingest.status 0 is IngestStatus::kIngested.
//
// A night is joined by its number, so that a condition on its name becomes a range of the key.
const char* const kViews =
    "CREATE VIEW FILE_COUNT AS SELECT nite AS Nite_Obs, " OBSMON_LEGACY_TIME("looked_at")
    " AS Last_Update, legacy_files AS N_Files, " OBSMON_LEGACY_TIME("legacy_last_creation")
    " AS Last_Creation, legacy_ingested AS N_Ingest, legacy_small AS N_Small, legacy_not_fits AS N_Not_Fits,"
    " legacy_errors AS N_Error, " OBSMON_LEGACY_TIME("legacy_last_ingest") " AS Last_Ingest FROM night;"

    "CREATE VIEW TRANSFER_LIST AS SELECT t.filenum AS Filenum, n.nite AS Nite_Trans, "
    OBSMON_LEGACY_TIME("n.looked_at") " AS Last_Update, t.path AS Transfer_Path, "
    OBSMON_LEGACY_TIME("t.creation") " AS Creation_Time, t.size AS File_Size"
    " FROM night n JOIN transfer t ON t.night = n.number WHERE t.state = 0"
    " UNION ALL SELECT Filenum, Nite_Trans, Last_Update, Transfer_Path, Creation_Time, File_Size"
    " FROM prototype_transfer;"

    "CREATE VIEW INGEST_LIST AS SELECT i.filenum AS FILENUM, i.path AS Ingest_Path, n.nite AS Nite_Obs, "
    OBSMON_LEGACY_TIME("n.looked_at") " AS Last_Update, "
    OBSMON_LEGACY_TIME("i.ingest_time") " AS Ingest_Time"
    " FROM night n JOIN ingest i ON i.night = n.number WHERE i.artifact = 0 AND i.status = 0"
    " UNION ALL SELECT FILENUM, Ingest_Path, Nite_Obs, Last_Update, Ingest_Time FROM prototype_ingest;";

// The prototype's ctime came with hundredths of a second, for it cut its texts to 22 characters. A file that
// is gone had no time and no size.
#define OBSMON_LEGACY_CTIME                                                   \
  "ifnull(strftime('%Y-%m-%dT%H:%M:%S', e.arrival / 1000000000, 'unixepoch')" \
  " || printf('.%02d', e.arrival % 1000000000 / 10000000), '0000-00-00T00:00:00.00')"

const char* const kGen3Views =
    "CREATE VIEW FILE_LIST_GEN3 AS SELECT e.number AS Filenum, n.nite AS Nite,"
    " " OBSMON_LEGACY_TIME("n.looked_at") " AS Last_Update,"
    " e.path AS Transfer_Path, e.status AS Status,"
    " " OBSMON_LEGACY_CTIME " AS Creation_Time,"
    " e.found_time AS Transfer_Time, e.event_time AS Ingest_Time, ifnull(e.size, 0) AS File_Size,"
    " e.message AS Err_Message FROM night n JOIN event e ON e.night = n.number WHERE e.status <> ''"
    " UNION ALL SELECT Filenum, Nite, Last_Update, Transfer_Path, Status, Creation_Time, Transfer_Time,"
    " Ingest_Time, File_Size, Err_Message FROM prototype_file_list_gen3;"

    // By the prototype's get_night_data_gen3: a file of exactly 10,000 bytes is neither small nor an error, and
    // small ones are counted whether ingested or not.
    "CREATE VIEW FILE_COUNT_GEN3 AS SELECT n.nite AS Nite_Obs,"
    " " OBSMON_LEGACY_TIME("n.looked_at") " AS Last_Update,"
    " count(*) AS N_Files,"
    " max(" OBSMON_LEGACY_CTIME ") AS Last_Creation,"
    " sum(e.status = 'SUCCESS') AS N_Ingest,"
    " sum(substr(e.path, -5) = '.fits' AND ifnull(e.size, 0) < 10000) AS N_Small,"
    " sum(substr(e.path, -5) <> '.fits') AS N_Not_Fits,"
    " sum(substr(e.path, -5) = '.fits' AND ifnull(e.size, 0) > 10000 AND e.status <> 'SUCCESS') AS N_Error,"
    " max(e.found_time) AS Last_Transfer, max(e.event_time) AS Last_Ingest"
    " FROM night n JOIN event e ON e.night = n.number WHERE e.status <> '' GROUP BY n.number"
    " UNION ALL SELECT Nite_Obs, Last_Update, N_Files, Last_Creation, N_Ingest, N_Small, N_Not_Fits, N_Error,"
    " Last_Transfer, Last_Ingest FROM prototype_file_count_gen3;";

#undef OBSMON_LEGACY_CTIME
#undef OBSMON_LEGACY_TIME

namespace {

absl::StatusOr<std::int64_t> ReadInt(sqlite::Connection& database, std::string_view sql) {
  OBSMON_ASSIGN_OR_RETURN(sqlite::Statement statement, database.Prepare(sql));
  OBSMON_ASSIGN_OR_RETURN(const bool found, statement.Step());
  return found ? statement.Int(0) : 0;
}

}  // namespace

absl::StatusOr<Contents> Identify(sqlite::Connection& database) {
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t application, ReadInt(database, "PRAGMA application_id"));
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t version, ReadInt(database, "PRAGMA user_version"));
  if (application == kApplicationId && version == kSchemaVersion) return Contents::kHistory;
  if (application == kApplicationId && version > kSchemaVersion) return Contents::kNewer;
  if (application == kApplicationId && version == 1) return Contents::kVersion1;
  if (application == kApplicationId && version == 6) return Contents::kVersion6;
  if (application == kApplicationId && version > 1) return Contents::kOlder;
  if (application != 0 || version != 0) return Contents::kForeign;
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t objects,
                          ReadInt(database, "SELECT count(*) FROM sqlite_master"));
  if (objects == 0) return Contents::kNothing;
  OBSMON_ASSIGN_OR_RETURN(const bool is_prototypes, IsPrototypes(database));
  return is_prototypes ? Contents::kPrototype : Contents::kForeign;
}

absl::Status Migrate(sqlite::Connection& database) {
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t before, ReadInt(database, "PRAGMA user_version"));
  OBSMON_RETURN_IF_ERROR(
      database.Execute("DROP VIEW IF EXISTS FILE_COUNT; DROP VIEW IF EXISTS TRANSFER_LIST;"
                       "DROP VIEW IF EXISTS INGEST_LIST; DROP VIEW IF EXISTS FILE_COUNT_GEN3;"
                       "DROP VIEW IF EXISTS FILE_LIST_GEN3;"));
  for (std::int64_t version = before; version < kSchemaVersion; ++version) {
    if (version == 6) OBSMON_RETURN_IF_ERROR(database.Execute(kPackTables));
    OBSMON_RETURN_IF_ERROR(database.Execute(kSteps[static_cast<std::size_t>(version - 1)]));
  }
  OBSMON_RETURN_IF_ERROR(database.Execute(kPlannerStatistics));
  OBSMON_RETURN_IF_ERROR(MakeViews(database));
  return MarkAsHistory(database);
}

absl::Status MakeTables(sqlite::Connection& database) {
  for (const char* const step : {kTables, kPackTables, kPlannerStatistics}) {
    OBSMON_RETURN_IF_ERROR(database.Execute(step));
  }
  return absl::OkStatus();
}

absl::Status MakeViews(sqlite::Connection& database) {
  for (const char* const views : {kPackViews, kViews, kGen3Views}) {
    OBSMON_RETURN_IF_ERROR(database.Execute(views));
  }
  return absl::OkStatus();
}

absl::Status MarkAsHistory(sqlite::Connection& database) {
  return database.Execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kSchemaVersion));
}

}  // namespace obsmon
