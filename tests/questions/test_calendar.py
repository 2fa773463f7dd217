"""Ranges and periods by the calendars of zones, across changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import BadRequest
from headwater.questions import calendar
from headwater.questions.asking import Circumstances
from headwater.questions.calendar import Stretch
from headwater.questions.ranges import Between, Interval, from_words
from headwater.questions.sql.duckdb import DuckDB
from headwater.questions.sql.scan import period_number
from headwater.questions.sql.sqlite import SQLite
from headwater.questions.trend import Trend
from tests.questions.populations import Event, Population, in_duckdb, in_sqlite

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # changes by half an hour
    "America/Santiago",  # at midnight, in the south
    "Africa/Cairo",  # at midnight
    "Asia/Kathmandu",  # 5:45
    "Pacific/Apia",  # left out a whole day in 2011
    "Africa/Casablanca",  # changes for Ramadan
]


def at(text: str) -> int:
    """Answer the milliseconds of a time with an offset."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def stretch(words: str, zone: str, now: str) -> tuple[str, str]:
    """Answer a range in words at a moment, as the zone writes its two ends."""
    over = Trend.model_validate({"series": [{}], "over": from_words(words)}).over
    found = calendar.stretch_of(over, ZoneInfo(zone), at(now))
    return written(found.since, zone), written(found.until, zone)


def written(instant: int, zone: str) -> str:
    """Answer an instant as the zone writes it."""
    moment = datetime.fromtimestamp(instant / 1000, ZoneInfo(zone))
    return moment.isoformat(timespec="milliseconds" if instant % 1000 else "minutes")


# words, zone, now, since, until
RANGES = [
    # Berlin's clocks go forward on 29 March 2026 and back on 25 October.
    ("today", "Europe/Berlin", "2026-03-29T12:00+02:00", "2026-03-29T00:00+01:00", None),
    ("yesterday", "Europe/Berlin", "2026-03-30T12:00+02:00",
     "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00"),
    ("this week", "Europe/Berlin", "2026-03-29T23:00+02:00", "2026-03-23T00:00+01:00", None),
    ("last week", "Europe/Berlin", "2026-04-01T09:00+02:00",
     "2026-03-23T00:00+01:00", "2026-03-30T00:00+02:00"),
    ("last month", "Europe/Berlin", "2026-11-03T09:00+01:00",
     "2026-10-01T00:00+02:00", "2026-11-01T00:00+01:00"),
    ("this quarter", "Europe/Berlin", "2026-05-05T00:00+02:00", "2026-04-01T00:00+02:00", None),
    ("last quarter", "Europe/Berlin", "2026-05-05T00:00+02:00",
     "2026-01-01T00:00+01:00", "2026-04-01T00:00+02:00"),
    ("last year", "Europe/Berlin", "2026-05-05T00:00+02:00",
     "2025-01-01T00:00+01:00", "2026-01-01T00:00+01:00"),
    ("last 2 days", "Europe/Berlin", "2026-10-25T02:30+01:00", "2026-10-24T00:00+02:00", None),
    ("last 3 hours", "Europe/Berlin", "2026-03-29T04:10+02:00", "2026-03-29T03:00+02:00", None),
    ("last 12 months", "America/New_York", "2026-03-31T08:00-04:00",
     "2025-04-01T00:00-04:00", None),
    # It is still Sunday in New York when it is Monday in Berlin.
    ("this week", "America/New_York", "2026-03-30T02:00+02:00", "2026-03-23T00:00-04:00", None),
    ("this week", "Europe/Berlin", "2026-03-30T02:00+02:00", "2026-03-30T00:00+02:00", None),
    # Santiago's clocks go forward at midnight: 6 September 2026 begins at one.
    ("today", "America/Santiago", "2026-09-06T12:00-03:00", "2026-09-06T01:00-03:00", None),
    ("yesterday", "America/Santiago", "2026-09-07T12:00-03:00",
     "2026-09-06T01:00-03:00", "2026-09-07T00:00-03:00"),
    # And back at midnight: 4 April 2026 has its last hour twice.
    ("last week", "America/Santiago", "2026-04-08T12:00-04:00",
     "2026-03-30T00:00-03:00", "2026-04-06T00:00-04:00"),
    ("today", "Africa/Cairo", "2026-04-24T12:00+03:00", "2026-04-24T01:00+03:00", None),
    ("today", "Australia/Lord_Howe", "2026-10-04T12:00+11:00", "2026-10-04T00:00+10:30", None),
    ("2026-03-28..2026-03-29", "Europe/Berlin", "2026-05-01T00:00Z",
     "2026-03-28T00:00+01:00", "2026-03-30T00:00+02:00"),
    ("2026-03-29T02:30..2026-03-29T04:00", "Europe/Berlin", "2026-05-01T00:00Z",
     "2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"),
    ("2026-03-29T01:00Z..2026-03-29T02:00Z", "Europe/Berlin", "2026-05-01T00:00Z",
     "2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "zone", "now", "since", "until"),
    RANGES,
    ids=lambda one: str(one).replace("/", "-"),
)
def test_ranges_follow_the_zone(
    words: str, zone: str, now: str, since: str, until: str | None
) -> None:
    """Days, weeks and months begin with their first instant there; None is now, included."""
    assert stretch(words, zone, now) == (since, until or written(at(now) + 1, zone))


COMPARED = [
    ("today", "2026-03-30T12:00+02:00", "2026-03-29T00:00+01:00", "2026-03-29T12:00+02:00"),
    ("last month", "2026-04-10T12:00+02:00", "2026-02-01T00:00+01:00", "2026-03-01T00:00+01:00"),
    ("last 7 days", "2026-03-31T12:00+02:00", "2026-03-18T00:00+01:00", "2026-03-24T12:00+01:00"),
    ("this month", "2026-03-31T12:00+02:00", "2026-02-01T00:00+01:00", "2026-02-28T12:00+01:00"),
    ("2026-03-29..2026-03-31", "2026-05-01T00:00Z",
     "2026-03-26T00:00+01:00", "2026-03-29T00:00+01:00"),
    ("2026-03-29T12:00Z..2026-03-29T18:00Z", "2026-05-01T00:00Z",
     "2026-03-29T08:00+02:00", "2026-03-29T14:00+02:00"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "now", "since", "until"), COMPARED, ids=str)
def test_a_range_is_compared_with_the_one_before(
    words: str, now: str, since: str, until: str
) -> None:
    """As long by the calendar, up to the same time of day."""
    zone = ZoneInfo("Europe/Berlin")
    over = Trend.model_validate({"series": [{}], "over": from_words(words)}).over
    found = calendar.before(over, calendar.stretch_of(over, zone, at(now)), zone)

    assert written(found.since, zone.key) == since
    assert abs(found.until - at(until)) <= 1  # now itself counts


def test_the_year_before_has_the_same_days() -> None:
    """29 February is compared with the 28th."""
    zone = ZoneInfo("Europe/Berlin")
    found = calendar.year_before(
        Stretch(at("2028-02-29T00:00+01:00"), at("2028-03-30T00:00+02:00")), zone
    )

    assert written(found.since, zone.key) == "2027-02-28T00:00+01:00"
    assert written(found.until, zone.key) == "2027-03-30T00:00+02:00"


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"since": "2026-03-02", "until": "2026-03-01"}, "ends at 2026-03-01, before it begins"),
        ({"since": "2999-01-01"}, "ends at now, before it begins"),
        ({"last": 10_000, "unit": "year"}, "out of the calendar"),
    ],
)
def test_ranges_that_cannot_be_are_told(over: dict[str, Any], told: str) -> None:
    """As bad requests."""
    read = Trend.model_validate({"series": [{}], "over": over}).over

    with pytest.raises(BadRequest, match=told):
        calendar.stretch_of(read, ZoneInfo("UTC"), at("2026-04-01T00:00Z"))


