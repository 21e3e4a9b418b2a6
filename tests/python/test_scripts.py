"""The prototype's scripts, replaced: on the PATH after an installation, and as files put in the place of the old ones."""
import fcntl
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

import support
from conftest import ROOT, make_sample

SCRIPTS = ("observing_monitor.py", "mainpage.py", "break_locks.py")
BIN = pathlib.Path(sys.executable).parent
DAY = ["--last_day", "20200501", "--num_days", "1"]

# As the observatory's crontab calls them: locks broken, streams one after another, then the page over them. Relative
# names, a trailing slash, options cut short, and words after the last stream that no stream has.
CRON_SCRIPT = """
WEBDIR=$HOME/public_html/monitor
REPO=$HOME/data
cd $CRONPATH
python3 break_locks.py $WEBDIR/auxTel $WEBDIR/comcam_ccs $WEBDIR/comcam_archiver $WEBDIR/never_made
python3 observing_monitor.py --input_dir $REPO/LATISS --output $WEBDIR/auxTel --num_days 30 --last_day 20200501
python3 observing_monitor.py --input_dir $REPO/LSSTComCam-ccs/ --output $WEBDIR/comcam_ccs --num 30 --last=20200501 --search_links
python3 observing_monitor.py --input_dir $REPO/LSSTComCam --output $WEBDIR/comcam_archiver --num_days 30 --last_day 20200501 --query_links
python3 mainpage.py $WEBDIR auxTel comcam_archiver  comcam_ccs --num_days 30
"""


@pytest.fixture(params=["on the PATH", "copied"])
def script(request, tmp_path):
    """Gives a function that runs a script to its end."""
    if request.param == "copied":
        for name in SCRIPTS:
            shutil.copy(ROOT / "python" / "compat" / name, tmp_path)

    def run(name, *arguments, env=None, cwd=tmp_path):
        command = [sys.executable, tmp_path / name] if request.param == "copied" else [BIN / name]
        environment = support.clean_environment(PATH=f"{BIN}:{os.environ['PATH']}", **(env or {}))
        return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, env=environment, cwd=cwd)

    return run


@pytest.fixture
def out(stream):
    stream.arrive_and_ingest(2)
    stream.arrive("2020-05-01/AT_O_20200501_000009.fits")
    return stream.root.parent / "www" / "auxTel"


def counts(out):
    [rows] = support.query(out / "observing_monitor.sqlite3",
                           "select N_Files, N_Ingest, N_Error from FILE_COUNT where Nite_Obs = '2020-05-01'")
    return rows


