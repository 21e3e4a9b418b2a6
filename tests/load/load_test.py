"""Six streams of 400 nights that are looked at again and again, while files arrive, are replaced, removed and ingested.

`obsmon update --every 1s` runs for OBSMON_LOAD_SECONDS (default 10; minutes or hours on demand). Its memory and its
descriptors stay what they were after the first looks, and in the end its history says the same as one that a first
look makes. A second test counts looks instead: so many that OBSMON_LOAD_LOOKS are reached (default 60; 10,000 on
demand) in one process, at OBSMON_LOAD_STREAMS small streams at once (default 6).
"""
import contextlib
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from support import COMMAND, Stream, clean_environment  # noqa: E402  pylint: disable=wrong-import-position

SECONDS = float(os.environ.get("OBSMON_LOAD_SECONDS", "10"))
NIGHTS = int(os.environ.get("OBSMON_LOAD_NIGHTS", "400" if SECONDS > 60 else "40"))
STREAMS = 6
LOOKS = int(os.environ.get("OBSMON_LOAD_LOOKS", "60"))
STREAMS_OF_LOOKS = int(os.environ.get("OBSMON_LOAD_STREAMS", "6"))
LAST_NIGHT = "2020-05-01"
SETTLED = 65  # seconds after which a night that nothing happened to is left alone, as most nights are
# Descriptors that streams hold while they are looked at, as many streams at once as there are processors.
HELD_AT_WORK = 16 * len(os.sched_getaffinity(0))
GROWTH_KB = 8192  # of which a heap breathes; 10,000 looks that lose 1 kB each would show


def night_of(day):
    return time.strftime("%Y-%m-%d", time.gmtime(1588334400 - 86400 * day))


