"""Attribution against each conversion's touches looked up one by one, in both dialects."""

from __future__ import annotations

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
    answered,
    populations,
)

SINCE = NOW - 15 * DAY


def key(event: Event) -> tuple[int, str]:
    """Answer the order of events."""
    return event.timestamp, event.message_id


def shares(population: Population, model: str, within: int) -> dict[tuple[str, ...], list[Any]]:
    """Answer for each campaign: conversions, the people, and their worth."""
    found: dict[tuple[str, ...], list[Any]] = {}
    counted = [one for one in population.events if not one.is_bot]
    for conversion in counted:
        if conversion.name != "D" or conversion.type != "track" or conversion.timestamp < SINCE:
            continue
        touches = sorted(
            (
                one
                for one in counted
                if one.person == conversion.person
                and set(one.context.get("campaign", {})) & {"source", "name"}
                and key(one) <= key(conversion)
                and one.timestamp >= conversion.timestamp - within
            ),
            key=key,
        )
        chosen = {"first": touches[:1], "last": touches[-1:], "linear": touches}[model]
        campaigns = [one.context["campaign"] for one in chosen] or [{}]
        total = conversion.properties.get("total")
        is_number = isinstance(total, (int, float)) and not isinstance(total, bool)
        worth = float(total or 0) if is_number else 0.0
        for campaign in campaigns:
            names = (campaign.get("source") or "(none)", campaign.get("name") or "(none)")
            held = found.setdefault(names, [0.0, set(), 0.0])
            held[0] += 1 / len(campaigns)
            held[1].add(conversion.person)
            held[2] += worth / len(campaigns)
    return found


@settings(max_examples=25, deadline=None)
@given(
    population=populations(days=20),
    model=st.sampled_from(["first", "last", "linear"]),
    within=st.sampled_from([HOUR, DAY, 10 * DAY]),
)
def test_conversions_are_shared_out_among_touches(
    population: Population, model: str, within: int
) -> None:
    """To the first, the last or all of the look-back; without one to nobody."""
    question = {
        "question": "attribution",
        "conversion": "D",
        "value": "properties.total",
        "model": model,
        "within": within // 1000,
        "over": {"since": "2026-03-18T12:30:00Z"},
    }
    expected: dict[Any, Any] = {
        names: (pytest.approx(count), len(people), pytest.approx(worth, abs=1e-6))
        for names, (count, people, worth) in shares(population, model, within).items()
    }
    for way in WAYS:
        table = answered(question, population, way)
        rows = {tuple(row[:2]): (row[2], row[4], row[5]) for row in table.rows}
        assert rows == expected, way
