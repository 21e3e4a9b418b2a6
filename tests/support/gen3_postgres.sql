-- A Gen3 registry in PostgreSQL with the tables, keys and indexes that daf_butler makes, full of datasets: :nights
-- nights of :exposures exposures of :detectors detectors, from 2025-05-01 on. There are no files behind its records.
-- Rows lie in the order of their ingest, as a repository grows; their UUIDs are of no order.
CREATE TABLE butler_attributes (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE instrument (name varchar(32) PRIMARY KEY, class_name text);
CREATE TABLE collection (collection_id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, type smallint NOT NULL);
CREATE TABLE collection_chain (parent bigint NOT NULL, position smallint NOT NULL, child bigint NOT NULL,
  PRIMARY KEY (parent, position));
CREATE TABLE dataset_type (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, storage_class text NOT NULL,
  dimensions_key bigint NOT NULL, tag_association_table text NOT NULL);
CREATE TABLE detector (instrument varchar(32) NOT NULL, id bigint NOT NULL, full_name varchar(32),
  PRIMARY KEY (instrument, id));
CREATE TABLE exposure (instrument varchar(32) NOT NULL, id bigint NOT NULL, day_obs bigint NOT NULL, "group" text,
  physical_filter varchar(32), obs_id text, exposure_time float, seq_num bigint, observation_type varchar(16),
  PRIMARY KEY (instrument, id));
CREATE TABLE dataset (id uuid NOT NULL, dataset_type_id bigint NOT NULL, ingest_date bigint NOT NULL,
  run_id bigint NOT NULL);
CREATE TABLE dataset_tags_00000001 (dataset_type_id bigint NOT NULL, dataset_id uuid NOT NULL,
  collection_id bigint NOT NULL, instrument varchar(32) NOT NULL, detector bigint NOT NULL, exposure bigint NOT NULL);
CREATE TABLE dataset_location (datastore_name text NOT NULL, dataset_id uuid NOT NULL);
CREATE TABLE file_datastore_records (dataset_id uuid NOT NULL, path text NOT NULL, formatter text NOT NULL,
  storage_class text NOT NULL, component varchar(32) NOT NULL, checksum text, file_size bigint);
INSERT INTO instrument VALUES ('LSSTCam', 'lsst.obs.lsst.LsstCam');
INSERT INTO collection VALUES (1, 'LSSTCam/raw/all', 1);
INSERT INTO dataset_type VALUES (1, 'raw', 'Exposure', 1, 'dataset_tags_00000001');
INSERT INTO detector
  SELECT 'LSSTCam', i, format('R%s_S%s%s', lpad((i / 9)::text, 2, '0'), i / 3 % 3, i % 3)
  FROM generate_series(0, :detectors - 1) i;
INSERT INTO exposure
  SELECT 'LSSTCam', day_obs * 100000 + s, day_obs, format('g%s-%s', day_obs, s), 'r_57',
    format('MC_O_%s_%s', day_obs, lpad(s::text, 6, '0')), 30.0, s, 'science'
  FROM (SELECT to_char(date '2025-05-01' + d, 'YYYYMMDD')::bigint AS day_obs, s
        FROM generate_series(0, :nights - 1) d, generate_series(1, :exposures) s) n ORDER BY 2;
INSERT INTO dataset_tags_00000001
  SELECT 1, gen_random_uuid(), 1, 'LSSTCam', d.id, e.id FROM exposure e, detector d ORDER BY e.id, d.id;
INSERT INTO dataset
  SELECT dataset_id, 1, 1746129637000000000 + row_number() OVER () * 1000000, 1 FROM dataset_tags_00000001;
INSERT INTO dataset_location SELECT 'FileDatastore@<butlerRoot>', dataset_id FROM dataset_tags_00000001;
INSERT INTO file_datastore_records
  SELECT t.dataset_id,
    format('LSSTCam/raw/all/raw/%s/%s/raw_LSSTCam_r_57_%s_%s_LSSTCam_raw_all.fits', e.day_obs, e.obs_id, e.obs_id,
           d.full_name),
    'lsst.obs.lsst.rawFormatter.LsstCamRawFormatter', 'Exposure', '__NULL_STRING__', NULL, 18000000
  FROM dataset_tags_00000001 t JOIN exposure e ON e.instrument = t.instrument AND e.id = t.exposure
  JOIN detector d ON d.instrument = t.instrument AND d.id = t.detector ORDER BY t.exposure, t.detector;
ALTER TABLE dataset ADD PRIMARY KEY (id);
CREATE INDEX dataset_fkidx_dataset_type_id ON dataset (dataset_type_id);
CREATE INDEX dataset_fkidx_run_id ON dataset (run_id);
ALTER TABLE dataset_tags_00000001 ADD PRIMARY KEY (dataset_id, collection_id);
ALTER TABLE dataset_tags_00000001 ADD CONSTRAINT dataset_tags_unq UNIQUE (dataset_type_id, collection_id, instrument,
  detector, exposure);
CREATE INDEX dataset_tags_00000001_fkidx_instrument ON dataset_tags_00000001 (instrument);
CREATE INDEX dataset_tags_00000001_fkidx_instrument_detector ON dataset_tags_00000001 (instrument, detector);
CREATE INDEX dataset_tags_00000001_fkidx_dataset_type_id ON dataset_tags_00000001 (dataset_type_id);
CREATE INDEX dataset_tags_00000001_fkidx_collection_id_dataset_type_id ON dataset_tags_00000001 (collection_id,
  dataset_type_id);
CREATE INDEX dataset_tags_00000001_fkidx_collection_id_instrument ON dataset_tags_00000001 (collection_id,
  instrument);
CREATE INDEX dataset_tags_00000001_fkidx_instrument_exposure ON dataset_tags_00000001 (instrument, exposure);
CREATE INDEX dataset_tags_00000001_fkidx_dataset_id ON dataset_tags_00000001 (dataset_id);
CREATE INDEX dataset_tags_00000001_fkidx_collection_id ON dataset_tags_00000001 (collection_id);
ALTER TABLE dataset_location ADD PRIMARY KEY (datastore_name, dataset_id);
CREATE INDEX dataset_location_fkidx_dataset_id ON dataset_location (dataset_id);
ALTER TABLE file_datastore_records ADD PRIMARY KEY (dataset_id, component);
CREATE INDEX file_datastore_records_idx_path ON file_datastore_records (path);
CREATE INDEX exposure_fkidx_instrument_day_obs ON exposure (instrument, day_obs);
CREATE INDEX exposure_fkidx_instrument ON exposure (instrument);
ANALYZE;
