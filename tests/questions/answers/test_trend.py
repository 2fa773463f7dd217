"""Trends against pandas, on random populations, in both dialects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import BadRequest
from tests.questions.populations import (
    DAY,
    NOW,
    WAYS,
    Event,
    Population,
    Way,
    answered,
    populations,
)

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
MEASURES = [
    "count", "people", "per_person", "distinct",
    "sum", "average", "min", "max", "median", "percentile",
]  # fmt: skip


def frame(population: Population, zone: str, interval: str) -> pd.DataFrame:
    """Answer the events that count, with what a trend looks at."""
    rows = [
        {
            "person": one.person,
            "time": one.timestamp,
            "period": _period(one.timestamp, zone, interval),
            "name": one.name,
            "plan": _label(one.properties.get("plan")),
            "country": _label(population.traits.get(one.person, {}).get("country")),
            "member": "member" if ("vip", one.person) in population.members else "not a member",
            "total": _number(one.properties.get("total")),
            "total text": _label(one.properties.get("total"), none=None),
        }
        for one in population.events
        if one.type == "track" and not one.is_bot
    ]
    columns = ["person", "time", "period", "name", "plan", "country", "member", "total"]
    return pd.DataFrame(rows, columns=[*columns, "total text"])


def _period(at: int, zone: str, interval: str) -> str:
    clock = pd.Timestamp(at, unit="ms", tz="UTC").tz_convert(zone).tz_localize(None)
    code = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}[interval]
    return str(clock.to_period(code).start_time.date().isoformat())


def _label(value: Any, none: str | None = "(none)") -> str | None:
    if value is None:
        return none
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else np.nan


def measured(events: pd.DataFrame, measure: str) -> Any:
    """Answer a measure of some events, as pandas has it."""
    numbers = events["total"].dropna()
    people = events["person"].nunique()
    functions: dict[str, Any] = {
        "count": lambda: len(events),
        "people": lambda: people,
        "per_person": lambda: len(events) / people if people else 0,
        "distinct": events["total text"].nunique,
        "sum": numbers.sum,
        "average": lambda: numbers.mean() if len(numbers) else None,
        "min": lambda: numbers.min() if len(numbers) else None,
        "max": lambda: numbers.max() if len(numbers) else None,
        "median": lambda: numbers.median() if len(numbers) else None,
        "percentile": lambda: np.percentile(numbers, 90) if len(numbers) else None,
    }
    value = functions[measure]()
    return None if value is None else pytest.approx(float(value), abs=1e-6)


def series(measure: str) -> dict[str, Any]:
    """Answer the JSON of one line."""
    of = {} if measure in {"count", "people", "per_person"} else {"property": "properties.total"}
    share = {"percentile": 90} if measure == "percentile" else {}
    return {"events": "A", "measure": measure, **of, **share}


@settings(max_examples=25, deadline=None)
@given(
    population=populations(days=40),
    zone=st.sampled_from(ZONES),
    interval=st.sampled_from(["day", "week", "month", "quarter", "year"]),
    measures=st.lists(st.sampled_from(MEASURES), min_size=1, max_size=3),
    limit=st.integers(1, 6),
    breakdown=st.sampled_from(["plan", "country", "member", None]),
)
def test_a_trend_is_what_pandas_counts(
    population: Population,
    zone: str,
    interval: str,
    measures: list[str],
    limit: int,
    breakdown: str | None,
) -> None:
    """Every measure, by every interval and breakdown, whichever way it is asked."""
    by: dict[str, Any] = {
        "plan": {"by": "property", "name": "properties.plan"},
        "country": {"by": "trait", "name": "country"},
        "member": {"by": "audience", "name": "vip"},
    }
    question = {
        "question": "trend",
        "series": [series(one) for one in measures],
        "over": "2026-02-20..2026-04-01",
        "interval": interval,
        **({"breakdown": {**by[breakdown], "limit": limit}} if breakdown else {}),
    }
    events = frame(population, zone, interval)
    begin = pd.Timestamp("2026-02-20", tz=zone).timestamp() * 1000
    end = pd.Timestamp("2026-04-02", tz=zone).timestamp() * 1000
    events = events[(events["time"] >= begin) & (events["time"] < end) & (events["name"] == "A")]
    if breakdown:
        weights = events.groupby(breakdown)["total"].agg(["size", "sum"])
        weight = "sum" if measures[0] == "sum" else "size"
        ranked = weights.sort_index().sort_values(weight, ascending=False, kind="stable")
        shown = list(ranked.index[:limit])
        events[breakdown] = events[breakdown].where(events[breakdown].isin(shown), "(other)")
        values = [*shown, *(["(other)"] if len(ranked) > limit else [])]
    for way in WAYS:
        table = answered(question, population, way, zone=zone)
        assert table.exact
        for row in table.rows:
            of_row = events[events["period"] == row[0]]
            cells = row[1:]
            if breakdown:
                of_row = of_row[of_row[breakdown] == row[1]]
                cells = row[2:]
            assert list(cells) == [measured(of_row, one) for one in measures], (way, row)
        if breakdown:
            assert list(dict.fromkeys(row[1] for row in table.rows)) == values
        covered = {row[0] for row in table.rows}
        assert set(events["period"]) <= covered or (breakdown and not values)


@pytest.mark.parametrize("way", WAYS)
def test_a_trend_is_compared_with_the_time_before(way: Way) -> None:
    """Yesterday's figure beside today's, and the change in percent."""
    times = [NOW - 1000, NOW - 2000, NOW - 3000, NOW - DAY - 1, NOW - DAY - 2, NOW - DAY + DAY // 3]
    events = [Event("user_id:1", f"m{at}", time) for at, time in enumerate(times)]
    question = {
        "question": "trend",
        "series": [{"events": "A"}],
        "over": "today",
        "compare": "previous_period",
    }

    table = answered(question, Population(events), way)

    assert [one.name for one in table.columns] == ["day", "A", "A, before", "A, change"]
    assert table.rows == (("2026-04-02", 3, 2, 50.0),)
    assert table.notes == ("The day of 2026-04-02 is not whole in this range.",)


@pytest.mark.parametrize("way", WAYS)
def test_many_values_are_ranked_before_they_are_counted(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are more values than can be looked at, the largest are still found."""
    monkeypatch.setattr("headwater.questions.answers.trend.MOST_ROWS", 20)
    events = [
        Event(f"user_id:{at % 7}", f"m{at}", NOW - at, properties={"path": f"/{at % 40 % 30}"})
        for at in range(80)
    ]
    question = {
        "question": "trend",
        "series": [{"events": "A"}, {"events": "A", "measure": "people"}],
        "interval": None,
        "breakdown": {"by": "property", "name": "properties.path", "limit": 2},
    }

    table = answered(question, Population(events), way)

    assert [row[:2] for row in table.rows] == [("/0", 4), ("/1", 4), ("(other)", 72)]
    assert table.rows[2][2] == 7
    assert table.exact == (way != "shards")


