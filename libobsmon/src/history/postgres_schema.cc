#include "history/postgres_schema.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "history/night_row.h"
#include "status_macros.h"

namespace obsmon {
namespace {

// The columns mean what they mean in schema.cc. Times are nanoseconds since 1970 in UTC, as there: a
// timestamp of PostgreSQL's has microseconds, and a file is known again by the last of its digits. All paths
// are in the order of their bytes. For what is not UTF-8 see copy_rows.h.
constexpr std::string_view kSharedTables = R"(
CREATE TABLE obsmon.stream (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  run bigint NOT NULL DEFAULT 0,         -- the number of the last run that may write
  holder text NOT NULL DEFAULT '',       -- that run, for people
  output_dir text NOT NULL DEFAULT ''    -- where its pages are, on its host
);
CREATE TABLE obsmon.night (
  stream integer NOT NULL REFERENCES obsmon.stream,
  number bigint NOT NULL, nite text NOT NULL, state bigint NOT NULL, trouble text NOT NULL,
  looked_at bigint NOT NULL, changed_at bigint, from_prototype bigint NOT NULL, num_issues bigint NOT NULL,
  files bigint NOT NULL, ingested bigint NOT NULL, artifact_gone bigint NOT NULL, missing bigint NOT NULL,
  in_flight bigint NOT NULL, ignored bigint NOT NULL, pending bigint NOT NULL, failed bigint NOT NULL,
  settling bigint NOT NULL, not_fits bigint NOT NULL, too_small bigint NOT NULL, not_ingested bigint NOT NULL,
  unknown bigint NOT NULL, last_creation bigint, last_arrival bigint, last_ingest bigint,
  legacy_files bigint NOT NULL, legacy_ingested bigint NOT NULL, legacy_small bigint NOT NULL,
  legacy_not_fits bigint NOT NULL, legacy_errors bigint NOT NULL, legacy_last_creation bigint,
  legacy_last_ingest bigint, exposures bigint NOT NULL, without_manifest bigint NOT NULL,
  registry_token text, registry_digest bigint, rules_digest bigint, good_until bigint,
  trusted bigint NOT NULL,
  PRIMARY KEY (stream, number)
);
CREATE TABLE obsmon.folder (
  stream integer NOT NULL, night bigint NOT NULL, position bigint NOT NULL, path text NOT NULL,
  present bigint NOT NULL, device bigint NOT NULL, inode bigint NOT NULL, modified bigint NOT NULL,
  PRIMARY KEY (stream, night, position)
);
CREATE TABLE obsmon.transfer (
  stream integer NOT NULL, night bigint NOT NULL, path text COLLATE "C" NOT NULL, filenum bigint NOT NULL,
  size bigint NOT NULL, creation bigint NOT NULL, arrival bigint NOT NULL, device bigint NOT NULL,
  inode bigint NOT NULL, state bigint NOT NULL, verdict bigint NOT NULL,
  PRIMARY KEY (stream, night, path)
);
CREATE TABLE obsmon.ingest (
  stream integer NOT NULL, night bigint NOT NULL, path text COLLATE "C" NOT NULL, filenum bigint NOT NULL,
  device bigint NOT NULL, inode bigint NOT NULL, ingest_time bigint, artifact bigint NOT NULL,
  status bigint NOT NULL,
  PRIMARY KEY (stream, night, path)
);
CREATE TABLE obsmon.absent (
  stream integer NOT NULL, night bigint NOT NULL, path text COLLATE "C" NOT NULL, since bigint NOT NULL,
  verdict bigint NOT NULL,
  PRIMARY KEY (stream, night, path)
);
CREATE TABLE obsmon.latency (
  stream integer NOT NULL, night bigint NOT NULL, span text NOT NULL, files bigint NOT NULL,
  negative bigint NOT NULL, shortest bigint NOT NULL, p50 bigint NOT NULL, p95 bigint NOT NULL,
  longest bigint NOT NULL,
  PRIMARY KEY (stream, night, span)
);
CREATE TABLE obsmon.event (
  stream integer NOT NULL, night bigint NOT NULL, path text COLLATE "C" NOT NULL, number bigint NOT NULL,
  status text NOT NULL, message text NOT NULL, found_time text NOT NULL, event_time text NOT NULL,
  PRIMARY KEY (stream, night, path)
);
)";

// As the prototype writes it: see schema.cc.
#define OBSMON_SHARED_TIME(ns)                      \
  "coalesce(to_char(timestamp 'epoch' + floor((" ns \
  " + 500) / 1000000000.0) * interval '1 second',"  \
  " 'YYYY-MM-DD\"T\"HH24:MI:SS'), '0000-00-00T00:00:00')"
#define OBSMON_SHARED_CTIME                                                                     \
  "coalesce(to_char(timestamp 'epoch' + floor(t.arrival / 1000000000.0) * interval '1 second'," \
  " 'YYYY-MM-DD\"T\"HH24:MI:SS') || '.' || lpad((t.arrival / 10000000 % 100)::text, 2, '0'),"   \
  " '0000-00-00T00:00:00.00')"

// The prototype's tables, of all streams: as the views of schema.cc, with the stream's name in front.
constexpr std::string_view kSharedViews =
    "CREATE VIEW obsmon.file_count AS SELECT s.name AS stream, n.nite AS nite_obs, " OBSMON_SHARED_TIME(
        "n.looked_at") " AS last_update, n.legacy_files AS n_files, " OBSMON_SHARED_TIME("n.legacy_last_creation")
    " AS last_creation, n.legacy_ingested AS n_ingest, n.legacy_small AS n_small,"
    " n.legacy_not_fits AS n_not_fits, n.legacy_errors AS n_error, " OBSMON_SHARED_TIME("n.legacy_last_ingest")
    " AS last_ingest FROM obsmon.night n JOIN obsmon.stream s ON s.id = n.stream;"

