"""Lists of people against a sorted Python list, in both dialects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import BadRequest
from tests.questions.populations import NOW, WAYS, Event, Population, answered, populations

MEASURES = ["count", "sum", "average", "min", "max", "median", "distinct"]


def measured(events: list[Event], measure: str) -> float | None:
    """Answer one person's figure."""
    values = [one.properties.get("total") for one in events]
    numbers = [
        float(one) for one in values if isinstance(one, (int, float)) and not isinstance(one, bool)
    ]
    if measure == "count":
        return len(events)
    if measure == "sum":
        return sum(numbers)
    if measure == "distinct":
        return len({str(one) for one in values if one is not None})
    functions: dict[str, Any] = {
        "average": np.mean,
        "min": np.min,
        "max": np.max,
        "median": np.median,
    }
    return float(functions[measure](numbers)) if numbers else None


@settings(max_examples=30, deadline=None)
@given(
    population=populations(days=20),
    measure=st.sampled_from(MEASURES),
    order=st.sampled_from(["most", "least"]),
    limit=st.integers(1, 7),
)
def test_a_list_is_the_first_of_all_people(
    population: Population, measure: str, order: str, limit: int
) -> None:
    """In order, with their traits; those who have no figure are left out."""
    of = {} if measure == "count" else {"property": "properties.total"}
    question = {
        "question": "list",
        "by": {"events": "A", "measure": measure, **of},
        "order": order,
        "traits": ["country", "age"],
        "limit": limit,
        "over": "ever",
    }
    histories: dict[str, list[Event]] = {}
    for one in population.events:
        if one.name == "A" and one.type == "track" and not one.is_bot:
            histories.setdefault(one.person, []).append(one)
    figures = [
        (person, round(figure, 6))
        for person, events in histories.items()
        if (figure := measured(events, measure)) is not None
    ]
    sign = -1 if order == "most" else 1
    expected = sorted(figures, key=lambda one: (sign * one[1], one[0]))[:limit]
    for way in WAYS:
        rows = answered(question, population, way).rows
        assert [row[0] for row in rows] == [person for person, _ in expected], way
        assert [row[1] for row in rows] == [pytest.approx(one) for _, one in expected], way
        for row in rows:
            traits = population.traits.get(str(row[0]), {})
            shown = [
                None if one is None else str(one) for one in map(traits.get, ("country", "age"))
            ]
            assert list(row[2:]) == shown, way


def test_one_person_has_no_number_of_people() -> None:
    """It is told."""
    question = {"question": "list", "by": {"measure": "people"}}

    with pytest.raises(BadRequest, match="one person has no 'people'"):
        answered(question, Population([Event("p", "m", NOW)]), "duckdb")
