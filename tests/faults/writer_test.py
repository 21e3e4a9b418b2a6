"""A registry that is being written all the while: what is read is one of its versions, whole, or "unknown"."""
import collections
import json
import multiprocessing
import os
import sqlite3
import sys
import time
import unittest

from harness import FaultTest
from support import run

SECONDS = float(os.environ.get("OBSMON_WRITER_SECONDS", "5"))
FILES = 20


def write_versions(registry, mode, stop):
    """Makes the registry list the odd half of the files, then the even half, and so on; a transaction each."""
    connection = sqlite3.connect(registry, isolation_level=None, timeout=60)
    connection.execute(f"pragma journal_mode = {mode}")
    connection.execute("pragma cache_size = 2")  # a page at a time reaches the file, in the middle of a transaction
    version = 0
    while not stop.is_set():
        version += 1
        connection.execute("begin immediate")
        connection.execute("update raw set dayObs = '1999-01-01'")
        connection.execute("update raw set dayObs = '2020-05-01' where seqNum % 2 = ?", (version % 2,))
        connection.execute("commit")
        time.sleep(0.02)
    connection.close()


class Writer(FaultTest):
    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(FILES)
        # Rows of other nights, so that a version is more than one page.
        connection = sqlite3.connect(self.stream.registry)
        with connection:
            connection.executemany("insert into raw (dayObs, seqNum, visit, detector, expId) values ('x', ?, ?, 0, ?)",
                                   ((n, -n, -n) for n in range(2, 3000)))
        connection.close()

    def ingested(self):
        """Which of the files are ingested, or None where the registry could not be read."""
        result = run("night", "2020-05-01", "--input_dir", self.stream.root, "--grace", "0", "--format", "json")
        report = json.loads(result.stdout)
        if report["state"] == "unknown":
            self.assertEqual(result.returncode, 1)
            self.assertEqual(report["counts"]["not_ingested"], 0)
            return None
        self.assertEqual(result.returncode, 0, result.stderr)
        return frozenset(int(file["path"][-11:-5]) % 2 for file in report["files"] if file["verdict"] == "ingested"), \
            report["counts"]["ingested"]

    def read_while_it_is_written(self, mode):
        stop = multiprocessing.Event()
        writer = multiprocessing.Process(target=write_versions, args=(self.stream.registry, mode, stop))
        writer.start()
        self.addCleanup(writer.join)
        self.addCleanup(stop.set)
        end = time.monotonic() + SECONDS
        seen = collections.Counter()
        # The first commit is awaited: before it, all files are ingested.
        while self.ingested() == (frozenset({0, 1}), FILES) and time.monotonic() < end:
            pass
        while time.monotonic() < end:
            seen[self.ingested()] += 1
        versions = {(frozenset({half}), FILES // 2) for half in (0, 1)}
        torn = sum(count for what, count in seen.items() if what is not None and what not in versions)
        print(f"\nregistry written in mode {mode}: reads {sum(seen.values())}, torn {torn}, unknown {seen[None]}",
              file=sys.stderr)
        self.assertEqual(torn, 0, seen)
        self.assertGreater(sum(seen.values()) - seen[None], 0)
        self.assertLessEqual(versions, set(seen), "the writer made no progress, or we saw none")

    def test_with_a_rollback_journal(self):
        self.read_while_it_is_written("delete")

    def test_with_a_write_ahead_log(self):
        self.read_while_it_is_written("wal")


if __name__ == "__main__":
    unittest.main()