    "CREATE VIEW obsmon.transfer_list AS SELECT s.name AS stream, t.filenum, n.nite AS nite_trans, "
    OBSMON_SHARED_TIME("n.looked_at") " AS last_update, t.path AS transfer_path, "
    OBSMON_SHARED_TIME("t.creation") " AS creation_time, t.size AS file_size"
    " FROM obsmon.stream s JOIN obsmon.night n ON n.stream = s.id"
    " JOIN obsmon.transfer t ON t.stream = n.stream AND t.night = n.number WHERE t.state = 0;"

    "CREATE VIEW obsmon.ingest_list AS SELECT s.name AS stream, i.filenum, i.path AS ingest_path,"
    " n.nite AS nite_obs, " OBSMON_SHARED_TIME("n.looked_at") " AS last_update, "
    OBSMON_SHARED_TIME("i.ingest_time") " AS ingest_time"
    " FROM obsmon.stream s JOIN obsmon.night n ON n.stream = s.id"
    " JOIN obsmon.ingest i ON i.stream = n.stream AND i.night = n.number WHERE i.artifact = 0 AND i.status = 0;"

    "CREATE VIEW obsmon.file_list_gen3 AS SELECT s.name AS stream, e.number AS filenum, n.nite, "
    OBSMON_SHARED_TIME("n.looked_at") " AS last_update, e.path AS transfer_path, e.status, "
    OBSMON_SHARED_CTIME " AS creation_time, e.found_time AS transfer_time, e.event_time AS ingest_time,"
    " coalesce(t.size, 0) AS file_size, e.message AS err_message"
    " FROM obsmon.stream s JOIN obsmon.night n ON n.stream = s.id"
    " JOIN obsmon.event e ON e.stream = n.stream AND e.night = n.number"
    " LEFT JOIN obsmon.transfer t ON t.stream = e.stream AND t.night = e.night AND t.path = e.path"
    " WHERE e.status <> '';"

