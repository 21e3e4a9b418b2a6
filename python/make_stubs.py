#!/usr/bin/env python3
"""Writes the types of obsmon._obsmon, as the installed module tells them, into a file.

    make_stubs.py [FILE]      FILE: by default python/obsmon/_obsmon.pyi beside this script

Needs obsmon installed, and pybind11-stubgen. Run it after a change of python/src/; a test compares.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

DEFAULT = pathlib.Path(__file__).resolve().parent / "obsmon" / "_obsmon.pyi"

# pybind11-stubgen takes classes that bear the package's name for classes of the package.
EXCEPTIONS = '''class Error(Exception):
    ...
class OutputLockedError(Error):
    ...
class RegistryBusyError(Error):
    ...
'''


def stubs():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pybind11_stubgen", "obsmon._obsmon", "--exit-code", "-o", folder], check=True
        )
        text = pathlib.Path(folder, "obsmon", "_obsmon.pyi").read_text(encoding="utf-8")
    text, number = re.subn(r"^from obsmon import (?:Error|OutputLockedError|RegistryBusyError)\n", "", text, flags=re.M)
    if number != 3:
        raise SystemExit("make_stubs.py: the exceptions are not where they were; look at what pybind11-stubgen writes")
    text = re.sub(r"^__all__: list\[str\] = .*\n", EXCEPTIONS, text, flags=re.M)
    # That a class refuses to be made by __new__ is nothing to be called.
    text = re.sub(r'    @staticmethod\n    def __new__\(.*\n        """\n(?:.*\n)*?        """\n', "", text)
    text = re.sub(r"^(STREAM_KEYS|VERDICTS): tuple\b", r"\1: tuple[str, ...]", text, flags=re.M)
    # What is equal by its values has no hash; the type of object's says that all have.
    text = re.sub(r"(__hash__: typing.ClassVar\[None\] = None)$", r"\1  # type: ignore[assignment]", text, flags=re.M)
    return re.sub(r"[ \t]+$", "", text, flags=re.M)


def main():
    file = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    file.write_text(stubs(), encoding="utf-8")


if __name__ == "__main__":
    main()