def test_the_prototypes_cron_script_runs_with_only_its_path_changed(tmp_path):
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    for name in ("LATISS", "LSSTComCam-ccs", "LSSTComCam"):
        (home / "data" / name).symlink_to(make_sample(tmp_path / name))
    (home / "monitor").mkdir()
    for name in SCRIPTS:
        shutil.copy(ROOT / "python" / "compat" / name, home / "monitor")
    web = home / "public_html" / "monitor"
    (web / "auxTel").mkdir(parents=True)
    (web / "auxTel" / ".monitor.lock").touch()  # the prototype crashed here
    environment = support.clean_environment(HOME=str(home), CRONPATH=str(home / "monitor"),
                                            PATH=f"{BIN}:{os.environ['PATH']}")
    result = subprocess.run(["sh", "-eu", "-c", CRON_SCRIPT], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "nobody held it; removed" in result.stdout
    for name in ("auxTel", "comcam_ccs", "comcam_archiver"):
        assert counts(web / name) == [(107, 102, 3)], name
        assert (web / name / "2020-05-01.html").exists() and (web / name / "2020-04-02.html").exists()
        assert not (web / name / "2020-04-01.html").exists()
        assert not (web / name / ".monitor.lock").exists()
        assert name in (web / "index.html").read_text()
    assert "--query_links means --search_links now" in result.stderr


def test_observing_monitor_writes_pages_and_history(script, stream, out):
    result = script("observing_monitor.py", "--input_dir", stream.root, "--output", out, *DAY)
    assert (result.returncode, result.stderr) == (0, "")
    assert "2020-05-01" in result.stdout
    assert counts(out) == [(3, 2, 1)]
    assert (out / "index.html").exists() and (out / "2020-05-01.html").exists()


def test_observing_monitor_takes_the_environment_and_the_command_line_before_it(script, stream, out):
    environment = {"RSYMON_INPUT_DIR": str(stream.root), "RSYMON_OUTPUT_DIR": str(out), "RSYMON_LAST_DAY": "20200501",
                   "RSYMON_NUM_DAYS": "3"}
    assert script("observing_monitor.py", env=environment).returncode == 0
    assert {page.name for page in out.glob("2020-*.html")} == {f"2020-{day}.html" for day in ("04-29", "04-30", "05-01")}
    environment["RSYMON_OUTPUT_DIR"] = "/nowhere/at/all"
    assert script("observing_monitor.py", "--output", out, "--num", 1, env=environment).returncode == 0


@pytest.mark.parametrize("arguments", [
    ["--no_such_option"], ["--in", "x"], ["--num_days", "two"], ["--num_days"], ["--output_dir"],
    ["--first_day", "202102015"], ["--last_day", "tomorrow"], ["--num_days", "0"], ["surplus"], ["--gen", "three"]])
def test_observing_monitor_ends_with_2_for_wrong_usage(script, stream, out, arguments):
    result = script("observing_monitor.py", "--input_dir", stream.root, "--output_dir", out, *arguments)
    assert result.returncode == 2, result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not out.exists()


def test_observing_monitor_takes_the_prototypes_options_as_short_as_argparse_did(script, stream, out):
    result = script("observing_monitor.py", "--inp", stream.root, "--o", out, "--l=20200501", "--n", 1, "--g", 2, "--s")
    assert (result.returncode, result.stderr) == (0, "")
    assert (out / "2020-05-01.html").exists()


def test_observing_monitor_ends_with_2_without_its_folders(script, stream, out):
    assert script("observing_monitor.py").returncode == 2
    assert script("observing_monitor.py", "--input_dir", stream.root).returncode == 2
    assert script("observing_monitor.py", "--output_dir", out).returncode == 2
    assert script("observing_monitor.py", "--input_dir", stream.root, "--output", out,
                  env={"RSYMON_SEARCH_LINKS": "perhaps"}).returncode == 2


def test_observing_monitor_ends_with_1_for_each_refusal(script, stream, out, tmp_path):
    def refused(*arguments):
        result = script("observing_monitor.py", *arguments)
        assert result.returncode == 1, result.stderr
        assert len(result.stderr.splitlines()) == 1
        return result.stderr

    folders = ["--input_dir", stream.root, "--output_dir", out]
    assert "can't be read" in refused("--input_dir", tmp_path / "nowhere", "--output_dir", out)
    assert "after last day" in refused(*folders, "--first_day", "20200502", "--last_day", "20200501")
    assert "generation" in refused(*folders, "--gen", "4")
    (tmp_path / "file").touch()
    refused("--input_dir", stream.root, "--output_dir", tmp_path / "file")
    out.mkdir(parents=True)
    with open(out / ".monitor.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert ".monitor.lock" in refused(*folders, *DAY)
    (stream.repo / "registry.sqlite3").unlink()
    refused(*folders, *DAY)
    assert not (out / "index.html").exists()


def test_observing_monitor_shows_its_help(script):
    result = script("observing_monitor.py", "--help")
    assert result.returncode == 0 and "--input_dir" in result.stdout and "--num_days" in result.stdout


def test_observing_monitor_ends_at_sigterm_with_nothing_half_written(stream, out):
    writer = sqlite3.connect(stream.registry, isolation_level=None)
    writer.execute("begin exclusive")
    process = subprocess.Popen(
        [BIN / "observing_monitor.py", "--input_dir", stream.root, "--output", out, "--busy_timeout", "60", *DAY],
        env=support.clean_environment(), stderr=subprocess.PIPE)
    loaded = pathlib.Path("/proc", str(process.pid), "maps")
    support.wait_until(lambda: "_obsmon" in loaded.read_text(), process)
    time.sleep(0.5)  # by now it waits for the writer, and would for a minute
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 128 + signal.SIGTERM
    writer.close()
    assert not (out / ".monitor.lock").exists() and not (out / "index.html").exists()


def test_mainpage_writes_one_page_over_streams(script, stream, out):
    assert script("observing_monitor.py", "--input_dir", stream.root, "--output", out, *DAY).returncode == 0
    result = script("mainpage.py", out.parent, "auxTel", "--num_days", "30")
    assert (result.returncode, result.stderr) == (0, "")
    assert "auxTel" in (out.parent / "index.html").read_text()
    result = script("mainpage.py", out.parent, "auxTel", "BOT")
    assert result.returncode == 1 and "BOT" in result.stderr
    assert "auxTel" in (out.parent / "index.html").read_text()
    assert not (out.parent / "BOT").exists()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_mainpage_and_break_locks_show_their_usage(script, arguments):
    result = script("mainpage.py", *arguments)
    assert (result.returncode, result.stdout) == (0, "usage: mainpage.py OUT STREAM...\n")
    result = script("break_locks.py", *arguments)
    assert (result.returncode, result.stdout) == (0, "usage: break_locks.py OUT...\n")


def test_mainpage_refuses_where_it_can_not_write(script, tmp_path):
    assert script("mainpage.py", tmp_path / "nowhere", "auxTel").returncode == 1


def test_break_locks_removes_what_nobody_holds_and_nothing_else(script, tmp_path):
    left, held, free = (tmp_path / name for name in ("left", "held", "free"))
    for folder in (left, held, free):
        folder.mkdir()
    (left / ".monitor.lock").touch()
    with open(held / ".monitor.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = script("break_locks.py", left, held, free, tmp_path / "nowhere")
        assert result.returncode == 0, result.stderr
        assert (held / ".monitor.lock").exists()
    assert not (left / ".monitor.lock").exists() and list(free.iterdir()) == []
    assert f"{left}/.monitor.lock: nobody held it; removed" in result.stdout
    assert str(held) in result.stderr


def test_break_locks_shows_its_usage(script):
    result = script("break_locks.py")
    assert (result.returncode, result.stdout) == (0, "usage: break_locks.py OUT...\n")


def test_are_functions_too(stream, out, capsys, monkeypatch):
    from obsmon import scripts

    monkeypatch.setenv("PATH", os.environ["PATH"])
    assert scripts.observing_monitor(["--input_dir", str(stream.root), "--output", str(out), *DAY]) == 0
    assert "2020-05-01" in capsys.readouterr().out
    assert scripts.mainpage([str(out.parent), "auxTel"]) == 0
    assert scripts.break_locks([str(out)]) == 0
    assert scripts.observing_monitor(["--nothing"]) == 2
    assert "--nothing" in capsys.readouterr().err
