"""
What obsmon is made of in C++. Use the names of the package obsmon instead.
"""
from __future__ import annotations
import collections.abc
import datetime
import os
import typing
class Error(Exception):
    ...
class OutputLockedError(Error):
    ...
class RegistryBusyError(Error):
    ...
class Night:
    """
    One observing night, named by one calendar date.

    A night is made from what storage folders, registries and people write:

    >>> import datetime
    >>> from obsmon import Night
    >>> Night("2020-05-01") == Night("20200501") == Night(20200501) == Night(datetime.date(2020, 5, 1))
    True
    >>> Night("2020-05-01") + 1
    Night('2020-05-02')
    >>> Night("2020-05-04") - Night("2020-05-01")
    3
    >>> Night("2020-02-30")
    Traceback (most recent call last):
        ...
    ValueError: '2020-02-30' is no night: write a day of the calendar as YYYY-MM-DD or YYYYMMDD

    Nights are values: they can be compared, sorted, and used as keys.

    Raises ValueError where the text names no day, TypeError where the argument is none of these.
    """
    @staticmethod
    def containing(time: datetime.datetime, *, offset: datetime.timedelta = ..., scale: str = 'utc') -> Night:
        """
        The night that holds `time`, a datetime with a time zone. Nights begin `offset`, a timedelta of whole
        minutes, after midnight in `scale`, 'utc' or 'tai': by default at noon UTC; a Butler's day_obs is
        scale='tai'.
        """
    def __add__(self, nights: typing.SupportsInt | typing.SupportsIndex) -> Night:
        ...
    def __copy__(self) -> Night:
        ...
    def __deepcopy__(self, memo: typing.Any) -> Night:
        ...
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __ge__(self, arg0: Night) -> bool:
        ...
    def __gt__(self, arg0: Night) -> bool:
        ...
    def __hash__(self) -> int:
        ...
    def __init__(self, night: Night | str | int | datetime.date) -> None:
        ...
    def __le__(self, arg0: Night) -> bool:
        ...
    def __lt__(self, arg0: Night) -> bool:
        ...
    def __radd__(self, nights: typing.SupportsInt | typing.SupportsIndex) -> Night:
        ...
    def __reduce__(self) -> tuple[type, tuple[str]]:
        ...
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    @typing.overload
    def __sub__(self, other: Night) -> int:
        ...
    @typing.overload
    def __sub__(self, nights: typing.SupportsInt | typing.SupportsIndex) -> Night:
        ...
    @property
    def compact(self) -> str:
        """
        The name as '20200501'.
        """
    @property
    def date(self) -> datetime.date:
        """
        The date that names the night, a datetime.date.
        """
    @property
    def yyyymmdd(self) -> int:
        """
        The name as the int 20200501.
        """
class _Buffer:
    """
    Values of a column.
    """
