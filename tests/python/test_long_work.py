"""Long work shows how far it has come, lets other threads run, and ends at Ctrl-C with nothing half-written."""
import contextlib
import io
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

import obsmon


@pytest.fixture
def locked(stream):
    """A stream whose registry is being written, so that a look at it takes long."""
    stream.arrive_and_ingest(3)
    writer = sqlite3.connect(stream.registry, isolation_level=None)
    writer.execute("begin exclusive")
    yield stream
    writer.close()


@contextlib.contextmanager
def interrupt_after(seconds):
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@pytest.mark.parametrize("call", [
    lambda stream: obsmon.observe_night(input_dir=stream.root, night="2020-05-01", busy_timeout=60),
    lambda stream: obsmon.open_registry(stream.repo, busy_timeout=60).read_night("2020-05-01"),
    lambda stream: obsmon.update(input_dir=stream.root, output_dir=stream.root / "out", last_day="2020-05-01",
                                 busy_timeout=60),
])
def test_ends_at_ctrl_c_at_once(locked, call):
    began = time.monotonic()
    with interrupt_after(0.5), pytest.raises(KeyboardInterrupt):
        call(locked)
    assert time.monotonic() - began < 0.5 + 0.2


def test_can_be_asked_again_after_ctrl_c(stream):
    stream.arrive_and_ingest(3)
    registry = obsmon.open_registry(stream.repo, busy_timeout=60)
    writer = sqlite3.connect(stream.registry, isolation_level=None)
    writer.execute("begin exclusive")
    with interrupt_after(0.3), pytest.raises(KeyboardInterrupt):
        registry.read_night("2020-05-01")
    writer.close()
    assert len(registry.read_night("2020-05-01").rows) == 3


