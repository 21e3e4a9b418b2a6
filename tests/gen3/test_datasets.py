"""Runs, collections, chains, what is pruned or changed, and how a repository is named."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from butlers import Raw, ingest, make_repository, write_exposure
from conftest import look, run_obsmon
from lsst.daf.butler import Butler

CHAIN = {
    "datastore": {
        "cls": "lsst.daf.butler.datastores.chainedDatastore.ChainedDatastore",
        "datastores": [
            {"datastore": {"cls": "lsst.daf.butler.datastores.inMemoryDatastore.InMemoryDatastore"}},
            {"datastore": {"cls": "lsst.daf.butler.datastores.fileDatastore.FileDatastore",
                           "records": {"table": "first_records"}}},
            {"datastore": {"cls": "lsst.daf.butler.datastores.fileDatastore.FileDatastore",
                           "records": {"table": "second_records"}}},
        ],
    }
}


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    """A repository with the newest schema, for all tests that ingest exposures of their own."""
    tree = tmp_path_factory.mktemp("datasets")
    make_repository(tree / "repo")
    (tree / "storage").mkdir()
    return tree


def verdicts(files: list[dict]) -> list[tuple]:
    return [(file["verdict"], file["match"]) for file in files]


def test_a_file_may_be_ingested_into_several_runs(stream: Path) -> None:
    raws = write_exposure(stream / "storage", "MC_O_20250501_000001")
    for run in ("LSSTCam/raw/all", "LSSTCam/raw/again"):
        ingest(stream / "repo", raws, "copy", run=run)
    found = look(stream / "storage", stream / "repo")
    assert verdicts(found.fits("000001")) == [("ingested", "name")] * 2


def test_a_tagged_collection_counts_where_it_is_asked_for(stream: Path) -> None:
    butler = Butler.from_config(str(stream / "repo"), writeable=True)
    tagged = write_exposure(stream / "storage", "MC_O_20250502_000001")
    refs = ingest(stream / "repo", tagged, "direct", butler=butler)
    butler.registry.registerCollection("good")
    butler.registry.associate("good", refs[:1])
    found = look(stream / "storage", stream / "repo", "--collection", "good", night="20250502")
    assert sorted(file["verdict"] for file in found.fits("000001")) == ["ingested", "not_ingested"]
    found = look(stream / "storage", stream / "repo", night="20250502")
    assert [file["verdict"] for file in found.fits("000001")] == ["ingested"] * 2


def test_what_was_pruned_is_told_from_what_was_purged_and_from_what_is_gone(stream: Path) -> None:
    butler = Butler.from_config(str(stream / "repo"), writeable=True)
    refs = {}
    for number, fate in enumerate(("pruned", "purged", "gone"), start=1):
        raws = write_exposure(stream / "storage", f"MC_O_20250503_{number:06}", detectors=("R22_S11",))
        refs[fate] = ingest(stream / "repo", raws, "copy", butler=butler)
    butler.pruneDatasets(refs["pruned"], disassociate=False, unstore=True)
    butler.pruneDatasets(refs["purged"], disassociate=True, unstore=True, purge=True)
    Path(butler.getURI(refs["gone"][0]).ospath).unlink()
    found = look(stream / "storage", stream / "repo", night="20250503")
    pruned, purged, gone = (found.fits(f"_00000{i}/")[0] for i in (1, 2, 3))
    assert pruned["verdict"] == "artifact_gone" and "pruned" in pruned["reason"]
    assert purged["verdict"] == "not_ingested"
    assert gone["verdict"] == "artifact_gone" and "that file is gone" in gone["reason"]


def test_a_file_that_changed_after_its_ingest_is_said_to_have(stream: Path) -> None:
    direct, copied = (write_exposure(stream / "storage", f"MC_O_20250504_{i:06}", detectors=("R22_S11",)) for i in (1, 2))
    ingest(stream / "repo", direct, "direct")
    ingest(stream / "repo", copied, "copy")
    for raw in (*direct, *copied):
        with raw.path.open("ab") as file:
            file.write(b"more")
    found = look(stream / "storage", stream / "repo", night="20250504")
    assert verdicts(found.fits("")) == [("ingested", "file id"), ("ingested", "name")]
    assert all("has changed since" in file["reason"] for file in found.fits(""))


def test_a_copy_that_the_butler_refuses_to_read_is_told(stream: Path) -> None:
    butler = Butler.from_config(str(stream / "repo"), writeable=True)
    raws = write_exposure(stream / "storage", "MC_O_20250507_000001", detectors=("R22_S11",))
    (ref,) = ingest(stream / "repo", raws, "copy", butler=butler)
    Path(butler.getURI(ref).ospath).write_bytes(b"xx")
    with pytest.raises(RuntimeError, match="Size of file"):
        butler.get(ref)
    (damaged,) = look(stream / "storage", stream / "repo", night="20250507").fits("")
    assert damaged["verdict"] == "ingested"
    assert f"its copy has 2 bytes instead of {raws[0].path.stat().st_size}" in damaged["reason"]


@pytest.mark.parametrize("transfer", ["copy", "direct", "symlink"])
def test_a_file_of_several_detectors_is_one_file(tmp_path: Path, transfer: str) -> None:
    make_repository(tmp_path / "repo")
    (tmp_path / "storage/20250501").mkdir(parents=True)
    file = tmp_path / "storage/20250501/MC_O_20250501_000001.fits"
    file.write_bytes(b"SIMPLE  =" + bytes(20_000))
    ingest(tmp_path / "repo", [Raw(file, file.stem, f"R22_S{i}1") for i in range(3)], transfer)
    assert [one["verdict"] for one in look(tmp_path / "storage", tmp_path / "repo").files] == ["ingested"]
    if transfer == "direct":
        file.unlink()
        assert [one["verdict"] for one in look(tmp_path / "storage", tmp_path / "repo").files] == ["artifact_gone"]


def test_a_copy_may_be_named_by_numbers(stream: Path) -> None:
    (raw,) = write_exposure(stream / "storage", "MC_O_20250508_000001", detectors=("R22_S11",))
    (ref,) = ingest(stream / "repo", [raw], "copy")
    raw.path.rename(raw.path.with_name(f"2025050800001-R22-S11-det{ref.dataId['detector']:03}.fits"))
    found = look(stream / "storage", stream / "repo", night="20250508")
    assert verdicts(found.fits("")) == [("ingested", "name")]


def test_a_name_that_a_uri_must_escape_is_found(stream: Path) -> None:
    (raw,) = write_exposure(stream / "storage", "MC_O_20250505_000001", detectors=("R22_S11",))
    odd = raw.path.with_name("odd + é (1).fits")
    raw.path.rename(odd)
    ingest(stream / "repo", [Raw(odd, raw.obs_id, raw.detector)], "direct")
    found = look(stream / "storage", stream / "repo", night="20250505")
    assert verdicts(found.fits("odd")) == [("ingested", "file id")]


def test_guiders_have_files_and_datasets_of_their_own(stream: Path) -> None:
    storage = stream / "storage"
    science = write_exposure(storage, "MC_O_20250506_000001")
    guiders = write_exposure(storage, "MC_O_20250506_000001", detectors=("R00_SG0", "R04_SG1"), suffix="_guider")
    ingest(stream / "repo", science, "copy")
    ingest(stream / "repo", guiders[:1], "copy", run="LSSTCam/raw/guider", dataset_type="guider_raw")
    found = look(storage, stream / "repo", night="20250506")
    assert found.of("R00_SG0_guider.fits")["verdict"] == "ingested"
    assert found.of("R04_SG1_guider.fits")["verdict"] == "not_ingested"
    only_raw = look(storage, stream / "repo", "--dataset_type", "raw", night="20250506")
    assert only_raw.of("R00_SG0_guider.fits")["verdict"] == "not_ingested"


def test_latiss_names_its_detector_otherwise(tmp_path: Path) -> None:
    make_repository(tmp_path / "repo")
    raws = write_exposure(tmp_path / "storage", "AT_O_20250501_000001", detectors=("R00_S00",), instrument_detector="RXX_S00")
    ingest(tmp_path / "repo", raws, "copy", instrument="LATISS", run="LATISS/raw/all")
    assert verdicts(look(tmp_path / "storage", tmp_path / "repo").fits("")) == [("ingested", "name")]
    other = look(tmp_path / "storage", tmp_path / "repo", "--detector_names", "R00_S00=R01_S00")
    assert [file["verdict"] for file in other.files if file["in_storage"] and ".fits" in file["path"]] == ["not_ingested"]


def test_each_datastore_of_a_chain_has_its_own_copy(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    make_repository(root, config=CHAIN)
    raws = write_exposure(tmp_path / "storage", "MC_O_20250501_000001")
    ingest(root, raws, "copy")
    assert verdicts(look(tmp_path / "storage", root).fits("")) == [("ingested", "name")] * 2
    for copy in (root / "FileDatastore_2").rglob("*R22_S11*.fits"):
        copy.unlink()
    found = look(tmp_path / "storage", root)
    assert [file["verdict"] for file in found.fits("MC_O")].count("ingested") == 2
    assert found.report["counts"]["artifact_gone"] == 1
    assert found.of("FileDatastore_2/")["verdict"] == "artifact_gone"


def test_the_datastores_of_a_chain_may_share_their_table(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    file_datastore = "lsst.daf.butler.datastores.fileDatastore.FileDatastore"
    children = [{"datastore": {"cls": file_datastore, "constraints": {"accept": [kind]}}} for kind in ("calexp", "raw")]
    make_repository(root, config={"datastore": {"cls": CHAIN["datastore"]["cls"], "datastores": children}})
    ingest(root, write_exposure(tmp_path / "storage", "MC_O_20250501_000001"), "copy")
    found = look(tmp_path / "storage", root)
    assert verdicts(found.fits("")) == [("ingested", "name")] * 2


def test_a_table_of_records_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    make_repository(root)
    ingest(root, write_exposure(tmp_path / "storage", "MC_O_20250501_000001"), "copy")
    with (root / "butler.yaml").open("a") as file:
        file.write("datastore: {root: <butlerRoot>, records: {table: of_another_name}}\n")
    result = run_obsmon("night", "20250501", "--storage", tmp_path / "storage", "--repo", root)
    assert result.returncode == 3 and "of_another_name" in result.stderr


def test_a_repository_has_a_label(stream: Path) -> None:
    index = stream / "index.yaml"
    index.write_text(f"main: {stream / 'repo'}\nfar: s3://bucket/butler.yaml\n")
    by_file = {"DAF_BUTLER_REPOSITORY_INDEX": str(index)}
    by_text = {"DAF_BUTLER_REPOSITORIES": '{"main": "%s"}' % (stream / "repo")}
    for environment in (by_file, by_text):
        found = look(stream / "storage", "main", environment=environment)
        assert found.report["counts"]["ingested"] > 0
    result = run_obsmon("night", "20250501", "--storage", stream / "storage", "--repo", "far", environment=by_file)
    assert result.returncode == 3 and "not on this machine" in result.stderr


def test_two_instruments_are_a_choice(tmp_path: Path) -> None:
    make_repository(tmp_path / "repo")
    ingest(tmp_path / "repo", write_exposure(tmp_path / "storage", "MC_O_20250501_000001"), "direct")
    ingest(tmp_path / "repo", write_exposure(tmp_path / "storage", "AT_O_20250501_000001", detectors=("R00_S00",)),
           "direct", instrument="LATISS", run="LATISS/raw/all")
    result = run_obsmon("night", "20250501", "--storage", tmp_path / "storage", "--repo", tmp_path / "repo")
    assert result.returncode == 3
    assert "it has 2 instruments, LATISS, LSSTCam; choose one with --instrument" in result.stderr
    found = look(tmp_path / "storage", tmp_path / "repo", "--instrument", "LATISS")
    assert found.of("AT_O_20250501_000001_R00_S00.fits")["verdict"] == "ingested"


def test_a_new_repository_has_nothing_yet(tmp_path: Path) -> None:
    make_repository(tmp_path / "repo")
    write_exposure(tmp_path / "storage", "MC_O_20250501_000001")
    found = look(tmp_path / "storage", tmp_path / "repo")
    assert found.report["counts"]["not_ingested"] == 2


REAL = Path(__file__).parents[3] / "shared/real/gen3/lsstcam-embargo"


@pytest.mark.skipif(not REAL.exists(), reason="the real repositories are not beside the checkout")
def test_an_observatorys_own_repository_is_read(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    found = look(tmp_path / "storage", REAL, night="20250415")
    assert [file["verdict"] for file in found.files] == ["ingested"] * 4
    assert {file["obs_id"] for file in found.files} == {f"MC_O_20250415_{i:06}" for i in (52, 53, 54, 55)}
    assert all(file["ingested"].startswith("2025-04-24T13:38:") for file in found.files)
