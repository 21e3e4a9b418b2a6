import copy
import datetime
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsmon import Night


def test_is_made_from_what_people_and_folders_write():
    night = Night("2020-05-01")
    assert night == Night("20200501") == Night(20200501) == Night(datetime.date(2020, 5, 1)) == Night(night)


@pytest.mark.parametrize("text", ["", "2020-02-30", "202005011", "2020-5-1", " 20200501", "tonight", "2020-05-01\0", "\udcff"])
def test_refuses_what_is_no_day_with_a_sentence(text):
    with pytest.raises(ValueError, match="no night|not a day|calendar|YYYY"):
        Night(text)


@pytest.mark.parametrize("value", [None, True, 20200501.0, b"20200501", [], datetime.datetime(2020, 5, 1)])
def test_refuses_values_of_other_types(value):
    with pytest.raises(TypeError, match="a night is a Night, a str"):
        Night(value)


def test_says_how_an_instant_becomes_a_night():
    noon = datetime.datetime(2020, 5, 2, 12, tzinfo=datetime.timezone.utc)
    assert Night.containing(noon) == Night("2020-05-02")
    assert Night.containing(noon - datetime.timedelta(microseconds=1)) == Night("2020-05-01")
    with pytest.raises(TypeError, match=r"Night\.containing"):
        Night(noon)
    with pytest.raises(ValueError, match="time zone"):
        Night.containing(datetime.datetime(2020, 5, 2))
    with pytest.raises(ValueError, match="1824"):
        Night.containing(datetime.datetime(1500, 1, 1, tzinfo=datetime.timezone.utc))


def test_follows_other_rules():
    taiday = datetime.datetime(2020, 2, 29, 11, 59, 23, tzinfo=datetime.timezone.utc)
    assert Night.containing(taiday) == Night("2020-02-28")
    assert Night.containing(taiday, scale="tai") == Night("2020-02-29")
    assert Night.containing(taiday - datetime.timedelta(seconds=1), scale="tai") == Night("2020-02-28")
    assert Night.containing(taiday, offset=datetime.timedelta(0)) == Night("2020-02-29")
    assert Night.containing(taiday, offset=-datetime.timedelta(hours=13)) == Night("2020-03-01")
    with pytest.raises(ValueError, match="whole minutes"):
        Night.containing(taiday, offset=datetime.timedelta(seconds=1))
    with pytest.raises(ValueError, match="'utc' or 'tai'"):
        Night.containing(taiday, scale="ut1")
    with pytest.raises(TypeError, match="timedelta"):
        Night.containing(taiday, offset="12h")  # type: ignore[arg-type]


def test_takes_times_of_any_zone():
    chile = datetime.timezone(datetime.timedelta(hours=-4))
    assert Night.containing(datetime.datetime(2020, 5, 2, 7, 59, tzinfo=chile)) == Night("2020-05-01")
    assert Night.containing(datetime.datetime(2020, 5, 2, 8, 0, tzinfo=chile)) == Night("2020-05-02")


def test_names_itself():
    night = Night("20200501")
    assert (str(night), repr(night), night.compact, night.yyyymmdd) == (
        "2020-05-01", "Night('2020-05-01')", "20200501", 20200501)
    assert night.date == datetime.date(2020, 5, 1)


def test_can_not_leave_the_calendar():
    with pytest.raises(OverflowError):
        Night("9999-12-31") + 1
    with pytest.raises((OverflowError, TypeError)):
        Night("2020-05-01") + 10**30
    with pytest.raises((OverflowError, TypeError)):
        Night("2020-05-01") - 2**63
    with pytest.raises(OverflowError):
        Night("2020-05-01") - 2**62


def test_is_a_value():
    night = Night("2020-05-01")
    assert pickle.loads(pickle.dumps(night)) == copy.deepcopy(night) == copy.copy(night) == night
    assert {night: 1}[Night(20200501)] == 1
    assert night != "2020-05-01"
    with pytest.raises(TypeError):
        night < "2020-05-02"


def test_is_whole_however_it_is_made():
    with pytest.raises(TypeError):
        Night.__new__(Night)
    with pytest.raises(ValueError, match="2020-02-30"):
        Night.__new__(Night, "2020-02-30")
    assert Night.__new__(Night, "2020-05-01") == Night("2020-05-01")

    class Own(Night):
        pass

    assert Own("2020-05-01") == Night("2020-05-01") and type(pickle.loads(pickle.dumps(Night(20200501)))) is Night
    with pytest.raises(TypeError):
        Own.__new__(Own)


@given(st.dates(), st.integers(-3000, 3000))
def test_counts_as_dates_do(date, nights):
    try:
        expected = date + datetime.timedelta(days=nights)
    except OverflowError:
        with pytest.raises(OverflowError):
            Night(date) + nights
        return
    assert (Night(date) + nights).date == (nights + Night(date)).date == expected
    assert Night(expected) - Night(date) == nights
    assert Night(expected) - nights == Night(date)
    assert (Night(date) < Night(expected)) == (date < expected)
    assert Night(str(Night(date))) == Night(Night(date).compact) == Night(date)