class Table:
    """
    Rows with named columns, in memory that obsmon owns.

    Any data frame takes it as it is, without a copy of its rows:

        polars.DataFrame(t)                     pyarrow.table(t)
        duckdb.sql("from t")                    pandas.DataFrame.from_arrow(t)         # pandas 3 with pyarrow
        t.to_pandas()                           # any pandas with pyarrow

    Without any of them: len(table), iteration (a dict a row), table[0], table[2:5], to_dicts().

    Times are UTC. A column `x` of names comes with `x_bytes`: where a name is not UTF-8, `x` has \\xNN for each byte that
    does not belong, and `x_bytes` the name's own bytes; elsewhere `x_bytes` is null. Tables never change.
    """
    def __arrow_c_schema__(self) -> typing.Any:
        """
        The table's types, by the Arrow PyCapsule interface.
        """
    def __arrow_c_stream__(self, requested_schema: typing.Any = None) -> typing.Any:
        """
        The table's rows in one batch, by the Arrow PyCapsule interface; a new stream at each call.
        `requested_schema` is not heeded, as the interface allows.
        """
    @typing.overload
    def __getitem__(self, rows: slice) -> list[dict[str, typing.Any]]:
        """
        Some rows: a list of dict.
        """
    @typing.overload
    def __getitem__(self, row: typing.SupportsIndex) -> dict[str, typing.Any]:
        """
        A row: a dict of values by the names of their columns.
        """
    def __iter__(self) -> collections.abc.Iterator[dict[str, typing.Any]]:
        """
        Its rows, each a dict, made one by one.
        """
    def __len__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    def _repr_html_(self) -> str:
        ...
    def buffer(self, name: str) -> memoryview:
        """
        The values of a column of one size as a read-only memoryview, without a copy (but of bool).

        Times are int64 nanoseconds since 1970 in UTC, dates int32 days since 1970, words int8 numbers of
        `words(name)`. What stands where `nulls(name)` is true means nothing.

        Raises KeyError for a name that is no column's, TypeError for a column of texts.
        """
    def column(self, name: str) -> typing.Any:
        """
        A column as a numpy array of shape (rows,), read-only. Needs numpy.

        Times are datetime64[ns] in UTC with NaT for null, dates datetime64[D]; numbers are shared with the
        table, not copied, and masked (numpy.ma) if there are nulls; texts and words are objects, None for null.
        """
    def nulls(self, name: str) -> memoryview | None:
        """
        Where a column is null, as a memoryview of bool; None where it is nowhere.
        """
    def to_dicts(self) -> list[dict[str, typing.Any]]:
        """
        All rows: a list of dict. Needs no other package.
        """
    def to_list(self, name: str) -> list[typing.Any]:
        """
        A column's values as Python objects; None for null.
        """
    def to_pandas(self) -> typing.Any:
        """
        A pandas.DataFrame. Times are datetime64[ns, UTC], words categorical. Needs pandas and pyarrow.
        """
    def to_polars(self) -> typing.Any:
        """
        A polars.DataFrame. Needs polars.
        """
    def words(self, name: str) -> list[str]:
        """
        The words that a column of words numbers, from 0 on.
        """
    @property
    def column_names(self) -> list[str]:
        """
        A list of str.
        """
    @property
    def schema(self) -> dict[str, str]:
        """
        The type of each column by its name, in order: a dict of str.
        """
    @property
    def shape(self) -> tuple[int, int]:
        """
        (rows, columns)
        """
class _Stream:
    """
    One stream's folders and options.
    """
class ScanIssue:
    """
    Trouble with one file or folder: it could not be read, the rest could.
    """
    def __repr__(self) -> str:
        ...
    @property
    def may_hide_files(self) -> bool:
        """
        Whether something is there that can't be read; a name that leads nowhere hides nothing.
        """
    @property
    def path(self) -> str:
        """
        Absolute; str, to be shown: bytes that are not UTF-8 are escaped, and path_bytes has them.
        """
    @property
    def path_bytes(self) -> bytes:
        """
        The path's own bytes.
        """
    @property
    def trouble(self) -> str:
        """
        What the system said, one clause.
        """
class TransferScan:
    """
    What scan_transfers found of one night.
    """
    def __repr__(self) -> str:
        ...
    @property
    def files(self) -> Table:
        """
        A Table, sorted by folder, then by name: path, path_bytes, size_bytes, creation_time (mtime),
        arrival_time (ctime), state ('arrived' or 'in_flight'), device, inode.
        """
    @property
    def issues(self) -> list[ScanIssue]:
        """
        What could not be read: a list of ScanIssue.
        """
    @property
    def num_hidden(self) -> int:
        """
        How many entries with a leading dot were seen that are no transfer.
        """
class NightIngests:
    """
    What a registry and its files say of one night.
    """
    def __repr__(self) -> str:
        ...
    @property
    def issues(self) -> list[ScanIssue]:
        """
        What of the repository's folders could not be read: a list of ScanIssue.
        """
    @property
    def rows(self) -> Table:
        """
        A Table, sorted by path: path, path_bytes, night, exposure, detector, storage_stem, status
        ('ingested', 'pending', 'failed', 'ignored'), message, artifact ('present', 'gone', 'unreadable', 'remote',
        'not_stored'),
        size_bytes, link_target, link_target_bytes, ingest_time, file_time, device, inode.
        """
class Registry:
    """
    A repository's registry, made by open_registry. Only ever read; any number of threads
    may use it at once.
    """
    def __repr__(self) -> str:
        ...
    def read_night(self, night: Night | str | int | datetime.date, progress: collections.abc.Callable[[str, int, int], typing.Any] | None = None) -> NightIngests:
        """
        The datasets of one night, a NightIngests. `progress`: a callable (stage, done, total), or None.

        Raises RegistryBusyError where a writer has it for longer than busy_timeout, FileNotFoundError,
        PermissionError, and Error where it is damaged.
        """
    @property
    def repo(self) -> str:
        """
        The repository's folder, a str.
        """
