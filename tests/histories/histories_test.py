"""Random histories of a night, each step held against rules written down here, from README alone.

    histories_test.py OBSMON_LOOK [NUMBER [SEED]]       NUMBER of histories (default: 10), SEED (default: 1)

A history is a small night at which things happen one after the other: folders are made, and dated as at their source;
files arrive, whole or in pieces, are replaced, deleted, ingested late, fail by the ingest's log and are ingested after
all; the registry is locked and free again; manifests come early, late, broken or never; a telemetry database lists
images, and is away and back; a rule ignores a detector; time passes. After each step obsmon looks twice: with what it
knows from the looks before, and from scratch. Both must say of every file what the rules say.

A false alarm is a file that obsmon says someone should look at, where the rules do not; a missed alarm the reverse.
"""

import collections
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

NIGHT, DAY_OBS = "2020-05-01", "20200501"
SECOND = 10**9
GRACE, GUIDER_GRACE, MISSING_GRACE, ORPHAN_AGE = 60 * SECOND, 120 * SECOND, 300 * SECOND, 3600 * SECOND
OPTIONS = ["grace=60", "guider_grace=120", "missing_grace=300", "partial_age=1h", "busy_timeout=0",
           "ignore=detector=R22_S2?,reason=switched off",
           "expected_query=SELECT name AS path, taken AS since FROM image WHERE day_obs = {day_obs}"]
ATTENTION = {"artifact_gone", "missing", "failed", "too_small", "not_ingested"}
WAIT = {"in_flight", "settling", "pending"}
DETECTORS = ["R22_S00", "R22_S11", "R22_S22", "R00_SG0_guider"]
VERDICTS = ["ingested", "artifact_gone", "missing", "in_flight", "ignored", "pending", "failed", "settling", "not_fits",
            "too_small", "not_ingested", "unknown"]

# The columns of LATISS since 2020, as far as obsmon asks for them, with the raft and sensor of the larger cameras.
TABLE = """CREATE TABLE raw (id integer primary key autoincrement, run text, visit int, raftName text,
    detectorName text, detector int, snap int, obsid text, expId int, dayObs text, seqNum int)"""


class File:
    """A file in storage, by what the history did."""

    def __init__(self, disk, size):
        self.size = size
        self.touched(disk)

    def touched(self, disk):
        facts = os.stat(disk)
        self.identity = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
        self.ctime = facts.st_ctime_ns


