"""What was taken, what has arrived, what has been ingested, and which files are missing, and why.

>>> import obsmon
>>> report = obsmon.observe_night(input_dir=stream, night="2020-05-01", grace=0)
>>> report.state
'needs_attention'
>>> report.counts.files, report.counts.not_ingested
(109, 3)
>>> for file in report.needs_attention:
...     print(file["verdict"], file["path"].rpartition("/")[2])
not_ingested MC_C_20200501_000007_R22_S10.fits
not_ingested MC_C_20200501_000007_R22_S11.fits
too_small MC_C_20200501_000009_R22_S22.fits
not_ingested MC_C_20200501_000011_R22_S00.fits
artifact_gone 3020050100004-R22-S02-det002.fits

`report.files` is a Table that pandas, polars, pyarrow and duckdb take as it is. Times are in UTC. Calls that look at
disks do so without the GIL, end at Ctrl-C with nothing half-written, and warn through logging.getLogger("obsmon").

Paths may be str, bytes or os.PathLike, nights all that Night takes. What goes wrong is told by the exceptions that the
functions of `os` would raise (FileNotFoundError, PermissionError), by ValueError and TypeError for wrong arguments, by
RegistryBusyError and OutputLockedError, and else by Error, each with one sentence: what, where, what to do.
"""
from __future__ import annotations

import datetime
import logging
import operator
import os
import re
from collections.abc import Iterable, Mapping
from typing import Union

from ._obsmon import (
    VERDICTS,
    Error,
    Latencies,
    LatencySummary,
    Night,
    NightCounts,
    NightIngests,
    NightMatch,
    NightReport,
    NightSummary,
    OutputLockedError,
    Registry,
    RegistryBusyError,
    ScanIssue,
    Table,
    TransferScan,
    UpdateResult,
    __version__,
    verdict_meaning,
)
from . import _obsmon
from ._progress import Progress, following

__all__ = [
    "VERDICTS",
    "Error",
    "Latencies",
    "LatencySummary",
    "Night",
    "NightCounts",
    "NightIngests",
    "NightMatch",
    "NightReport",
    "NightSummary",
    "OutputLockedError",
    "Registry",
    "RegistryBusyError",
    "ScanIssue",
    "Table",
    "TransferScan",
    "UpdateResult",
    "__version__",
    "match_night",
    "observe_night",
    "open_registry",
    "path_bytes",
    "read_history",
    "scan_transfers",
    "update",
    "update_summary",
    "verdict_meaning",
]

AnyPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
AnyNight = Union[Night, str, int, datetime.date]
Span = Union[int, str, datetime.timedelta]
Names = Union[str, Iterable[str]]

_logger = logging.getLogger("obsmon")


