"""Conditions on events, compiled to questions about features."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from headwater.audiences.comparing import passes
from headwater.audiences.comparisons import paths_of
from headwater.audiences.conditions import (
    AggregateCondition,
    EventCondition,
    EventSelector,
    OccurrenceCondition,
    SequenceCondition,
    SinceEvent,
    Window,
)
from headwater.audiences.features_moments import Chain, EndEvent, Link
from headwater.audiences.figures import Figure, LogFigure
from headwater.audiences.periods import milliseconds
from headwater.audiences.reducers import Count, Extreme, Reducer, Sum
from headwater.audiences.reducers_values import Distinct
from headwater.audiences.scope import Answer, Check, PersonView, Scope
from headwater.audiences.watches import complete, counting, passing, rising
from headwater.audiences.windows import Moving, Units, time_window

Value = Callable[[PersonView, int], tuple[Any, int | None]]
"""Answers a figure about a person at an instant, and when it may be another."""


def enough(count: int) -> int:
    """Answer how many are kept where up to `count` matter; few sizes, so that many share one."""
    return 1 << count.bit_length()


def count(condition: EventCondition, scope: Scope) -> Check:
    """Compile how often something happened."""
    wanted = condition.count
    reducer = Count(enough(wanted))
    feature = scope.figure(
        condition.event,
        None,
        reducer,
        condition.window,
        lambda feature: counting(feature, condition.comparison, wanted),
    )
    fits = _COMPARISONS[condition.comparison]
    if isinstance(feature, LogFigure) and feature.window.skip is None:
        return _recent_count(feature.id, feature.window.last, wanted, condition.comparison)
    value = figure_value(feature)
    is_least = condition.comparison == "at_least"

    def check(person: PersonView, now: int) -> Answer:
        counted, change = value(person, now)
        truth = counted is not None and fits(counted, wanted)
        if change is not None and is_least and not truth:
            state = person.feature(feature.id)
            if feature.only_loses(state, now):
                change = None
        return truth, change

    return check


_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "at_least": lambda counted, wanted: counted >= wanted,
    "at_most": lambda counted, wanted: counted <= wanted,
    "exactly": lambda counted, wanted: counted == wanted,
}


def _recent_count(feature: str, last: int, wanted: int, comparison: str) -> Check:
    """Compile a count up to now, which only ever falls while time alone passes.

    It falls below n when the n-th newest event is `last` old: so the flip is known at once.
    """
    fits = _COMPARISONS[comparison]

    def check(person: PersonView, now: int) -> Answer:
        inside = person.feature(feature) or _NOTHING
        if inside and inside[0] <= now - last:
            inside = inside[bisect_right(inside, now - last) :]
        truth = fits(len(inside), wanted)
        if comparison == "at_most":
            place = None if truth else wanted + 1
        elif comparison == "at_least":
            place = wanted if truth else None
        else:
            place = wanted if truth else wanted + 1 if len(inside) > wanted else None
        return truth, inside[-place] + last if place else None

    return check


_NOTHING: list[int] = []


def figure_value(feature: Figure) -> Value:
    """Answer what reads a figure's value off a person."""
    id_, result = feature.id, feature.result
    return lambda person, now: result(person.feature(id_), now)


def aggregate(condition: AggregateCondition, scope: Scope) -> tuple[Value, Figure]:
    """Compile a figure over a property; answer what reads it, and the feature that has it."""
    reducers: dict[str, Callable[[], Reducer]] = {
        "sum": Sum,
        "average": lambda: Sum(average=True),
        "minimum": lambda: Extreme(greatest=False),
        "maximum": lambda: Extreme(greatest=True),
        "count_distinct": lambda: Distinct(_enough_values(condition.value)),
    }
    reducer = reducers[condition.function]()
    feature = scope.figure(
        condition.event,
        condition.property,
        reducer,
        condition.window,
        lambda feature: rising(feature, condition.function, condition.operator, condition.value),
    )
    value = figure_value(feature)
    if condition.function != "count_distinct":
        return value, feature

    def counted(person: PersonView, now: int) -> tuple[Any, int | None]:
        values, change = value(person, now)
        return None if values is None else len(values), change

    return counted, feature


def _enough_values(wanted: Any) -> int | None:
    largest = wanted[1] if isinstance(wanted, tuple) else wanted
    return enough(int(largest)) if 0 <= largest < 1000 else None


def sequence(condition: SequenceCondition, scope: Scope) -> Check:
    """Compile events in an order."""
    selectors: list[EventSelector] = []

    def role(selector: EventSelector) -> int:
        if selector not in selectors:
            selectors.append(selector)
        return 1 << selectors.index(selector)

    links = []
    for step in condition.steps:
        without = 0
        for selector in step.without:
            without |= role(selector)
        within = None if step.within is None else milliseconds(step.within)
        links.append(Link(role(step.event), within, without))
    since = _since(condition.window)
    feature = Chain(
        scope.identity("chain", list(condition.steps), condition.window),
        (*selectors, *((since.event,) if since else ())),
        tuple(links),
        time_window(condition.window, scope.zone),
        anchor=1 << len(selectors) if since else 0,
        anchor_last=since is None or since.which == "last",
    )
    needed = 0
    for link in links:
        needed |= link.role
    scope.need(feature, complete(needed))
    scope.moves(does=isinstance(feature.window, Moving | Units))
    return lambda person, now: feature.happened(person.feature(feature.id), now)


def occurrence(condition: OccurrenceCondition, scope: Scope) -> Check:
    """Compile what the first or last event was like, and when it was."""
    fits = [passes(one, scope.zone) for one in condition.where]
    since = _since(condition.window)
    feature = EndEvent(
        scope.identity(
            "end",
            condition.which,
            condition.event,
            list(condition.where),
            [since.event, since.which] if since else None,
        ),
        condition.event,
        condition.which == "last",
        fits[0] if len(fits) == 1 else lambda event, at: all(fit(event, at) for fit in fits),
        paths_of(condition.where),
        anchor=since.event if since else None,
        anchor_last=since is None or since.which == "last",
    )
    scope.need(feature, passing())
    window = time_window(condition.window, scope.zone)
    scope.moves(does=isinstance(window, Moving | Units))

    def check(person: PersonView, now: int) -> Answer:
        found, anchor = person.feature(feature.id) or (None, None)
        if found is None or not found[2]:
            return False, None
        if since is not None:
            return anchor is not None and found[0] > anchor, None
        return window.contains(found[0], now), window.changes(found[0], now)

    return check


def _since(window: Window | None) -> SinceEvent | None:
    return window if isinstance(window, SinceEvent) else None