class NightMatch:
    """
    The verdicts of match_night.
    """
    def __repr__(self) -> str:
        ...
    @property
    def ingests(self) -> Table:
        """
        A Table with a row for each ingest: transfer_row (its row in the transfers, or null).
        """
    @property
    def transfers(self) -> Table:
        """
        A Table with a row for each transfer: verdict, match (how it was recognised: 'file id', 'path',
        'name', 'key', 'checksum', or null), ingest_row (its row in the ingests, or null).
        """
class NightCounts:
    """
    What the files of a night add up to. Each verdict is an attribute, and a key:
    counts.not_ingested, counts['not_ingested']; together they are counts.files.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __contains__(self, verdict: typing.Any) -> bool:
        ...
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __getitem__(self, verdict: str) -> int:
        ...
    def __iter__(self) -> collections.abc.Iterator[str]:
        ...
    def __len__(self) -> int:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def artifact_gone(self) -> int:
        """
        the registry knows it, but its file is gone
        """
    @property
    def by_verdict(self) -> dict[str, int]:
        """
        The number of files by verdict, in the order in which verdicts are decided: a dict of str to int.
        """
    @property
    def exposures(self) -> int:
        """
        Exposures that the files' names tell.
        """
    @property
    def failed(self) -> int:
        """
        its ingest was tried, and failed
        """
    @property
    def files(self) -> int:
        """
        All files of the report.
        """
    @property
    def ignored(self) -> int:
        """
        left out by a rule
        """
    @property
    def in_flight(self) -> int:
        """
        rsync is still writing it
        """
    @property
    def ingested(self) -> int:
        """
        the registry knows it, and its file is there
        """
    @property
    def last_arrival(self) -> datetime.datetime | None:
        """
        The latest arrival, a datetime in UTC, or None.
        """
    @property
    def last_creation(self) -> datetime.datetime | None:
        """
        The latest creation time of a file in storage, a datetime in UTC, or None.
        """
    @property
    def last_ingest(self) -> datetime.datetime | None:
        """
        The latest ingest, a datetime in UTC, or None.
        """
    @property
    def missing(self) -> int:
        """
        expected, but it never arrived
        """
    @property
    def not_fits(self) -> int:
        """
        no FITS file, so nobody meant to ingest it
        """
    @property
    def not_ingested(self) -> int:
        """
        it arrived whole, but the registry does not list it
        """
    @property
    def pending(self) -> int:
        """
        its ingest is waiting or running
        """
    @property
    def settling(self) -> int:
        """
        too young to be judged: it has only just arrived, or is only just expected
        """
    @property
    def too_small(self) -> int:
        """
        a FITS file too small to hold an image
        """
    @property
    def unknown(self) -> int:
        """
        can't be told: the registry, or a folder that may hold it, could not be read
        """
    @property
    def without_manifest(self) -> int:
        """
        Those of them without a manifest: whether they are complete is not known.
        """
class LatencySummary:
    """
    How long files took for a span of their way; of those for which both ends are known.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def files(self) -> int:
        """
        Of how many files.
        """
    @property
    def max(self) -> datetime.timedelta | None:
        """
        The longest; a timedelta, or None.
        """
    @property
    def min(self) -> datetime.timedelta | None:
        """
        The shortest; a timedelta, or None without files.
        """
    @property
    def negative(self) -> int:
        """
        Of them, those whose span ended before it began: some machine's clock is wrong.
        """
    @property
    def p50(self) -> datetime.timedelta | None:
        """
        Half of them took no longer; a timedelta, or None without files.
        """
    @property
    def p95(self) -> datetime.timedelta | None:
        """
        95 % of them took no longer; a timedelta, or None.
        """
