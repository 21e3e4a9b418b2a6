-- A history of schema version 1, as sqlite3 .dump writes it: that of examples/sample_night.py by the last obsmon
-- before version 2, without the rows of ingested files and of folders.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
  trusted INTEGER NOT NULL DEFAULT 0
);
INSERT INTO night VALUES(20200501,'2020-05-01',2,'',1795546156084798274,1795546156084798274,0,0,109,102,1,0,1,0,0,0,0,1,1,3,0,1588379750000000000,1795546127907731603,1588379785000000000,107,102,2,1,3,1588379750000000000,1588379785000000000,'fe00-988cc4-45056-1795546127.992378047-3-cbf29ce484222325-2',-5560699519695215234,-5986612239385884200,NULL,0);
CREATE TABLE folder (
  night INTEGER NOT NULL,
  position INTEGER NOT NULL,
  path TEXT NOT NULL,
  present INTEGER NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  PRIMARY KEY (night, position)
) WITHOUT ROWID;
CREATE TABLE transfer (
  night INTEGER NOT NULL,
  path TEXT NOT NULL,                    -- from storage on
  filenum INTEGER NOT NULL,
  size INTEGER NOT NULL,
  creation INTEGER NOT NULL,
  arrival INTEGER NOT NULL,              -- the first that was seen of this very file
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  state INTEGER NOT NULL,                -- TransferState
  verdict INTEGER NOT NULL,              -- Verdict
  PRIMARY KEY (night, path)
) WITHOUT ROWID;
INSERT INTO transfer VALUES(20200501,'20200501/MC_C_20200501_000003/Photodiode_Readings_20200501_000003.txt',99974325024,2900,1588379406000000000,1795546127807224051,65024,9997426,0,8);
INSERT INTO transfer VALUES(20200501,'20200501/MC_C_20200501_000007/MC_C_20200501_000007_R22_S10.fits',99974625024,31680,1588379558750000128,1795546127836510362,65024,9997456,0,10);
INSERT INTO transfer VALUES(20200501,'20200501/MC_C_20200501_000007/MC_C_20200501_000007_R22_S11.fits',99974505024,31680,1588379559000000000,1795546127837186465,65024,9997444,0,10);
INSERT INTO transfer VALUES(20200501,'20200501/MC_C_20200501_000009/MC_C_20200501_000009_R22_S22.fits',99974825024,5760,1588379636000000000,1795546127907731603,65024,9997476,0,9);
INSERT INTO transfer VALUES(20200501,'20200501/MC_C_20200501_000011/MC_C_20200501_000011_R22_S00.fits',99974915024,31680,1588379710000000000,1795546127857945987,65024,9997485,0,10);
INSERT INTO transfer VALUES(20200501,'20200501/MC_C_20200501_000012/.MC_C_20200501_000012_R22_S12.fits.x7Kq2b',99975125024,20000,1795546127907731603,1795546127907731603,65024,9997506,1,3);
CREATE TABLE ingest (
  night INTEGER NOT NULL,
  path TEXT NOT NULL,                    -- from the repository on
  filenum INTEGER NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  ingest_time INTEGER,
  artifact INTEGER NOT NULL,             -- ArtifactState
  status INTEGER NOT NULL,               -- IngestStatus
  PRIMARY KEY (night, path)
) WITHOUT ROWID;
CREATE TABLE prototype_transfer (
  Filenum INTEGER, Nite_Trans TEXT, Last_Update TEXT, Transfer_Path TEXT, Creation_Time TEXT, File_Size INT
);
CREATE TABLE prototype_ingest (
  FILENUM INTEGER, Ingest_Path TEXT, Nite_Obs TEXT, Last_Update TEXT, Ingest_Time TEXT
);
CREATE TABLE prototype_file_count_gen3 (
  Nite_Obs TEXT, Last_Update TEXT, N_Files INTEGER, Last_Creation TEXT, N_Ingest INTEGER, N_Small INTEGER,
  N_Not_Fits, N_Error INTEGER, Last_Transfer TEXT, Last_Ingest TEXT
);
CREATE TABLE prototype_file_list_gen3 (
  Filenum INTEGER, Nite TEXT, Last_Update TEXT, Transfer_Path TEXT, Status TEXT, Creation_Time TEXT,
  Transfer_Time TEXT, Ingest_Time TEXT, File_Size INT, Err_Message TEXT
);
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 VALUES('night','sqlite_autoindex_night_1','100 1');
INSERT INTO sqlite_stat1 VALUES('transfer','transfer','1000000 10000 1');
INSERT INTO sqlite_stat1 VALUES('ingest','ingest','500000 5000 1');
INSERT INTO sqlite_stat1 VALUES('prototype_transfer','prototype_transfer_nite','1000000 10000');
INSERT INTO sqlite_stat1 VALUES('prototype_ingest','prototype_ingest_nite','500000 5000');
CREATE INDEX prototype_transfer_nite ON prototype_transfer (Nite_Trans);
CREATE INDEX prototype_ingest_nite ON prototype_ingest (Nite_Obs);
CREATE VIEW FILE_COUNT AS SELECT nite AS Nite_Obs, ifnull(strftime('%Y-%m-%dT%H:%M:%S', (looked_at + 500) / 1000000000 - ((looked_at + 500) % 1000000000 < 0), 'unixepoch'), '0000-00-00T00:00:00') AS Last_Update, legacy_files AS N_Files, ifnull(strftime('%Y-%m-%dT%H:%M:%S', (legacy_last_creation + 500) / 1000000000 - ((legacy_last_creation + 500) % 1000000000 < 0), 'unixepoch'), '0000-00-00T00:00:00') AS Last_Creation, legacy_ingested AS N_Ingest, legacy_small AS N_Small, legacy_not_fits AS N_Not_Fits, legacy_errors AS N_Error, ifnull(strftime('%Y-%m-%dT%H:%M:%S', (legacy_last_ingest + 500) / 1000000000 - ((legacy_last_ingest + 500) % 1000000000 < 0), 'unixepoch'), '0000-00-00T00:00:00') AS Last_Ingest FROM night;
CREATE VIEW TRANSFER_LIST AS SELECT t.filenum AS Filenum, n.nite AS Nite_Trans, ifnull(strftime('%Y-%m-%dT%H:%M:%S', (n.looked_at + 500) / 1000000000 - ((n.looked_at + 500) % 1000000000 < 0), 'unixepoch'), '0000-00-00T00:00:00') AS Last_Update, t.path AS Transfer_Path, ifnull(strftime('%Y-%m-%dT%H:%M:%S', (t.creation + 500) / 1000000000 - ((t.creation + 500) % 1000000000 < 0), 'unixepoch'), '0000-00-00T00:00:00') AS Creation_Time, t.size AS File_Size FROM night n JOIN transfer t ON t.night = n.number WHERE t.state = 0 UNION ALL SELECT Filenum, Nite_Trans, Last_Update, Transfer_Path, Creation_Time, File_Size FROM prototype_transfer;
CREATE VIEW INGEST_LIST AS SELECT i.filenum AS FILENUM, i.path AS Ingest_Path, n.nite AS Nite_Obs, ifnull(strftime('%Y-%m-%dT%H:%M:%S', (n.looked_at + 500) / 1000000000 - ((n.looked_at + 500) % 1000000000 < 0), 'unixepoch'), '0000-00-00T00:00:00') AS Last_Update, ifnull(strftime('%Y-%m-%dT%H:%M:%S', (i.ingest_time + 500) / 1000000000 - ((i.ingest_time + 500) % 1000000000 < 0), 'unixepoch'), '0000-00-00T00:00:00') AS Ingest_Time FROM night n JOIN ingest i ON i.night = n.number WHERE i.artifact = 0 AND i.status = 0 UNION ALL SELECT FILENUM, Ingest_Path, Nite_Obs, Last_Update, Ingest_Time FROM prototype_ingest;
CREATE VIEW FILE_COUNT_GEN3 AS SELECT Nite_Obs, Last_Update, N_Files, Last_Creation, N_Ingest, N_Small, N_Not_Fits, N_Error, Last_Transfer, Last_Ingest FROM prototype_file_count_gen3;
CREATE VIEW FILE_LIST_GEN3 AS SELECT Filenum, Nite, Last_Update, Transfer_Path, Status, Creation_Time, Transfer_Time, Ingest_Time, File_Size, Err_Message FROM prototype_file_list_gen3;
COMMIT;
PRAGMA application_id = 1868723053;
PRAGMA user_version = 1;
