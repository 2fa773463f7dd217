"""Why a condition is true of somebody, or not: clause by clause, with the events that count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from headwater.audiences.comparing import passes
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
    EventSelector,
    Not,
    OccurrenceCondition,
    Or,
    SequenceCondition,
    TraitCondition,
    Window,
    children,
)
from headwater.audiences.conditions_reading import to_json
from headwater.audiences.evaluation import Person, settled
from headwater.audiences.figures import FigureSince, LogFigure, UnitFigure, WholeFigure
from headwater.audiences.membership import Clause, Evidence
from headwater.audiences.reducers import number
from headwater.audiences.scope import Scope
from headwater.audiences.windows import time_window

_SHOWN = 5
"""Events that are shown of each clause."""

Happened = Sequence[tuple[int, str, Mapping[str, Any]]]
"""A person's events, newest first: time, messageId, the event."""


def explain(
    condition: Condition, person: Person, happened: Happened, now: int, audience_ids: dict[str, str]
) -> Clause:
    """Answer what each clause of a condition is of a person, at an instant in milliseconds."""
    zone = person.program.zone
    scope = Scope(zone, audience_ids=audience_ids)
    truth, change = settled(compile_condition(condition, scope), person, now)
    own = to_json(condition)
    for inside in ("conditions", "condition"):
        own.pop(inside, None)
    return Clause(
        condition=own,
        is_true=bool(truth),
        why=_why(condition, person, now, scope),
        changes_at=change,
        events=_events(condition, happened, now, zone),
        clauses=tuple(
            explain(one, person, happened, now, audience_ids) for one in children(condition)
        ),
    )


def _why(  # noqa: PLR0911 - a row for each kind
    condition: Condition, person: Person, now: int, scope: Scope
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
        case SequenceCondition() | OccurrenceCondition():
            return "by the person's events"
    return "true of everybody"


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


def _events(condition: Condition, happened: Happened, now: int, zone: str) -> tuple[Evidence, ...]:
    wanted = [
        (_fits(selector, zone), time_window(window, zone))
        for selector, window in _selected(condition)
    ]
    found: list[Evidence] = []
    for at, message_id, event in happened:
        if any(fits(event, at) and window.contains(at, now) for fits, window in wanted):
            found.append(Evidence(message_id, at, _name(event)))
            if len(found) == _SHOWN:
                break
    return tuple(found)


def _selected(condition: Condition) -> list[tuple[EventSelector, Window | None]]:
    match condition:
        case EventCondition(event=event, window=window):
            return [(event, window)]
        case AggregateCondition(event=event, window=window):
            return [(event, window)]
        case OccurrenceCondition(event=event, window=window):
            return [(event, window)]
        case SequenceCondition(steps=all_steps, window=window):
            return [(step.event, window) for step in all_steps]
    return []


def _fits(selector: EventSelector, zone: str) -> Callable[[Mapping[str, Any], int], bool]:
    tests = [passes(one, zone) for one in selector.where]

    def fits(event: Mapping[str, Any], at: int) -> bool:
        return (
            selector.call in {"any", event.get("type")}
            and selector.name in {None, _name(event)}
            and all(test(event, at) for test in tests)
        )

    return fits


def _name(event: Mapping[str, Any]) -> str:
    named = event.get("event") if event.get("type") == "track" else event.get("name")
    return str(named or event.get("type"))
