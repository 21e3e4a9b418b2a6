"""Bad arguments get the error that a Python user expects, and nothing ends the interpreter."""
import datetime
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import obsmon
import support


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="the storage folder can't be read"):
        obsmon.observe_night(input_dir=tmp_path / "nowhere", night="2020-05-01")
    with pytest.raises(FileNotFoundError):
        obsmon.scan_transfers(tmp_path / "nowhere", "2020-05-01")
    with pytest.raises(FileNotFoundError):
        obsmon.open_registry(tmp_path)
    with pytest.raises(FileNotFoundError):
        obsmon.read_history(tmp_path)


def test_a_folder_without_permission(stream):
    stream.arrive_and_ingest(1)
    stream.storage.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(support.NOBODY)  # root may read everything
    try:
        with pytest.raises(PermissionError, match="Permission denied"):
            obsmon.scan_transfers(stream.storage, "2020-05-01")
    finally:
        os.seteuid(user)
        stream.storage.chmod(0o755)


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "storage").touch()
    with pytest.raises((obsmon.Error, NotADirectoryError, FileNotFoundError)):
        obsmon.scan_transfers(tmp_path / "storage", "2020-05-01")


def test_a_registry_that_is_damaged(stream):
    stream.registry.write_bytes(b"no database at all" * 1000)
    with pytest.raises(obsmon.Error, match="registry.sqlite3"):
        obsmon.open_registry(stream.repo).read_night("2020-05-01")


def test_a_registry_that_is_busy(stream):
    import sqlite3

    writer = sqlite3.connect(stream.registry, isolation_level=None)
    writer.execute("begin exclusive")
    with pytest.raises(obsmon.RegistryBusyError, match="being written"):
        obsmon.open_registry(stream.repo, busy_timeout=0).read_night("2020-05-01")
    writer.close()
    assert issubclass(obsmon.RegistryBusyError, obsmon.Error)
    assert len(obsmon.open_registry(stream.repo).read_night("2020-05-01").rows) == 0


@pytest.mark.parametrize("arguments, error, words", [
    ({"night": "2020-05-01"}, TypeError, "no input"),
    ({"night": "2020-05-01", "storage": "s"}, TypeError, "no input"),
    ({"night": "2020-02-30"}, ValueError, "2020-02-30"),
    ({"night": None}, TypeError, "a night is"),
    ({"input_dir": 3}, TypeError, "expected str, bytes or os.PathLike"),
    ({"input_dir": "a\0b"}, ValueError, "input_dir: embedded null byte"),
    ({"input_dir": ""}, ValueError, "input_dir"),
    ({"grace": "3 weeks"}, ValueError, "grace: '3 weeks' is no span of time"),
    ({"grace": -1}, ValueError, "grace"),
    ({"grace": 1.5}, TypeError, "grace is an int"),
    ({"grace": datetime.timedelta(milliseconds=1)}, ValueError, "whole number of seconds"),
    ({"num_threads": -1}, ValueError, "threads"),
    ({"num_threads": True}, TypeError, "num_threads is an int, not bool"),
    ({"num_threads": "2"}, TypeError, "num_threads is an int, not str"),
    ({"num_threads": 1025}, ValueError, "^num_threads: '1025' threads"),
    ({"generation": 4}, ValueError, "^generation: '4' is no generation"),
    ({"generation": 3, "search_links": True}, ValueError, "search_links goes by folders of links"),
    ({"registry": {"foo": "x"}}, ValueError, "^registry has no 'foo', only sql, query, events, prefix"),
    ({"registry": {"query": "SELECT {night}"}}, ValueError, "registry_query is given without registry_sql"),
    ({"expected": {"events": "x"}}, ValueError, "^expected has no 'events', only sql, query$"),
    ({"ignore": [{}]}, ValueError, "^ignore: a rule must name what it ignores"),
    ({"ignore": [{"pattern": "*.fits", "reason": None}]}, TypeError, "^ignore: a rule maps str to str, not NoneType"),
    ({"ignore": [{"pattern": "*.fits", "reason": ""}]}, ValueError, "^ignore: "),
    ({"ignore": ["*.fits"]}, TypeError, "^ignore: a rule is a mapping, not str"),
    ({"detector_names": {"R00_S00": None}}, TypeError, "^detector_names maps str to str, not NoneType"),
    ({"detector_names": "R00_S00=RXX_S00"}, TypeError, "^detector_names is a mapping, not str"),
    ({"search_links": 1}, TypeError, "search_links is a bool"),
    ({"compare_checksums": "yes"}, TypeError, "compare_checksums is a bool"),
    ({"name": b"x"}, TypeError, "name is a str"),
    ({"as_of": "now"}, TypeError, "datetime"),
    ({"as_of": datetime.datetime(2020, 5, 1)}, ValueError, "time zone"),
    ({"progress": "yes"}, TypeError, "progress is True, False or a callable"),
    ({"depth": 3}, TypeError, "depth"),
])
def test_arguments_that_make_no_sense(sample, arguments, error, words):
    whole = {"night": "2020-05-01", "input_dir": sample, **arguments}
    if words == "no input":
        whole = arguments
    with pytest.raises(error, match=words):
        obsmon.observe_night(**whole)