def test_leaves_history_and_pages_as_they_were_at_ctrl_c(stream):
    stream.arrive_and_ingest(3)
    out = stream.root / "out"
    window = {"first_day": "2020-05-01", "last_day": "2020-05-01", "grace": 0}
    obsmon.update(input_dir=stream.root, output_dir=out, **window)
    before = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    [night] = obsmon.read_history(out)
    stream.arrive("2020-05-01/AT_O_20200501_000009.fits")
    writer = sqlite3.connect(stream.registry, isolation_level=None)
    writer.execute("begin exclusive")
    with interrupt_after(0.3), pytest.raises(KeyboardInterrupt):
        obsmon.update(input_dir=stream.root, output_dir=out, busy_timeout=60, **window)
    writer.close()
    assert {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert obsmon.read_history(out)[0].counts.files == night.counts.files == 3
    assert obsmon.update(input_dir=stream.root, output_dir=out, **window).nights[0].counts.files == 4


def test_is_whole_whenever_it_is_interrupted(stream, tmp_path):
    """One process after another, each interrupted a little later in its work."""
    for number in range(2500):
        stream.arrive(f"2020-05-01/f{number:05}/AT_O_20200501_{number:06}.fits")
    script = """
import sys, obsmon
print("ready", flush=True)
try:
    obsmon.update(input_dir=sys.argv[1], output_dir=sys.argv[2], last_day="2020-05-01", num_days=1, grace=0)
except KeyboardInterrupt:
    sys.exit(130)
"""
    ends = set()
    for delay in (0.0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.25, 5.0):
        out = tmp_path / f"out{delay}"
        process = subprocess.Popen([sys.executable, "-c", script, stream.root, out], stdout=subprocess.PIPE)
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=delay or 0.001)
        process.send_signal(signal.SIGINT)
        ends.add(process.wait(timeout=60))
        names = {path.name for path in out.iterdir()} if out.exists() else set()
        for page in names & {"index.html", "2020-05-01.html"}:
            assert (out / page).read_text().rstrip().endswith("</html>")
        if "observing_monitor.sqlite3" in names:
            with contextlib.closing(sqlite3.connect(out / "observing_monitor.sqlite3")) as history:
                assert history.execute("pragma integrity_check").fetchall() == [("ok",)]
            assert [night.counts.files for night in obsmon.read_history(out)] in ([], [2500])
        assert not [name for name in names if name not in (
            "index.html", "2020-05-01.html", "data", "observing_monitor.sqlite3", ".monitor.lock")]
    # -2: the signal came when Python was about to end, or had not begun to look.
    assert ends <= {0, 130, -signal.SIGINT} and 0 in ends


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A storage folder that takes a while to look through, even from memory."""
    storage = tmp_path_factory.mktemp("large")
    for folder in range(200):
        inner = storage / "2020-05-01" / f"{folder:03}"
        inner.mkdir(parents=True)
        for number in range(400):
            os.close(os.open(f"{inner}/{number:03}.fits", os.O_CREAT | os.O_WRONLY))
    return storage


def test_tells_a_callable_of_a_large_night(large):
    told, threads = [], set()

    def note(stage, done, total):
        told.append((stage, done, total))
        threads.add(threading.get_ident())

    for _ in range(20):
        obsmon.scan_transfers(large, "2020-05-01", num_threads=1, progress=note)
    assert {stage for stage, _, _ in told} == {"scan"}
    # 0 where the machine took so long for the first listing that nothing was asked yet. Entries are counted: the files,
    # and the folders that they are in.
    assert all(0 <= done <= 80_000 + 200 for _, done, _ in told)
    assert any(done > 0 for _, done, _ in told)
    assert threads == {threading.get_ident()}


def test_is_ended_by_what_the_callable_raises(large):
    class Enough(Exception):
        pass

    def enough(*_):
        raise Enough

    with pytest.raises(Enough):
        for _ in range(20):
            obsmon.scan_transfers(large, "2020-05-01", num_threads=1, progress=enough)
    assert len(obsmon.scan_transfers(large, "2020-05-01").files) == 80_000


def test_shows_a_line_where_there_is_no_tqdm(monkeypatch):
    from obsmon._progress import following

    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with following(True) as shown:
        shown("scan", 1000, 0)
        shown("scan", 1200, 4000)
    assert sys.stderr.getvalue() == "\rscan: 1,000\rscan: 1,200 of 4,000\r" + " " * 20 + "\r"


def test_shows_a_bar_with_tqdm(monkeypatch):
    from obsmon._progress import following

    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with following(True) as shown:
        shown("scan", 10, 0)
        shown("registry", 5, 10)
    shown_text = sys.stderr.getvalue()
    assert "scan" in shown_text and "registry:  50%" in shown_text
    with following(False) as shown:
        assert shown is None


def test_lets_other_threads_run(locked):
    counted = 0
    done = threading.Event()

    def look():
        obsmon.observe_night(input_dir=locked.root, night="2020-05-01", busy_timeout=1)
        done.set()

    thread = threading.Thread(target=look)
    thread.start()
    while not done.is_set():
        counted += 1
    thread.join()
    assert counted > 100_000


def test_gives_many_threads_the_same_answer(stream):
    from concurrent.futures import ThreadPoolExecutor

    nights = [f"2020-05-{day:02}" for day in range(1, 9)]
    for night in nights:
        for number in range(40):
            stream.ingest(stream.arrive(f"{night}/AT_O_{number:06}.fits"), night, number)
    def look(night):
        report = obsmon.observe_night(input_dir=stream.root, night=night, grace=0)
        # A reason tells how old a file is, by the clock.
        files = [{key: value for key, value in row.items() if key != "reason"} for row in report.files.to_dicts()]
        return report.counts.by_verdict, files, len(report.needs_attention)

    alone = [look(night) for night in nights]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(look, nights)) == alone


def test_lets_many_threads_have_one_report(night_report):
    from concurrent.futures import ThreadPoolExecutor

    import pyarrow

    expected = pyarrow.table(night_report.files)
    with ThreadPoolExecutor(8) as pool:
        for table in pool.map(lambda _: pyarrow.table(night_report.files), range(200)):
            assert table.equals(expected)


def test_ends_with_the_interpreter_where_a_daemon_thread_is_at_it(locked):
    program = f"""
import obsmon, threading, time
def look():
    while True:
        obsmon.observe_night(input_dir={os.fspath(locked.root)!r}, night="2020-05-01", busy_timeout=30)
threading.Thread(target=look, daemon=True).start()
time.sleep(0.3)
"""
    for _ in range(3):
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        assert (result.returncode, result.stderr) == (0, "")
