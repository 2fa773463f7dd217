"""Funnels against every attempt tried out, on random populations, in both dialects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.questions.populations import (
    DAY,
    HOUR,
    NOW,
    WAYS,
    Event,
    Population,
    Way,
    answered,
    populations,
)

SINCE, UNTIL = NOW - 20 * DAY, NOW - 5 * DAY


Exclusion = tuple[str, int, int]


class Attempts:
    """Every way through the steps in one person's history.

    Events of one millisecond are in the order of the steps, exclusions behind them.
    """

    def __init__(
        self, history: list[Event], steps: list[str], within: int, exclusions: list[Exclusion]
    ) -> None:
        names = [*steps, *(name for name, _, _ in exclusions)]
        self.steps, self.within, self.exclusions = steps, within, exclusions
        self.ordered = sorted(
            (one for one in history if one.name in names),
            key=lambda one: (one.timestamp, _bits(one, steps, names)),
        )

    def all(self) -> Iterator[tuple[int, int, int]]:
        """Answer (step got to, place of the event that did, how long that took)."""
        for place, event in enumerate(self.ordered):
            if event.name == self.steps[0] and SINCE <= event.timestamp < UNTIL:
                yield 1, place, 0
                if not self.ends(event, 1):
                    yield from self.from_step(place, 1, event.timestamp)

    def from_step(self, place: int, step: int, began: int) -> Iterator[tuple[int, int, int]]:
        """Answer where an attempt gets to that has got to a step."""
        for later in range(place + 1, len(self.ordered)):
            event = self.ordered[later]
            if event.timestamp - began > self.within:
                return
            if step < len(self.steps) and event.name == self.steps[step]:
                yield step + 1, later, event.timestamp - began
                if not self.ends(event, step + 1):
                    yield from self.from_step(later, step + 1, began)
            if self.ends(event, step):
                return

    def ends(self, event: Event, step: int) -> bool:
        """Tell whether an event ends attempts that have got to a step."""
        return any(
            event.name == name and after <= step < before for name, after, before in self.exclusions
        )


def _bits(event: Event, steps: list[str], names: list[str]) -> int:
    """Answer an event's bits as the SQL has them: no first step outside of the range."""
    bits = sum(1 << at for at, name in enumerate(names) if event.name == name)
    if not SINCE <= event.timestamp < UNTIL and event.name == steps[0]:
        bits &= ~1
    return bits


@settings(max_examples=30, deadline=None)
@given(
    population=populations(days=25, per_person=8),
    steps=st.lists(st.sampled_from(["A", "B", "C"]), min_size=2, max_size=4),
    within=st.sampled_from([HOUR, 6 * HOUR, DAY, 5 * DAY]),
    excluded=st.lists(
        st.tuples(st.sampled_from(["A", "C", "D"]), st.integers(1, 3), st.integers(2, 4)),
        max_size=2,
    ),
    breakdown=st.sampled_from([None, "plan", "country"]),
)
def test_a_funnel_is_what_the_best_attempts_get_to(
    population: Population,
    steps: list[str],
    within: int,
    excluded: list[tuple[str, int, int]],
    breakdown: str | None,
) -> None:
    """Of each person; the time to a step is that of the latest attempt when first got there."""
    exclusions = [one for one in excluded if one[1] < one[2] <= len(steps)]
    by: dict[str, Any] = {
        "plan": {"by": "property", "name": "properties.plan"},
        "country": {"by": "trait", "name": "country"},
    }
    question = {
        "question": "funnel",
        "steps": steps,
        "within": within // 1000,
        "exclusions": [
            {"events": name, "after": after, "before": before} for name, after, before in exclusions
        ],
        "over": {"since": _iso(SINCE), "until": _iso(UNTIL)},
        **({"breakdown": by[breakdown]} if breakdown else {}),
    }
    reached: dict[str, list[list[float]]] = {}
    for person in sorted({one.person for one in population.events}):
        history = [
            one
            for one in population.events
            if one.person == person and one.type == "track" and not one.is_bot
        ]
        got = list(Attempts(history, steps, within, exclusions).all())
        if not got:
            continue
        named = _value(population, history, steps, person, breakdown)
        times = reached.setdefault(named, [[] for _ in steps])
        for step in range(1, len(steps) + 1):
            of_step = [(place, time) for to, place, time in got if to == step]
            if of_step:
                times[step - 1].append(min(of_step)[1] / 1000)
    for way in WAYS:
        table = answered(question, population, way)
        shown = {row[0] for row in table.rows} if breakdown else {"(none)"}
        assert shown >= set(reached), way
        for row in table.rows:
            value, *cells = [*row] if breakdown else ["(none)", *row]
            step = int(cells[0] or 0)
            people = reached.get(str(value), [[] for _ in steps])
            durations = people[step - 1]
            assert cells[2] == len(durations), (way, row)
            assert cells[3] == pytest.approx(_percent(durations, people[0]), abs=0.01)
            if step > 1 and durations:
                assert cells[5] == pytest.approx(np.median(durations), abs=0.001)
                assert cells[6] == pytest.approx(np.mean(durations), abs=0.001)