def observe_night(
    *,
    night: AnyNight,
    input_dir: AnyPath | None = None,
    storage: AnyPath | None = None,
    repo: AnyPath | None = None,
    pending_folder: AnyPath | None = None,
    bad_folder: AnyPath | None = None,
    name: str | None = None,
    generation: int | None = None,
    search_links: bool = False,
    repository_index: AnyPath | None = None,
    instrument: str | None = None,
    collection: Names | None = None,
    dataset_type: Names | None = None,
    detector_names: Mapping[str, str] | None = None,
    compare_checksums: bool = False,
    registry: Mapping[str, str | Iterable[str]] | None = None,
    db_auth: AnyPath | None = None,
    grace: Span = 60,
    guider_grace: Span | None = None,
    missing_grace: Span | None = None,
    partial_age: Span = 3600,
    ignore: Iterable[Mapping[str, str]] = (),
    manifest: AnyPath | None = None,
    expected: Mapping[str, str] | None = None,
    ingest_log: AnyPath | None = None,
    rsync_log: AnyPath | None = None,
    busy_timeout: Span = 10,
    num_threads: int = 0,
    as_of: datetime.datetime | None = None,
    progress: Progress = False,
) -> NightReport:
    """Looks at one night, and writes nothing anywhere.

    Parameters
    ----------
    night: the night, a Night or what it is made from: "2020-05-01", "20200501", 20200501, a datetime.date.
    input_dir: the folder that holds both sides, storage/ and gen2repo/, gen3repo/ or repo/.
    storage, repo: the two sides, where they lie elsewhere. A Gen3 repository is named by its folder, its butler.yaml,
        or its label in a repository index.
    pending_folder, bad_folder: folders beside storage whose files wait to be ingested, or could not be (the
        image_staging_directory and bad_file_directory of OODS).
    name: the stream's name (default: that of its folder).
    generation: of the repository, 2 or 3; by default found out.
    search_links: ask the folders raw/<night>/ what is ingested, not the database.
    repository_index: the file that maps labels to repositories (default: as the environment says, by
        DAF_BUTLER_REPOSITORIES or DAF_BUTLER_REPOSITORY_INDEX).
    instrument: Gen3: whose datasets count; needed where the repository has several.
    collection: Gen3: a collection or several, whose datasets count: runs, tagged ones, chains (default: all runs).
    dataset_type: Gen3: a type or several, that raw files are (default: raw, and guider_raw where there is one).
    detector_names: detectors that files in storage and the registry name differently, {in storage: in registry}
        (default: LATISS's, {"R00_S00": "RXX_S00", "": "RXX_S00"}).
    compare_checksums: Gen3, where the datastore records checksums: read the files that are known by name alone, and
        compare. It takes as long as reading them does; update() reads each once.
    registry: a database that says what is ingested, instead of a repository. {"sql": uri, "query": sql}: a table of your
        own; the query gives path, and ingest_time, status and message if it can, and has {night} where the night goes.
        {"events": uri, "prefix": name}: event tables of the data backbone; also files_table and events_tables. The URI
        is postgresql://user@host/database, without a password, or sqlite:////absolute/path.
    db_auth: the file with the passwords of database servers (default: as the environment says, by
        LSST_DB_AUTH_CREDENTIALS or LSST_DB_AUTH, else ~/.lsst/db-auth.yaml); after it libpq looks in ~/.pgpass.
    grace: how long after its arrival a file that is not ingested is settling: seconds, a timedelta, or "2min".
    guider_grace: the same for guiders' files, which need an ingested image of their exposure (default: as grace).
    missing_grace: how long after its manifest arrived an expected file may take (default: as grace).
    partial_age: a partial file that nobody has written to for so long is missing.
    ignore: rules, each a mapping with at least one of "pattern" (of a file's name, or with a "/" of its path in the
        night's folder), "detector" and "observation_type", in which * and ? stand for others, and "reason": files that
        are not ingested, or missing, and fit all of it are ignored. With "missing": "no" those that are missing stay so.
    manifest: a file that lists what was taken, with {night} or {day_obs} in its name.
    expected: a database that lists what was taken, {"sql": uri, "query": sql}: the query gives path, and since and
        observation_type if it can, and has {night} where the night goes. The URI is as of `registry`.
    ingest_log: the log of the ingest: why files that are not ingested failed.
    rsync_log: rsync's own log, with times in UTC: when files arrived.
    busy_timeout: how long to wait for a registry that someone is writing; likewise.
    num_threads: threads that read disks; 0 lets obsmon choose. No result depends on it.
    as_of: the time of the look, a datetime with a time zone (default: now).
    progress: True shows how far it has come (with tqdm where that is installed); or a callable
        (stage: str, done: int, total: int), where a total of 0 is one that is not known yet. It is called at most 20
        times a second, from this thread; what it raises ends the look and is raised from here.

    Returns
    -------
    A NightReport. A registry that is locked for too long makes its night unknown; that is a report, no error.

    Raises
    ------
    FileNotFoundError, PermissionError: a side can't be read.
    ValueError: an argument makes no sense, as a night that the calendar does not have.
    TypeError: an argument is of a wrong type, or there is no input.
    Error: a registry that is damaged, or that obsmon can't read.

    What can't be read is an issue of the report; the report's warnings go to the logger "obsmon" as well.
    """
    stream = _stream(
        input_dir=input_dir,
        storage=storage,
        repo=repo,
        pending_folder=pending_folder,
        bad_folder=bad_folder,
        name=name,
        gen=generation,
        search_links=search_links,
        repository_index=repository_index,
        instrument=instrument,
        collection=collection,
        dataset_type=dataset_type,
        detector_names=detector_names,
        compare_checksums=compare_checksums,
        registry=registry,
        db_auth=db_auth,
        grace=grace,
        guider_grace=guider_grace,
        missing_grace=missing_grace,
        partial_age=partial_age,
        ignore=ignore,
        manifest=manifest,
        expected=expected,
        ingest_log=ingest_log,
        rsync_log=rsync_log,
        busy_timeout=busy_timeout,
        threads=num_threads,
    )
    with following(progress) as follow:
        report = _obsmon.observe_night(stream, Night(night), as_of, follow)
    for warning in report.warnings:
        _logger.warning("%s", warning)
    return report


