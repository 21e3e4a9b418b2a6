#!/usr/bin/env python3
"""What it costs to hand a night of 410,000 files to data frames, beyond their own conversion of the same Arrow data.

Needs obsmon, pandas, polars, pyarrow. Makes a night in a temporary folder. The limit is 0.15 s each.
Measured on 2 processors, ext4, Python 3.11, pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1, beyond their own conversion:
pyarrow 0.000 s, polars 0.003 s, pandas 0.005 s; the table itself is made once, in 0.123 s. Four nights in four threads: 2.2
times as fast as one after another.
"""
import os
import pathlib
import sqlite3
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import pandas
import polars
import pyarrow

import obsmon

LIMIT = 0.15


def make_night(root, night, exposures, detectors=205):
    for exposure in range(exposures):
        folder = root / "storage" / night / f"MC_O_{night.replace('-', '')}_{exposure:06}"
        folder.mkdir(parents=True)
        for detector in range(detectors):
            for suffix in ("fits", "json"):
                file = os.open(f"{folder}/{folder.name}_R{detector // 9:02}_S{detector % 9:02}.{suffix}", os.O_CREAT | os.O_WRONLY)
                if suffix == "fits":
                    os.ftruncate(file, 12_000_000)
                os.close(file)


def best(call, times=5):
    spans = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        spans.append(time.perf_counter() - began)
    return min(spans)


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "gen2repo" / "raw").mkdir(parents=True)
        with sqlite3.connect(root / "gen2repo" / "registry.sqlite3") as registry:
            registry.execute("create table raw (id integer primary key, dayObs text, seqNum int, visit int, detector int, expId int)")
        make_night(root, "2020-05-01", 1000)
        for day in range(2, 6):
            make_night(root, f"2020-05-{day:02}", 100)

        def look(night):
            return obsmon.observe_night(input_dir=root, night=night, grace=0, num_threads=1)

        report = look("2020-05-01")
        made = best(lambda: report.files, 1)
        files = report.files
        print(f"{len(files):,} rows; the table is made once, in {made:.3f} s")
        arrow = pyarrow.table(files)
        frames = {"pyarrow": pyarrow.table, "polars": polars.DataFrame}
        slow = False
        for name, convert in frames.items():
            ours, theirs = best(lambda: convert(files)), best(lambda: convert(arrow))
            slow |= ours - theirs > LIMIT
            print(f"{name:8} {ours:.3f} s, of the same Arrow data {theirs:.3f} s, beyond it {ours - theirs:+.3f} s")
        ours, theirs = best(files.to_pandas, 3), best(arrow.to_pandas, 3)
        slow |= ours - theirs > LIMIT
        print(f"{'pandas':8} {ours:.3f} s, of the same Arrow data {theirs:.3f} s, beyond it {ours - theirs:+.3f} s ({pandas.__version__})")
        nights = [f"2020-05-{day:02}" for day in range(2, 6)]
        alone = best(lambda: [look(night) for night in nights], 3)
        with ThreadPoolExecutor(4) as pool:
            together = best(lambda: list(pool.map(look, nights)), 3)
        print(f"4 nights one after another {alone:.3f} s, in 4 threads {together:.3f} s: {alone / together:.1f} times as fast on {os.cpu_count()} processors")
        return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
