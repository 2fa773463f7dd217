"""Retention, stickiness and lifecycle against sets of periods, in both dialects."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import BadRequest
from tests.questions.populations import DAY, NOW, WAYS, Event, Population, answered, populations

ZONES = ["UTC", "Europe/Berlin", "America/New_York"]
INTERVALS = ["day", "week", "month"]


def day_of(at: int, zone: str) -> date:
    """Answer the date in a zone."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).date()


def period_of(day: date, interval: str) -> date:
    """Answer the first day of a day's period."""
    if interval == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


def moved(day: date, interval: str, count: int) -> date:
    """Answer the first day of the period so many later."""
    if interval == "month":
        number = day.year * 12 + day.month - 1 + count
        return date(number // 12, number % 12 + 1, 1)
    return day + timedelta(days=count * (7 if interval == "week" else 1))


def did(population: Population, name: str) -> list[Event]:
    """Answer the events of a name that count."""
    return [
        one
        for one in population.events
        if one.name == name and one.type == "track" and not one.is_bot
    ]


@settings(max_examples=25, deadline=None)
@given(
    population=populations(days=45),
    zone=st.sampled_from(ZONES),
    interval=st.sampled_from(INTERVALS),
    periods=st.integers(1, 4),
    back=st.sampled_from(["A", "B", None]),
    first_time=st.booleans(),
    breakdown=st.booleans(),
)
def test_retention_is_who_is_in_both_periods(
    population: Population,
    zone: str,
    interval: str,
    periods: int,
    back: str | None,
    *,
    first_time: bool,
    breakdown: bool,
) -> None:
    """Those who did A in a period of the range, and A, B or anything so many periods later."""
    question = {
        "question": "retention",
        "start": "A",
        "back": back or {"call": "any"},
        "interval": interval,
        "periods": periods,
        "first_time": first_time,
        "over": "2026-03-05..2026-04-01",
        **({"breakdown": {"by": "trait", "name": "country"}} if breakdown else {}),
    }
    since, until = date(2026, 3, 5), date(2026, 4, 1)
    starts: dict[str, set[date]] = {}
    for one in sorted(did(population, "A"), key=lambda one: one.timestamp):
        day = day_of(one.timestamp, zone)
        known = starts.setdefault(one.person, set())
        if first_time and known:
            continue
        known.add(period_of(day, interval) if since <= day <= until else date.min)
    backs = {
        (one.person, period_of(day_of(one.timestamp, zone), interval))
        for one in population.events
        if not one.is_bot and (back is None or (one.name == back and one.type == "track"))
    }
    present = period_of(day_of(NOW, zone), interval)
    for way in WAYS:
        for row in answered(question, population, way, zone=zone).rows:
            value, *cells = row if breakdown else (None, *row)
            cohort = date.fromisoformat(str(cells[0]))
            people = {
                person
                for person, known in starts.items()
                if cohort in known
                and value in {None, population.traits.get(person, {}).get("country") or "(none)"}
            }
            assert cells[1] == len(people), (way, row)
            for number, count in enumerate(cells[2:]):
                period = moved(cohort, interval, number)
                came = sum((person, period) in backs for person in people)
                assert count == (None if period > present else came), (way, row, number)


@settings(max_examples=25, deadline=None)
@given(
    population=populations(days=40),
    zone=st.sampled_from(ZONES),
    interval=st.sampled_from(INTERVALS),
)
def test_stickiness_counts_different_periods(
    population: Population, zone: str, interval: str
) -> None:
    """How many people did it in exactly so many."""
    question = {
        "question": "stickiness",
        "events": "A",
        "interval": interval,
        "over": "2026-03-01..2026-03-31",
    }
    periods: dict[str, set[date]] = {}
    for one in did(population, "A"):
        day = day_of(one.timestamp, zone)
        if date(2026, 3, 1) <= day <= date(2026, 3, 31):
            periods.setdefault(one.person, set()).add(period_of(day, interval))
    counts = [len(one) for one in periods.values()]
    for way in WAYS:
        rows = answered(question, population, way, zone=zone).rows
        assert [row[0] for row in rows] == list(range(1, max(counts, default=0) + 1))
        for active, people, _, more in rows:
            assert people == counts.count(int(active or 0)), way
            assert more == sum(one >= int(active or 0) for one in counts), way


@settings(max_examples=25, deadline=None)
@given(
    population=populations(days=60),
    zone=st.sampled_from(ZONES),
    interval=st.sampled_from(INTERVALS),
)
def test_lifecycle_tells_people_by_their_past(
    population: Population, zone: str, interval: str
) -> None:
    """New, there in the period before, there at some time before, or no longer there."""
    question = {
        "question": "lifecycle",
        "events": "A",
        "interval": interval,
        "over": "2026-03-10..2026-04-01",
    }
    periods: dict[str, set[date]] = {}
    for one in did(population, "A"):
        if (day := day_of(one.timestamp, zone)) <= date(2026, 4, 1):
            periods.setdefault(one.person, set()).add(period_of(day, interval))
    for way in WAYS:
        for row in answered(question, population, way, zone=zone).rows:
            period = date.fromisoformat(str(row[0]))
            before = moved(period, interval, -1)
            kinds = {"new": 0, "returning": 0, "resurrected": 0, "dormant": 0}
            for known in periods.values():
                if period in known:
                    earlier = min(known) < period
                    kind = "returning" if before in known else "resurrected"
                    kinds[kind if earlier else "new"] += 1
                elif before in known:
                    kinds["dormant"] += 1
            assert list(row[1:]) == list(kinds.values()), (way, row)


@pytest.mark.parametrize("way", WAYS)
def test_many_periods_have_room(way: Any) -> None:
    """A hundred days of cohorts and a hundred after them are more than one number has bits."""
    times = [NOW - 190 * DAY, NOW - 130 * DAY, NOW - 91 * DAY, NOW - 90 * DAY]
    events = [Event("p", f"m{number}", at) for number, at in enumerate(times)]
    question = {
        "question": "retention",
        "start": "A",
        "interval": "day",
        "periods": 100,
        "over": {"since": "2025-09-24", "until": "2025-12-31"},
    }

    rows = answered(question, Population(events), way).rows
    first = next(row for row in rows if row[1] == 1)

    assert first[0] == "2025-09-24"
    assert [at for at, cell in enumerate(first[2:]) if cell] == [0, 60, 99, 100]


def test_retention_is_of_people() -> None:
    """A property of events may differ from period to period."""
    question = {"question": "retention", "breakdown": {"by": "event"}}

    with pytest.raises(BadRequest, match="told apart by a trait or an audience"):
        answered(question, Population(), "duckdb")
