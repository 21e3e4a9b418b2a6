"""Real Gen3 repositories, written by daf_butler, and storage folders whose files they ingest.

Run as a program it is the writer of test_writer.py: butlers.py ROOT STORAGE NIGHT EXPOSURES
"""
from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path

from lsst.daf.butler import (
    Butler,
    Config,
    DataCoordinate,
    DatasetIdGenEnum,
    DatasetRef,
    DatasetType,
    FileDataset,
    FormatterV2,
)

INSTRUMENT = "LSSTCam"
RUN = "LSSTCam/raw/all"
DETECTORS = ("R22_S11", "R22_S12")
MANAGER = "lsst.daf.butler.registry.datasets.byDimensions.ByDimensionsDatasetRecordStorageManagerUUID"


class RawBytesFormatter(FormatterV2):
    """Takes any file as it is."""

    default_extension = ".fits"
    supported_extensions = frozenset({".fits", ".fits.fz", ".fits.gz"})
    can_read_from_uri = True

    def read_from_uri(self, uri, component=None, expected_size=-1):
        return uri.read()


def make_repository(root: Path, *, utc_text: bool = False, universe: int | None = None, config: dict | None = None) -> None:
    """`utc_text`: with the datasets manager of before October 2024. `universe`: an older one than the newest."""
    butler_config = Config(config or {})
    if utc_text:
        butler_config["registry", "managers", "datasets"] = {"cls": MANAGER, "schema_version": "1.0.0"}
    dimensions = None
    if universe is not None:
        dimensions = f"resource://lsst.daf.butler/configs/old_dimensions/daf_butler_universe{universe}.yaml"
    Butler.makeRepo(str(root), config=butler_config, dimensionConfig=dimensions)


@dataclasses.dataclass(frozen=True)
class Raw:
    """A raw file in storage."""

    path: Path
    obs_id: str
    detector: str

    @property
    def day_obs(self) -> int:
        return int(self.obs_id.split("_")[2])

    @property
    def sequence(self) -> int:
        return int(self.obs_id.split("_")[3])


def write_exposure(storage: Path, obs_id: str, detectors=DETECTORS, *, suffix: str = "", instrument_detector=None) -> list[Raw]:
    """Writes the files of an exposure into storage, each of a size of its own, with its JSON beside."""
    raws = []
    folder = storage / obs_id.split("_")[2] / obs_id
    folder.mkdir(parents=True, exist_ok=True)
    for i, detector in enumerate(detectors):
        path = folder / f"{obs_id}_{detector}{suffix}.fits"
        path.write_bytes(b"SIMPLE  =" + bytes(20_000 + 2880 * int(obs_id[-3:]) + 100 * i))
        path.with_suffix(".json").write_text("{}")
        raws.append(Raw(path, obs_id, instrument_detector or detector))
    return raws


def ingest(root: Path, raws: list[Raw], transfer: str | None, *, run: str = RUN, dataset_type: str = "raw",
           instrument: str = INSTRUMENT, butler: Butler | None = None) -> list[DatasetRef]:
    """Ingests files as obs_base's RawIngestTask does: records of dimensions first, then datasets and files."""
    butler = butler or Butler.from_config(str(root), writeable=True)
    butler.registry.registerRun(run)
    universe = butler.dimensions
    implied = universe["exposure"].implied.names

    def insert(element: str, /, **row) -> None:
        butler.registry.insertDimensionData(element, row, skip_existing=True)

    insert("instrument", name=instrument, detector_max=10_000, exposure_max=10**14, visit_max=10**14, class_name="x.Y")
    insert("physical_filter", instrument=instrument, name="r_57", band="r")
    raw_type = DatasetType(dataset_type, ("instrument", "detector", "exposure"), "Exposure", universe=universe)
    butler.registry.registerDatasetType(raw_type)
    refs = []
    refs_of: dict[Path, list[DatasetRef]] = {}
    for raw in raws:
        raft, sensor = raw.detector.split("_")
        detector = sum(ord(c) * 7**i for i, c in enumerate(raw.detector)) % 100_003
        insert("detector", instrument=instrument, id=detector, full_name=raw.detector, raft=raft, name_in_raft=sensor,
               purpose="SCIENCE")
        exposure = raw.day_obs * 100_000 + raw.sequence
        row = dict(instrument=instrument, id=exposure, obs_id=raw.obs_id, physical_filter="r_57", day_obs=raw.day_obs,
                   seq_num=raw.sequence, observation_type="science", exposure_time=15.0)
        if "day_obs" in implied:  # universe 6 and later
            insert("day_obs", instrument=instrument, id=raw.day_obs)
        if "group" in implied:
            insert("group", instrument=instrument, name=raw.obs_id)
            row["group"] = raw.obs_id
        else:
            row["group_name"] = raw.obs_id
        insert("exposure", **row)
        data_id = DataCoordinate.standardize(instrument=instrument, detector=detector, exposure=exposure, universe=universe)
        ref = DatasetRef(raw_type, data_id, run=run, id_generation_mode=DatasetIdGenEnum.DATAID_TYPE_RUN)
        refs.append(ref)
        refs_of.setdefault(raw.path, []).append(ref)
    butler.ingest(*(FileDataset(path=str(path), refs=of_file, formatter=RawBytesFormatter) for path, of_file in refs_of.items()),
                  transfer=transfer)
    return refs


def main(root: str, storage: str, night: str, exposures: str) -> None:
    """Ingests exposure after exposure, and says of each that it is committed, and how long its ingest took."""
    butler = Butler.from_config(root, writeable=True)
    for number in range(1, int(exposures) + 1):
        obs_id = f"MC_O_{night}_{number:06}"
        folder = Path(storage) / night / obs_id
        raws = [Raw(folder / f"{obs_id}_{detector}.fits", obs_id, detector) for detector in DETECTORS]
        began = time.monotonic()
        ingest(Path(root), raws, "direct", butler=butler)
        print(number, time.monotonic() - began, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