class History:
    """One night: what is done to it, and what the rules make of that."""

    def __init__(self, rng, root):
        self.rng, self.root, self.files, self.rows = rng, root, {}, {}
        self.manifests = {}  # obs_id -> (detectors or None where it is broken, arrival)
        self.locked = None
        self.failed = set()  # names of files of which the ingest's log tells a failure
        self.listed = {}  # name -> since when, or None where the telemetry does not tell
        self.away = False  # the telemetry database
        self.next_id = 1
        self.seen = {}  # path -> (identity, arrival) when obsmon last wrote down what it saw
        self.absent_since = {}  # likewise, of expected files
        self.storage, self.repo = root / "storage" / DAY_OBS, root / "gen2repo"
        self.storage.mkdir(parents=True)
        self.repo.mkdir()
        (self.repo / "_mapper").write_text("lsst.obs.lsst.comCam.LsstComCamMapper\n")
        with sqlite3.connect(self.repo / "registry.sqlite3") as registry:
            registry.execute(TABLE)
        registry.close()
        self.telemetry, self.log = root / "telemetry.sqlite3", root / "ingest.log"
        self.log.touch()
        self.write_telemetry("CREATE TABLE image (name TEXT, day_obs INTEGER, taken TEXT)")
        self.offset = 0  # how far "now" is ahead of this machine's clock

    # What happens. Each gives a word for the log, or None where it can't happen now.

    def exposures(self):
        return [f"MC_C_{DAY_OBS}_{number:06}" for number in (1, 2, 3)]

    def path(self, obs_id, detector, ending=None):
        ending = ending or (".fits.fz" if detector == "R22_S00" else ".fits")
        return f"{DAY_OBS}/{obs_id}/{obs_id}_{detector}{ending}"

    def write(self, path, size):
        disk = self.root / "storage" / path
        disk.parent.mkdir(exist_ok=True)
        new = disk.parent.parent / "new"  # so that a replaced file has another inode, as rsync leaves it
        with open(new, "wb") as file:
            file.truncate(size)
        os.utime(new, ns=(0, 1588379406 * SECOND + self.next_id))
        self.next_id += 1
        os.rename(new, disk)
        self.files[path] = File(disk, size)

    def date_folders(self):
        """As rsync -a does: a folder gets the time that it has at its source, whatever was put into it."""
        for folder in [self.storage, *filter(pathlib.Path.is_dir, self.storage.iterdir())]:
            if os.stat(folder).st_mtime_ns != 1588379400 * SECOND:
                os.utime(folder, ns=(0, 1588379400 * SECOND))

    def make_folder(self):
        """Likewise: the folders of later exposures are there before their files."""
        folder = self.storage / self.rng.choice(self.exposures())
        if folder.exists():
            return None
        folder.mkdir()
        return f"make_folder {folder.name}"

    def arrive(self):
        detector = self.rng.choice(DETECTORS)
        path = self.path(self.rng.choice(self.exposures()), detector, self.rng.choice([None, None, None, ".json"]))
        if path in self.files:
            return None
        self.write(path, self.rng.choice([57_600, 57_600, 10_000, 9_999]))
        return f"arrive {path}"

    def begin(self):
        path = self.path(self.rng.choice(self.exposures()), self.rng.choice(DETECTORS))
        folder, name = path.rsplit("/", 1)
        partial = f"{folder}/.{name}.{self.rng.choice(['x7Kq2b', 'Aa0Zz9'])}"
        if partial in self.files:
            return None
        self.write(partial, 20_000)
        return f"begin {partial}"

    def finish(self):
        partials = [path for path in self.files if "/." in path]
        if not partials:
            return None
        partial = self.rng.choice(partials)
        folder, name = partial.rsplit("/", 1)
        final = f"{folder}/{name[1:].rsplit('.', 1)[0]}"
        storage = self.root / "storage"
        os.rename(storage / partial, storage / final)
        self.files[final] = self.files.pop(partial)
        self.files[final].touched(storage / final)
        return f"finish {final}"

    def replace(self):
        path = self.pick(lambda p, f: "/." not in p)
        if path is None:
            return None
        self.write(path, self.rng.choice([57_600, 5_000]))
        return f"replace {path}"

    def delete(self):
        path = self.pick(lambda p, f: True)
        if path is None:
            return None
        os.unlink(self.root / "storage" / path)
        del self.files[path]
        return f"delete {path}"

    def chmod(self):
        path = self.pick(lambda p, f: "/." not in p)
        if path is None:
            return None
        os.chmod(self.root / "storage" / path, 0o644)
        self.files[path].touched(self.root / "storage" / path)
        return f"chmod {path}"

    def fail(self):
        path = self.pick(lambda p, f: "/." not in p and ".fits" in p)
        if path is None:
            return None
        name = path.rsplit("/", 1)[1]
        with open(self.log, "a") as log:
            log.write(f"ingest ERROR: Failed to ingest file {path}: no DATE-OBS\n")
        self.failed.add(name)
        return f"fail {name}"

    def try_again(self):
        """The ingest's log tells that a failure was overcome: the row may come at once, later, or never."""
        if not self.failed:
            return None
        name = self.rng.choice(sorted(self.failed))
        with open(self.log, "a") as log:
            log.write(f"ingest INFO: Successfully ingested {name}\n")
        self.failed.remove(name)
        return f"try_again {name}"

    def take(self):
        if self.away:
            return None
        name = self.path(self.rng.choice(self.exposures()), self.rng.choice(DETECTORS), ".fits").rsplit("/", 1)[1]
        if name in self.listed:
            return None
        seconds = self.rng.choice([None, 0, 100, 3000])
        since = None if seconds is None else (next_tick(self.root) + self.offset) // SECOND - seconds
        self.write_telemetry("INSERT INTO image VALUES (?, ?, ?)", name, int(DAY_OBS), since)
        self.listed[name] = since and since * SECOND
        return f"take {name} {seconds}"

    def telemetry_away(self):
        if self.away:
            return None
        self.telemetry.rename(self.root / "away")
        self.away = True
        return "telemetry_away"

    def telemetry_back(self):
        if not self.away:
            return None
        (self.root / "away").rename(self.telemetry)
        self.away = False
        return "telemetry_back"

    def write_telemetry(self, text, *values):
        telemetry = sqlite3.connect(self.telemetry)
        with telemetry:
            telemetry.execute(text, values)
        telemetry.close()

    def ingest(self):
        path = self.pick(lambda p, f: "/." not in p and ".fits" in p and "_guider" not in p and self.row_of(p) is None)
        if path is None or self.locked:
            return None
        obs_id, detector = self.names(path)
        number = int(obs_id[-6:])
        exposure = 3020050100000 + number
        raft, sensor = detector.split("_")[:2]
        index = DETECTORS.index(detector)
        name = f"raw/{NIGHT}/{exposure}/{exposure}-{raft}-{sensor}-det{index:03}.fits"
        link = self.repo / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_symlink():
            link.unlink()
        link.symlink_to(self.root / "storage" / path)
        self.sql("INSERT INTO raw (run, visit, raftName, detectorName, detector, snap, obsid, expId, dayObs, seqNum)"
                 " VALUES ('r', ?, ?, ?, ?, 0, ?, ?, ?, ?)",
                 exposure, raft, sensor, index, obs_id, exposure, NIGHT, number)
        self.rows[(obs_id, detector)] = (path, name)
        return f"ingest {path}"

    def forget(self):
        if not self.rows or self.locked:
            return None
        key = self.rng.choice(sorted(self.rows))
        _, name = self.rows.pop(key)
        self.sql("DELETE FROM raw WHERE obsid = ? AND detector = ?", key[0], DETECTORS.index(key[1]))
        (self.repo / name).unlink()
        return f"forget {key}"

    def manifest(self):
        obs_id = self.rng.choice(self.exposures())
        kind = self.rng.random()
        detectors = self.rng.sample(DETECTORS, self.rng.randint(0, len(DETECTORS)))
        sensors = {d.removesuffix("_guider"): "GUIDER" if d.endswith("_guider") else "SCIENCE" for d in detectors}
        text = json.dumps({"obsId": obs_id, "version": 1.0, "expectedSensors": sensors})
        if kind < 0.15:
            text, detectors = text[:-2], None
        path = f"{DAY_OBS}/{obs_id}/{obs_id}_expectedSensors.json"
        self.write(path, 0)
        disk = self.root / "storage" / path
        disk.write_text(text)
        self.files[path] = File(disk, len(text))
        self.manifests[obs_id] = (detectors, self.files[path])
        return f"manifest {obs_id} {detectors}"

    def lock(self):
        if self.locked:
            return None
        self.locked = sqlite3.connect(self.repo / "registry.sqlite3", isolation_level=None)
        self.locked.execute("BEGIN EXCLUSIVE")
        return "lock"

    def unlock(self):
        if not self.locked:
            return None
        self.locked.execute("ROLLBACK")
        self.locked.close()
        self.locked = None
        return "unlock"

    def wait(self):
        span = self.rng.choice([1, 10, 59, 61, 119, 121, 299, 301, 3599, 3601])
        self.offset += span * SECOND
        return f"wait {span} s"

    def sql(self, text, *values):
        registry = sqlite3.connect(self.repo / "registry.sqlite3")
        with registry:
            registry.execute(text, values)
        registry.close()

    def pick(self, fits):
        paths = sorted(path for path, file in self.files.items() if fits(path, file) and "expectedSensors" not in path)
        return self.rng.choice(paths) if paths else None

    @staticmethod
    def names(path):
        stem = path.rsplit("/", 1)[1].split(".fits")[0].split(".json")[0]
        return stem[:20], stem[21:]

    def row_of(self, path):
        return self.rows.get(self.names(path))

    # What the rules say.

    def arrival(self, path, kept):
        """When a file arrived: its ctime, or what was first seen of this very file."""
        file = self.files[path]
        identity, first = self.seen.get(path, (None, None))
        return min(first, file.ctime) if kept and identity == file.identity else file.ctime

    def write_down(self, now):
        seen = {path: (file.identity, self.arrival(path, True)) for path, file in self.files.items()}
        self.absent_since = self.expected(now, True)
        self.seen = seen

    def expected(self, now, kept):
        """{path: since} of all that manifests or the telemetry call for and that is nowhere."""
        called_for = {}  # name -> [path, since]
        for wanted, since in [*self.by_manifests(kept), *self.by_telemetry(now)]:
            known = called_for.setdefault(wanted.rsplit("/", 1)[1], [wanted, since])
            known[1] = min(known[1], since)
        names = {final_key(path) for path in self.files}
        absent = {}
        for name, (wanted, since) in called_for.items():
            obs_id, detector = self.names(wanted)
            in_registry = name.endswith(".fits") and (obs_id, detector) in self.rows and not self.locked
            if final_key(wanted) not in names and not in_registry:
                absent[wanted] = min(self.absent_since.get(wanted, since), since) if kept else since
        return absent

    def by_telemetry(self, now):
        if not self.away:
            for name, since in self.listed.items():
                yield f"{DAY_OBS}/{name}", now if since is None else since

    def by_manifests(self, kept):
        for obs_id, (detectors, file) in self.manifests.items():
            path = f"{DAY_OBS}/{obs_id}/{obs_id}_expectedSensors.json"
            if detectors is None or path not in self.files:
                continue
            for detector in detectors:
                for ending in (".fits", ".json"):
                    yield self.path(obs_id, detector, ending), self.arrival(path, kept)

    def verdicts(self, now, kept):
        said = {path: self.verdict(path, now, kept) for path in self.files}
        for (obs_id, detector), (path, name) in self.rows.items():
            # A link is the file's whose path it names.
            if path not in self.files and not self.locked:
                said[name] = "artifact_gone"
        for path, since in self.expected(now, kept).items():
            if ignored(path):
                said[path] = "ignored"
            elif self.locked:
                said[path] = "unknown"
            else:
                said[path] = "missing" if now - since >= MISSING_GRACE else "settling"
        return said

    def verdict(self, path, now, kept):
        file, arrival = self.files[path], self.arrival(path, kept)
        name = path.rsplit("/", 1)[1]
        row = self.row_of(path) if ".fits" in name and not name.startswith(".") else None
        if row and row[0] == path and not self.locked:
            return "ingested"
        if name.startswith("."):
            if now - arrival < ORPHAN_AGE:
                return "in_flight"
            key = final_key(path)
            others = {final_key(p) for p in self.files
                      if not p.rsplit("/", 1)[1].startswith(".") or now - self.arrival(p, kept) < ORPHAN_AGE}
            obs_id, detector = self.names(path.replace("/.", "/"))
            if self.locked:
                return "ignored" if ignored(path) or key in others else "unknown"
            if key in others or (obs_id, detector) in self.rows or ignored(path):
                return "ignored"
            return "missing"
        if ignored(path):
            return "ignored"
        if self.locked:
            return "unknown"
        if now - arrival < (GUIDER_GRACE if "_guider" in name else GRACE):
            return "settling"
        if not name.endswith((".fits", ".fits.fz")):
            return "not_fits"
        if name in self.failed:
            return "failed"
        return "too_small" if file.size < 10_000 else "not_ingested"


