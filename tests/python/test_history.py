"""The history, with Python's own sqlite3 open on it in the same process."""
import contextlib
import datetime
import os
import pathlib
import sqlite3
import subprocess
import sys
import threading

import pytest

import obsmon

WINDOW = {"first_day": "2020-05-01", "last_day": "2020-05-01", "grace": 0}


def history_of(out):
    return out / "observing_monitor.sqlite3"


def test_is_brought_up_to_date(sample, tmp_path):
    out = tmp_path / "out"
    result = obsmon.update(input_dir=sample, output_dir=out, **WINDOW)
    assert (result.stream, result.complete, result.warnings) == ("out", True, [])
    assert result.changed == [obsmon.Night("2020-05-01")]
    [night] = result.nights
    assert (night.night, night.state, night.counts.files) == (obsmon.Night("2020-05-01"), "needs_attention", 109)
    again = obsmon.update(input_dir=sample, output_dir=out, **WINDOW)
    assert len(again.nights) == 1
    [known] = obsmon.read_history(out)
    assert known.counts.by_verdict == night.counts.by_verdict
    assert known.looked_at >= night.looked_at and not known.from_prototype and known.trouble is None
    with contextlib.closing(sqlite3.connect(history_of(out))) as history:
        assert history.execute("select N_Files, N_Ingest, N_Error from FILE_COUNT").fetchall() == [(107, 102, 3)]
    assert obsmon.update_summary(tmp_path, ["out"]) == []
    assert (tmp_path / "index.html").exists()


def test_follows_the_streams_rule_of_nights(stream, tmp_path):
    morning = datetime.datetime(2020, 5, 2, 11, 59, 59, tzinfo=datetime.timezone.utc)
    for rule, today in ({}, "2020-05-02"), ({"night_offset": "12h"}, "2020-05-01"), (
            {"night_offset": datetime.timedelta(hours=12), "night_scale": "tai"}, "2020-05-02"), (
            {"night_offset": -datetime.timedelta(hours=13)}, "2020-05-03"):
        out = tmp_path / f"out{len(rule)}{today}"
        result = obsmon.update(input_dir=stream.root, output_dir=out, as_of=morning, **rule)
        assert result.nights[0].night == obsmon.Night(today), rule
    with pytest.raises(ValueError, match="night_scale"):
        obsmon.update(input_dir=stream.root, output_dir=tmp_path / "out", night_scale="ut1")


@pytest.fixture
def shared_history(tmp_path):
    """The URI of an empty database on a PostgreSQL server of the test's own."""
    server = pathlib.Path(__file__).parents[1] / "postgres/server.py"
    address = tmp_path / "address"
    subprocess.run([sys.executable, "-B", server, "start", address, str(os.getpid())], check=True)
    if not address.exists():
        pytest.skip("no PostgreSQL server is installed")
    folder, port = address.read_text().split("\n")[:2]
    yield f"postgresql://obsmon@{folder.replace('/', '%2F')}:{port}/postgres"
    subprocess.run([sys.executable, "-B", server, "stop", address], check=True)


def test_may_be_shared_by_streams(sample, tmp_path, shared_history):
    for name in "one", "two":
        result = obsmon.update(input_dir=sample, output_dir=tmp_path / name, history=shared_history, **WINDOW)
        assert (result.stream, result.complete) == (name, True)
        assert not history_of(tmp_path / name).exists()
    [known] = obsmon.read_history("one", history=shared_history)
    assert (known.night, known.counts.files) == (obsmon.Night("2020-05-01"), 109)
    assert obsmon.update_summary(tmp_path, ["one", "two"], history=shared_history) == []
    with pytest.raises(FileNotFoundError, match="there is no history of stream 'three' yet"):
        obsmon.read_history("three", history=shared_history)
    with pytest.raises(obsmon.RegistryBusyError, match="Connection refused"):
        obsmon.read_history("one", history="postgresql://obsmon@127.0.0.1:1/postgres")
    with pytest.raises(ValueError, match="a password must not stand here") as refused:
        obsmon.read_history("one", history="postgresql://obsmon:sesame@127.0.0.1/postgres")
    assert "sesame" not in str(refused.value)


