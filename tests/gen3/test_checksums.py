"""Copies of a repository that records checksums, on SQLite and PostgreSQL."""
from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from butlers import ingest, make_repository, write_exposure
from conftest import look, run_obsmon

NIGHT = "20250501"


@pytest.fixture(scope="module")
def stream(tmp_path_factory, registry_config) -> Path:
    """Exposures 1 and 2 are copies, 3 is linked; exposure 2 has other bytes since."""
    tree = tmp_path_factory.mktemp("checksums")
    make_repository(tree / "repo", config={**registry_config(), "datastore": {"checksum": True}})
    raws = [write_exposure(tree / "storage", f"MC_O_{NIGHT}_{number:06}") for number in (1, 2, 3)]
    for exposure, transfer in zip(raws, ("copy", "copy", "hardlink")):
        ingest(tree / "repo", exposure, transfer)
    for raw in raws[1]:
        contents = raw.path.read_bytes()
        raw.path.write_bytes(contents[:-1] + b"x")
    return tree


def test_a_copy_of_the_checksum_that_the_butler_recorded_is_sure(stream: Path) -> None:
    found = look(stream / "storage", stream / "repo", "--compare_checksums")
    assert [file["match"] for file in found.fits("000001")] == ["checksum"] * 2
    assert [file["match"] for file in found.fits("000003")] == ["file id"] * 2
    assert all(file["reason"].endswith("told by its name, size and checksum") for file in found.fits("000001"))


def test_a_copy_of_another_checksum_is_a_file_that_changed_after_its_ingest(stream: Path) -> None:
    found = look(stream / "storage", stream / "repo", "--compare_checksums")
    for file in found.fits("000002"):
        assert (file["verdict"], file["match"]) == ("ingested", "name")
        assert "it has changed since: its checksum is not the one of its ingest" in file["reason"]
    found = look(stream / "storage", stream / "repo")
    assert [(file["verdict"], file["match"]) for file in found.fits("00000")] == [("ingested", "name")] * 4 + [
        ("ingested", "file id")] * 2
    assert all("changed" not in file["reason"] for file in found.files)


def test_the_history_keeps_what_was_read(stream: Path, tmp_path: Path) -> None:
    result = run_obsmon("update", "--storage", stream / "storage", "--repo", stream / "repo", "--output_dir", tmp_path,
                        "--first_day", NIGHT, "--last_day", NIGHT, "--grace", "0", "--compare_checksums")
    assert result.returncode == 0, result.stderr
    with sqlite3.connect(tmp_path / "observing_monitor.sqlite3") as history:
        known = history.execute("SELECT count(*) FROM transfer WHERE checksum <> 0").fetchone()
    assert known == (4,)
