#!/usr/bin/env python3
"""Makes the databases of the corpus:  make_corpus.py OBSMON  (the built command, which makes the history).

Pages of 512 bytes keep them small, and make each cut of the replay one at a page.
"""
import contextlib
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
RAW = """
CREATE TABLE raw (id integer primary key autoincrement, run text, visit int, filter text, date text, dateObs text,
  expTime double, raftName text, detectorName text, detector int, snap int, object text, imageType text,
  testType text, lsstSerial text, wavelength int, controller text, obsid text, expGroup text, expId int, dayObs text,
  seqNum int, unique(expId, detector, visit));
CREATE TABLE raw_visit (visit int, filter text, date text, dateObs text, expTime double, dayObs text, unique(visit));
"""

GEN3 = """
CREATE TABLE butler_attributes (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE instrument (name VARCHAR(32) NOT NULL PRIMARY KEY, class_name TEXT);
CREATE TABLE collection (collection_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type SMALLINT NOT NULL);
CREATE TABLE collection_chain (parent BIGINT NOT NULL, position SMALLINT NOT NULL, child BIGINT NOT NULL,
  PRIMARY KEY (parent, position));
CREATE TABLE dataset_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, storage_class TEXT NOT NULL,
  dimensions_key BIGINT NOT NULL, tag_association_table TEXT NOT NULL);
CREATE TABLE dataset_location (datastore_name TEXT NOT NULL, dataset_id CHAR(32) NOT NULL,
  PRIMARY KEY (datastore_name, dataset_id));
CREATE TABLE detector (instrument VARCHAR(32) NOT NULL, id BIGINT NOT NULL, full_name VARCHAR(32),
  PRIMARY KEY (instrument, id));
CREATE TABLE dataset_tags_00000001 (dataset_type_id BIGINT NOT NULL, dataset_id CHAR(32) NOT NULL,
  collection_id BIGINT NOT NULL, instrument VARCHAR(32) NOT NULL, detector BIGINT NOT NULL,
  exposure BIGINT NOT NULL, PRIMARY KEY (dataset_id, collection_id),
  UNIQUE (dataset_type_id, collection_id, instrument, detector, exposure));
CREATE TABLE dataset (id CHAR(32) NOT NULL PRIMARY KEY, dataset_type_id BIGINT NOT NULL,
  ingest_date TIMESTAMP NOT NULL, run_id BIGINT NOT NULL);
CREATE TABLE exposure (instrument VARCHAR(32) NOT NULL, id BIGINT NOT NULL, day_obs BIGINT, "group" TEXT,
  obs_id TEXT, seq_num BIGINT, observation_type TEXT, PRIMARY KEY (instrument, id));
CREATE TABLE day_obs (instrument VARCHAR(32) NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (instrument, id));
CREATE TABLE file_datastore_records (dataset_id CHAR(32) NOT NULL, path TEXT NOT NULL, formatter TEXT NOT NULL,
  storage_class TEXT NOT NULL, component VARCHAR(32) NOT NULL, checksum TEXT, file_size BIGINT,
  PRIMARY KEY (dataset_id, component));
INSERT INTO instrument VALUES ('LATISS', 'test');
INSERT INTO collection VALUES (1, 'LATISS/raw/all', 1), (2, 'LATISS/defaults', 3);
INSERT INTO collection_chain VALUES (2, 0, 1);
INSERT INTO dataset_type VALUES (1, 'raw', 'Exposure', 1, 'dataset_tags_00000001');
INSERT INTO detector VALUES ('LATISS', 0, 'RXX_S00');
"""


def small(source, target):
    with contextlib.closing(sqlite3.connect(source)) as database:
        database.execute("pragma page_size = 512")
        database.execute("vacuum")
    target.write_bytes(source.read_bytes())


def registry(folder):
    file = folder / "registry.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.executescript(RAW)
        for n in range(24):
            database.execute(
                "insert into raw (run, visit, filter, dateObs, raftName, detectorName, detector, snap, imageType,"
                " obsid, expId, dayObs, seqNum) values (?, ?, 'NONE', '2020-05-01T23:00:00', 'R22', ?, ?, 0, 'BIAS',"
                " ?, ?, ?, ?)", (f"run{n % 2}", 3020050100000 + n, f"S{n % 9 // 3}{n % 3}", n % 9,
                                 f"MC_C_20200501_{n:06}", 3020050100000 + n, f"2020-05-0{n % 2 + 1}", n))
    small(file, CORPUS / "gen2" / "two_nights")


def gen3_registry(folder):
    file = folder / "gen3.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.executescript(GEN3)
        for n in range(12):
            exposure, dataset = 2020050100000 + n, f"{n:032x}"
            database.execute("insert into exposure values ('LATISS', ?, 20200501, 'g', ?, ?, 'science')",
                             (exposure, f"AT_O_20200501_{n:06}", n))
            database.execute("insert into dataset values (?, 1, '2020-05-01 23:00:00.5', 1)", (dataset,))
            database.execute("insert into dataset_tags_00000001 values (1, ?, 1, 'LATISS', 0, ?)", (dataset, exposure))
            database.execute("insert into dataset_location values ('FileDatastore@<butlerRoot>', ?)", (dataset,))
            database.execute("insert into file_datastore_records values (?, ?, 'f', 'Exposure', '__NULL_STRING__', null, 9)",
                             (dataset, f"LATISS/raw/all/{n}.fits"))
    small(file, CORPUS / "gen3" / "one_night")


def history(folder, command):
    data = folder / "auxTel"
    (data / "gen2repo").mkdir(parents=True)
    night = data / "storage" / "2020-05-01"
    night.mkdir(parents=True)
    (folder / "registry.sqlite3").rename(data / "gen2repo" / "registry.sqlite3")
    for n in range(8):
        (night / f"MC_C_20200501_{n:06}_R22_S11.fits").write_bytes(bytes(20_000 if n else 5))
    subprocess.run([command, "update", "--quiet", "--input_dir", data, "--output_dir", folder / "out", "--last_day",
                    "2020-05-01", "--num_days", "2", "--grace", "0"], check=True)
    small(folder / "out" / "observing_monitor.sqlite3", CORPUS / "history" / "two_nights")


def main(command):
    with tempfile.TemporaryDirectory() as folder:
        registry(pathlib.Path(folder))
        gen3_registry(pathlib.Path(folder))
        history(pathlib.Path(folder), command)


if __name__ == "__main__":
    main(*sys.argv[1:])