def update(
    *,
    output_dir: AnyPath,
    input_dir: AnyPath | None = None,
    history: str | None = None,
    storage: AnyPath | None = None,
    repo: AnyPath | None = None,
    pending_folder: AnyPath | None = None,
    bad_folder: AnyPath | None = None,
    name: str | None = None,
    first_day: AnyNight | None = None,
    last_day: AnyNight | None = None,
    num_days: int | None = None,
    generation: int | None = None,
    search_links: bool = False,
    repository_index: AnyPath | None = None,
    instrument: str | None = None,
    collection: Names | None = None,
    dataset_type: Names | None = None,
    detector_names: Mapping[str, str] | None = None,
    compare_checksums: bool = False,
    registry: Mapping[str, str | Iterable[str]] | None = None,
    db_auth: AnyPath | None = None,
    grace: Span = 60,
    guider_grace: Span | None = None,
    missing_grace: Span | None = None,
    partial_age: Span = 3600,
    ignore: Iterable[Mapping[str, str]] = (),
    manifest: AnyPath | None = None,
    expected: Mapping[str, str] | None = None,
    ingest_log: AnyPath | None = None,
    rsync_log: AnyPath | None = None,
    busy_timeout: Span = 10,
    max_age: Span = 900,
    night_offset: Span | None = None,
    night_scale: str | None = None,
    num_threads: int = 0,
    as_of: datetime.datetime | None = None,
    progress: Progress = False,
) -> UpdateResult:
    """Brings the history and the pages in `output_dir` up to date, as `obsmon update` does.

    Looks at the nights from `first_day`, or at `num_days` nights, up to `last_day`. Without all three these are today
    and yesterday, and earlier nights that still have open problems. Today is the UTC date, or, with `night_offset` (a
    span from midnight on: "12h" is noon, which is the observatory's) or `night_scale` ("utc" or "tai"), the night that
    began last by these. What has not changed is neither read nor written again. `history` is the URI of a history that
    streams share, postgresql://user@host/database without a password, in place of a file in `output_dir`. `max_age` is
    how old the last look may be before the pages call the monitor stopped; the other parameters are those of
    observe_night.

    Returns
    -------
    An UpdateResult. Its warnings, what could not be read, go to the logger "obsmon" as well, also those of an update
    that then raises.

    Raises
    ------
    OutputLockedError: another run holds the output folder, or the stream's shared history.
    FileNotFoundError, PermissionError, ValueError, TypeError, Error: as observe_night, and for the output folder.
    KeyboardInterrupt: at Ctrl-C. Then, as after any exception, the nights that were done before are kept, each as a
        whole, and all else is as it was.
    """
    stream = _stream(
        input_dir=input_dir,
        output_dir=output_dir,
        history=history,
        storage=storage,
        repo=repo,
        pending_folder=pending_folder,
        bad_folder=bad_folder,
        name=name,
        first_day=None if first_day is None else str(Night(first_day)),
        last_day=None if last_day is None else str(Night(last_day)),
        num_days=num_days,
        gen=generation,
        search_links=search_links,
        repository_index=repository_index,
        instrument=instrument,
        collection=collection,
        dataset_type=dataset_type,
        detector_names=detector_names,
        compare_checksums=compare_checksums,
        registry=registry,
        db_auth=db_auth,
        grace=grace,
        guider_grace=guider_grace,
        missing_grace=missing_grace,
        partial_age=partial_age,
        ignore=ignore,
        manifest=manifest,
        expected=expected,
        ingest_log=ingest_log,
        rsync_log=rsync_log,
        busy_timeout=busy_timeout,
        max_age=max_age,
        night_offset=night_offset,
        night_scale=night_scale,
        threads=num_threads,
    )
    with following(progress) as follow:
        result = _obsmon.update(stream, as_of, follow)
    for warning in result.warnings:
        _logger.warning("%s", warning)
    return result


