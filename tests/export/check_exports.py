"""Reads the sample JSON and CSV back with Python's own parsers, and compares them with each other.

usage: check_exports.py OBSMON_SAMPLES
"""

import csv
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

VERDICTS = (
    "ingested artifact_gone missing in_flight ignored pending failed settling not_fits too_small "
    "not_ingested unknown"
).split()
HOSTILE = [
    '2020-05-01/hostile/" onmouseover="alert(1)".fits',
    "2020-05-01/hostile/'; DROP TABLE raw; --.fits",
    "2020-05-01/hostile/a\nb\tc\rd.fits",
    '2020-05-01/hostile/comma,quote",semicolon;.fits',
    "2020-05-01/hostile/esc\x1b[31mred.fits",
    "2020-05-01/hostile/reversed\u202estif.exe.fits",
    "2020-05-01/hostile/" + 250 * "x" + ".fits",
    "=cmd|' /C calc'!A0.fits",
    "2020-05-01/hostile/\u2605 \u89b3\u6e2c.fits",
]
NOT_UTF8 = b"2020-05-01/hostile/not \xff utf-8 \xc3.fits"


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def without_guard(text):
    return text[1:] if text.startswith("'") and text[1:2] in "=+-@\t\r" else text


def check_json(night):
    assert night["schema"] == 2 and night["night"] == "2020-05-01" and night["state"] == "needs_attention"
    assert night["as_of"] == "2020-05-02T06:00:00.000000000Z"
    files = night["files"]
    assert night["counts"]["files"] == len(files) == sum(night["counts"][v] for v in VERDICTS)
    for verdict in VERDICTS:
        assert night["counts"][verdict] == sum(f["verdict"] == verdict for f in files), verdict
    paths = [f["path"] for f in files]
    for path in HOSTILE:
        assert path in paths, path
    for file in files:
        assert file["reason"] and ("path_hex" in file) == ("\\xff" in file["path"])
        if "path_hex" in file:
            assert bytes.fromhex(file["path_hex"]) == NOT_UTF8 and file["path"].endswith("not \\xff utf-8 \\xc3.fits")
        if file["delta_seconds"] is not None:
            created, ingested = (datetime.datetime.fromisoformat(file[k][:19]) for k in ("created", "ingested"))
            assert (ingested - created).total_seconds() == file["delta_seconds"]
    created = max(f["created"] for f in files if f["created"] and f["verdict"] != "in_flight")
    assert night["latest"]["created"] == created
    assert night["registry"] == {"readable": True, "trouble": None}
    assert night["issues"][0]["trouble"] == "Permission denied" and night["issues"][0]["may_hide_files"]
    latency = night["latency_seconds"]["creation_to_ingest"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["max"]
    check_exposures(night)
    check_through_the_night(night)
    failed = next(f for f in files if f["verdict"] == "failed")
    assert "DATE-OBS" in failed["message"] and failed["in_storage"] is False and failed["created"] is None


def check_exposures(night):
    each = night["exposures"]["each"]
    files = night["files"]
    assert [e["obs_id"] for e in each] == sorted({f["obs_id"] for f in files if f["obs_id"]})
    assert night["exposures"]["all"] == len(each)
    assert night["exposures"]["without_manifest"] == sum(e["manifest"] != "read" for e in each)
    for exposure in each:
        own = [f for f in files if f["obs_id"] == exposure["obs_id"]]
        assert exposure["counts"]["files"] == len(own)
        for verdict in VERDICTS:
            assert exposure["counts"][verdict] == sum(f["verdict"] == verdict for f in own)
        deltas = sorted(f["delta_seconds"] for f in own if f["verdict"] == "ingested" and f["delta_seconds"] is not None)
        latency = exposure["latency_seconds"]["creation_to_ingest"]
        assert latency["files"] == len(deltas)
        if deltas:
            ranks = [deltas[0], deltas[-(-len(deltas) * 50 // 100) - 1], deltas[-(-len(deltas) * 95 // 100) - 1], deltas[-1]]
            assert [latency[k] for k in ("min", "p50", "p95", "max")] == ranks
        else:
            assert latency["max"] is None
    assert any(e["latency_seconds"]["creation_to_ingest"]["files"] for e in each)


def check_through_the_night(night):
    bins = night["through_the_night"]
    assert len(bins) == 96 and all(a["end"] == b["begin"] for a, b in zip(bins, bins[1:]))
    for bin_ in bins:
        def lies_in(time, begin=bin_["begin"], end=bin_["end"]):
            return time is not None and begin <= time < end

        assert bin_["arrived"] == sum(lies_in(f["arrived"]) for f in night["files"] if f["verdict"] != "in_flight")
        assert bin_["ingested"] == sum(lies_in(f["ingested"]) for f in night["files"])
        deltas = [f["delta_seconds"] for f in night["files"]
                  if f["verdict"] == "ingested" and lies_in(f["created"]) and f["delta_seconds"] is not None]
        latency = bin_["creation_to_ingest_seconds"]
        assert latency["files"] == len(deltas) and latency["max"] == (max(deltas) if deltas else None)
    assert sum(b["arrived"] for b in bins) > 0 and sum(b["ingested"] for b in bins) > 0


def check_csv(rows, night):
    assert len(rows) == len(night["files"])
    for row, file in zip(rows, night["files"]):
        assert row["night"] == night["night"]
        for key, cell in row.items():
            if key == "night":
                continue
            value = file.get(key)
            text = "" if value is None else str(value).lower() if isinstance(value, bool) else value
            if key == "delta_seconds":
                assert (float(cell) if cell else None) == value
            else:
                assert without_guard(cell) == str(text), (key, cell, text)


def check_lines(text, night):
    """Every file and every issue is on a line of its own, so that the text can be searched by lines."""
    lines = [json.loads(line.rstrip(",")) for line in text.splitlines() if line.startswith('{"path"')]
    assert lines == night["issues"] + night["files"]


def main():
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([sys.argv[1], name], check=True)
        folder = pathlib.Path(name)
        text = (folder / "troubled.json").read_text(encoding="utf-8")
        night = json.loads(text)
        check_json(night)
        check_lines(text, night)
        check_csv(read_csv(folder / "troubled.csv"), night)
        empty = json.loads((folder / "empty.json").read_text(encoding="utf-8"))
        assert empty["files"] == [] and empty["issues"] == [] and empty["latency_seconds"]["creation_to_ingest"]["p50"] is None
        assert empty["exposures"]["each"] == [] and empty["through_the_night"] == []
        assert empty["created_elsewhere"] == {"files": 0, "earliest": None, "latest": None}
        assert empty["latest"] == {"created": None, "arrived": None, "ingested": None}
    print("JSON and CSV agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
