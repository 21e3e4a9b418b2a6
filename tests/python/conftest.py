"""What the tests of the Python module share: a sample night, and streams of real files."""
import os
import pathlib
import signal
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"

# The command's tests have the builder of streams; they look for a command when they are imported.
os.environ.setdefault("OBSMON", "obsmon")
sys.path.insert(0, str(ROOT / "tests" / "cli"))
import support  # noqa: E402

# Nothing that a person has set may decide a test.
for name in [name for name in os.environ if name.startswith("RSYMON_")]:
    del os.environ[name]

# A shell's background job ignores Ctrl-C, and Python then takes it for a person's wish.
signal.signal(signal.SIGINT, signal.default_int_handler)


def make_sample(folder):
    """A stream by examples/sample_night.py; a copy of one would have links to the other's files."""
    subprocess.run([sys.executable, EXAMPLES / "sample_night.py", folder], check=True)
    return folder / "comCam"


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """A stream that tests do not write in."""
    return make_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def stream(tmp_path):
    """An empty stream: stream.arrive(...), stream.ingest(...)."""
    return support.Stream(tmp_path / "auxTel")


@pytest.fixture
def night_report(sample):
    import obsmon

    return obsmon.observe_night(input_dir=sample, night="2020-05-01", grace=0)


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace, request):
    if request.node.__class__.__name__ == "DoctestItem":
        doctest_namespace["stream"] = request.getfixturevalue("sample")
