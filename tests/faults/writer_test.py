"""A registry that is being written all the while: what is read is one of its versions, whole, or "unknown"."""
import collections
import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

from harness import SHIM, FaultTest
from support import COMMAND, clean_environment, run

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


class Copying(FaultTest):
    """A registry with a write-ahead log is read from a copy. The command is stopped before each of its reads there, and
    goes on after the registry has changed: what it says is what the registry said before that or after."""

    def setUp(self):
        super().setUp()
        self.stream.arrive_and_ingest(4)
        connection = sqlite3.connect(self.stream.registry)
        with connection:  # a page for each row
            connection.execute("update raw set dayObs = '1999-01-01', filter = ?", ("x" * 400,))
        connection.executescript("pragma page_size = 512; vacuum")
        connection.close()
        self.without_rows = self.stream.registry.read_bytes()
        self.writer = None

    def begin(self):
        """The registry lists no file of the night; what is written from now on is in its log."""
        if self.writer is not None:
            self.writer.close()
        self.stream.registry.write_bytes(self.without_rows)
        self.writer = sqlite3.connect(self.stream.registry, isolation_level=None)
        self.addCleanup(self.writer.close)
        self.writer.executescript("pragma journal_mode = wal; pragma wal_autocheckpoint = 0")

    def list_files(self, *numbers):
        """In one transaction, the registry lists these alone; rows that need no change are not written."""
        self.writer.execute(f"update raw set dayObs = iif(dayObs = '2020-05-01', '1999-01-01', '2020-05-01') where"
                            f" (dayObs = '2020-05-01') <> (seqNum in ({', '.join(map(str, numbers))}))")

    def start(self, **variables):
        return subprocess.Popen(
            [COMMAND, "night", "2020-05-01", "--input_dir", self.stream.root, "--grace", "0", "--format", "json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=clean_environment(LD_PRELOAD=SHIM, FAULT_BELOW=str(self.stream.registry), FAULT_CALLS="read",
                                  **variables))

    def seen_when_it_changes(self, prepare, change):
        """All that the command says is ingested: a set of files for each of its reads."""
        self.begin()
        prepare()
        log = self.tmp / "reads"
        self.start(FAULT_LOG=str(log)).communicate()
        num_reads = len(log.read_text().splitlines())
        seen = set()
        for at in range(1, num_reads + 1):
            self.begin()
            prepare()
            process = self.start(FAULT_AT=str(at), FAULT_ACTION="stop")
            self.addCleanup(process.kill)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            change()
            process.send_signal(signal.SIGCONT)
            output, error = process.communicate(timeout=60)
            self.assertEqual((process.returncode, error), (0, ""), at)
            seen.add(frozenset(int(file["path"][-11:-5]) for file in json.loads(output)["files"]
                               if file["verdict"] == "ingested"))
        print(f"\nregistry changed before each of {num_reads} reads of its copying: torn 0", file=sys.stderr)
        return seen

    def test_of_a_file_that_takes_up_its_log(self):
        def change():
            self.list_files(1, 2, 3)
            self.writer.execute("pragma wal_checkpoint(truncate)")
            self.list_files(1, 2, 3, 4)
        seen = self.seen_when_it_changes(lambda: self.list_files(1, 2), change)
        self.assertLessEqual(seen, {frozenset({1, 2}), frozenset({1, 2, 3, 4})}, "a state that the registry never had")

    def test_of_a_log_that_is_cut_off_after_the_file_took_it_up(self):
        def prepare():
            self.list_files(1)
            # More than is read at once, so that half a log would be the one before this.
            self.writer.execute("begin")
            self.writer.executemany("insert into raw (dayObs, visit, expId, filter) values ('1999-01-01', ?, ?, ?)",
                                    ((-n, -n, "x" * 400) for n in range(2500)))
            self.writer.execute("commit")
            self.list_files(2)
            self.writer.execute("pragma wal_checkpoint(passive)")
        seen = self.seen_when_it_changes(prepare, lambda: self.writer.execute("pragma wal_checkpoint(truncate)"))
        self.assertEqual(seen, {frozenset({2})}, "a state that the registry never had")


if __name__ == "__main__":
    unittest.main()