def test_days_that_contradict_each_other(sample, tmp_path):
    with pytest.raises(ValueError, match="after last day"):
        obsmon.update(input_dir=sample, output_dir=tmp_path / "out", first_day="2020-05-02", last_day="2020-05-01")
    with pytest.raises(ValueError, match="num_days"):
        obsmon.update(input_dir=sample, output_dir=tmp_path / "out", num_days=0)
    with pytest.raises(TypeError):
        obsmon.update(input_dir=sample, num_days=2)
    with pytest.raises(TypeError, match="no output: give output_dir"):
        obsmon.update(input_dir=sample, output_dir=None)
    with pytest.raises(TypeError, match="list of folders"):
        obsmon.update_summary(tmp_path, "auxTel")
    assert not (tmp_path / "out").exists()


def test_words_that_are_none():
    with pytest.raises(ValueError, match="no verdict 'lost'"):
        obsmon.verdict_meaning("lost")
    with pytest.raises(TypeError):
        obsmon.verdict_meaning(3)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.dates(), st.datetimes(),
    st.datetimes(timezones=st.timezones()), st.timedeltas(), st.lists(st.integers(), max_size=2),
    st.sampled_from([object(), print, obsmon.Night("2020-05-01"), obsmon.Night, "2020-05-01", 20200501, "5min", b"\xff"]))
SPARSE = st.fixed_dictionaries({}, optional={
    name: ANYTHING for name in (
        "night", "input_dir", "storage", "repo", "name", "generation", "search_links", "grace", "busy_timeout",
        "num_threads", "as_of", "progress")})
EXPECTED = (TypeError, ValueError, OverflowError, OSError, obsmon.Error)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SPARSE)
def test_any_arguments_to_observe_night(sample, arguments):
    whole = {"night": "2020-05-01", "input_dir": str(sample), "busy_timeout": 0, **arguments}
    try:
        report = obsmon.observe_night(**whole)
    except EXPECTED as error:
        assert str(error)
    else:
        assert report.counts.files == len(report.files)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_arguments_to_everything_else(night_report, sample, data):
    anything = lambda: data.draw(ANYTHING)  # noqa: E731
    files = night_report.files
    calls = [
        lambda: obsmon.Night(anything()), lambda: obsmon.Night("2020-05-01") + anything(),
        lambda: obsmon.Night("2020-05-01") - anything(), lambda: anything() - obsmon.Night("2020-05-01"),
        lambda: obsmon.Night("2020-05-01") < anything(), lambda: obsmon.Night("2020-05-01") == anything(),
        lambda: obsmon.Night.containing(anything()), lambda: files[anything()], lambda: files.column(anything()),
        lambda: files.buffer(anything()), lambda: files.nulls(anything()), lambda: files.words(anything()),
        lambda: files.to_list(anything()), lambda: files.__arrow_c_stream__(anything()),
        lambda: obsmon.scan_transfers(anything(), anything()), lambda: obsmon.open_registry(anything()),
        lambda: obsmon.open_registry(sample / "gen2repo").read_night(anything(), anything()),
        lambda: obsmon.match_night(anything(), anything()), lambda: obsmon.verdict_meaning(anything()),
        lambda: night_report.counts[anything()], lambda: obsmon.read_history(anything()),
        lambda: obsmon.path_bytes(anything()),
    ]
    try:
        data.draw(st.sampled_from(calls))()
    except (*EXPECTED, KeyError, IndexError, BufferError, AttributeError) as error:
        assert str(error)


def test_a_name_that_is_no_utf8_is_quoted_all_the_same(night_report):
    with pytest.raises(KeyError, match=r"there is no column '\\+x80', only path"):
        night_report.files.buffer(b"\x80")
    with pytest.raises(ValueError, match=r"there is no verdict '\\x80'"):
        obsmon.verdict_meaning(b"\x80")


@pytest.mark.parametrize("kind", ["Table", "NightReport", "NightCounts", "Registry", "TransferScan", "NightMatch"])
def test_what_only_obsmon_makes_can_not_be_made(kind):
    made = getattr(obsmon, kind)
    for make in (made, lambda: made.__new__(made), type("Own", (made,), {})):
        with pytest.raises(TypeError, match="obsmon alone makes objects"):
            make()
