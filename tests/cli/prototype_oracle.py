"""What the prototype's database would hold after one run, worked out from the tree by the prototype's rules.

Written from the rules alone, not from obsmon's code, so that the two can be compared; the rules are those of the
prototype's public script (lsst-dm/observing_monitor). Dumps have the form of the parity folder's dump_db.py.
"""
import contextlib
import datetime
import os
import sqlite3

NO_TIME = "0000-00-00T00:00:00"


def nights_of(last_day, num_days):
    """The nights of a window, newest first."""
    last = datetime.date.fromisoformat(f"{last_day[:4]}-{last_day[4:6]}-{last_day[6:8]}")
    return [(last - datetime.timedelta(days=back)).isoformat() for back in range(num_days)]


def file_number(stat):
    """The prototype's key of a file: equal for a link's target and for every hard link of it."""
    return stat.st_ino * 10000 + stat.st_dev


def utc(seconds):
    """A time as the prototype writes it: rounded to microseconds, then cut to seconds."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


def files_below(folder):
    """Names that are not hidden in a folder and in its sub-folders, as the prototype lists them."""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            found += [f"{name}/{inner}" for inner in sorted(os.listdir(path)) if not inner.startswith(".")]
        elif not name.startswith("."):
            found.append(name)
    return found


class Prototype:
    """The prototype's three tables, filled by one run."""

    def __init__(self, root, last_day, num_days, search_links):
        self.storage = os.path.join(root, "storage")
        self.repo = os.path.join(root, "gen2repo")
        self.search_links = search_links
        self.transfers = {}  # file number: (night, path, creation time, size)
        self.ingests = {}  # file number: (path, night)
        self.counts = {}  # night: the columns of FILE_COUNT
        nights = nights_of(last_day, num_days)
        for night in nights:
            self.look_at_transfers(night)
            self.look_at_ingests(night)
        # Only when all are known: a file of one night may be ingested under the next, which was looked at before.
        for night in nights:
            self.count(night)

    def look_at_transfers(self, night):
        for folder in (night, night.replace("-", "")):
            for name in files_below(os.path.join(self.storage, folder)):
                stat = os.stat(os.path.join(self.storage, folder, name))
                self.transfers[file_number(stat)] = (night, f"{folder}/{name}", utc(stat.st_mtime), stat.st_size)

    def look_at_ingests(self, night):
        for path in self.links_of(night) if self.search_links else self.rows_of(night):
            full = os.path.join(self.repo, path)
            if os.path.exists(full):
                self.ingests[file_number(os.stat(full))] = (path, night)

    def links_of(self, night):
        return [f"raw/{night}/{name}" for name in files_below(os.path.join(self.repo, "raw", night))]

    def rows_of(self, night):
        with contextlib.closing(sqlite3.connect(f"file:{self.repo}/registry.sqlite3?mode=ro", uri=True)) as registry:
            registry.row_factory = sqlite3.Row
            rows = registry.execute("select * from raw where dayObs = ?", (night,)).fetchall()
        for row in rows:
            if "raftName" in row.keys():
                yield (f"raw/{night}/{row['expId']}/{row['expId']}-{row['raftName']}-{row['detectorName']}"
                       f"-det{row['detector']:03}.fits")
            else:
                yield f"raw/{night}/{row['expId']}-det{row['detector']:03}.fits"

    def count(self, night):
        matched = [self.transfers[number] for number, (_, of_night) in self.ingests.items()
                   if of_night == night and number in self.transfers]
        unmatched = [transfer for number, transfer in self.transfers.items()
                     if transfer[0] == night and number not in self.ingests]
        self.counts[night] = (
            len(matched) + len(unmatched),
            max((creation for _, _, creation, _ in matched + unmatched), default=NO_TIME),
            len(matched),
            sum(size < 10000 for _, _, _, size in unmatched),
            sum(not path.endswith(".fits") for _, path, _, _ in unmatched),
            sum(path.endswith(".fits") and size > 10000 for _, path, _, size in unmatched),
        )

    def dump(self):
        return {
            "FILE_COUNT": [[night, *self.counts[night]] for night in sorted(self.counts)],
            "TRANSFER_LIST": sorted(map(list, self.transfers.values()), key=lambda row: row[1]),
            "INGEST_LIST": sorted(map(list, self.ingests.values())),
            "MATCHED": sorted([self.transfers[number][1], path] for number, (path, _) in self.ingests.items()
                              if number in self.transfers),
        }
