import datetime
import gc
import os
import subprocess
import sys

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest

import obsmon

STRANGE = b"2020-05-01/caf\xe9 \\xe9.fits"  # Latin-1, and a name that looks like an escape


@pytest.fixture(params=["files", "transfers", "ingests", "needs_attention"])
def table(night_report, request):
    return getattr(night_report, request.param)


def test_is_valid_arrow(table):
    arrow = pyarrow.table(table)
    arrow.validate(full=True)
    assert arrow.num_rows == len(table) == table.shape[0]
    assert arrow.column_names == table.column_names
    assert arrow.num_columns == table.shape[1]


def test_says_the_same_to_arrow_and_without_it(table):
    def comparable(rows):
        for row in rows:
            yield {
                name: value.date if isinstance(value, obsmon.Night)
                else value.to_pydatetime(warn=False) if isinstance(value, pandas.Timestamp) else value
                for name, value in row.items()}

    assert list(comparable(table.to_dicts())) == list(comparable(pyarrow.table(table).to_pylist()))
    assert list(table) == table.to_dicts() == [table[row] for row in range(len(table))] == table[:]
    assert [row["path"] for row in table] == table.to_list("path")


def test_tells_its_types(night_report):
    schema = pyarrow.schema(night_report.files)
    assert schema.field("path").type == pyarrow.large_string()
    assert schema.field("path_bytes").type == pyarrow.large_binary()
    assert schema.field("verdict").type == pyarrow.dictionary(pyarrow.int8(), pyarrow.string())
    assert schema.field("creation_time").type == pyarrow.timestamp("ns", "UTC")
    assert night_report.files.schema["size_bytes"] == "int64"
    assert list(night_report.files.schema) == night_report.files.column_names


def test_is_taken_by_every_data_frame(night_report):
    files = night_report.files
    expected = {word: number for word, number in night_report.counts.by_verdict.items() if number}
    assert dict(polars.DataFrame(files)["verdict"].cast(polars.String).value_counts().rows()) == expected
    assert dict(duckdb.sql("select verdict, count(*) from files group by verdict").fetchall()) == expected
    pandas_frames = [files.to_pandas()]
    if hasattr(pandas.DataFrame, "from_arrow"):
        pandas_frames.append(pandas.DataFrame.from_arrow(files))
    for frame in pandas_frames:
        assert frame["verdict"].value_counts().loc[lambda counts: counts > 0].to_dict() == expected
        assert str(frame["ingest_time"].dtype) == "datetime64[ns, UTC]"
        assert frame["ingest_time"].isna().sum() == 109 - 103
    assert files.to_pandas()["ingest_night"].dtype.kind == "M"  # no object a row
    assert files.to_polars().equals(polars.DataFrame(files))


def test_keeps_whole_numbers_whole_in_pandas_where_some_are_absent(stream):
    stream.ingest(stream.arrive("2020-05-01/AT_O_20200501_000001.fits"), "2020-05-01", 1)
    gone = stream.arrive("2020-05-01/AT_O_20200501_000002.fits")
    stream.ingest(gone, "2020-05-01", 2)
    gone.unlink()
    ingests = obsmon.observe_night(input_dir=stream.root, night="2020-05-01", grace=0).ingests.to_pandas()
    assert str(ingests["inode"].dtype) == "UInt64" and ingests["inode"].isna().sum() == 1
    inode = (stream.root / "storage/2020-05-01/AT_O_20200501_000001.fits").stat().st_ino
    assert inode in set(ingests["inode"].dropna())


def test_gives_a_new_stream_at_each_call(night_report):
    files = night_report.files
    assert pyarrow.table(files).equals(pyarrow.table(files))
    first, second = files.__arrow_c_stream__(), files.__arrow_c_stream__(requested_schema=None)
    assert first is not second
    assert "arrow_array_stream" in repr(first) and "arrow_schema" in repr(files.__arrow_c_schema__())


def test_copies_no_column_that_has_arrows_layout(night_report):
    transfers = night_report.transfers
    arrow = pyarrow.table(transfers)
    for name in ("size_bytes", "creation_time", "arrival_time"):
        address = numpy.asarray(transfers.buffer(name)).ctypes.data
        assert arrow.column(name).chunk(0).buffers()[1].address == address
    again = pyarrow.table(transfers)
    for name in transfers.column_names:
        mine, others = arrow.column(name).chunk(0).buffers(), again.column(name).chunk(0).buffers()
        assert [b and b.address for b in mine] == [b and b.address for b in others]


def test_outlives_the_report_it_is_of(sample):
    arrow = pyarrow.table(obsmon.observe_night(input_dir=sample, night="2020-05-01", grace=0).files)
    column = obsmon.observe_night(input_dir=sample, night="2020-05-01", grace=0).transfers.column("size_bytes")
    path = arrow.column("path").chunk(0)
    del arrow
    gc.collect()
    assert path[0].as_py().endswith("MC_C_20200501_000001_R22_S00.fits")
    assert column[0] == 31680


