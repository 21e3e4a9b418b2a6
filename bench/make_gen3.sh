#!/bin/sh
# Lays out a Gen3 repository as large as a year's: a butler.yaml, and a gen3.sqlite3 written straight into SQLite,
# with the tables and indexes that daf_butler makes. There are no files behind its records.
#
#   bench/make_gen3.sh FOLDER [NIGHTS [URI]]   205,000 datasets a night (1,000 exposures of 205 detectors), from
#                                              2025-05-01 on; 25 nights (5,125,000 datasets, 6 GB) by default;
#                                              URI: of an empty PostgreSQL database to take in place of SQLite
set -eu

[ $# -ge 1 ] || { sed -n 's/^# \{0,1\}//;2,7p' "$0" >&2; exit 2; }
folder=$1
nights=${2:-25}
uri=${3:-}
mkdir -p "$folder"
[ ! -e "$folder/gen3.sqlite3" ] || { echo "$folder/gen3.sqlite3 is there already" >&2; exit 1; }
cat >"$folder/butler.yaml" <<END
datastore:
  cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore
  records:
    table: file_datastore_records
  root: <butlerRoot>
registry:
  db: ${uri:-sqlite:///<butlerRoot>/gen3.sqlite3}
END
if [ -n "$uri" ]; then
  exec psql -qX -v ON_ERROR_STOP=1 -v nights="$nights" -v exposures=1000 -v detectors=205 \
    -f "$(dirname "$0")/../tests/support/gen3_postgres.sql" "$uri"
fi

# Rows lie in the order of their ingest, as a repository grows; their UUIDs are of no order. What are primary keys and
# unique constraints in a real one are unique indexes here, made at the end: the same trees, and made much faster.
sqlite3 "$folder/gen3.sqlite3" <<END
PRAGMA journal_mode = off;
PRAGMA synchronous = off;
PRAGMA cache_size = -1000000;
CREATE TABLE butler_attributes (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE instrument (name VARCHAR(32) NOT NULL PRIMARY KEY, class_name TEXT);
CREATE TABLE collection (collection_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type SMALLINT NOT NULL);
CREATE TABLE collection_chain (parent BIGINT NOT NULL, position SMALLINT NOT NULL, child BIGINT NOT NULL,
  PRIMARY KEY (parent, position));
CREATE TABLE dataset_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, storage_class TEXT NOT NULL,
  dimensions_key BIGINT NOT NULL, tag_association_table TEXT NOT NULL);
CREATE TABLE detector (instrument VARCHAR(32) NOT NULL, id BIGINT NOT NULL, full_name VARCHAR(32),
  PRIMARY KEY (instrument, id));
CREATE TABLE exposure (instrument VARCHAR(32) NOT NULL, id BIGINT NOT NULL, day_obs BIGINT NOT NULL, "group" TEXT,
  physical_filter VARCHAR(32), obs_id TEXT, exposure_time FLOAT, seq_num BIGINT, observation_type VARCHAR(16),
  PRIMARY KEY (instrument, id));
CREATE TABLE dataset (id CHAR(32) NOT NULL, dataset_type_id BIGINT NOT NULL, ingest_date BIGINT NOT NULL,
  run_id BIGINT NOT NULL);
CREATE TABLE dataset_tags_00000001 (dataset_type_id BIGINT NOT NULL, dataset_id CHAR(32) NOT NULL,
  collection_id BIGINT NOT NULL, instrument VARCHAR(32) NOT NULL, detector BIGINT NOT NULL, exposure BIGINT NOT NULL);
CREATE TABLE dataset_location (datastore_name TEXT NOT NULL, dataset_id CHAR(32) NOT NULL);
CREATE TABLE file_datastore_records (dataset_id CHAR(32) NOT NULL, path TEXT NOT NULL, formatter TEXT NOT NULL,
  storage_class TEXT NOT NULL, component VARCHAR(32) NOT NULL, checksum TEXT, file_size BIGINT);

INSERT INTO instrument VALUES ('LSSTCam', 'lsst.obs.lsst.LsstCam');
INSERT INTO collection VALUES (1, 'LSSTCam/raw/all', 1);
INSERT INTO dataset_type VALUES (1, 'raw', 'Exposure', 1, 'dataset_tags_00000001');
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 204)
  INSERT INTO detector SELECT 'LSSTCam', i, printf('R%02d_S%d%d', i / 9, i / 3 % 3, i % 3) FROM n;
WITH RECURSIVE day(d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM day WHERE d < $nights - 1),
  seq(s) AS (SELECT 1 UNION ALL SELECT s + 1 FROM seq WHERE s < 1000),
  night(day_obs, s) AS (SELECT CAST(strftime('%Y%m%d', '2025-05-01', d || ' days') AS INTEGER), s FROM day, seq)
  INSERT INTO exposure SELECT 'LSSTCam', day_obs * 100000 + s, day_obs, printf('g%d-%d', day_obs, s), 'r_57',
    printf('MC_O_%d_%06d', day_obs, s), 30.0, s, 'science' FROM night;
INSERT INTO dataset_tags_00000001 SELECT 1, lower(hex(randomblob(16))), 1, 'LSSTCam', d.id, e.id
  FROM exposure e CROSS JOIN detector d;
INSERT INTO dataset SELECT dataset_id, 1, 1746129637000000000 + rowid * 1000000, 1 FROM dataset_tags_00000001;
INSERT INTO dataset_location SELECT 'FileDatastore@<butlerRoot>', dataset_id FROM dataset_tags_00000001;
INSERT INTO file_datastore_records SELECT t.dataset_id,
  printf('LSSTCam/raw/all/raw/%d/%s/raw_LSSTCam_r_57_%s_%s_LSSTCam_raw_all.fits', e.day_obs, e.obs_id, e.obs_id, d.full_name),
  'lsst.obs.lsst.rawFormatter.LsstCamRawFormatter', 'Exposure', '__NULL_STRING__', NULL, 18000000
  FROM dataset_tags_00000001 t CROSS JOIN exposure e ON e.instrument = t.instrument AND e.id = t.exposure
  CROSS JOIN detector d ON d.instrument = t.instrument AND d.id = t.detector;

CREATE UNIQUE INDEX dataset_pkey ON dataset (id);
CREATE INDEX dataset_fkidx_dataset_type_id ON dataset (dataset_type_id);
CREATE INDEX dataset_fkidx_run_id ON dataset (run_id);
CREATE UNIQUE INDEX dataset_tags_pkey ON dataset_tags_00000001 (dataset_id, collection_id);
CREATE UNIQUE INDEX dataset_tags_unq ON dataset_tags_00000001
  (dataset_type_id, collection_id, instrument, detector, exposure);
CREATE INDEX dataset_tags_00000001_fkidx_instrument ON dataset_tags_00000001 (instrument);
CREATE INDEX dataset_tags_00000001_fkidx_instrument_detector ON dataset_tags_00000001 (instrument, detector);
CREATE INDEX dataset_tags_00000001_fkidx_dataset_type_id ON dataset_tags_00000001 (dataset_type_id);
CREATE INDEX dataset_tags_00000001_fkidx_collection_id_dataset_type_id ON dataset_tags_00000001
  (collection_id, dataset_type_id);
CREATE INDEX dataset_tags_00000001_fkidx_collection_id_instrument ON dataset_tags_00000001 (collection_id, instrument);
CREATE INDEX dataset_tags_00000001_fkidx_instrument_exposure ON dataset_tags_00000001 (instrument, exposure);
CREATE INDEX dataset_tags_00000001_fkidx_dataset_id ON dataset_tags_00000001 (dataset_id);
CREATE INDEX dataset_tags_00000001_fkidx_collection_id ON dataset_tags_00000001 (collection_id);
CREATE UNIQUE INDEX dataset_location_pkey ON dataset_location (datastore_name, dataset_id);
CREATE INDEX dataset_location_fkidx_dataset_id ON dataset_location (dataset_id);
CREATE UNIQUE INDEX file_datastore_records_pkey ON file_datastore_records (dataset_id, component);
CREATE INDEX file_datastore_records_idx_path ON file_datastore_records (path);
CREATE INDEX exposure_fkidx_instrument_day_obs ON exposure (instrument, day_obs);
CREATE INDEX exposure_fkidx_instrument ON exposure (instrument);
END