def update_summary(
    out: AnyPath,
    streams: Iterable[AnyPath],
    *,
    history: str | None = None,
    db_auth: AnyPath | None = None,
    max_age: Span = 900,
    as_of: datetime.datetime | None = None,
) -> list[str]:
    """Writes out/index.html, one page over several streams, as `obsmon summary` does.

    `streams` are output folders of update(); relative ones start at `out`. With `history`, the URI of a history that
    streams share, each is looked up there by its last component; of a stream whose own pages are on another host
    `max_age` tells when its monitor seems to have stopped (default: 15 min). Returns what could not be read, a sentence
    each; these go to the logger "obsmon" as well. Raises PermissionError and the like where the page can't be written.
    """
    if isinstance(streams, (str, bytes, os.PathLike)):
        raise TypeError("streams is a list of folders, not one")
    common = _stream(history=history, db_auth=db_auth, max_age=max_age)
    warnings = _obsmon.update_summary(out, list(streams), common, as_of)
    for warning in warnings:
        _logger.warning("%s", warning)
    return warnings


def read_history(
    output_dir: AnyPath, *, history: str | None = None, db_auth: AnyPath | None = None
) -> list[NightSummary]:
    """All nights that were ever looked at, newest first, from the history in an output folder. Writes nothing.

    With `history`, the URI of a history that streams share (postgresql://user@host/database, without a password), the
    stream is looked up there, by the last component of `output_dir`: its name alone will do. `db_auth` is the file
    with the passwords of database servers.

    Raises FileNotFoundError where there is no history, RegistryBusyError where it is locked for long or its server can't
    be asked, Error where it is damaged or of a newer obsmon.
    """
    return _obsmon.read_history(output_dir, _stream(history=history, db_auth=db_auth))


def scan_transfers(
    storage: AnyPath, night: AnyNight, *, num_threads: int = 0, progress: Progress = False
) -> TransferScan:
    """Lists the files of a night under `storage`, at any depth, arrived and arriving.

    A night that has no folder has no files. Raises FileNotFoundError where `storage` does not exist, PermissionError
    where it can't be entered, Error where it is no folder.
    """
    checked = _integer("num_threads", num_threads)
    if not 0 <= checked <= 1024:
        raise ValueError(f"num_threads: '{checked}' threads are not possible: write 0 to leave it to obsmon, or 1 to 1024")
    with following(progress) as follow:
        return _obsmon.scan_transfers(storage, Night(night), checked, follow)


def open_registry(
    repo: AnyPath | None = None,
    *,
    storage: AnyPath | None = None,
    generation: int | None = None,
    search_links: bool = False,
    repository_index: AnyPath | None = None,
    instrument: str | None = None,
    collection: Names | None = None,
    dataset_type: Names | None = None,
    registry: Mapping[str, str | Iterable[str]] | None = None,
    db_auth: AnyPath | None = None,
    busy_timeout: Span = 10,
) -> Registry:
    """Opens the registry of the repository `repo`, or the database `registry`, for reading alone.

    Parameters as in observe_night; `storage` is where the paths start that a database gives. Raises FileNotFoundError where there is no registry, PermissionError,
    RegistryBusyError where it is locked for longer than `busy_timeout`, Error where it is damaged or of a kind that
    obsmon can't read.
    """
    stream = _stream(
        repo=repo,
        storage=storage,
        registry=registry,
        db_auth=db_auth,
        gen=generation,
        search_links=search_links,
        repository_index=repository_index,
        instrument=instrument,
        collection=collection,
        dataset_type=dataset_type,
        busy_timeout=busy_timeout,
    )
    opened = _obsmon.open_registry(stream)
    if registry is not None and storage is None:
        raise TypeError("the paths that a database gives start at storage: give it")
    return opened


