"""A Butler ingests all the while: no torn read, no false alarm, and it hardly waits for obsmon."""
from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from butlers import make_repository, write_exposure
from conftest import look

EXPOSURES = 40
NIGHT = "20250501"
BUTLERS = Path(__file__).with_name("butlers.py")


class Writer:
    """butlers.py in a process of its own, and what it said so far."""

    def __init__(self, root: Path, storage: Path) -> None:
        self.committed = 0
        self.seconds: list[float] = []
        self.process = subprocess.Popen(
            [sys.executable, str(BUTLERS), str(root), str(storage), NIGHT, str(EXPOSURES)], stdout=subprocess.PIPE, text=True)
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()

    def listen(self) -> None:
        for line in self.process.stdout:
            number, seconds = line.split()
            self.seconds.append(float(seconds))
            self.committed = int(number)

    def is_done(self) -> bool:
        return self.process.poll() is not None and not self.listener.is_alive()


class Waiters:
    """Watches a PostgreSQL database for sessions that wait for a lock of obsmon's."""

    FIND = """SELECT w.query FROM pg_stat_activity w, unnest(pg_blocking_pids(w.pid)) b JOIN pg_stat_activity o ON o.pid = b
              WHERE w.datname = current_database() AND o.application_name = 'obsmon'"""

    def __init__(self, database) -> None:
        self.found: list[str] = []
        self.times = 0
        self.ended = threading.Event()
        self.connection = database.connect()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self) -> None:
        cursor = self.connection.cursor()
        while not self.ended.wait(0.005):
            cursor.execute(self.FIND)
            self.found += [query for (query,) in cursor.fetchall()]
            self.times += 1

    def end(self) -> None:
        self.ended.set()
        self.thread.join()
        self.connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    """The PostgreSQL database of the registry; None where SQLite is to keep it."""
    return request.getfixturevalue("new_database")() if request.param == "postgresql" else None


def test_every_look_sees_whole_exposures_and_all_that_was_committed_before_it(tree: Path, database) -> None:
    root, storage = tree / "repo", tree / "storage"
    make_repository(root, config=database.config() if database else None)
    for number in range(1, EXPOSURES + 1):
        write_exposure(storage, f"MC_O_{NIGHT}_{number:06}")
    waiters = Waiters(database) if database else None
    writer = Writer(root, storage)
    looks = 0
    while not writer.is_done():
        before = writer.committed
        found = look(storage, root, night=NIGHT)
        looks += 1
        assert found.report["registry"]["readable"]
        for number in range(1, EXPOSURES + 1):
            verdicts = {file["verdict"] for file in found.fits(f"MC_O_{NIGHT}_{number:06}")}
            assert len(verdicts) == 1, f"a torn read of exposure {number}: {verdicts}"
            assert verdicts <= {"ingested", "not_ingested"}
            if number <= before:
                assert verdicts == {"ingested"}, f"a false alarm: exposure {number} was committed before the look"
    assert writer.process.returncode == 0
    assert writer.committed == EXPOSURES
    assert looks >= 3
    if waiters:
        waiters.end()
        assert waiters.times > 10
        assert waiters.found == [], "readers never keep a writer of PostgreSQL waiting"
    slowest = max(writer.seconds[1:])
    print(f"{looks} looks; an ingest took {sorted(writer.seconds)[len(writer.seconds) // 2] * 1000:.0f} ms, "
          f"at most {slowest * 1000:.0f} ms")