def test_leaks_no_stream_that_nobody_reads():
    script = """
import resource, sys, obsmon
report = obsmon.observe_night(input_dir=sys.argv[1], night="2020-05-01", grace=0)
def use():
    for _ in range(20_000):
        report.files.__arrow_c_stream__(); report.files.__arrow_c_schema__(); report.files.buffer("size_bytes")
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
use(); use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    examples = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "sample_night.py")
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, examples, folder], check=True)
        grown = subprocess.run([sys.executable, "-c", script, folder + "/comCam"], check=True, capture_output=True)
    assert int(grown.stdout) < 2_000  # kB; a leak of a schema alone would be 80,000


def test_has_numpy_columns(night_report):
    files = night_report.files
    assert files.column("creation_time").dtype == "datetime64[ns]"
    assert numpy.isnat(files.column("creation_time")[-1])
    assert files.column("creation_time")[0] == numpy.datetime64("2020-05-02T00:28:50")
    assert files.column("size_bytes").mask.sum() == 1
    assert files.column("in_storage").sum() == 108
    assert list(files.column("verdict")) == files.to_list("verdict")
    assert list(files.column("match")) == files.to_list("match")
    assert list(files.column("path")) == files.to_list("path")
    assert files.column("ingest_night")[0] == numpy.datetime64("2020-05-01")
    for name in files.column_names:
        assert files.column(name).shape == (109,)
        assert not files.column(name).flags.writeable
    with pytest.raises(KeyError, match="no column 'size', only path, path_bytes"):
        files.column("size")


def test_has_buffers_for_those_without_numpy(night_report):
    sizes = night_report.transfers.buffer("size_bytes")
    assert isinstance(sizes, memoryview) and sizes.readonly
    assert list(sizes) == night_report.transfers.to_list("size_bytes")
    assert night_report.transfers.nulls("size_bytes") is None
    assert list(night_report.files.nulls("size_bytes")) == [v is None for v in night_report.files.to_list("size_bytes")]
    codes, words = night_report.files.buffer("verdict"), night_report.files.words("verdict")
    assert [words[code] for code in codes] == night_report.files.to_list("verdict")
    with pytest.raises(TypeError, match="texts"):
        night_report.files.buffer("path")
    with pytest.raises(TypeError):
        sizes[0] = 1


def test_is_indexed_as_a_list_is(night_report):
    files = night_report.files
    assert files[-1] == files[108] == files.to_dicts()[-1]
    assert files[numpy.int64(3)] == files[3]
    assert files[2:5] == [files[2], files[3], files[4]]
    assert files[::-50] == [files[108], files[58], files[8]]
    assert files[500:] == []
    for index in (109, -110, 10**30):
        with pytest.raises(IndexError):
            files[index]
    for index in ("path", 1.0, None):
        with pytest.raises(TypeError):
            files[index]


def test_escapes_a_name_that_is_no_utf8_so_that_it_can_be_had_back(stream):
    for name in (STRANGE, b"2020-05-01/\xff", rb"2020-05-01/\xff", "2020-05-01/grüße\\n.fits".encode()):
        file = os.path.join(os.fsencode(stream.storage), name)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as out:
            out.truncate(20_000)
    report = obsmon.observe_night(input_dir=stream.root, night="2020-05-01", grace=0)
    for table in (report.files, report.transfers, report.needs_attention):
        pyarrow.table(table).validate(full=True)
        names = {row["path"]: row["path_bytes"] for row in table}
        assert names[r"2020-05-01/caf\xe9 \x5cxe9.fits"] == STRANGE
        if table is not report.needs_attention:
            assert names[r"2020-05-01/\xff"] == b"2020-05-01/\xff"
            assert names[r"2020-05-01/\x5cxff"] == rb"2020-05-01/\xff"
        assert names["2020-05-01/grüße\\n.fits"] is None
        for path, exact in names.items():
            assert obsmon.path_bytes(path) == (exact or path.encode())
            assert os.path.exists(os.path.join(os.fsencode(stream.storage), obsmon.path_bytes(path)))
    assert pyarrow.table(report.files)["path_bytes"].null_count == 1


def test_knows_nulls_of_the_registry(stream):
    stream.arrive_and_ingest(1)
    gone = stream.ingest(stream.storage / "2020-05-01" / "never", sequence=7)
    rows = obsmon.open_registry(stream.repo).read_night("2020-05-01").rows
    present, absent = rows.to_dicts()
    assert (present["artifact"], absent["artifact"]) == ("present", "gone")
    assert absent["size_bytes"] is absent["inode"] is absent["device"] is absent["file_time"] is None
    assert present["inode"] == (stream.storage / "2020-05-01" / "AT_O_20200501_000001.fits").stat().st_ino
    assert absent["night"] == obsmon.Night("2020-05-01")
    assert isinstance(present["ingest_time"], datetime.datetime)
    assert absent["path"].endswith(gone.name)


def test_keeps_nanoseconds_in_arrow(stream):
    file = stream.arrive("2020-05-01/a.fits")
    os.utime(file, ns=(1588378130123456789,) * 2)
    report = obsmon.observe_night(input_dir=stream.root, night="2020-05-01")
    assert pyarrow.table(report.files)["creation_time"][0].value == 1588378130123456789
    assert report.files[0]["creation_time"].microsecond == 123456


def test_says_which_package_is_missing(night_report, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="to_pandas.. needs the package pyarrow: pip install pyarrow"):
        night_report.files.to_pandas()
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError, match="column.. needs the package numpy"):
        night_report.files.column("size_bytes")