def match_night(
    transfers: TransferScan,
    ingests: NightIngests,
    *,
    as_of: datetime.datetime | None = None,
    grace: Span = 60,
    min_fits_bytes: int = 10_000,
    storage_names: Iterable[AnyPath] = (),
) -> NightMatch:
    """Decides the verdict of every file: what scan_transfers found against what Registry.read_night gave.

    `min_fits_bytes` is the least size in bytes of a FITS file that can hold an image. `storage_names` are absolute
    names of the storage folder, as given and with its links resolved, by which a dataset's link is recognised to lead
    there. Pure: it asks neither disk nor registry. A file that was ingested under a neighbouring night is
    not_ingested here; observe_night, which does all of this in one call, looks there as well.
    """
    if not isinstance(transfers, TransferScan) or not isinstance(ingests, NightIngests):
        raise TypeError("match_night takes what scan_transfers and Registry.read_night give")
    size = _integer("min_fits_bytes", min_fits_bytes)
    if not 0 <= size < 2**63:
        raise ValueError(f"min_fits_bytes: {size} is no size of a file")
    if isinstance(storage_names, (str, bytes, os.PathLike)):
        raise TypeError("storage_names is a list of names, not one")
    return _obsmon.match_night(transfers, ingests, as_of, _stream(grace=grace), size, list(storage_names))


def path_bytes(path: str) -> bytes:
    r"""The bytes of a name that a Table shows escaped, as its column `path_bytes` has them.

    >>> obsmon.path_bytes("plain.fits")
    b'plain.fits'
    >>> obsmon.path_bytes(r"caf\xe9.fits")
    b'caf\xe9.fits'
    """
    return re.sub(rb"\\x([0-9a-fA-F]{2})", lambda escape: bytes.fromhex(escape[1].decode()), path.encode())


def _stream(**fields: object) -> _obsmon._Stream:
    """The stream of these fields, by the names that streams.yaml has for them; None is one that is not given.

    Everything goes as text to the library, which judges it.
    """
    registry = fields.pop("registry", None)
    if registry is not None and all(value is None for value in _mapping("registry", registry).values()):
        raise TypeError("registry names no database: give its sql and query, or its events")
    if registry is not None and fields.get("repo") is not None:
        raise TypeError("either repo or registry says what is ingested: give one of them")
    has_registry = registry is not None or fields.get("repo") is not None
    if "input_dir" in fields and fields["input_dir"] is None and (fields["storage"] is None or not has_registry):
        raise TypeError("no input: give input_dir, or both of storage and repo")
    if "input_dir" not in fields and "repo" in fields and not has_registry:
        raise TypeError("nothing to open: give repo or registry")
    if fields.get("output_dir", "") is None:
        raise TypeError("no output: give output_dir")
    for name, mapping in (("registry", registry), ("expected", fields.pop("expected", None))):
        if mapping is None:
            continue
        fields.update({f"{name}_{key}": value for key, value in _mapping(name, mapping, _MAPS[name]).items()})
    if fields.get("db_auth", "") is None:
        fields["db_auth"] = (
            os.environ.get("LSST_DB_AUTH_CREDENTIALS")
            or os.environ.get("LSST_DB_AUTH")
            or "~/.lsst/db-auth.yaml"
        )
    if str(fields.get("db_auth")).startswith("~/"):
        fields["db_auth"] = os.path.expanduser(str(fields["db_auth"]))
    if fields.get("repository_index", "") is None:
        fields["repository_index"] = os.environ.get("DAF_BUTLER_REPOSITORIES") or os.environ.get(
            "DAF_BUTLER_REPOSITORY_INDEX"
        )
    return _obsmon.make_stream(
        {key: (_PARAMETERS.get(key, key), _text(key, value)) for key, value in fields.items() if value is not None}
    )