    "CREATE VIEW obsmon.file_count_gen3 AS SELECT stream, nite AS nite_obs, last_update, count(*) AS n_files,"
    " max(creation_time) AS last_creation, count(*) FILTER (WHERE status = 'SUCCESS') AS n_ingest,"
    " count(*) FILTER (WHERE transfer_path LIKE '%.fits' AND file_size < 10000) AS n_small,"
    " count(*) FILTER (WHERE transfer_path NOT LIKE '%.fits') AS n_not_fits,"
    " count(*) FILTER (WHERE transfer_path LIKE '%.fits' AND file_size > 10000 AND status <> 'SUCCESS') AS n_error,"
    " max(transfer_time) AS last_transfer, max(ingest_time) AS last_ingest"
    " FROM obsmon.file_list_gen3 GROUP BY stream, nite, last_update;";

#undef OBSMON_SHARED_TIME
#undef OBSMON_SHARED_CTIME

constexpr std::string_view kSharedFromVersion2 =
    "ALTER TABLE obsmon.transfer ADD COLUMN checksum bigint NOT NULL DEFAULT 0";

// Where the last run of a stream came from (see stream_place.h), and when it began.
constexpr std::string_view kSharedFromVersion3 =
    "ALTER TABLE obsmon.stream ADD COLUMN place text, ADD COLUMN seen_at timestamptz";

constexpr std::string_view kSharedFromVersion4 =
    "ALTER TABLE obsmon.ingest ADD COLUMN link_target text NOT NULL DEFAULT ''";

constexpr std::string_view kSharedFromVersion5 = "ALTER TABLE obsmon.folder ADD COLUMN plain_files bigint";

constexpr std::string_view kSharedFromVersion6 =
    "ALTER TABLE obsmon.folder ADD COLUMN changed bigint;"
    "ALTER TABLE obsmon.night ADD COLUMN num_hiding bigint NOT NULL DEFAULT 0;"
    "UPDATE obsmon.night SET num_hiding = num_issues";

// Step i brings a schema of version i to the next. A new one is made by all of them: so it is like one that
// was brought up to date.
constexpr std::array kSharedSteps = {kSharedTables,       kSharedViews,        kSharedFromVersion2,
                                     kSharedFromVersion3, kSharedFromVersion4, kSharedFromVersion5,
                                     kSharedFromVersion6};
static_assert(kSharedSteps.size() == kSharedSchemaVersion);

// In one statement, so that it does not see half of what another run makes meanwhile.
constexpr std::string_view kWhoseSchema =
    "SELECT CASE WHEN to_regclass('obsmon.version') IS NOT NULL THEN 1"
    " WHEN EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace('obsmon')) THEN 2 ELSE 0 END";

/// 0 where there is no schema, or nothing in it.
absl::StatusOr<std::int64_t> VersionOf(postgres::Connection& connection) {
  OBSMON_ASSIGN_OR_RETURN(const std::optional<std::int64_t> whose, RunForInt(connection, kWhoseSchema));
  if (whose == 0) return 0;
  if (whose == 1) {
    OBSMON_ASSIGN_OR_RETURN(const std::optional<std::int64_t> version,
                            RunForInt(connection, "SELECT version FROM obsmon.version"));
    return version.value_or(0);
  }
  return absl::FailedPreconditionError(
      fmt::format("{}: its schema obsmon is not obsmon's, and was left as it is; name another database",
                  connection.shown()));
}

absl::Status Newer(const postgres::Connection& connection) {
  return absl::FailedPreconditionError(fmt::format(
      "{}: a newer obsmon made this history, and it was left as it is; update obsmon, or name another "
      "database",
      connection.shown()));
}

// Whoever may not make schemas can be given one.
absl::Status MakeSchema(postgres::Connection& connection) {
  OBSMON_ASSIGN_OR_RETURN(
      const std::optional<std::int64_t> is_utf8,
      RunForInt(connection, "SELECT 1 WHERE current_setting('server_encoding') = 'UTF8'"));
  if (!is_utf8) {
    return absl::FailedPreconditionError(
        fmt::format("{}: this database can't hold all names of files; make one with ENCODING 'UTF8'",
                    connection.shown()));
  }
  OBSMON_ASSIGN_OR_RETURN(const std::optional<std::int64_t> is_there,
                          RunForInt(connection, "SELECT 1 WHERE to_regnamespace('obsmon') IS NOT NULL"));
  if (!is_there) OBSMON_RETURN_IF_ERROR(connection.Execute("CREATE SCHEMA obsmon"));
  return connection.Execute(
      "CREATE TABLE obsmon.version (version integer NOT NULL); INSERT INTO obsmon.version VALUES (0)");
}

/// In a transaction, with the other runs kept out.
absl::Status Upgrade(postgres::Connection& connection, std::int64_t upto) {
  OBSMON_RETURN_IF_ERROR(
      RunForInt(connection, fmt::format("SELECT 1 FROM pg_advisory_xact_lock({}, 0)", kAdvisoryLocks))
          .status());
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t before,
                          VersionOf(connection));  // another run may have been first
  if (before >= upto) return absl::OkStatus();
  if (before == 0) OBSMON_RETURN_IF_ERROR(MakeSchema(connection));
  for (std::int64_t version = before; version < upto; ++version) {
    OBSMON_RETURN_IF_ERROR(connection.Execute(kSharedSteps[static_cast<std::size_t>(version)]));
  }
  return connection.Execute(fmt::format("UPDATE obsmon.version SET version = {}", upto));
}

}  // namespace

absl::StatusOr<std::optional<std::int64_t>> RunForInt(postgres::Connection& connection, std::string_view sql,
                                                      std::span<const postgres::Value> values) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> rows, connection.Query(sql, values));
  std::optional<std::int64_t> first;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return first;
    if (!first) first = rows->Int(0);
  }
}

absl::Status PrepareSharedSchema(postgres::Connection& connection, std::int64_t upto) {
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t version, VersionOf(connection));
  if (version > upto) return Newer(connection);
  if (version == upto) return absl::OkStatus();
  OBSMON_RETURN_IF_ERROR(connection.BeginWriting());
  OBSMON_RETURN_IF_ERROR(Upgrade(connection, upto));  // an error ends the connection
  return connection.Execute("COMMIT");
}

absl::Status CheckSharedSchema(postgres::Connection& connection) {
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t version, VersionOf(connection));
  if (version == kSharedSchemaVersion) return absl::OkStatus();
  if (version > kSharedSchemaVersion) return Newer(connection);
  if (version == 0) {
    return absl::NotFoundError(
        fmt::format("{}: there is no history yet; run `obsmon update --history` first", connection.shown()));
  }
  return absl::FailedPreconditionError(fmt::format(
      "{}: an older obsmon made this history; the next `obsmon update --history` brings it up to date",
      connection.shown()));
}

}  // namespace obsmon
