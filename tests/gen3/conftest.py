from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

OBSMON = os.environ.get("OBSMON", str(Path(__file__).parents[2] / "build/dev/bin/obsmon"))


class Look:
    """What `obsmon night` said of a night."""

    def __init__(self, report: dict) -> None:
        self.report = report
        self.files = report["files"]

    def of(self, part: str) -> dict:
        """The file whose path has `part` in it; there must be one."""
        found = [file for file in self.files if part in (file["path"] or "")]
        assert len(found) == 1, (part, [file["path"] for file in self.files])
        return found[0]

    def fits(self, obs_id: str) -> list[dict]:
        return [file for file in self.files if obs_id in file["path"] and not file["path"].endswith(".json")]


def run_obsmon(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([OBSMON, *map(str, arguments)], capture_output=True, text=True, check=False,
                          env={**os.environ, **(environment or {})})


def look(storage: Path, repo: object, *options: object, night: str = "20250501", environment=None) -> Look:
    result = run_obsmon("night", night, "--storage", storage, "--repo", repo, "--grace", "0", "--format", "json",
                        *options, environment=environment)
    assert result.returncode == 0, result.stderr
    return Look(json.loads(result.stdout))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An empty folder whose name has no dot in it: makeRepo would take that for a file's ending."""
    folder = tmp_path / "stream"
    folder.mkdir()
    return folder
