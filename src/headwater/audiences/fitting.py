"""Do audiences, or computed traits, fit together? What they name must be there, in no circle."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace

from headwater.audiences.audience import Audience, ComputedTrait, Expression, text_of
from headwater.audiences.conditions import (
    And,
    AudienceCondition,
    Condition,
    Not,
    Or,
    leaves,
    walk,
)
from headwater.audiences.conditions_reading import ConditionError
from headwater.audiences.expressions import parse


def named(condition: Condition) -> frozenset[str]:
    """Answer the audiences that a condition names."""
    return frozenset(
        one.audience for one in leaves(condition) if isinstance(one, AudienceCondition)
    )


def renamed(condition: Condition, rename: Callable[[str], str]) -> Condition:
    """Answer a condition with other names for the audiences in it."""
    if isinstance(condition, (And, Or)):
        return replace(
            condition, conditions=tuple(renamed(one, rename) for one in condition.conditions)
        )
    if isinstance(condition, Not):
        return Not(renamed(condition.condition, rename))
    if isinstance(condition, AudienceCondition):
        return replace(condition, audience=rename(condition.audience))
    return condition


def with_ids(audience: Audience, others: Iterable[Audience]) -> Audience:
    """Answer an audience whose condition names others by their ids, which never change.

    Raises:
        ConditionError: it names one that is not there.
    """
    condition = audience.condition
    ids = {name: one.id for one in others for name in (one.id, one.key)}
    ids.update({audience.id: audience.id, audience.key: audience.id})
    require_known(condition, ids)
    return replace(audience, definition=text_of(renamed(condition, ids.__getitem__)))


def require_known(condition: Condition, names: Container[str]) -> None:
    """Raise `ConditionError` where a condition names an audience that is not among these."""
    for place, one in walk(condition, "condition"):
        if isinstance(one, AudienceCondition) and one.audience not in names:
            raise ConditionError(
                f"{place}.audience: there is no audience {one.audience[:80]!r};"
                " GET /v1/audiences lists them."
            )


def require_fit(every: Sequence[Audience | ComputedTrait]) -> None:
    """Raise `ConditionError` where some name each other in a circle."""
    by_name = {one.id if isinstance(one, Audience) else one.key: one for one in every}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " -> ".join(by_name[step].key for step in (*path[path.index(name) :], name))
            raise ConditionError(f"They name each other in a circle: {circle}.")
        if name in done or name not in by_name:
            return
        for other in sorted(_names(by_name[name])):
            visit(other, (*path, name))
        done.add(name)

    for name in by_name:
        visit(name, ())


def _names(one: Audience | ComputedTrait) -> frozenset[str]:
    if isinstance(one, Audience):
        return named(one.condition)
    computation = one.computation
    return parse(computation.expression)[1] if isinstance(computation, Expression) else frozenset()