@pytest.mark.parametrize("way", WAYS)
def test_people_and_sums_of_several_events_are_counted_side_by_side(way: Way) -> None:
    """What is worked out for each person first keeps to the events of its own series."""
    population = Population(
        [
            Event("p1", "m1", NOW - DAY, "A", properties={"total": 2}),
            Event("p1", "m2", NOW - DAY, "B", properties={"total": 3}),
            Event("p2", "m3", NOW - DAY, "B", properties={"total": 4}),
        ]
    )
    series = [
        {"events": "A", "measure": "people"},
        {"events": "B", "measure": "people"},
        {"events": "B", "measure": "sum", "property": "properties.total"},
    ]
    question = {"question": "trend", "series": series, "interval": None}

    assert answered(question, population, way).rows[0][-3:] == (1, 2, 7)


@pytest.mark.parametrize("way", WAYS)
def test_what_has_no_number_is_told(way: Way) -> None:
    """A text that looks like a number is none; the answer says how many were left out."""
    events = [
        Event("user_id:1", f"m{at}", NOW - at, properties={"total": total})
        for at, total in enumerate([5, "7", None, True])
    ]
    question = {
        "question": "trend",
        "series": [{"events": "A", "measure": "sum", "property": "properties.total"}],
        "interval": None,
    }

    table = answered(question, Population(events), way)

    assert table.rows == ((5,),)
    assert table.notes == (
        ("A: sum of total: 3 of 4 events have no number in properties.total and are left out."),
    )


@pytest.mark.parametrize("way", WAYS)
def test_bots_count_only_when_asked_for(way: Way) -> None:
    """Whatever marks them: true, or a name."""
    marks: list[dict[str, Any]] = [{}, {"bot": False}, {"bot": True}, {"bot": "Googlebot"}]
    events = [
        Event("user_id:1", f"m{at}", NOW - at, context=context) for at, context in enumerate(marks)
    ]
    question = {"question": "trend", "series": [{"events": "A"}], "interval": None}
    with_bots = {**question, "include_bots": True}

    assert answered(question, Population(events), way).rows == ((2,),)
    assert answered(with_bots, Population(events), way).rows == ((4,),)


@pytest.mark.parametrize("way", WAYS)
def test_ever_begins_with_the_first_event(way: Way) -> None:
    """And of no events at all there is one row, of now."""
    events = [Event("user_id:1", "m1", NOW - 3 * DAY)]
    question = {"question": "trend", "series": [{"events": "A"}], "over": "ever"}

    assert len(answered(question, Population(events), way).rows) == 4
    assert answered(question, Population(), way).rows == (("2026-04-02", 0),)


def test_ever_has_nothing_before_it() -> None:
    """It cannot be compared."""
    question = {
        "question": "trend",
        "series": [{"events": "A"}],
        "over": "ever",
        "compare": "previous_period",
    }

    with pytest.raises(BadRequest, match="'ever' has nothing before it"):
        answered(question, Population(), "duckdb")
