import datetime
import json
import logging
import os

import pytest

import obsmon

UTC = datetime.timezone.utc


def test_gives_every_file_a_verdict(night_report):
    counts = night_report.counts
    assert counts.by_verdict == {
        "ingested": 102, "artifact_gone": 1, "missing": 0, "in_flight": 1, "ignored": 0, "pending": 0, "failed": 0,
        "settling": 0, "not_fits": 1, "too_small": 1, "not_ingested": 3, "unknown": 0}
    assert counts.files == len(night_report.files) == sum(counts.by_verdict.values()) == 109
    assert counts.not_ingested == counts["not_ingested"] == 3
    assert tuple(counts.by_verdict) == obsmon.VERDICTS
    with pytest.raises(KeyError):
        counts["lost"]


def test_says_what_needs_attention_and_why(night_report):
    assert night_report.state == "needs_attention"
    assert night_report.summary.startswith("Needs attention: 3 files arrived but are not ingested")
    assert [row["verdict"] for row in night_report.needs_attention] == [
        "not_ingested", "not_ingested", "too_small", "not_ingested", "artifact_gone"]
    assert "the registry does not list it" in night_report.needs_attention[0]["reason"]
    everything = {row["path"]: row for row in night_report.files}
    assert all(everything[row["path"]] == row for row in night_report.needs_attention)


def test_tells_times_in_utc(night_report):
    assert night_report.counts.last_creation == datetime.datetime(2020, 5, 2, 0, 35, 50, tzinfo=UTC)
    assert night_report.counts.last_ingest == datetime.datetime(2020, 5, 2, 0, 36, 25, tzinfo=UTC)
    assert night_report.latency.creation_to_ingest.files == 102
    assert night_report.latency.creation_to_ingest.p50 <= night_report.latency.creation_to_ingest.p95 <= night_report.latency.creation_to_ingest.max
    assert datetime.timedelta(seconds=20) < night_report.latency.creation_to_ingest.p50 < datetime.timedelta(seconds=40)
    assert abs(night_report.as_of - datetime.datetime.now(UTC)) < datetime.timedelta(minutes=5)


