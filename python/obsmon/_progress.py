"""How far long work has come, for whoever asks to see it."""
from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, Union

Report = Callable[[str, int, int], object]
Progress = Union[bool, Report]


@contextlib.contextmanager
def following(progress: Progress) -> Iterator[Report | None]:
    """What the library is to call: nothing, the user's own callable, or one that shows a line."""
    if progress is False:
        yield None
    elif progress is True:
        shown = _shown()
        try:
            yield shown
        finally:
            shown.close()
    elif callable(progress):
        yield progress
    else:
        raise TypeError(f"progress is True, False or a callable, not {type(progress).__name__}")


def _shown() -> _Bar | _Line:
    try:
        tqdm = importlib.import_module("tqdm.auto")
    except ImportError:
        return _Line()
    return _Bar(tqdm.tqdm)


class _Bar:
    """A bar of tqdm a stage."""

    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm
        self._bar: Any = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self.close()
            self._stage = stage
            self._bar = self._tqdm(desc=stage, leave=False)
        self._bar.total = total or None
        self._bar.n = done
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None


class _Line:
    """A line on standard error that is written over, and gone at the end."""

    def __init__(self) -> None:
        self._width = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        text = f"{stage}: {done:,} of {total:,}" if total else f"{stage}: {done:,}"
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def close(self) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0
