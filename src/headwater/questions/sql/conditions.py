"""Conditions on people as SQL: who is meant, right now."""

from __future__ import annotations

from headwater.audiences.comparisons import steps
from headwater.audiences.conditions import (
    And,
    AudienceCondition,
    Condition,
    Everyone,
    Not,
    Or,
    TraitCondition,
)
from headwater.errors import BadRequest
from headwater.questions.asking import Circumstances
from headwater.questions.sql.text import all_of, any_of, quoted
from headwater.questions.sql.values import Held, asked


def people_who(condition: Condition, circumstances: Circumstances, *, zone: str) -> str:
    """Answer a SELECT of the people (`person`) of whom a condition is true now.

    Raises:
        BadRequest: the condition asks what SQL cannot say.
    """
    test = _test(condition, circumstances, zone)
    return f"SELECT person FROM people WHERE {test}"  # noqa: S608 - literals are quoted


def _test(condition: Condition, circumstances: Circumstances, zone: str) -> str:
    if isinstance(condition, Everyone):
        return "TRUE"
    if isinstance(condition, And | Or):
        inner = [_test(one, circumstances, zone) for one in condition.conditions]
        return f"({all_of(inner)})" if isinstance(condition, And) else any_of(inner)
    if isinstance(condition, Not):
        return f"(NOT {_test(condition.condition, circumstances, zone)})"
    if isinstance(condition, TraitCondition):
        now = str(circumstances.now)
        held = Held(circumstances.dialect, "traits", steps(condition.path), now, zone)
        return asked(held, condition.operator, condition.value)
    if isinstance(condition, AudienceCondition):
        audience = quoted(circumstances.audience(condition.audience))
        members = f"SELECT person FROM memberships WHERE audience = {audience}"  # noqa: S608 - quoted
        return f"(person {'IN' if condition.member else 'NOT IN'} ({members}))"
    raise BadRequest(f"people: {condition.type!r} cannot be asked here.")