def _iso(at: int) -> str:
    return np.datetime64(at, "ms").item().isoformat() + "Z"


def _percent(part: list[float], whole: list[float]) -> float | None:
    return 100 * len(part) / len(whole) if whole else None


def _value(
    population: Population,
    history: list[Event],
    steps: list[str],
    person: str,
    breakdown: str | None,
) -> str:
    if breakdown is None:
        return "(none)"
    if breakdown == "country":
        return str(population.traits.get(person, {}).get("country") or "(none)")
    starts = [one for one in history if one.name == steps[0] and SINCE <= one.timestamp < UNTIL]
    first = min(
        (one.timestamp, sum(1 << at for at, step in enumerate(steps) if step == one.name))
        for one in starts
    )[0]
    labels = [_label(one.properties.get("plan")) for one in starts if one.timestamp == first]
    return min(labels)


def _label(value: Any) -> str:
    if value is None:
        return "(none)"
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("way", WAYS)
def test_a_later_attempt_may_get_further(way: Way) -> None:
    """The first one ran out of time, the second one did not."""
    times = {"A": [0, 10], "B": [11], "C": [12]}
    events = [
        Event("p", f"{name}{day}", NOW - (30 - day) * DAY, name)
        for name, days in times.items()
        for day in days
    ]
    question = {
        "question": "funnel",
        "steps": ["A", "B", "C"],
        "within": "5d",
        "over": "last 60 days",
    }

    table = answered(question, Population(events), way)

    assert [row[2] for row in table.rows] == [1, 1, 1]
    assert [row[5] for row in table.rows] == [None, 86_400, 2 * 86_400]


@pytest.mark.parametrize("way", WAYS)
def test_one_event_is_one_step(way: Way) -> None:
    """The same event twice in a funnel needs two of them."""
    once = Population([Event("p", "m1", NOW - HOUR)])
    twice = Population([Event("p", "m1", NOW - HOUR), Event("p", "m2", NOW - HOUR)])
    question = {"question": "funnel", "steps": ["A", "A"]}

    assert [row[2] for row in answered(question, once, way).rows] == [1, 0]
    assert [row[2] for row in answered(question, twice, way).rows] == [1, 1]


@pytest.mark.parametrize("way", WAYS)
def test_other_values_are_put_together(way: Way) -> None:
    """Those of few people, with the median of all of theirs."""
    events = []
    for number, plan in enumerate(["a", "a", "b", "c", "c", "c"]):
        start = NOW - 5 * HOUR
        events.append(Event(f"p{number}", "m1", start, "A", properties={"plan": plan}))
        events.append(Event(f"p{number}", "m2", start + (number + 1) * 60_000, "B"))
    question = {
        "question": "funnel",
        "steps": ["A", "B"],
        "breakdown": {"by": "property", "name": "properties.plan", "limit": 1},
    }

    rows = answered(question, Population(events), way).rows

    assert [(row[0], row[3]) for row in rows] == [
        ("c", 3),
        ("c", 3),
        ("(other)", 3),
        ("(other)", 3),
    ]
    assert [row[6] for row in rows] == [None, 300, None, 120]