class Latencies:
    """
    The way of files from the camera to the registry.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def arrival_to_ingest(self) -> LatencySummary:
        """
        Of the ingested ones; a LatencySummary.
        """
    @property
    def creation_to_arrival(self) -> LatencySummary:
        """
        Of all files that have arrived; a LatencySummary.
        """
    @property
    def creation_to_ingest(self) -> LatencySummary:
        """
        Of the ingested ones; a LatencySummary.
        """
class NightReport:
    """
    One night as it was found: its files, each with a verdict and a reason, and what they add up to.

    Made by observe_night. It owns all it shows, and never changes; any number of threads may use it.
    """
    def __repr__(self) -> str:
        ...
    def _repr_html_(self) -> str:
        ...
    def to_csv(self) -> str:
        """
        What `obsmon night --format csv` prints, a str.
        """
    def to_html(self) -> str:
        """
        The night's page, a str: in one file, without the script by which that of `obsmon update` shows more.
        """
    def to_json(self) -> str:
        """
        What `obsmon night --format json` prints, a str.
        """
    def to_text(self) -> str:
        """
        What `obsmon night` prints, a str.
        """
    @property
    def as_of(self) -> datetime.datetime:
        """
        When the look began, a datetime in UTC.
        """
    @property
    def counts(self) -> NightCounts:
        """
        A NightCounts.
        """
    @property
    def exposures(self) -> Table:
        """
        The exposures, as the files' names tell them: a Table, sorted by obs_id.

            obs_id          large_utf8
            manifest        dictionary      whether it is known what should arrive: 'none', 'read', 'bad'
            files           int64           how many; then a column for each of obsmon.VERDICTS, which add up to it
            first_creation  timestamp       of its files in storage, UTC
            last_arrival    timestamp       likewise

        and for each of creation_to_arrival, arrival_to_ingest and creation_to_ingest

            …_files         int64           of how many files this is known
            …_negative      int64           of these, where it ends before it begins: a clock is wrong
            …_p50           duration[ns]    half of them took no longer; null where there are none
            …_p95           duration[ns]    likewise of 95 %
            …_max           duration[ns]    the longest
        """
    @property
    def files(self) -> Table:
        """
        The files, a Table: first those of storage, then those that only the registry knows, then those that are
        expected and nowhere.

            path            large_utf8      from storage on; where only the registry knows the file, from the repository on
            path_bytes      large_binary    its bytes where it is not UTF-8, else null
            obs_id          large_utf8      the exposure, where the file's name tells it
            detector        large_utf8      the detector, likewise
            verdict         dictionary      one of obsmon.VERDICTS
            reason          large_utf8      why, in one sentence
            in_storage      bool            false: only the registry knows it, or it is expected and nowhere
            size_bytes      int64           bytes; null where the file is gone
            creation_time   timestamp       of the file in storage (mtime), UTC
            arrival_time    timestamp       of the file in storage (ctime), UTC
            ingest_path     large_utf8      of its dataset, from the repository on; null without one
            ingest_path_bytes               as path_bytes
            ingest_night    date32          the registry's night of the dataset
            ingest_time     timestamp       UTC; null where it is not known
            match           dictionary      how file and dataset were recognised as one: 'file id', 'path', 'name', 'key',
                                            'checksum'
            message         large_utf8      what the registry says of a failure; of an ignored file, why
            expected_since  timestamp       of a file that is expected and nowhere, since when, UTC
        """
    @property
    def ingests(self) -> Table:
        """
        What the registry lists, with rows of other nights that match a file of this one; a Table as
        NightIngests.rows.
        """
    @property
    def issues(self) -> list[ScanIssue]:
        """
        What of storage and repository could not be read: a list of ScanIssue.
        """
    @property
    def latency(self) -> Latencies:
        """
        The Latencies.
        """
    @property
    def needs_attention(self) -> Table:
        """
        Those of the files that someone should look at; a Table as `files`.
        """
    @property
    def night(self) -> Night:
        """
        The Night.
        """
    @property
    def registry_trouble(self) -> str | None:
        """
        Why the registry could not be read, one sentence; None where it could.
        """
    @property
    def state(self) -> str:
        """
        'complete', 'in_progress', 'needs_attention' or 'unknown'.
        """
    @property
    def stream(self) -> str:
        """
        The name of the stream, a str; may be empty.
        """
    @property
    def summary(self) -> str:
        """
        The night in one sentence, for people.
        """
    @property
    def through_the_night(self) -> Table:
        """
        The night in 96 stretches of equal, round length, as its plots show it: a Table; empty without files.

            begin           timestamp       UTC
            end             timestamp       where the next begins
            arrived         int64           files that arrived in it
            ingested        int64           files that were ingested in it
            creation_to_ingest_files, _negative, _p50, _p95, _max
                                            of the ingested files that were created in it, as in `exposures`
        """
    @property
    def transfers(self) -> Table:
        """
        What storage holds; a Table as TransferScan.files.
        """
    @property
    def warnings(self) -> list[str]:
        """
        What whoever runs obsmon is told: what of the input could not be read, a sentence each.
        """
class NightSummary:
    """
    A night in a line, as the index page shows it.
    """
    __hash__: typing.ClassVar[None] = None  # type: ignore[assignment]
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    @property
    def changed_at(self) -> datetime.datetime | None:
        """
        When a look last found anything new, a datetime in UTC; None where only the prototype has seen it.
        """
    @property
    def counts(self) -> NightCounts:
        """
        A NightCounts.
        """
    @property
    def from_prototype(self) -> bool:
        """
        Whether it was taken over from a prototype's history, and not looked at since.
        """
    @property
    def latency(self) -> Latencies:
        """
        The Latencies.
        """
    @property
    def looked_at(self) -> datetime.datetime:
        """
        When the last look at it began, a datetime in UTC.
        """
    @property
    def night(self) -> Night:
        """
        The Night.
        """
    @property
    def num_hiding(self) -> int:
        """
        Those of the entries that could not be read that may hide files.
        """
    @property
    def num_issues(self) -> int:
        """
        How many entries could not be read.
        """
    @property
    def state(self) -> str:
        """
        'complete', 'in_progress', 'needs_attention' or 'unknown'.
        """
    @property
    def trouble(self) -> str | None:
        """
        Why the state is unknown, one sentence; else None.
        """
class UpdateResult:
    """
    What an update did.
    """
    def __repr__(self) -> str:
        ...
    @property
    def changed(self) -> list[Night]:
        """
        Those of them whose page was written: a list of Night.
        """
    @property
    def complete(self) -> bool:
        """
        False: pages and history are written, but some of the input could not be read; see `warnings`.
        """
    @property
    def nights(self) -> list[NightSummary]:
        """
        The nights looked at, newest first: a list of NightSummary.
        """
    @property
    def stream(self) -> str:
        """
        The stream's name, a str.
        """
    @property
    def warnings(self) -> list[str]:
        """
        What could not be read, one sentence each: a list of str.
        """
def make_stream(fields: collections.abc.Mapping[str, tuple[str, bytes]]) -> _Stream:
    ...
def match_night(transfers: TransferScan, ingests: NightIngests, as_of: datetime.datetime | None, config: _Stream, min_fits_bytes: typing.SupportsInt | typing.SupportsIndex, storage_names: list[str | bytes | os.PathLike[str] | os.PathLike[bytes]]) -> NightMatch:
    ...
def observe_night(config: _Stream, night: Night, as_of: datetime.datetime | None, progress: collections.abc.Callable[[str, int, int], typing.Any] | None) -> NightReport:
    ...
def open_registry(config: _Stream) -> Registry:
    ...
def read_history(output_dir: str | bytes | os.PathLike[str] | os.PathLike[bytes], shared: _Stream) -> list[NightSummary]:
    ...
def run_script(name: str, arguments: list[str], environ: dict[str, str], out: typing.Any, err: typing.Any) -> int:
    ...
def scan_transfers(storage: str | bytes | os.PathLike[str] | os.PathLike[bytes], night: Night, num_threads: typing.SupportsInt | typing.SupportsIndex, progress: collections.abc.Callable[[str, int, int], typing.Any] | None) -> TransferScan:
    ...
def update(config: _Stream, as_of: datetime.datetime | None, progress: collections.abc.Callable[[str, int, int], typing.Any] | None) -> UpdateResult:
    ...
def update_summary(out: str | bytes | os.PathLike[str] | os.PathLike[bytes], streams: list[str | bytes | os.PathLike[str] | os.PathLike[bytes]], shared: _Stream, as_of: datetime.datetime | None) -> list[str]:
    ...
def verdict_meaning(verdict: str) -> str:
    """
    What a verdict means, in a clause.

    >>> import obsmon
    >>> obsmon.verdict_meaning('not_ingested')
    'it arrived whole, but the registry does not list it'

    Raises ValueError for a word that is not in obsmon.VERDICTS.
    """
MAP_SEPARATOR: str = '\x1f'
STREAM_KEYS: tuple[str, ...] = ('name', 'input_dir', 'output_dir', 'history', 'storage', 'repo', 'pending_folder', 'bad_folder', 'first_day', 'last_day', 'num_days', 'gen', 'search_links', 'compare_checksums', 'repository_index', 'instrument', 'collection', 'dataset_type', 'detector_names', 'registry_sql', 'registry_query', 'registry_events', 'registry_prefix', 'registry_files_table', 'registry_events_tables', 'db_auth', 'grace', 'guider_grace', 'missing_grace', 'partial_age', 'ignore', 'manifest', 'expected_sql', 'expected_query', 'ingest_log', 'rsync_log', 'night_offset', 'night_scale', 'busy_timeout', 'max_age', 'threads')
VERDICTS: tuple[str, ...] = ('ingested', 'artifact_gone', 'missing', 'in_flight', 'ignored', 'pending', 'failed', 'settling', 'not_fits', 'too_small', 'not_ingested', 'unknown')
__version__: str = '0.1.0'
