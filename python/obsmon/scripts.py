"""The prototype's scripts, as functions that give their exit status. python/compat/ has the files that call them."""
from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from . import _obsmon

__all__ = ["break_locks", "mainpage", "observing_monitor"]


def observing_monitor(arguments: Sequence[str] | None = None) -> int:
    """observing_monitor.py: brings a stream's history and pages up to date.

    `arguments` default to those of the process. Returns 0, 1 for a refusal, 2 for wrong usage.
    """
    return _run("observing_monitor", arguments)


def mainpage(arguments: Sequence[str] | None = None) -> int:
    """mainpage.py OUT STREAM...: writes OUT/index.html over several streams. Returns 0, or 1 for a refusal."""
    return _run("mainpage", arguments)


def break_locks(arguments: Sequence[str] | None = None) -> int:
    """break_locks.py OUT...: removes lock files that nobody holds. Returns 0, or 1 where one could not be."""
    return _run("break_locks", arguments)


def _run(name: str, arguments: Sequence[str] | None) -> int:
    if arguments is not None:
        return _obsmon.run_script(name, list(arguments), dict(os.environ), sys.stdout, sys.stderr)
    # The process is the script's own: what asks it to end gets the work to end as it should.
    signal.signal(signal.SIGTERM, _end)
    try:
        return _obsmon.run_script(name, sys.argv[1:], dict(os.environ), sys.stdout, sys.stderr)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _end(signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)