def test_is_made_as_of_the_time_asked_for(sample):
    as_of = datetime.datetime(2031, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    report = obsmon.observe_night(input_dir=sample, night="2020-05-01", as_of=as_of)
    assert report.as_of == as_of
    assert report.counts.settling == 0


def test_says_the_same_as_the_command(night_report):
    data = json.loads(night_report.to_json())
    assert data["state"] == night_report.state
    assert [file["path"] for file in data["files"]] == night_report.files.to_list("path")
    assert [file["reason"] for file in data["files"]] == night_report.files.to_list("reason")
    assert night_report.to_csv().count("\n") == 110
    assert night_report.to_html().startswith("<!DOCTYPE html>") or night_report.to_html().startswith("<!doctype html>")
    assert night_report.to_text().startswith("comCam, night of 2020-05-01, as found at ")


def test_tells_each_exposure_with_its_latencies(night_report):
    exposures = night_report.exposures
    assert len(exposures) == 12 and exposures[0]["obs_id"] == "MC_C_20200501_000001"
    assert sum(exposures.to_list("files")) == 108, "and one file whose name tells none"
    assert sum(sum(exposures.to_list(verdict)) for verdict in obsmon.VERDICTS) == 108
    assert exposures[0]["manifest"] == "none"
    assert datetime.timedelta(seconds=20) < exposures[0]["creation_to_ingest_p50"] < datetime.timedelta(seconds=40)
    assert max(exposures.to_list("creation_to_ingest_max")) == night_report.latency.creation_to_ingest.max
    assert exposures.column("creation_to_ingest_p95").dtype == "timedelta64[ns]"
    data = json.loads(night_report.to_json())["exposures"]["each"]
    assert [e["latency_seconds"]["creation_to_ingest"]["p95"] for e in data] == [
        p95.total_seconds() for p95 in exposures.to_list("creation_to_ingest_p95")]


def test_tells_how_it_went_through_the_night(night_report):
    bins = night_report.through_the_night
    assert len(bins) == 96 and bins.to_list("end")[:-1] == bins.to_list("begin")[1:]
    assert sum(bins.to_list("ingested")) == 103, "with one whose file is gone"
    assert sum(bins.to_list("creation_to_ingest_files")) == 102
    assert max(p for p in bins.to_list("creation_to_ingest_max") if p) == night_report.latency.creation_to_ingest.max
    assert bins.schema["creation_to_ingest_p50"] == "duration[ns]"
    pandas = pytest.importorskip("pandas")
    assert pandas.DataFrame(bins.to_pandas())["creation_to_ingest_p50"].dtype == "timedelta64[ns]"


def test_of_a_night_without_files_is_complete(sample):
    report = obsmon.observe_night(input_dir=sample, night="2020-06-01")
    assert (report.state, len(report.files), report.counts.files) == ("complete", 0, 0)
    assert report.latency.creation_to_ingest.p50 is None and report.counts.last_creation is None
    assert report.needs_attention.to_dicts() == report.exposures.to_dicts() == report.through_the_night.to_dicts() == []


def test_takes_paths_as_str_bytes_and_path(sample):
    for path in (str(sample), os.fsencode(sample), sample):
        assert obsmon.observe_night(input_dir=path, night=20200501).counts.files == 109
    report = obsmon.observe_night(storage=sample / "storage", repo=sample / "gen2repo", night=20200501, name="x")
    assert (report.counts.files, report.stream) == (109, "x")


def test_warns_of_what_it_could_not_read(stream, caplog):
    stream.arrive_and_ingest(2)
    (stream.storage / "2020-05-01" / "loop").symlink_to("loop")
    with caplog.at_level(logging.WARNING, logger="obsmon"):
        report = obsmon.observe_night(input_dir=stream.root, night="2020-05-01")
    [issue] = report.issues
    assert issue.path == str(stream.storage / "2020-05-01" / "loop")
    assert os.fsencode(issue.path) == issue.path_bytes
    assert issue.may_hide_files
    [record] = caplog.records
    assert record.name == "obsmon" and issue.path in record.getMessage() and issue.trouble in record.getMessage()


def test_of_a_locked_registry_is_unknown(stream, caplog):
    import sqlite3

    stream.arrive_and_ingest(1)
    writer = sqlite3.connect(stream.registry, isolation_level=None)
    writer.execute("begin exclusive")
    report = obsmon.observe_night(input_dir=stream.root, night="2020-05-01", busy_timeout=0)
    writer.close()
    assert report.state == "unknown"
    assert report.counts.unknown == 1
    assert "being written" in report.registry_trouble
    assert report.registry_trouble in caplog.text


def test_shows_itself_as_text_in_a_terminal(night_report):
    assert repr(night_report) == night_report.to_text().rstrip("\n")
    assert "NightCounts(files=109" in repr(night_report.counts)
    assert repr(night_report.files).startswith("Table of 109 rows, 17 columns, the first 10:\npath ")


def test_shows_itself_small_however_bad_the_night(stream):
    for number in range(500):
        stream.arrive(f"2020-05-01/AT_O_20200501_{number:06}.fits")
    report = obsmon.observe_night(input_dir=stream.root, night="2020-05-01", grace=0)
    assert report.counts.not_ingested == 500
    assert repr(report).count("\n") <= 41 and "more lines" in repr(report)
    assert len(report._repr_html_()) < 10_000 and "and 490 more" in report._repr_html_()
    assert len(report.files._repr_html_()) < 10_000
    assert len(repr(report.files)) < 10_000


def test_shows_names_that_mean_harm_without_harm(stream):
    stream.arrive("2020-05-01/<img src=x onerror=alert(1)>.fits")
    stream.arrive("2020-05-01/\x1b[31mred\u202e.fits")
    report = obsmon.observe_night(input_dir=stream.root, night="2020-05-01", grace=0)
    for shown in (report._repr_html_(), report.files._repr_html_()):
        assert "<img" not in shown and "&lt;img src=x onerror" in shown
        assert "\x1b" not in shown and "\u202e" not in shown
    for shown in (repr(report), repr(report.files), repr(report.needs_attention)):
        assert "\x1b" not in shown and "\u202e" not in shown


def test_takes_its_colours_from_the_notebook(night_report):
    shown = night_report._repr_html_()
    assert "prefers-color-scheme:dark" in shown
    assert "background" not in shown


def test_can_be_made_step_by_step(sample):
    scan = obsmon.scan_transfers(sample / "storage", "2020-05-01")
    ingests = obsmon.open_registry(sample / "gen2repo").read_night("2020-05-01")
    match = obsmon.match_night(scan, ingests, grace=0)
    assert (len(scan.files), len(ingests.rows), scan.issues, ingests.issues) == (108, 103, [], [])
    assert match.transfers.to_list("verdict").count("not_ingested") == 3
    paths, stems = scan.files.to_list("path"), ingests.rows.to_list("storage_stem")
    for transfer, ingest in enumerate(match.transfers.to_list("ingest_row")):
        if ingest is not None:
            assert stems[ingest] in paths[transfer]
            assert match.ingests[ingest]["transfer_row"] == transfer
    with pytest.raises(TypeError):
        obsmon.match_night(scan.files, ingests.rows)


def test_has_the_evidence_it_was_made_from(night_report):
    assert len(night_report.transfers) == 108
    assert len(night_report.ingests) == 103
    assert night_report.transfers.column_names == [
        "path", "path_bytes", "size_bytes", "creation_time", "arrival_time", "state", "device", "inode"]
