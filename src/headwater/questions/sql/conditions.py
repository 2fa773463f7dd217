"""Conditions on people as SQL: who is meant, right now.

`people_who` is what an audience's back-fill and preview ask, and what questions about some people
do. It says what `audiences/evaluation.py` does, of everybody at once; tests hold both against the
same oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headwater.audiences.comparisons import steps
from headwater.audiences.conditions import (
    AccountCondition,
    And,
    AudienceCondition,
    Condition,
    Everyone,
    Not,
    Or,
    TraitCondition,
)
from headwater.questions.asking import Circumstances
from headwater.questions.sql.event_conditions import EVENT_CONDITIONS, Place
from headwater.questions.sql.filters import passes
from headwater.questions.sql.text import all_of, any_of, quoted
from headwater.questions.sql.values import Held, asked


def people_who(condition: Condition, circumstances: Circumstances, *, zone: str) -> str:
    """Answer a SELECT of the people (`person`) of whom a condition is true now.

    Args:
        condition: what must be true.
        circumstances: where and when it is asked.
        zone: whose calendar its dates and periods are of.

    Raises:
        BadRequest: the condition names what SQL cannot reach; says what.
    """
    place = Place(circumstances, zone)
    return f"SELECT person FROM people WHERE {_test(condition, place)}"  # noqa: S608 - quoted


def _test(condition: Condition, place: Place) -> str:
    if isinstance(condition, And | Or):
        inner = [_test(one, place) for one in condition.conditions]
        return f"({all_of(inner)})" if isinstance(condition, And) else any_of(inner)
    if isinstance(condition, Not):
        return f"(NOT {_test(condition.condition, place)})"
    test = _OF_PEOPLE.get(type(condition)) or EVENT_CONDITIONS[type(condition)]
    return test(condition, place)


def _everyone(_: Everyone, __: Place) -> str:
    return "TRUE"


def _trait(condition: TraitCondition, place: Place) -> str:
    names = steps(condition.path)
    held = Held(place.dialect, "people.traits", names, str(place.now), place.zone)
    return asked(held, condition.operator, condition.value)


def _audience(condition: AudienceCondition, place: Place) -> str:
    audience = quoted(place.circumstances.audience(condition.audience))
    members = f"SELECT person FROM memberships WHERE audience = {audience}"  # noqa: S608 - quoted
    return f"(person {'IN' if condition.member else 'NOT IN'} ({members}))"


def _account(condition: AccountCondition, place: Place) -> str:
    def held(path: str) -> Held:
        return Held(place.dialect, "traits", steps(path), str(place.now), place.zone)

    tests = [passes(one, held) for one in condition.where]
    if condition.group is not None:
        tests.append(f"account = {quoted(condition.group)}")
    return f"(person IN (SELECT person FROM accounts WHERE {all_of(tests)}))"  # noqa: S608 - quoted


_OF_PEOPLE: Mapping[type[Any], Callable[[Any, Place], str]] = {
    Everyone: _everyone,
    TraitCondition: _trait,
    AudienceCondition: _audience,
    AccountCondition: _account,
}
