"""What the Python module costs, on a made-up night: tables into data frames, and nights side by side in threads.

    tables.py [EXPOSURES]       205 FITS files and as many JSON files each; default 1000: 410,000 rows

Of each conversion: the whole, and how much of it is the data frame's own, measured on the same data already in
pyarrow; medians of five.
"""
import concurrent.futures
import os
import pathlib
import sqlite3
import statistics
import sys
import tempfile
import time

import pandas
import polars
import pyarrow

import obsmon

DETECTORS = 205


def make_stream(folder, exposures, nights):
    registry = folder / "gen2repo" / "registry.sqlite3"
    (folder / "gen2repo" / "raw").mkdir(parents=True)
    with sqlite3.connect(registry) as database:
        database.execute("create table raw (id integer primary key, dayObs text, visit int, detector int, expId int)")
    for night in nights:
        for exposure in range(1, exposures + 1):
            name = f"MC_O_{night.replace('-', '')}_{exposure:06}"
            here = folder / "storage" / night / name
            here.mkdir(parents=True)
            for detector in range(DETECTORS):
                for ending in ("fits", "json"):
                    os.close(os.open(here / f"{name}_R{detector // 9:02}_S{detector % 9:02}.{ending}", os.O_CREAT))


def seconds(work):
    times = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def conversions(report):
    # As a conversion meets it: the table is made on first use, once a report.
    began = time.perf_counter()
    table = report.files
    print(f"making the table of {len(table):,} rows: {time.perf_counter() - began:.3f} s, once a report")
    arrow = pyarrow.table(table)
    for name, ours, theirs in (
            ("pyarrow", lambda: pyarrow.table(table), lambda: pyarrow.table(arrow)),
            ("polars", lambda: polars.DataFrame(table), lambda: polars.DataFrame(arrow)),
            ("pandas", table.to_pandas, arrow.to_pandas)):
        whole, own = seconds(ours), seconds(theirs)
        print(f"{name:8} {whole:.3f} s, of these its own {own:.3f} s; ours {whole - own:+.3f} s")


def threads(folder, nights):
    def look(night):
        return obsmon.observe_night(input_dir=folder, night=night, num_threads=1).counts.files

    one = seconds(lambda: [look(night) for night in nights])
    with concurrent.futures.ThreadPoolExecutor(len(nights)) as pool:
        many = seconds(lambda: list(pool.map(look, nights)))
    print(f"{len(nights)} nights one after another {one:.3f} s, in as many threads {many:.3f} s: {one / many:.2f} times as "
          f"fast on {os.cpu_count()} processors")


def main(exposures=1000):
    with tempfile.TemporaryDirectory(prefix="obsmon-bench-") as folder:
        big, small = pathlib.Path(folder, "big"), pathlib.Path(folder, "small")
        make_stream(big, exposures, ["2020-05-01"])
        conversions(obsmon.observe_night(input_dir=big, night="2020-05-01"))
        nights = [f"2020-05-{day:02}" for day in range(1, 5)]
        make_stream(small, max(exposures // 20, 1), nights)
        threads(small, nights)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