def test_too_many_periods_are_refused() -> None:
    """Ten thousand hours are more than a year."""
    with pytest.raises(BadRequest, match="more than 10,000"):
        calendar.periods_of(Stretch(0, 10_001 * calendar.HOUR), "hour", ZoneInfo("UTC"))


def test_periods_have_names() -> None:
    """Days by their date; hours by their first instant, of which one is there twice."""
    zone = ZoneInfo("Europe/Berlin")
    night = Stretch(at("2026-10-25T01:30+02:00"), at("2026-10-25T04:00+01:00"))

    assert calendar.periods_of(night, "hour", zone).names == (
        "2026-10-25T01:00:00+02:00",
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    )
    assert calendar.periods_of(night, "day", zone).names == ("2026-10-25",)
    assert calendar.periods_of(night, "week", zone).names == ("2026-10-19",)
    assert calendar.periods_of(night, "quarter", zone).names == ("2026-10-01",)


FIRSTS = (datetime.fromisoformat("2011-12-01"), datetime.fromisoformat("2027-01-01"))


def of_clock(instant: int, zone: str, interval: Interval) -> date:
    """Answer the first day of the period that an instant is in, by the date there."""
    day = datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)).date()
    if interval == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}
    return day if interval == "day" else day.replace(month=month[interval], day=1)


@settings(max_examples=25, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    interval=st.sampled_from(["day", "week", "month", "quarter", "year"]),
    first=st.datetimes(*FIRSTS),
    days=st.integers(1, 800),
    places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=20),
)
def test_sql_numbers_periods_as_the_calendar_does(
    zone: str, interval: Interval, first: datetime, days: int, places: list[float]
) -> None:
    """An event's period is that of its date in the zone, in both dialects."""
    since = int(first.replace(tzinfo=UTC).timestamp() * 1000)
    asked = Stretch(since, since + days * calendar.DAY)
    periods = calendar.periods_of(asked, interval, ZoneInfo(zone))
    times = sorted({asked.since + int(place * (asked.until - asked.since)) for place in places})
    population = Population([Event("p", f"m{number}", at) for number, at in enumerate(times)])
    expected = [of_clock(at, zone, interval).isoformat() for at in times]
    for dialect, databases in (
        (DuckDB(), [in_duckdb(population)]),
        (SQLite(), in_sqlite(population)),
    ):
        number = period_number(periods, Circumstances(dialect, 0))
        (database,) = databases
        rows = database.execute(f"SELECT {number} FROM events ORDER BY timestamp").fetchall()
        assert [periods.names[row[0]] for row in rows] == expected
        database.close()
    assert list(periods.starts) == sorted(periods.starts)


def test_a_day_without_an_until_goes_on_until_now() -> None:
    """And compared, it is as many days before."""
    over = Between(since="2026-03-30")
    zone, now = ZoneInfo("UTC"), at("2026-04-01T06:00Z")
    found = calendar.stretch_of(over, zone, now)

    assert found == Stretch(at("2026-03-30T00:00Z"), now + 1)
    assert calendar.before(over, found, zone) == Stretch(
        at("2026-03-27T00:00Z"), at("2026-03-29T06:00Z") + 1
    )
