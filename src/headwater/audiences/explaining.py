"""Why a condition is true of somebody, or not: clause by clause, with the events that count."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from headwater.audiences.comparisons import look_up, steps
from headwater.audiences.compiling import compile_condition
from headwater.audiences.conditions import (
    AccountCondition,
    AggregateCondition,
    And,
    AudienceCondition,
    Condition,
    ConsentCondition,
    EventCondition,
    Not,
    OccurrenceCondition,
    Or,
    SequenceCondition,
    TraitCondition,
    children,
)
from headwater.audiences.conditions_reading import to_json
from headwater.audiences.evaluation import Person, settled
from headwater.audiences.evidence import Happened, evidence
from headwater.audiences.features_moments import EndEvent
from headwater.audiences.figures import FigureSince, LogFigure, UnitFigure, WholeFigure
from headwater.audiences.membership import Clause
from headwater.audiences.reducers import number
from headwater.audiences.scope import Scope


def explain(
    condition: Condition, person: Person, happened: Happened, now: int, audience_ids: dict[str, str]
) -> Clause:
    """Answer what each clause of a condition is of a person, at an instant in milliseconds."""
    scope = Scope(person.program.zone, audience_ids=audience_ids)
    truth, change = settled(compile_condition(condition, scope), person, now)
    own = to_json(condition)
    for inside in ("conditions", "condition"):
        own.pop(inside, None)
    return Clause(
        condition=own,
        is_true=bool(truth),
        why=_why(condition, person, now, scope, is_true=bool(truth)),
        changes_at=change,
        events=evidence(condition, person, happened, now, scope),
        clauses=tuple(
            explain(one, person, happened, now, audience_ids) for one in children(condition)
        ),
    )


def _why(  # noqa: C901, PLR0911 - a row for each kind
    condition: Condition, person: Person, now: int, scope: Scope, *, is_true: bool
) -> str:
    match condition:
        case And(conditions=inner):
            return f"all of {len(inner)} must be true"
        case Or(conditions=inner):
            return f"one of {len(inner)} must be true"
        case Not():
            return "the clause inside must not be true"
        case TraitCondition(path=path):
            name, *rest = steps(path)
            return f"{path} is {_shown(look_up(person.trait(name), tuple(rest)))}"
        case ConsentCondition(category=category):
            state = person.feature("consent")
            said = None if state is None else state[2].get(category)
            return f"{category} is " + {True: "granted", False: "refused", None: "unknown"}[said]
        case AudienceCondition(audience=audience):
            member = person.member(scope.audience_ids.get(audience, audience))
            return f"the person is {'' if member else 'not '}a member"
        case AccountCondition():
            names = ", ".join(group for group, _ in person.accounts())
            return f"accounts: {names or 'none'}"
        case EventCondition() | AggregateCondition():
            return _figure(condition, person, now, scope)
        case SequenceCondition():
            return f"they {'happened' if is_true else 'did not happen'} in this order"
        case OccurrenceCondition(which=which):
            return _end(which, person, scope, is_true=is_true)
    return "true of everybody"


def _end(which: str, person: Person, scope: Scope, *, is_true: bool) -> str:
    feature = next(one for one in scope.features.values() if isinstance(one, EndEvent))
    state = person.feature(feature.id)
    if state is None or state[0] is None:
        return "there is no such event"
    if is_true or not state[0][2]:
        return f"the {which} is {'' if is_true else 'not '}so"
    return f"the {which} is so, but not inside the window"


def _figure(
    condition: EventCondition | AggregateCondition, person: Person, now: int, scope: Scope
) -> str:
    """Answer the figure that a clause found; counts stop where they need not go on."""
    feature = next(
        one
        for one in scope.features.values()
        if isinstance(one, (WholeFigure, UnitFigure, LogFigure, FigureSince))
    )
    found = feature.result(person.feature(feature.id), now)[0]
    if found is None:
        return "there is nothing to count"
    figure = len(found) if isinstance(found, list) else found
    figure = number(figure) if isinstance(figure, Decimal) else figure
    more = "or more" if figure == getattr(feature.reducer, "most", None) else ""
    if isinstance(condition, EventCondition):
        asked = f"{condition.comparison.replace('_', ' ')} {condition.count}"
        return f"{figure} {more}".strip() + f" of them, where {asked} must be"
    return f"{condition.function} is {figure} {more}".strip()


def _shown(value: Any) -> str:
    text = "not set" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
