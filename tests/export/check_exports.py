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
    failed = next(f for f in files if f["verdict"] == "failed")
    assert "DATE-OBS" in failed["message"] and failed["in_storage"] is False and failed["created"] is None


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
        assert empty["latest"] == {"created": None, "arrived": None, "ingested": None}
    print("JSON and CSV agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
