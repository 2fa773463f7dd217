"""Days, weeks and months of time zones, over changes of their clocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headwater.audiences.calendar import beginning, number_of, zone_of
from headwater.audiences.comparing import question
from headwater.audiences.conditions import Between, Calendar, Unit
from headwater.audiences.periods import instant
from headwater.audiences.windows import bounds, calendar_bounds


def at(text: str) -> int:
    """Answer a written time in milliseconds."""
    return instant(text, ZoneInfo("UTC"))


# zone, now, unit, how many before, since, until: written out by hand from the zones' rules
TABLE: list[tuple[str, str, Unit, int, str, str]] = [
    ("UTC", "2026-03-29T12:00Z", "day", 0, "2026-03-29T00:00Z", "2026-03-30T00:00Z"),
    # Berlin: 23 hours on 29 March, 25 on 25 October
    ("Europe/Berlin", "2026-03-29T12:00Z", "day", 0, "2026-03-28T23:00Z", "2026-03-29T22:00Z"),
    ("Europe/Berlin", "2026-10-25T12:00Z", "day", 0, "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
    ("Europe/Berlin", "2026-10-26T00:30Z", "day", 1, "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
    ("Europe/Berlin", "2026-03-29T12:00Z", "week", 0, "2026-03-22T23:00Z", "2026-03-29T22:00Z"),
    ("Europe/Berlin", "2026-11-03T12:00Z", "month", 1, "2026-09-30T22:00Z", "2026-10-31T23:00Z"),
    ("Europe/Berlin", "2026-11-03T12:00Z", "quarter", 1, "2026-06-30T22:00Z", "2026-09-30T22:00Z"),
    ("Europe/Berlin", "2026-12-31T23:30Z", "year", 0, "2026-12-31T23:00Z", "2027-12-31T23:00Z"),
    # New York: 8 March and 1 November
    ("America/New_York", "2026-03-08T12:00Z", "day", 0, "2026-03-08T05:00Z", "2026-03-09T04:00Z"),
    ("America/New_York", "2026-11-01T12:00Z", "day", 0, "2026-11-01T04:00Z", "2026-11-02T05:00Z"),
    ("America/New_York", "2026-11-03T00:00Z", "week", 1, "2026-10-26T04:00Z", "2026-11-02T05:00Z"),
    # Santiago's clocks go on at midnight: 6 September 2026 begins at one
    ("America/Santiago", "2026-09-06T12:00Z", "day", 0, "2026-09-06T04:00Z", "2026-09-07T03:00Z"),
    # Lord Howe moves by half an hour
    (
        "Australia/Lord_Howe",
        "2026-04-05T00:00Z",
        "day",
        0,
        "2026-04-04T13:00Z",
        "2026-04-05T13:30Z",
    ),
    (
        "Australia/Lord_Howe",
        "2026-10-04T01:00Z",
        "day",
        0,
        "2026-10-03T13:30Z",
        "2026-10-04T13:00Z",
    ),
    (
        "Australia/Lord_Howe",
        "2026-04-20T00:00Z",
        "month",
        0,
        "2026-03-31T13:00Z",
        "2026-04-30T13:30Z",
    ),
    # and Santiago's go back at midnight: 4 April 2026 has 25 hours
    ("America/Santiago", "2026-04-04T12:00Z", "day", 0, "2026-04-04T03:00Z", "2026-04-05T04:00Z"),
    ("America/Santiago", "2026-04-08T12:00Z", "week", 1, "2026-03-30T03:00Z", "2026-04-06T04:00Z"),
    # Cairo's go on at midnight, Casablanca's stand back for Ramadan
    ("Africa/Cairo", "2026-04-24T12:00Z", "day", 0, "2026-04-23T22:00Z", "2026-04-24T21:00Z"),
    (
        "Africa/Casablanca",
        "2026-03-10T12:00Z",
        "month",
        0,
        "2026-03-01T00:00Z",
        "2026-03-31T23:00Z",
    ),
    ("Asia/Kathmandu", "2026-01-01T00:00Z", "day", 0, "2025-12-31T18:15Z", "2026-01-01T18:15Z"),
    # Samoa left out 30 December 2011
    ("Pacific/Apia", "2011-12-31T00:00Z", "day", 0, "2011-12-30T10:00Z", "2011-12-31T10:00Z"),
]


@pytest.mark.parametrize("row", range(len(TABLE)))
def test_units_begin_and_end_at_local_midnight(row: int) -> None:
    """Whatever the clocks do that day."""
    zone, now, unit, ago, since, until = TABLE[row]

    assert calendar_bounds(Calendar(unit, ago), at(now), zone) == (at(since), at(until))


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
)
def test_every_quarter_of_an_hour_is_in_its_local_day(zone: str) -> None:
    """Two years of quarters of hours, against the zone itself."""
    moment = datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))
    for _ in range(366 * 24 * 4):
        moment += timedelta(minutes=15)
        milliseconds = round(moment.timestamp() * 1000)
        day = number_of("day", milliseconds + 899_999, zone)
        assert day == moment.astimezone(ZoneInfo(zone)).toordinal()
        if moment.hour % 8 == 0:
            assert beginning("day", day, zone) <= milliseconds < beginning("day", day + 1, zone)


def test_a_day_that_clocks_go_back_into_goes_on() -> None:
    """St. John's went from 0:01 on 7 November 2010 back to 23:01 on the 6th."""
    sixth = date(2010, 11, 6).toordinal()
    days = [
        number_of("day", at(f"2010-11-07T{time}Z"), "America/St_Johns") - sixth
        for time in ("02:29:59", "02:30:00", "02:30:59", "02:31:00", "03:29:59", "03:30:00")
    ]

    assert days == [0, 1, 1, 0, 0, 1]


def test_a_date_as_an_end_includes_its_day() -> None:
    """Also the one of 25 hours."""
    window = Between("2026-10-25", "2026-10-25")

    since, until = bounds(window, "Europe/Berlin")

    assert (since, until) == (at("2026-10-24T22:00Z"), at("2026-10-25T23:00Z"))


def test_a_trait_in_a_period_flips_at_local_midnight() -> None:
    """`today` begins and ends where the day does."""
    ask = question("in_period", "today", "Europe/Berlin")
    trait = "2026-10-25T15:00:00+01:00"

    assert ask(trait, at("2026-10-24T21:59:59Z")) == (False, at("2026-10-24T22:00Z"))
    assert ask(trait, at("2026-10-24T22:00Z")) == (True, at("2026-10-25T23:00Z"))
    assert ask(trait, at("2026-10-25T23:00Z")) == (False, None)


def test_an_unknown_zone_is_told() -> None:
    """With how to name one."""
    with pytest.raises(ValueError, match="'Mars/Phobos' is no time zone"):
        zone_of("Mars/Phobos")