_FOLDERS = ("input_dir", "output_dir", "storage", "repo", "pending_folder", "bad_folder", "repository_index", "db_auth",
            "manifest", "ingest_log", "rsync_log")
_LISTS = ("collection", "dataset_type", "registry_events_tables")
_MAPS = {
    name: tuple(key.removeprefix(f"{name}_") for key in _obsmon.STREAM_KEYS if key.startswith(f"{name}_"))
    for name in ("registry", "expected")
}
_MAPPED = tuple(f"{name}_" for name in _MAPS)
_SWITCHES = ("search_links", "compare_checksums")
_TEXTS = ("name", "instrument", "night_scale", "history")
_RULE_KEYS = ("pattern", "detector", "observation_type", "missing", "reason")
_SPANS = ("grace", "guider_grace", "missing_grace", "partial_age", "busy_timeout", "max_age", "night_offset")
_PARAMETERS = {"gen": "generation", "threads": "num_threads"}


def _text(key: str, value: object) -> bytes:
    name = _PARAMETERS.get(key, key)
    if key in _FOLDERS:
        path = os.fsencode(value)  # type: ignore[arg-type] # whose TypeError is the one a user expects
        if b"\0" in path:
            raise ValueError(f"{name}: embedded null byte")
        return path
    if key.startswith(_MAPPED) and isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if key in _LISTS:
        names = [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload] # likewise
        if not all(isinstance(entry, str) for entry in names):
            raise TypeError(f"{name} is a str, or several")
        return ",".join(names).encode("utf-8", "surrogateescape")
    if key == "ignore":
        return "\n".join(_rule(name, rule) for rule in value).encode("utf-8", "surrogateescape")  # type: ignore[attr-defined]
    if key == "detector_names":
        return ",".join(_pairs(name, _mapping(name, value))).encode("utf-8", "surrogateescape")
    if key in _SWITCHES:
        if not isinstance(value, bool):
            raise TypeError(f"{name} is a bool, not {type(value).__name__}")
        return b"true" if value else b"false"
    if isinstance(value, str) and (key in _SPANS or key in (*_TEXTS, "first_day", "last_day")):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, datetime.timedelta) and key in _SPANS:
        if value.microseconds:
            raise ValueError(f"{name}: {value} is no whole number of seconds")
        return str(value // datetime.timedelta(seconds=1)).encode()
    if key in _TEXTS or key.startswith(_MAPPED):
        raise TypeError(f"{name} is a str, not {type(value).__name__}")
    return str(_integer(name, value)).encode()


def _mapping(name: str, value: object, known: tuple[str, ...] = ()) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is a mapping, not {type(value).__name__}")
    for key in value:
        if known and key not in known:
            raise ValueError(f"{name} has no {key!r}, only {', '.join(known)}")
    return value


def _pairs(name: str, mapping: Mapping[str, object]) -> list[str]:
    for text in (*mapping, *mapping.values()):
        if not isinstance(text, str):
            raise TypeError(f"{name} maps str to str, not {type(text).__name__}")
    return [f"{key}={value}" for key, value in mapping.items()]


def _rule(name: str, rule: object) -> str:
    name = f"{name}: a rule"
    texts = dict(_mapping(name, rule, _RULE_KEYS))
    if isinstance(texts.get("missing"), bool):
        texts["missing"] = str(texts["missing"])
    return _obsmon.MAP_SEPARATOR.join(["", *_pairs(name, texts), ""]).replace("\n", " ")  # so its values may have commas


def _integer(name: str, value: object) -> int:
    if isinstance(value, bool):
        raise TypeError(f"{name} is an int, not bool")
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} is an int, not {type(value).__name__}") from None
