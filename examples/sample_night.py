#!/usr/bin/env python3
"""Makes a stream with one night of images and the troubles that nights have, to try obsmon on.

    sample_night.py FOLDER

FOLDER/camera   what the camera wrote: 12 exposures of 9 detectors, as FITS files
FOLDER/comCam   the stream: storage/ (moved there by rsync) and gen2repo/ (registry and links, as an ingest
                with mode=link leaves them)

A folder that this script has made before is left as it is; any other that exists is refused.
"""

import datetime
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

NIGHT = datetime.date(2020, 5, 1)
FIRST_EXPOSURE = datetime.datetime(2020, 5, 2, 0, 28, 12, tzinfo=datetime.timezone.utc)
EXPOSURES = range(1, 13)
DETECTORS = range(9)  # commissioning camera: raft R22, sensors S00 to S22

# What went wrong. Each is an exposure and a detector.
NOT_INGESTED = {(7, 3), (7, 4), (11, 0)}  # arrived whole, and the ingest never took them
TRUNCATED = (9, 8)  # cut off on its way into storage
IN_FLIGHT = (12, 5)  # rsync is still writing it
GONE = (4, 2)  # ingested, then removed from storage: its link dangles


def sensor(detector):
    return f"S{detector // 3}{detector % 3}"


def obs_id(exposure):
    return f"MC_C_{NIGHT:%Y%m%d}_{exposure:06}"


def exposure_id(exposure):
    # The controller "C" adds 1000 years.
    return int(f"{NIGHT.year + 1000}{NIGHT:%m%d}{exposure:05}")


def storage_name(exposure, detector):
    return f"{NIGHT:%Y%m%d}/{obs_id(exposure)}/{obs_id(exposure)}_R22_{sensor(detector)}.fits"


def raw_name(exposure, detector):
    name = f"{exposure_id(exposure):013}-R22-{sensor(detector)}-det{detector:03}.fits"
    return f"raw/{NIGHT}/{exposure_id(exposure):013}/{name}"


def created(exposure, detector):
    return FIRST_EXPOSURE.timestamp() + 38 * exposure + 0.25 * detector


def ingested(exposure, detector):
    return created(exposure, detector) + 21 + (exposure * 7 + detector * 5) % 17


def set_time(path, seconds):
    nanoseconds = round(seconds * 1e9)
    # Of the link itself, where it is one.
    os.utime(path, ns=(nanoseconds, nanoseconds), follow_symlinks=False)


def fits_file(exposure, detector):
    """A small but whole FITS image."""
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                   16",
        "NAXIS   =                    2",
        "NAXIS1  =                  120",
        "NAXIS2  =                  120",
        f"OBSID   = '{obs_id(exposure)}'",
        "RAFTBAY = 'R22     '",
        f"CCDSLOT = '{sensor(detector):8}'",
        "END",
    ]
    header = "".join(f"{card:80}" for card in cards)
    pixels = bytes(2 * 120 * 120)
    return header.ljust(2880).encode("ascii") + pixels.ljust(-(-len(pixels) // 2880) * 2880, b"\0")


def write_camera(camera):
    for exposure in EXPOSURES:
        for detector in DETECTORS:
            path = camera / storage_name(exposure, detector)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(fits_file(exposure, detector))
            set_time(path, created(exposure, detector))
    readings = camera / f"{NIGHT:%Y%m%d}/{obs_id(3)}/Photodiode_Readings_{NIGHT:%Y%m%d}_000003.txt"
    readings.write_text("".join(f"{0.1 * i:.1f} {1e-9 * (i % 7):.3e}\n" for i in range(200)))
    set_time(readings, created(3, 0))


def transfer(camera, storage):
    storage.mkdir(parents=True)
    late = "/" + storage_name(*IN_FLIGHT)
    subprocess.run(["rsync", "-a", f"--exclude={late}", f"{camera}/", f"{storage}/"], check=True)

    name = storage / storage_name(*IN_FLIGHT)
    (name.parent / f".{name.name}.x7Kq2b").write_bytes(fits_file(*IN_FLIGHT)[:20_000])

    cut = storage / storage_name(*TRUNCATED)
    with open(cut, "r+b") as file:
        file.truncate(5760)
    set_time(cut, created(*TRUNCATED))


def ingest(storage, repo):
    repo.mkdir()
    (repo / "_mapper").write_text("lsst.obs.lsst.comCam.LsstComCamMapper\n")
    registry = sqlite3.connect(repo / "registry.sqlite3")
    registry.execute(
        "create table raw (id integer primary key autoincrement, run text,visit int,filter text,date text,"
        "dateObs text,expTime double,raftName text,detectorName text,detector int,snap int,object text,"
        "imageType text,testType text,lsstSerial text,wavelength int,controller text,obsid text,"
        "expGroup text,expId int,dayObs text,seqNum int, unique(expId,detector,visit))"
    )
    registry.execute(
        "create table raw_visit (visit int,filter text,dateObs text,expTime double, unique(visit))"
    )
    for exposure in EXPOSURES:
        for detector in DETECTORS:
            if (exposure, detector) in NOT_INGESTED | {TRUNCATED, IN_FLIGHT}:
                continue
            link = repo / raw_name(exposure, detector)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(storage / storage_name(exposure, detector))
            set_time(link, ingested(exposure, detector))
            add_row(registry, exposure, detector)
    registry.commit()
    registry.close()


def add_row(registry, exposure, detector):
    number = exposure_id(exposure)
    taken = datetime.datetime.fromtimestamp(created(exposure, 0), datetime.timezone.utc)
    date = f"{taken:%Y-%m-%dT%H:%M:%S}.000"
    row = {
        "run": "unknown", "visit": number, "filter": "r~NONE", "date": date, "dateObs": date,
        "expTime": 30.0, "raftName": "R22", "detectorName": sensor(detector), "detector": detector,
        "snap": 0, "object": "UNKNOWN", "imageType": "FLAT", "testType": "FLAT",
        "lsstSerial": f"ITL-3800C-{200 + detector}", "wavelength": -666, "controller": "C",
        "obsid": obs_id(exposure), "expGroup": str(number), "expId": number, "dayObs": str(NIGHT),
        "seqNum": exposure,
    }
    columns = ",".join(row)
    values = ",".join(f":{column}" for column in row)
    registry.execute(f"insert into raw ({columns}) values ({values})", row)
    registry.execute(
        "insert or ignore into raw_visit values (?, ?, ?, ?)", (number, row["filter"], date, 30.0)
    )


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1]).resolve()
    done, half_done = folder / ".sample_night", folder / ".half_a_sample_night"
    if done.exists():
        return
    if half_done.exists():
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} holds something else; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    half_done.touch()
    stream = folder / "comCam"
    write_camera(folder / "camera")
    transfer(folder / "camera", stream / "storage")
    ingest(stream / "storage", stream / "gen2repo")
    (stream / "storage" / storage_name(*GONE)).unlink()
    half_done.rename(done)


if __name__ == "__main__":
    main()
