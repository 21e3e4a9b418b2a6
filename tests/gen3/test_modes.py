"""Every mode of transfer x SQLite and PostgreSQL x both encodings of ingest_date x universes 5, 6 and the newest."""
from __future__ import annotations

import datetime
import os
import shutil
from pathlib import Path

import pytest
from butlers import ingest, make_repository, write_exposure
from conftest import Look, look
from lsst.daf.butler import Butler

# What each mode leaves to recognise a file by.
BASIS = {
    "direct": "file id",
    "copy": "name",
    "hardlink": "file id",
    "symlink": "file id",
    "relsymlink": "file id",
    "link": "file id",
    "auto": "file id",
    "in place": "file id",
}
MODES = [*BASIS, "move"]


def obs_id_of(mode: str) -> str:
    return f"MC_O_20250501_{MODES.index(mode) + 1:06}"


def ingest_by(mode: str, root: Path, storage: Path, butler: Butler | None = None) -> None:
    raws = write_exposure(storage, obs_id_of(mode))
    if mode == "in place":
        # The repository and storage are one tree, here by hard links.
        for i, raw in enumerate(raws):
            inside = root / "in_place" / raw.path.name
            inside.parent.mkdir(exist_ok=True)
            os.link(raw.path, inside)
            raws[i] = type(raw)(inside, raw.obs_id, raw.detector)
    ingest(root, raws, None if mode == "in place" else mode, butler=butler)


@pytest.fixture(scope="module", params=[False, True], ids=["tai-numbers", "utc-texts"])
def utc_text(request) -> bool:
    return request.param


@pytest.fixture(scope="module", params=[5, 6, None], ids=["universe5", "universe6", "newest"])
def night(request, registry_config, utc_text: bool, tmp_path_factory) -> Look:
    """A repository into which an exposure was ingested by each mode, and one was not."""
    tree = tmp_path_factory.mktemp("modes")
    root, storage = tree / "repo", tree / "storage"
    make_repository(root, utc_text=utc_text, universe=request.param, config=registry_config())
    before = datetime.datetime.now(datetime.timezone.utc)
    butler = Butler.from_config(str(root), writeable=True)
    for mode in MODES:
        ingest_by(mode, root, storage, butler)
    write_exposure(storage, "MC_O_20250501_000099")
    after = datetime.datetime.now(datetime.timezone.utc)
    portrait = sorted((str(p), p.lstat().st_mtime_ns) for p in root.rglob("*"))
    found = look(storage, root)
    assert sorted((str(p), p.lstat().st_mtime_ns) for p in root.rglob("*")) == portrait
    found.span = (before, after)
    yield found
    shutil.rmtree(tree)


@pytest.mark.parametrize("mode", BASIS)
def test_each_file_is_ingested_and_known_for_how_sure_that_is(night: Look, mode: str) -> None:
    files = night.fits(obs_id_of(mode))
    assert len(files) == 2
    for file in files:
        assert (file["verdict"], file["match"]) == ("ingested", BASIS[mode])
        assert file["in_storage"]


def test_a_file_that_was_moved_is_ingested_and_no_longer_in_storage(night: Look) -> None:
    files = night.fits(obs_id_of("move"))
    assert [(file["verdict"], file["in_storage"]) for file in files] == [("ingested", False)] * 2


@pytest.mark.parametrize("mode", MODES)
def test_its_ingest_time_is_the_butlers(night: Look, mode: str) -> None:
    before, after = night.span
    for file in night.fits(obs_id_of(mode)):
        ingested = datetime.datetime.fromisoformat(file["ingested"].replace("Z", "+00:00"))
        assert before - datetime.timedelta(seconds=1) <= ingested <= after, file["ingested"]


def test_what_was_not_ingested_is_said_so_and_json_files_are_no_matter(night: Look) -> None:
    assert [file["verdict"] for file in night.fits("000099")] == ["not_ingested"] * 2
    assert night.report["counts"]["not_ingested"] == 2
    assert night.report["counts"]["not_fits"] == 2 * len([*MODES, "not ingested"])
    assert night.report["counts"]["artifact_gone"] == 0