def test_warns_of_streams_without_history(sample, tmp_path, caplog):
    [warning] = obsmon.update_summary(tmp_path, [tmp_path / "nowhere"])
    assert "nowhere" in warning and warning in caplog.text


def test_is_held_by_one_run_at_a_time(sample, tmp_path):
    import fcntl

    out = tmp_path / "out"
    out.mkdir()
    with open(out / ".monitor.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(obsmon.OutputLockedError, match="monitor.lock"):
            obsmon.update(input_dir=sample, output_dir=out, **WINDOW)
    obsmon.update(input_dir=sample, output_dir=out, **WINDOW)


def test_is_written_by_the_sqlite_that_python_has():
    """Two copies of SQLite in one process lose each other's locks; see python/CMakeLists.txt."""
    loaded = {line.split(maxsplit=5)[5].strip() for line in open("/proc/self/maps") if "sqlite3.so" in line}
    libraries = {name for name in loaded if pathlib.Path(name).name.startswith("libsqlite3")}
    assert len(libraries) <= 1, libraries
    needed = pathlib.Path(obsmon._obsmon.__file__).read_bytes()
    assert b"libsqlite3.so.0\0" in needed
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        [source] = database.execute("select sqlite_source_id()").fetchone()
    assert source.encode() not in needed, "a copy of SQLite is linked in"


def test_keeps_its_lock_while_python_opens_and_closes_the_same_file(stream):
    """The hazard in full: our transaction is open, sqlite3 of this process reads and closes, another process writes."""
    out = stream.root / "out"
    stream.arrive_and_ingest(5)
    obsmon.update(input_dir=stream.root, output_dir=out, **WINDOW)
    file = history_of(out)
    other = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    connection.execute("begin immediate")
    print("got it")
except sqlite3.OperationalError as error:
    print(error)
"""
    # A transaction in this process by the library that both use ...
    ours = sqlite3.connect(file, isolation_level=None)
    ours.execute("begin immediate")
    # ... which obsmon's reading and closing must not end.
    obsmon.read_history(out)
    answer = subprocess.run([sys.executable, "-c", other, file], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "database is locked"
    ours.close()


def test_survives_readers_of_the_same_process(stream):
    out = stream.root / "out"
    stream.arrive_and_ingest(5)
    obsmon.update(input_dir=stream.root, output_dir=out, **WINDOW)
    stop = threading.Event()
    seen, errors = set(), []

    def read():
        while not stop.is_set():
            try:
                with contextlib.closing(sqlite3.connect(history_of(out))) as history:
                    seen.add(history.execute("select count(*) from TRANSFER_LIST").fetchone()[0])
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    expected = {5}
    for number in range(10, 30):
        stream.arrive(f"2020-05-01/AT_O_20200501_{number:06}.fits")
        obsmon.update(input_dir=stream.root, output_dir=out, **WINDOW)
        expected.add(number - 4)
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert seen <= expected
    with contextlib.closing(sqlite3.connect(history_of(out))) as history:
        assert history.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert history.execute("select count(*) from TRANSFER_LIST").fetchone() == (25,)


def test_a_night_is_equal_to_itself_and_its_counts_are_a_mapping(sample, tmp_path):
    obsmon.update(input_dir=sample, output_dir=tmp_path, **WINDOW)
    [once], [again] = obsmon.read_history(tmp_path), obsmon.read_history(tmp_path)
    assert once == again and once.counts == again.counts
    assert once.counts != once and once != None  # noqa: E711
    assert "failed" in once.counts and "lost" not in once.counts
    assert list(once.counts) == list(once.counts.by_verdict) and len(once.counts) == len(once.counts.by_verdict)
    assert dict(once.counts.by_verdict) == {verdict: once.counts[verdict] for verdict in once.counts}
