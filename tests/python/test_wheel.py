"""What is shipped: a wheel that imports where nothing is installed."""
import os
import pathlib
import re
import subprocess
import zipfile

import pytest

# What every Debian, and every Python with its sqlite3, has.
EVERYWHERE = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libpthread.so.0", "ld-linux-x86-64.so.2",
              "ld-linux-aarch64.so.1", "libresolv.so.2", "libsqlite3.so.0"}

wheel = os.environ.get("OBSMON_WHEEL")
pytestmark = pytest.mark.skipif(not wheel, reason="tests/python/run.sh builds the wheel")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_needs_no_library_that_it_does_not_bring(unpacked):
    libraries = list(unpacked.rglob("*.so*"))
    brought = {library.name for library in libraries}
    assert len(libraries) > 1
    for library in libraries:
        needed = subprocess.run(["patchelf", "--print-needed", library], capture_output=True, text=True, check=True)
        assert set(needed.stdout.split()) <= EVERYWHERE | brought, library
    assert not [name for name in brought if "sqlite" in name]


def test_shows_the_process_nothing_but_its_entry(unpacked):
    [module] = unpacked.glob("obsmon/_obsmon*.so")
    symbols = subprocess.run(["nm", "-D", "--defined-only", module], capture_output=True, text=True, check=True)
    assert re.findall(r" (\S+)$", symbols.stdout, flags=re.M) == ["PyInit__obsmon"]


def test_has_what_belongs_in_it_and_nothing_else(unpacked):
    names = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    ours = {name for name in names if name.startswith("obsmon/")}
    assert {"obsmon/__init__.py", "obsmon/_obsmon.pyi", "obsmon/py.typed", "obsmon/scripts.py"} <= ours
    assert not [name for name in names if name.endswith((".cc", ".h", ".a", ".cmake"))]
    assert {pathlib.Path(name).name for name in names if "/scripts/" in name} == {
        "observing_monitor.py", "mainpage.py", "break_locks.py"}


def test_works_where_nothing_else_is_installed(sample):
    python = pathlib.Path(os.environ["OBSMON_CLEAN_VENV"]) / "bin" / "python"
    script = """
import sys, obsmon
report = obsmon.observe_night(input_dir=sys.argv[1], night="2020-05-01", grace=0, progress=True)
print(report, report._repr_html_(), report.files)
print(len(report.files.to_dicts()), memoryview(report.transfers.buffer("size_bytes"))[0], report.state)
"""
    packages = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True)
    assert {line.split("==")[0] for line in packages.stdout.split()} <= {"obsmon", "pip", "setuptools", "wheel"}
    result = subprocess.run([python, "-c", script, sample], capture_output=True, text=True, cwd="/")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("109 31680 needs_attention\n")
