"""Paths against each person's history walked by hand, in both dialects."""

from __future__ import annotations

from collections import Counter
from typing import Any

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

SINCE = NOW - 12 * DAY


def called(event: Event) -> str:
    """Answer how a step is called."""
    return str(event.name) if event.type == "track" else f"{event.type} {event.name}"


def path(history: list[Event], question: dict[str, Any]) -> tuple[str | None, ...] | None:
    """Answer one person's path, the anchor first."""
    ordered = sorted(history, key=lambda one: (one.timestamp, one.message_id))
    anchors = [
        at
        for at, one in enumerate(ordered)
        if one.type == "track" and one.name == "A" and SINCE <= one.timestamp <= NOW
    ]
    if not anchors:
        return None
    anchor = anchors[0]
    time, within = ordered[anchor].timestamp, question["within"] * 1000
    if question["direction"] == "after":
        near = [one for one in ordered[anchor + 1 :] if one.timestamp <= time + within]
    else:
        near = [one for one in reversed(ordered[:anchor]) if one.timestamp >= time - within]
    names: list[str | None] = [called(ordered[anchor])]
    for one in near:
        if question["repeats"] or names[-1] != called(one):
            names.append(called(one))
    names = names[: question["steps"] + 1]
    return tuple(names + [None] * (question["steps"] + 1 - len(names)))


@settings(max_examples=25, deadline=None)
@given(
    population=populations(days=15, per_person=6),
    direction=st.sampled_from(["after", "before"]),
    steps=st.integers(1, 4),
    within=st.sampled_from([3600, 43_200, 5 * 86_400]),
    repeats=st.booleans(),
)
def test_paths_are_what_people_did_around_the_anchor(
    population: Population, direction: str, steps: int, within: int, *, repeats: bool
) -> None:
    """Each person's first anchor, and what was nearest to it."""
    question = {
        "question": "paths",
        "anchor": "A",
        "direction": direction,
        "steps": steps,
        "within": within,
        "repeats": repeats,
        "limit": 1000,
        "over": {"last": 12 * 24, "unit": "hour"},
    }
    histories: dict[str, list[Event]] = {}
    for one in population.events:
        if not one.is_bot:
            histories.setdefault(one.person, []).append(one)
    now = SINCE + 12 * DAY
    counted = Counter(
        found for history in histories.values() if (found := path(history, question)) is not None
    )
    question["over"] = {"since": _iso(SINCE), "until": _iso(now + 1)}
    for way in WAYS:
        table = answered(question, population, way)
        rows = {
            tuple(row[: steps + 1]) if direction == "after" else tuple(row[: steps + 1][::-1]): row[
                steps + 1
            ]
            for row in table.rows
        }
        assert rows == dict(counted), way


def _iso(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


@pytest.mark.parametrize("way", WAYS)
def test_the_most_usual_paths_come_first(way: Way) -> None:
    """And of equally usual ones the first by name; shares are of all people with the anchor."""
    events = [Event(f"p{at}", "m1", NOW - 2 * HOUR) for at in range(5)]
    events += [Event(f"p{at}", "m2", NOW - HOUR, "C" if at else "B") for at in range(4)]
    question = {"question": "paths", "anchor": "A", "steps": 1, "limit": 2}

    table = answered(question, Population(events), way)

    assert table.rows == (("A", "C", 3, 60.0), ("A", None, 1, 20.0))
    assert [one.name for one in table.columns] == ["A", "then 1", "people", "of all"]