def final_key(path):
    name = path.rsplit("/", 1)[1]
    if name.startswith("."):
        name = name[1:].rsplit(".", 1)[0]
    for ending in (".fits.fz", ".fits"):
        name = name.removesuffix(ending)
    return name


def ignored(path):
    return "_R22_S2" in path


def state_of(said, unread):
    verdicts = set(said.values())
    if verdicts & ATTENTION:
        return "needs_attention"
    if unread or "unknown" in verdicts:
        return "unknown"
    return "in_progress" if verdicts & WAIT else "complete"


ACTIONS = (["arrive"] * 6 + ["make_folder"] * 2 + ["begin"] * 2 + ["finish"] * 2 + ["ingest"] * 6 + ["wait"] * 6
           + ["replace", "delete", "chmod", "forget", "manifest", "manifest", "lock", "unlock", "unlock", "fail", "fail",
              "try_again", "take", "take", "take", "telemetry_away", "telemetry_back", "telemetry_back"])


class Looker:
    def __init__(self, program, root):
        self.output = root / "output"
        self.process = subprocess.Popen([program, root, self.output, NIGHT, *OPTIONS, f"ingest_log={root}/ingest.log",
                                         f"expected_sql=sqlite:///{root}/telemetry.sqlite3"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def look(self, now):
        self.process.stdin.write(f"{now}\n")
        self.process.stdin.flush()
        head = self.process.stdout.readline().split()
        if len(head) != 3:
            raise SystemExit(f"the look failed with status {self.process.wait()}")
        files = {}
        while (line := self.process.stdout.readline()) != "\n":
            row = json.loads(line)
            files[row["path"]] = row["verdict"]
        return head[0], head[1], head[2] == "1", files

    def kept(self):
        """What the update has written into the history."""
        history = sqlite3.connect(f"file:{self.output}/observing_monitor.sqlite3?mode=ro", uri=True)
        rows = history.execute("SELECT path, verdict FROM transfer UNION ALL SELECT path, verdict FROM absent").fetchall()
        history.close()
        return {path: VERDICTS[verdict] for path, verdict in rows}

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def run(program, seed, figures):
    rng = random.Random(seed)
    root = pathlib.Path(tempfile.mkdtemp(prefix="obsmon-history-"))
    history, looker, log = History(rng, root), Looker(program, root), []
    try:
        for _ in range(rng.randint(15, 40)):
            done = getattr(history, rng.choice(ACTIONS))()
            if done is None:
                continue
            history.date_folders()
            log.append(done)
            figures["steps"] += 1
            now = next_tick(root) + history.offset
            state, kept_state, changed, files = looker.look(now)
            compare(history, now, state, kept_state, files, looker.kept(), log, figures)
            figures["unchanged"] += not changed
    except AssertionError as error:
        print(f"history {seed}: {error}\n  " + "\n  ".join(log))
        figures["wrong histories"] += 1
    finally:
        history.unlock()
        looker.end()
        shutil.rmtree(root)
    figures["histories"] += 1


def next_tick(root):
    """The file system's clock, once it has gone on: two changes of a folder within one tick leave the same time."""
    clock = root / "clock"
    clock.touch()
    before = now = os.stat(clock).st_ctime_ns
    while now == before:
        clock.touch()
        now = os.stat(clock).st_ctime_ns
    return now


def compare(history, now, state, kept_state, files, kept, log, figures):
    said = history.verdicts(now, kept=False)
    figures["verdicts"] += len(said)
    for path in said.keys() | files.keys():
        alarm, should = files.get(path) in ATTENTION, said.get(path) in ATTENTION
        figures["false alarms"] += alarm and not should
        figures["missed alarms"] += should and not alarm
    differing = {path: (files.get(path), said.get(path)) for path in said.keys() | files.keys()
                 if files.get(path) != said.get(path)}
    assert not differing, f"(obsmon, rules) differ: {differing}"
    should = state_of(said, history.locked or history.away)
    assert state == should, f"the night is {state}, by the rules {should}"
    if history.locked:
        assert kept_state == "unknown", f"the registry is locked, but the update says {kept_state}"
        return
    said = history.verdicts(now, kept=True)
    should = state_of(said, history.away)
    assert kept_state == should, f"the update says {kept_state}, the rules {should}"
    in_storage = {path: verdict for path, verdict in said.items() if path.startswith(DAY_OBS)}
    assert kept == in_storage, f"the history (first) and the rules differ: {set(kept.items()) ^ set(in_storage.items())}"
    history.write_down(now)


def main(program, number=10, seed=1):
    figures = collections.Counter({"histories": 0, "wrong histories": 0, "steps": 0, "unchanged": 0, "verdicts": 0,
                                   "false alarms": 0, "missed alarms": 0})
    for history in range(int(seed), int(seed) + int(number)):
        run(program, history, figures)
    print(", ".join(f"{count} {name}" for name, count in figures.items()))
    return 1 if figures["wrong histories"] or figures["false alarms"] or figures["missed alarms"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