class Load(unittest.TestCase):
    def setUp(self):
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="obsmon-load-")).resolve()
        self.addCleanup(shutil.rmtree, self.tmp)
        self.random = random.Random(20200501)
        self.streams = [Stream(self.tmp / "data" / f"s{n}") for n in range(STREAMS)]
        for stream in self.streams:
            for day in range(NIGHTS):
                stream.arrive_and_ingest(1, night_of(day))  # as most nights are: nobody waits for anything
        self.sequence = 1
        self.settled = time.monotonic() + SETTLED

    def config(self, name):
        file = self.tmp / f"{name}.yaml"
        file.write_text("streams:\n" + "".join(
            f"  - name: s{n}\n    input_dir: {stream.root}\n    output_dir: {self.tmp / name / f's{n}'}\n"
            for n, stream in enumerate(self.streams)))
        return ["update", "--config", file, "--grace", "0", "--last_day", LAST_NIGHT, "--num_days", NIGHTS]

    def disturb(self):
        """Something happens in one of the streams."""
        stream = self.random.choice(self.streams)
        night = night_of(self.random.randrange(min(NIGHTS, 5)))
        self.sequence += 1
        file = stream.arrive(f"{night}/AT_O_{night.replace('-', '')}_{self.sequence:06}.fits", 20_000)
        what = self.random.randrange(4)
        if what == 0:
            with contextlib.suppress(sqlite3.OperationalError):  # that obsmon reads at the moment
                stream.ingest(file, night, self.sequence)
        elif what == 1:  # as rsync replaces
            other = stream.arrive(f"{night}/.other.fits.a1B2c3", 30_000)
            other.rename(file)
        elif what == 2:
            file.unlink()

    @staticmethod
    def usage_of(pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        memory = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
        return memory, len(os.listdir(f"/proc/{pid}/fd"))

    def rows(self, name):
        seen = {}
        for n in range(STREAMS):
            with contextlib.closing(sqlite3.connect(self.tmp / name / f"s{n}" / "observing_monitor.sqlite3")) as history:
                for view, columns in (("FILE_COUNT", "Nite_Obs, N_Files, N_Ingest, N_Small, N_Not_Fits, N_Error"),
                                      ("TRANSFER_LIST", "Nite_Trans, Transfer_Path, File_Size")):
                    seen[n, view] = sorted(history.execute(f"select {columns} from {view}"))
        return seen

    def looks(self):
        """When each stream was last looked at."""
        return {path: path.stat().st_mtime_ns for path in (self.tmp / "every").glob("*/observing_monitor.sqlite3")}

    def test_memory_and_descriptors_stay_flat_and_the_history_true(self):
        time.sleep(max(0, self.settled - time.monotonic()))
        log = open(self.tmp / "log", "wb")  # pylint: disable=consider-using-with
        self.addCleanup(log.close)
        process = subprocess.Popen([COMMAND, *map(str, self.config("every")), "--every", "1s"], stdout=log, stderr=log,
                                   env=clean_environment())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while len(list((self.tmp / "every").glob("*/index.html"))) < STREAMS:
            self.assertIsNone(process.poll(), (self.tmp / "log").read_text())
            time.sleep(0.1)
        end = time.monotonic() + SECONDS
        warm = time.monotonic() + SECONDS / 3
        usages, events, looks, last = [], 0, 0, self.looks()
        while time.monotonic() < end:
            self.disturb()
            events += 1
            time.sleep(0.05)
            now = self.looks()
            looks += sum(now[path] != last[path] for path in now)
            last = now
            if time.monotonic() > warm:
                usages.append(self.usage_of(process.pid))
        process.terminate()
        self.assertIn(process.wait(60), (0, 143))
        # The look that was cut off may not have seen the last changes: one more, on what it remembers.
        subprocess.run([COMMAND, *map(str, self.config("every"))], check=True, env=clean_environment(), timeout=300,
                       stdout=subprocess.DEVNULL)
        subprocess.run([COMMAND, *map(str, self.config("anew"))], check=True, env=clean_environment(), timeout=300,
                       stdout=subprocess.DEVNULL)
        self.assertEqual(self.rows("every"), self.rows("anew"))
        self.assertGreater(looks, 0)
        memory, descriptors = zip(*usages)
        third = len(memory) // 3
        growth = max(memory[-third:]) - max(memory[:third])
        print(f"\n{STREAMS} streams, {NIGHTS} nights, {SECONDS:.0f} s: {events} events, {looks} looks that changed a"
              f" history; memory {max(memory[:third])} kB, then {growth:+} kB; descriptors {min(descriptors)} to"
              f" {max(descriptors)}; differences from a full look 0", file=sys.stderr)
        self.assertLess(growth, GROWTH_KB)
        self.assertLessEqual(min(descriptors[-third:]), min(descriptors[:third]) + 4)
        self.assertLessEqual(max(descriptors), min(descriptors) + HELD_AT_WORK)


class Looks(unittest.TestCase):
    def setUp(self):
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="obsmon-looks-")).resolve()
        self.addCleanup(shutil.rmtree, self.tmp)
        names = [f"s{n}" for n in range(STREAMS_OF_LOOKS)]
        self.streams = {name: Stream(self.tmp / "data" / name) for name in names}
        for stream in self.streams.values():
            stream.arrive_and_ingest(3, LAST_NIGHT)
        config = self.tmp / "streams.yaml"
        config.write_text("streams:\n" + "".join(
            f"  - {{name: {name}, input_dir: {stream.root}, output_dir: {self.out(name)}}}\n"
            for name, stream in self.streams.items()))
        self.command = [COMMAND, "update", "--config", str(config), "--grace", "0", "--last_day", LAST_NIGHT,
                        "--every", "1s", "--metrics", str(self.tmp / "obsmon.prom")]

    def out(self, name):
        return self.tmp / "www" / name

    def looks(self):
        """How many there were: each is one commit, which SQLite counts in bytes 24 to 27 of the history's header."""
        def commits(name):
            with contextlib.suppress(FileNotFoundError), open(self.out(name) / "observing_monitor.sqlite3", "rb") as history:
                return int.from_bytes(history.read(28)[24:], "big")
            return 0
        return sum(map(commits, self.streams))

    def test_many_looks_in_one_process_cost_neither_memory_nor_descriptors(self):
        process = subprocess.Popen(self.command, env=clean_environment(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        began, usages, sequence = time.monotonic(), [], 3
        while (looks := self.looks()) < LOOKS:
            self.assertIsNone(process.poll(), "it has ended")
            self.assertLess(time.monotonic() - began, 120 + 2 * LOOKS, "the looks do not come")
            if looks > LOOKS / 10:  # once all that is kept for good is there
                usages.append((looks, *Load.usage_of(process.pid)))
            sequence += 1  # something new at one of the streams, so that some looks find a change
            name = f"s{sequence % STREAMS_OF_LOOKS}"
            file = self.streams[name].arrive(f"{LAST_NIGHT}/AT_O_{LAST_NIGHT.replace('-', '')}_{sequence:06}.fits")
            file.rename(file.with_name("late.fits"))  # one file at the most, ever another
            time.sleep(0.3)  # no divisor of the second between looks: samples fall into them and between them
        process.terminate()
        self.assertIn(process.wait(60), (0, 143))
        self.assertGreaterEqual(len(usages), 3, "too few looks: raise OBSMON_LOAD_LOOKS")
        third = len(usages) // 3
        early, late = (usages[:third], usages[-third:])
        # What is held while streams are looked at comes and goes; what is never given back raises the fewest, too.
        memory, descriptors = ([f(usage[n] for usage in part) for part in (early, late)] for n, f in ((1, max), (2, min)))
        print(f"\n{looks} looks at {STREAMS_OF_LOOKS} streams in one process: up to {memory[0]} kB resident from"
              f" {early[0][0]} looks on, {memory[1]} kB from {late[0][0]} on; descriptors at least {descriptors[0]}, then"
              f" {descriptors[1]}", file=sys.stderr)
        self.assertLess(memory[1] - memory[0], GROWTH_KB)
        self.assertLessEqual(descriptors[1], descriptors[0] + 4)


if __name__ == "__main__":
    unittest.main()
