"""A database of the observatory's own that says what is ingested."""
from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import obsmon

QUERY = "SELECT file AS path, state AS status, note AS message FROM raw WHERE night = {day_obs}"


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Three files in storage, of which a table says that one is ingested and one has failed."""
    folder = tmp_path / "storage/20200501"
    folder.mkdir(parents=True)
    for name in "a", "b", "c":
        (folder / f"{name}.fits").write_bytes(bytes(20_000))
    with sqlite3.connect(tmp_path / "survey.sqlite3") as database:
        database.execute("CREATE TABLE raw (file TEXT, night INTEGER, state TEXT, note TEXT)")
        database.executemany("INSERT INTO raw VALUES (?, 20200501, ?, ?)",
                             [("20200501/a.fits", "done", None), ("20200501/b.fits", "failed", "no header")])
    database.close()
    return tmp_path


def test_a_table_of_ones_own_says_what_is_ingested(survey: Path) -> None:
    registry = {"sql": f"sqlite:///{survey / 'survey.sqlite3'}", "query": QUERY}
    report = obsmon.observe_night(storage=survey / "storage", registry=registry, night="2020-05-01", grace=0)
    verdicts = {file["path"]: file["verdict"] for file in report.files.to_dicts()}
    assert verdicts == {"20200501/a.fits": "ingested", "20200501/b.fits": "failed", "20200501/c.fits": "not_ingested"}
    rows = obsmon.open_registry(registry=registry, storage=survey / "storage").read_night("2020-05-01").rows
    assert len(rows) == 2


def test_a_database_says_what_should_have_arrived(survey: Path, caplog: pytest.LogCaptureFixture) -> None:
    uri = f"sqlite:///{survey / 'survey.sqlite3'}"
    (survey / "storage/20200501/b.fits").unlink()
    expected = {"sql": uri, "query": "SELECT file AS path, '2020-05-02 01:00:00' AS since FROM raw WHERE night = {day_obs}"}
    registry = {"sql": uri, "query": QUERY + " AND state = 'done'"}
    where = {"storage": survey / "storage", "registry": registry, "night": "2020-05-01", "grace": 0}
    report = obsmon.observe_night(**where, expected=expected)
    assert {file["path"]: file["verdict"] for file in report.files} == {
        "20200501/a.fits": "ingested", "20200501/b.fits": "missing", "20200501/c.fits": "not_ingested"}
    rule = {"pattern": "?.fits", "missing": "no", "reason": "not ingested here"}
    report = obsmon.observe_night(**where, expected=expected, ignore=[rule])
    assert (report.counts.missing, report.counts.ignored) == (1, 1)
    (survey / "storage/20200501/c,d.fits").write_bytes(bytes(20_000))
    rule = {"pattern": "c,d.fits", "reason": "made, and left, by hand", "missing": False}
    report = obsmon.observe_night(**where, ignore=[rule])
    assert {file["path"]: file["message"] for file in report.files if file["verdict"] == "ignored"} == {
        "20200501/c,d.fits": "made, and left, by hand"}
    report = obsmon.observe_night(**where, expected={**expected, "sql": uri + ".away"})
    assert report.counts.missing == 0 and "survey.sqlite3.away" in caplog.text
    with pytest.raises(TypeError, match="expected is a mapping"):
        obsmon.observe_night(**where, expected=uri)
    with pytest.raises(ValueError, match="a rule has no 'missed'"):
        obsmon.observe_night(**where, ignore=[{"missed": "no"}])


def test_what_can_not_be_a_registry_is_refused(survey: Path) -> None:
    uri = f"sqlite:///{survey / 'survey.sqlite3'}"
    with pytest.raises(ValueError, match="where the night goes"):
        obsmon.open_registry(registry={"sql": uri, "query": "SELECT file AS path FROM raw"})
    with pytest.raises(obsmon.Error, match="no column path, only file"):
        obsmon.open_registry(registry={"sql": uri, "query": "SELECT file FROM raw WHERE night = {night}"})
    with pytest.raises(ValueError, match="a password must not stand here") as refused:
        obsmon.open_registry(registry={"sql": "postgresql://me:sesame@host/db", "query": QUERY})
    assert "sesame" not in str(refused.value)
    with pytest.raises(TypeError, match="registry is a mapping, not str"):
        obsmon.open_registry(registry=uri)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="registry has no 'url', only sql, query"):
        obsmon.open_registry(registry={"url": uri, "query": QUERY})
    for none in {}, {"sql": None, "query": None}:
        with pytest.raises(TypeError, match="registry names no database"):
            obsmon.open_registry(registry=none, storage=survey)
    where = {"sql": uri, "query": QUERY}
    with pytest.raises(TypeError, match="either repo or registry"):
        obsmon.open_registry(survey, registry=where, storage=survey)
    with pytest.raises(TypeError, match="start at storage: give it"):
        obsmon.open_registry(registry=where)
    with pytest.raises(TypeError, match="give repo or registry"):
        obsmon.open_registry()


def test_is_the_same_wherever_the_working_folder_is_later(stream, monkeypatch) -> None:
    stream.ingest(stream.arrive("2020-05-01/AT_O_20200501_000001.fits"), "2020-05-01", 1)
    monkeypatch.chdir(stream.root)
    registry = obsmon.open_registry("gen2repo")
    monkeypatch.chdir("/")
    assert len(registry.read_night("2020-05-01").rows) == 1
