import doctest
import os
import pathlib
import re
import subprocess
import sys

import obsmon
from conftest import EXAMPLES, ROOT

PACKAGE = ROOT / "python" / "obsmon"


def run(*arguments, cwd):
    # Away from the sources: what is installed is looked at.
    result = subprocess.run([sys.executable, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                            env={**os.environ, "MYPY_CACHE_DIR": str(ROOT / "build" / "python" / "mypy")})
    assert result.returncode == 0, result.stdout + result.stderr


def test_stubs_are_those_of_the_module(tmp_path):
    run(ROOT / "python" / "make_stubs.py", tmp_path / "stubs.pyi", cwd=tmp_path)
    made = (tmp_path / "stubs.pyi").read_text()
    assert made == (PACKAGE / "_obsmon.pyi").read_text(), "run python/make_stubs.py, and commit what it writes"


def test_stubs_agree_with_the_module(tmp_path):
    run("-m", "mypy.stubtest", "obsmon", "--concise", "--allowlist",
        ROOT / "tests/python/stubtest_allowlist.txt", "--ignore-unused-allowlist", cwd=tmp_path)


def test_the_package_is_typed_strictly(tmp_path):
    run("-m", "mypy", "--strict", "-p", "obsmon", cwd=tmp_path)
    assert pathlib.Path(obsmon.__file__).with_name("py.typed").exists()


def test_the_examples_are_typed_strictly(tmp_path):
    examples = sorted(EXAMPLES.glob("*_in_python.py"))
    assert examples
    run("-m", "mypy", "--strict", *examples, cwd=tmp_path)


def test_documentation_tells_the_truth(sample):
    failed = tried = 0
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    objects = [("obsmon", obsmon), *((name, getattr(obsmon, name)) for name in obsmon.__all__)]
    for name, thing in objects:
        text = getattr(thing, "__doc__", None)
        if not text or ">>>" not in text:
            continue
        test = doctest.DocTestParser().get_doctest(text, {"stream": sample, "obsmon": obsmon}, name, None, 0)
        result = runner.run(test)
        failed += result.failed
        tried += result.attempted
    assert (failed, tried > 8) == (0, True)


def test_everything_public_is_documented():
    for name in obsmon.__all__:
        thing = getattr(obsmon, name)
        if name in ("VERDICTS", "__version__"):
            continue
        assert thing.__doc__, name
        for attribute, value in vars(thing).items() if isinstance(thing, type) else ():
            if not attribute.startswith("_") and not isinstance(value, (int, str)):
                assert value.__doc__, f"{name}.{attribute}"


def test_the_version_is_the_librarys():
    project = (ROOT / "CMakeLists.txt").read_text()
    assert obsmon.__version__ == re.search(r"VERSION ([\d.]+)", project.split("project(obsmon")[1])[1]
    from importlib.metadata import version

    assert version("obsmon") == obsmon.__version__


def test_readme_has_the_example_as_it_is():
    example = (EXAMPLES / "night_in_python.py").read_text()
    assert example in (ROOT / "README.md").read_text()
