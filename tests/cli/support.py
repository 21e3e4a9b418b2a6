"""What the end-to-end tests of the command share: streams of real files, and running the built command on them."""
import contextlib
import hashlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

COMMAND = os.environ["OBSMON"]
SHARED = pathlib.Path(__file__).resolve().parents[2].parent / "shared"
NOBODY = 65534

# What every run of a test asks for, unless it says otherwise: files are minutes old here, and none is settling.
ONE_NIGHT = ["--last_day", "2020-05-01", "--num_days", "1", "--grace", "0"]


def clean_environment(**variables):
    """The environment without what could change a command's answer, and with these variables."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("OBSMON", "RSYMON")) and name not in ("NO_COLOR", "TERM")}
    return {**kept, **variables}


def run(*arguments, env=None, **options):
    """Runs the command to its end; its two outputs are texts."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([COMMAND, *map(str, arguments)], env=clean_environment(**(env or {})), text=True,
                          errors="surrogateescape", timeout=300, check=False, **options)


def wait_until(condition, process):
    """Waits for something that a running process is about to do."""
    deadline = time.monotonic() + 60
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError("the process ended, or took too long, before it did what the test waits for")
        time.sleep(0.005)


def state_of(folder):
    """Everything that a write below a folder would change: names, kinds, owners, times, links and contents."""
    state = {}
    for path in [folder, *sorted(pathlib.Path(folder).rglob("*"))]:
        facts = os.lstat(path)
        content = None
        if path.is_symlink():
            content = os.readlink(path)
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        state[str(path)] = (facts.st_mode, facts.st_uid, facts.st_ino, facts.st_nlink, facts.st_mtime_ns,
                            facts.st_ctime_ns, facts.st_size if not path.is_dir() else 0, content)
    return state


def query(database, *statements):
    """The rows that each statement gives, one list a statement; the database is closed again."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements]


class Stream:
    """A stream as the observatory lays it out: storage/ and gen2repo/ with a registry of LATISS."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.storage = self.root / "storage"
        self.repo = self.root / "gen2repo"
        self.registry = self.repo / "registry.sqlite3"
        self.storage.mkdir(parents=True)
        (self.repo / "raw").mkdir(parents=True)
        self.change("create table raw (id integer primary key autoincrement, dayObs text, seqNum int, visit int,"
                    " detector int, filter text, dateObs text, obsid text, expId int, unique(expId, visit))")

    def change(self, statement, values=()):
        registry = sqlite3.connect(self.registry)
        with registry:
            registry.execute(statement, values)
        registry.close()

    def arrive(self, path, size=57600):
        """A file arrives in storage."""
        file = self.storage / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "wb") as out:
            out.truncate(size)
        return file

    def ingest(self, file, night="2020-05-01", sequence=1):
        """A file in storage is ingested, as the Gen2 ingest task does: the link first, then its row."""
        exposure = int(night.replace("-", "")) * 100000 + sequence
        link = self.repo / "raw" / night / f"{exposure}-det000.fits"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
        self.change("insert into raw (dayObs, seqNum, visit, detector, expId) values (?, ?, ?, 0, ?)",
                    (night, sequence, exposure, exposure))
        return link

    def arrive_and_ingest(self, count=1, night="2020-05-01"):
        for sequence in range(1, count + 1):
            self.ingest(self.arrive(f"{night}/AT_O_{night.replace('-', '')}_{sequence:06}.fits"), night, sequence)


class CommandTest(unittest.TestCase):
    """A test with a folder of its own, and in it a stream "auxTel"."""

    def setUp(self):
        self.tmp = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="obsmon-cli-")))
        self.addCleanup(self.remove_tmp)
        self.tmp.chmod(0o755)
        self.stream = Stream(self.tmp / "data" / "auxTel")
        self.out = self.tmp / "www" / "auxTel"

    def remove_tmp(self):
        for folder, names, _ in os.walk(self.tmp):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o755)
        shutil.rmtree(self.tmp)

    def update(self, *arguments, **options):
        return run("update", "--input_dir", self.stream.root, "--output_dir", self.out, *ONE_NIGHT, *arguments,
                   **options)

    def night(self, *arguments, **options):
        return run("night", "2020-05-01", "--input_dir", self.stream.root, "--grace", "0", *arguments, **options)

    def assert_refused(self, result, status, *parts):
        """The command ended with this status, no result, and one sentence that has these parts."""
        self.assertEqual(result.returncode, status, result.stderr)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertTrue(lines[0].startswith("obsmon: "), lines[0])
        for part in parts:
            self.assertIn(str(part), lines[0])


def as_nobody():
    """Options for run() that take root's rights away, so that permission bits hold; needs_nobody_to_run first."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def needs_nobody_to_run(test):
    """Skips a test where an ordinary user can't run the command that root has built."""
    result = subprocess.run([COMMAND, "--version"], capture_output=True, check=False, **as_nobody()) \
        if all(os.stat(p).st_mode & 0o001 for p in pathlib.Path(COMMAND).resolve().parents) else None
    if os.geteuid() == 0 and (result is None or result.returncode != 0):
        test.skipTest("the user nobody can't reach the built command")
