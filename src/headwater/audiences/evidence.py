"""Which of a person's events a clause is about: those that it counts, or that make it true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.audiences.comparing import passes
from headwater.audiences.conditions import (
    AggregateCondition,
    Condition,
    ConsentCondition,
    EventCondition,
    EventSelector,
    OccurrenceCondition,
    SequenceCondition,
    SinceEvent,
    Window,
)
from headwater.audiences.evaluation import Person
from headwater.audiences.features_moments import EndEvent
from headwater.audiences.membership import Evidence
from headwater.audiences.periods import milliseconds
from headwater.audiences.scope import Scope
from headwater.audiences.windows import time_window

_SHOWN = 5
"""Events that are shown of each clause, unless it is a sequence of more."""

Happened = Sequence[tuple[int, str, Mapping[str, Any]]]
"""A person's events, newest first: time, messageId, the event."""

_Fits = Callable[[Mapping[str, Any], int], bool]


def evidence(
    condition: Condition, person: Person, happened: Happened, now: int, scope: Scope
) -> tuple[Evidence, ...]:
    """Answer the events of a clause: newest first, of a sequence that happened in its order.

    Args:
        condition: the clause; of one with others inside, or about no events, there are none.
        person: whose it is.
        happened: their events; where older ones are not at hand, these are not answered.
        now: in milliseconds.
        scope: in which the clause, and it alone, was compiled.
    """
    match condition:
        case EventCondition(event=event, window=window):
            return _counted([event], window, happened, now, scope.zone)
        case AggregateCondition(event=event, window=window):
            return _counted([event], window, happened, now, scope.zone)
        case OccurrenceCondition():
            return _end(person, happened, scope)
        case SequenceCondition(steps=all_steps, window=window):
            inside = _inside(window, happened, now, scope.zone)
            return _chain(condition, inside, scope.zone) or _counted(
                [step.event for step in all_steps], window, happened, now, scope.zone
            )
        case ConsentCondition():
            return _one(person.feature("consent"), happened)
    return ()


def _counted(
    selectors: Sequence[EventSelector],
    window: Window | None,
    happened: Happened,
    now: int,
    zone: str,
) -> tuple[Evidence, ...]:
    wanted = [_fits(selector, zone) for selector in selectors]
    found = (
        _shown(one)
        for one in _inside(window, happened, now, zone)
        if any(fits(one[2], one[0]) for fits in wanted)
    )
    return tuple(one for one, _ in zip(found, range(_SHOWN), strict=False))


def _inside(window: Window | None, happened: Happened, now: int, zone: str) -> Happened:
    """Answer the events that are in a window now, newest first."""
    times = time_window(window, zone)
    inside = [one for one in happened if times.contains(one[0], now)]
    if isinstance(window, SinceEvent):
        begins = _fits(window.event, zone)
        starts = [at for at, _, event in inside if begins(event, at)]
        if not starts:
            return []
        since = starts[0] if window.which == "last" else starts[-1]
        return [one for one in inside if one[0] > since]
    return inside


def _end(person: Person, happened: Happened, scope: Scope) -> tuple[Evidence, ...]:
    """Answer the first or last event: the one that is kept, however long ago it was."""
    feature = next(one for one in scope.features.values() if isinstance(one, EndEvent))
    state = person.feature(feature.id)
    return _one(state[0] if state else None, happened, named=feature.selector.name)


def _one(state: Any, happened: Happened, *, named: str | None = None) -> tuple[Evidence, ...]:
    """Answer the event that a state, `[time, messageId, …]`, was made of."""
    if state is None:
        return ()
    at, message_id = state[0], state[1]
    event = next((event for _, id_, event in happened if id_ == message_id), None)
    return (Evidence(message_id, at, name_of(event) if event else named or "not at hand"),)


@dataclass(frozen=True, slots=True)
class _Link:
    """The last event of a chain so far, and the chain before it."""

    at: int
    event: Evidence
    before: _Link | None = None

    def events(self) -> tuple[Evidence, ...]:
        before = () if self.before is None else self.before.events()
        return (*before, self.event)


def _chain(condition: SequenceCondition, inside: Happened, zone: str) -> tuple[Evidence, ...]:
    """Answer the newest choice of events that fits a sequence, of each step the nearest."""
    steps = [
        (
            _fits(step.event, zone),
            None if step.within is None else milliseconds(step.within),
            [_fits(one, zone) for one in step.without],
        )
        for step in condition.steps
    ]
    reached: list[_Link | None] = [None] * len(steps)
    done: _Link | None = None
    for at, events in _by_time(inside):
        added: list[_Link | None] = [None] * len(steps)
        for number, (fits, within, _) in enumerate(steps):
            event = next((one for one in events if fits(one[2], at)), None)
            before = reached[number - 1] if number else None
            if event is None or (number and before is None):
                continue
            if before is None or within is None or at - before.at <= within:
                added[number] = _Link(at, _shown(event), before)
        done = added[-1] or done
        for number, (_, _, without) in enumerate(steps[1:]):
            if any(fits(event, at) for fits in without for _, _, event in events):
                reached[number] = None
            reached[number] = added[number] or reached[number]
    return done.events() if done else ()


def _by_time(inside: Happened) -> list[tuple[int, list[tuple[int, str, Mapping[str, Any]]]]]:
    """Answer events by their times, oldest first."""
    found: dict[int, list[tuple[int, str, Mapping[str, Any]]]] = {}
    for one in reversed(inside):
        found.setdefault(one[0], []).append(one)
    return sorted(found.items())


def _fits(selector: EventSelector, zone: str) -> _Fits:
    tests = [passes(one, zone) for one in selector.where]

    def fits(event: Mapping[str, Any], at: int) -> bool:
        return (
            selector.call in {"any", event.get("type")}
            and selector.name in {None, name_of(event)}
            and all(test(event, at) for test in tests)
        )

    return fits


def _shown(one: tuple[int, str, Mapping[str, Any]]) -> Evidence:
    at, message_id, event = one
    return Evidence(message_id, at, name_of(event))


def name_of(event: Mapping[str, Any]) -> str:
    """Answer what an event is called: a track by its event, a page by its name, else its type."""
    named = event.get("event") if event.get("type") == "track" else event.get("name")
    return str(named or event.get("type"))
