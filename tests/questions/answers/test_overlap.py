"""Overlap against sets, in both dialects."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings

from headwater.errors import BadRequest
from headwater.questions.answers.ask import ask
from headwater.questions.asking import Circumstances
from headwater.questions.question import read_question
from headwater.questions.sql.duckdb import DuckDB
from tests.questions.populations import WAYS, Population, answered, populations

QUESTION = {"question": "overlap", "audiences": ["vip", "new", "old"]}


@settings(max_examples=25, deadline=None)
@given(population=populations(days=1, per_person=1))
def test_people_are_counted_by_the_audiences_they_are_in(population: Population) -> None:
    """Each in one row; who is in none of them is in no row."""
    among: dict[str, set[str]] = {}
    for audience, person in population.members:
        among.setdefault(person, set()).add(audience)
    expected = Counter(
        tuple(name in one for name in ("vip", "new", "old")) for one in among.values()
    )
    for way in WAYS:
        table = answered(QUESTION, population, way)
        assert {tuple(row[:3]): row[3] for row in table.rows} == dict(expected), way


def test_an_audience_may_be_named_by_its_key() -> None:
    """Memberships are by id."""
    named = {"vip": "aud_1", "new": "aud_2", "old": "aud_3"}
    circumstances = Circumstances(DuckDB(), 0, audiences=named)

    assert "'aud_1'" in next(ask(read_question(QUESTION), circumstances)).sql


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        {"question": "stickiness", "people": {"type": "audience", "audience": "new"}},
        {
            "question": "trend",
            "series": [{"events": "A"}],
            "breakdown": {"by": "audience", "name": "new"},
        },
    ],
    ids=["overlap", "people", "breakdown"],
)
def test_an_audience_that_is_not_there_is_told(question: dict[str, Any]) -> None:
    """Nobody being in it would look like an answer."""
    circumstances = Circumstances(DuckDB(), 0, audiences={"vip": "aud_1"})

    with pytest.raises(BadRequest, match="There is no audience 'new'"):
        next(ask(read_question(question), circumstances))
