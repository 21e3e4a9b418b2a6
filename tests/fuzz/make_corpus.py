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
    small(file, CORPUS / "registry" / "gen2")


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
        history(pathlib.Path(folder), command)


if __name__ == "__main__":
    main(*sys.argv[1:])
