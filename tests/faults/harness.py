"""What the fault tests share: runs of the built command in which one call is tampered with.

FAULT_SHIM names the preloaded library; see fault_shim.cc.
"""
import contextlib
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from support import COMMAND, Stream, clean_environment, state_of  # noqa: E402  pylint: disable=wrong-import-position

SHIM = os.environ["FAULT_SHIM"]
# A night after all files were made, so that nothing is settling and no folder's stamp is racy; always the same,
# so that two runs write the same bytes.
NOW = 1893456000

WRITES = "create,write,sync,truncate,rename,unlink,mkdir"
HISTORY = "observing_monitor.sqlite3"
VIEWS = {"FILE_COUNT", "TRANSFER_LIST", "INGEST_LIST"}


def contents(folder):
    """What a reader of the output folder sees: each page's bytes, and the rows of each table and view.

    Looks at a copy: who opens a database that a killed run has left takes its changes back first.
    """
    with tempfile.TemporaryDirectory(prefix="obsmon-faults-") as copy:
        copy = pathlib.Path(copy) / "out"
        if folder.exists():
            shutil.copytree(folder, copy)
        seen = {path.name: path.read_bytes() for path in copy.glob("*.html")}
        seen |= {f"data/{path.name}": path.read_bytes() for path in copy.glob("data/*")}
        if (copy / HISTORY).exists():
            seen |= rows_of(copy / HISTORY)
    return seen


def rows_of(database):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        names = connection.execute("select name from sqlite_master where type in ('table', 'view')").fetchall()
        return {name: sorted(map(repr, connection.execute(f'select * from "{name}"'))) for name, in names}


class FaultTest(unittest.TestCase):
    """A stream whose files are in place, an output folder as it is before a run, and as it is after it."""

    def setUp(self):
        self.tmp = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="obsmon-faults-")))
        self.addCleanup(shutil.rmtree, self.tmp)
        self.stream = Stream(self.tmp / "data" / "auxTel")
        self.out = self.tmp / "www" / "auxTel"
        self.out.parent.mkdir()
        self.saved = self.tmp / "saved"
        self.arguments = None

    def update(self, num_nights):
        """What the runs are: an update of the nights from 2020-05-01 on. One thread: the calls keep their order."""
        self.arguments = ["update", "--input_dir", self.stream.root, "--output_dir", self.out, "--threads", "1",
                          "--num_days", num_nights, "--last_day", f"2020-05-{num_nights:02}", "--busy_timeout", "1s"]

    def run_command(self, **variables):
        environment = clean_environment(LD_PRELOAD=SHIM, FAULT_NOW=str(NOW), FAULT_BELOW=f"{self.tmp}/", **variables)
        return subprocess.run([COMMAND, *map(str, self.arguments)], env=environment, capture_output=True, text=True,
                              timeout=120, check=False)

    def calls(self, kinds=""):
        """The kinds of the calls of an untampered run; `self.before` and `self.after` are what a reader sees."""
        self.before = contents(self.out)
        if self.out.exists():
            shutil.copytree(self.out, self.saved)
        log = self.tmp / "calls"
        result = self.run_command(FAULT_LOG=str(log), FAULT_CALLS=kinds)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.after = contents(self.out)
        self.files_after = sorted(map(str, self.out.rglob("*")))
        self.paths = log.read_text(errors="surrogateescape").splitlines()
        return [line.split(" ", 1)[0] for line in self.paths]

    @staticmethod
    def difference(seen, wanted):
        return [name for name in sorted(seen.keys() | wanted.keys()) if seen.get(name) != wanted.get(name)]

    def start_over(self):
        shutil.rmtree(self.out, ignore_errors=True)
        if self.saved.exists():
            shutil.copytree(self.saved, self.out)

    def assert_whole(self, what):
        """Every page is the old one or the new one with its data; what scripts read is as before the run or after."""
        seen = contents(self.out)
        for page in (page for name, page in seen.items() if name.endswith(".html")):
            for data in re.findall(rb'<script defer src="([^"]+)"', page):
                self.assertIn(data.decode(), seen, f"{what}: a page is there without what it loads")
        for name in {n for n in self.before if not n.startswith("data/")} | VIEWS.intersection(seen) | {n for n in seen if n.endswith(".html")}:
            self.assertTrue(name in seen, f"{what}: {name} is gone")
            nothing = [] if name in VIEWS else None
            allowed = (self.before.get(name, nothing), self.after.get(name))
            self.assertTrue(seen[name] in allowed, f"{what}: {name} is neither what it was nor what it becomes")

    def assert_healed(self, what):
        """The next run ends as if there had been no other."""
        result = self.run_command()
        self.assertEqual((result.returncode, result.stderr), (0, ""), what)
        healed = contents(self.out)
        self.assertEqual(self.difference(healed, self.after), [], f"{what}: these differ")
        self.assertEqual(sorted(map(str, self.out.rglob("*"))), self.files_after, what)
