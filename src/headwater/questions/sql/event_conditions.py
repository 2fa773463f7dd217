"""Conditions on what people did, as SQL that is true or false of `person`.

Each is a set of people that one pass over the events answers. Bots' events count, as they do in
the actor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from headwater.audiences.comparing import question
from headwater.audiences.conditions import (
    AggregateCondition,
    Between,
    Calendar,
    ConsentCondition,
    EventCondition,
    EventSelector,
    OccurrenceCondition,
    Rolling,
    SequenceCondition,
    SinceEvent,
    Step,
    Window,
)
from headwater.audiences.periods import milliseconds
from headwater.audiences.windows import bounds, calendar_bounds
from headwater.questions.asking import Circumstances
from headwater.questions.sql.dialect import Dialect
from headwater.questions.sql.filters import Filtering, column_of
from headwater.questions.sql.text import all_of, any_of

_FIRST, _LAST = -(10**13), 10**14
_DIGITS = 9
"""Decimals that sums are compared by: what adding binary fractions makes of 0.3 is 0.3 again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when conditions are asked, and in which zone."""

    circumstances: Circumstances
    zone: str

    @property
    def dialect(self) -> Dialect:
        """What the database speaks."""
        return self.circumstances.dialect

    @property
    def now(self) -> int:
        """When, in milliseconds."""
        return self.circumstances.now

    @property
    def time(self) -> str:
        """SQL for an event's time in milliseconds."""
        return self.dialect.milliseconds("timestamp")

    def did(self, events: EventSelector) -> str:
        """Answer SQL that is true of the events that a selector means."""
        return Filtering(self.dialect, self.zone).did(events)

    def within(self, window: Window | None) -> str:
        """Answer SQL for whether an event is in a window that is the same for everybody."""
        since, until = self._bounds(window)
        tests = []
        if since > _FIRST:
            tests.append(f"timestamp >= {self.dialect.instant(since)}")
        if until < _LAST:
            tests.append(f"timestamp < {self.dialect.instant(until)}")
        return all_of(tests)

    def _bounds(self, window: Window | None) -> tuple[int, int]:
        if isinstance(window, Rolling):
            skipped = _LAST
            if window.skip is not None:
                skipped = self.now - milliseconds(window.skip) + 1
            return self.now - milliseconds(window.last) + 1, skipped
        if isinstance(window, Between):
            since, until = bounds(window, self.zone)
            return (_FIRST if since is None else since), (_LAST if until is None else until)
        if isinstance(window, Calendar):
            return calendar_bounds(window, self.now, self.zone)
        return _FIRST, _LAST


def _events(place: Place, events: EventSelector, window: Window | None, columns: str) -> str:
    """Answer a SELECT of a selector's events in a window, `columns` beside `person`.

    With a window since another event, people without that one have no rows at all.
    """
    test = place.did(events)
    if not isinstance(window, SinceEvent):
        return f"SELECT person, {columns} FROM events WHERE {all_of([test, place.within(window)])}"  # noqa: S608 - quoted
    anchor, function = place.did(window.event), "max" if window.which == "last" else "min"
    since = f"{function}(CASE WHEN {anchor} THEN {place.time} END) OVER (PARTITION BY person)"
    source = f"SELECT *, {since} AS since FROM events WHERE {any_of([test, anchor])}"  # noqa: S608 - quoted
    return f"SELECT person, {columns} FROM ({source}) WHERE ({test}) AND {place.time} > since"  # noqa: S608 - quoted


def _who(source: str, having: str) -> str:
    return f"(person IN (SELECT person FROM ({source}) GROUP BY person HAVING {having}))"  # noqa: S608 - quoted


def _begun(place: Place, window: Window | None) -> str:
    """Answer SQL for whether a person's window has begun, as those since an event may not have."""
    if not isinstance(window, SinceEvent):
        return "TRUE"
    return f"(person IN (SELECT person FROM events WHERE {place.did(window.event)}))"  # noqa: S608 - quoted


def _event(condition: EventCondition, place: Place) -> str:
    source = _events(place, condition.event, condition.window, "1 AS one")
    count, begun = condition.count, _begun(place, condition.window)
    if condition.comparison == "at_least":
        return begun if count == 0 else _who(source, f"count(*) >= {count}")
    if condition.comparison == "exactly" and count > 0:
        return _who(source, f"count(*) = {count}")
    return f"({begun} AND NOT {_who(source, f'count(*) > {count}')})"


def _aggregate(condition: AggregateCondition, place: Place) -> str:
    column, names = column_of(place.dialect, condition.property)
    number = place.dialect.number(column, names)
    distinct = place.dialect.scalar(column, names)
    figure = {
        "sum": f"round(coalesce(sum(x), 0), {_DIGITS})",
        "average": f"round(round(sum(x), {_DIGITS}) / count(x), {_DIGITS})",
        "minimum": "min(x)",
        "maximum": "max(x)",
        "count_distinct": "count(DISTINCT x)",
    }[condition.function]
    value = distinct if condition.function == "count_distinct" else number
    source = _events(place, condition.event, condition.window, f"{value} AS x")
    test = _figure_test(figure, condition)
    if condition.function not in {"sum", "count_distinct"}:
        return _who(source, test)
    # Of nothing, these are 0.
    if not question(condition.operator, condition.value, place.zone)(0, place.now)[0]:
        return _who(source, test)
    return f"({_begun(place, condition.window)} AND NOT {_who(source, f'NOT ({test})')})"


_SIGNS = {
    "equals": "=",
    "not_equals": "<>",
    "greater_than": ">",
    "at_least": ">=",
    "less_than": "<",
    "at_most": "<=",
}


def _figure_test(figure: str, condition: AggregateCondition) -> str:
    if condition.operator == "between":
        low, high = condition.value
        return f"({figure} BETWEEN {low!r} AND {high!r})"
    return f"({figure} {_SIGNS[condition.operator]} {condition.value!r})"


def _occurrence(condition: OccurrenceCondition, place: Place) -> str:
    order = "DESC" if condition.which == "last" else "ASC"
    filtering = Filtering(place.dialect, place.zone)
    where = all_of([filtering.passes(one) for one in condition.where])
    columns = (
        f"*, row_number() OVER (PARTITION BY person ORDER BY timestamp {order}, "
        f"message_id {order}) AS place"
    )
    source = f"SELECT {columns} FROM events WHERE {place.did(condition.event)}"  # noqa: S608 - quoted
    fits = all_of([place.within(condition.window), where])
    if isinstance(condition.window, SinceEvent):
        # Whether it lies behind the other event is a question about all of that one's times.
        function = "max" if condition.window.which == "last" else "min"
        anchors = (
            f"SELECT person AS who, {function}({place.time}) AS since FROM events "  # noqa: S608 - quoted
            f"WHERE {place.did(condition.window.event)} GROUP BY person"
        )
        source = f"SELECT * FROM ({source}) JOIN ({anchors}) ON who = person"  # noqa: S608 - quoted
        fits = all_of([f"{place.time} > since", where])
    return f"(person IN (SELECT person FROM ({source}) WHERE place = 1 AND ({fits})))"  # noqa: S608 - quoted


def _consent(condition: ConsentCondition, place: Place) -> str:
    preferences = ("consent", "categoryPreferences")
    dialect = place.dialect
    said = f"({dialect.label('context', preferences)}) IS NOT NULL"
    source = (
        "SELECT *, row_number() OVER (PARTITION BY person ORDER BY timestamp DESC, "  # noqa: S608 - quoted
        f"message_id DESC) AS place FROM events WHERE {said}"
    )
    names = (*preferences, condition.category)
    granted = f"({dialect.kind_is('context', names, 'true')}) IS TRUE"
    refused = f"({dialect.kind_is('context', names, 'false')}) IS TRUE"
    wanted = {"granted": granted, "refused": refused}.get(
        condition.state, f"{granted} OR {refused}"
    )
    who = f"(person IN (SELECT person FROM ({source}) WHERE place = 1 AND ({wanted})))"  # noqa: S608 - quoted
    return f"(NOT {who})" if condition.state == "unknown" else who


def _sequence(condition: SequenceCondition, place: Place) -> str:
    """Answer who went through the steps.

    Of all events that a step may be, the last one before the next step is the best to go on from:
    it is the nearest in time, and the least lies in between.
    """
    window = condition.window
    inside = "TRUE" if isinstance(window, SinceEvent) else place.within(window)
    steps_ = [place.did(step.event) for step in condition.steps]
    others = [any_of([place.did(one) for one in step.without]) for step in condition.steps]
    marks = [
        f"CASE WHEN {test} THEN 1 ELSE 0 END AS {name}{at}"
        for name, tests in (("s", steps_), ("x", others))
        for at, test in enumerate(tests)
    ]
    marks.append(f"CASE WHEN {inside} THEN 1 ELSE 0 END AS inside")
    if isinstance(window, SinceEvent):
        function = "max" if window.which == "last" else "min"
        anchor = f"CASE WHEN {place.did(window.event)} THEN {place.time} END"
        marks.append(f"{function}({anchor}) OVER (PARTITION BY person) AS since")
    names = [f"{name}{at}" for name in "sx" for at in range(len(condition.steps))]
    carried = ", ".join(["person", "t", *names, "inside"])
    if isinstance(window, SinceEvent):
        carried += ", since"
    parts = [f"e AS (SELECT person, {place.time} AS t, {', '.join(marks)} FROM events)"]  # noqa: S608 - quoted
    counts = "inside = 1" + (" AND t > since" if isinstance(window, SinceEvent) else "")
    parts.append(f"g0 AS (SELECT *, CASE WHEN s0 = 1 AND {counts} THEN t END AS g FROM e)")  # noqa: S608 - numbers
    for at, step in enumerate(condition.steps[1:], start=1):
        parts += _next_step(at, step, counts, carried=carried)
    with_ = ", ".join(parts)
    last = len(condition.steps) - 1
    return f"(person IN (WITH {with_} SELECT person FROM g{last} WHERE g IS NOT NULL))"  # noqa: S608 - quoted


_EARLIER = "OVER (PARTITION BY person ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"


def _next_step(at: int, step: Step, counts: str, *, carried: str) -> list[str]:
    tests = [f"s{at} = 1 AND {counts} AND b IS NOT NULL"]
    if step.within is not None:
        tests.append(f"t - b <= {milliseconds(step.within)}")
    if step.without:
        tests.append("(w IS NULL OR w <= b)")
    got = f"CASE WHEN {all_of(tests)} THEN t END"
    columns = f"max(g) {_EARLIER} AS b, max(CASE WHEN x{at} = 1 THEN t END) {_EARLIER} AS w"
    return [
        f"b{at} AS (SELECT *, {columns} FROM g{at - 1})",  # noqa: S608 - numbers
        f"g{at} AS (SELECT {carried}, {got} AS g FROM b{at})",  # noqa: S608 - numbers
    ]


EVENT_CONDITIONS: Mapping[type[Any], Callable[[Any, Place], str]] = {
    EventCondition: _event,
    AggregateCondition: _aggregate,
    OccurrenceCondition: _occurrence,
    ConsentCondition: _consent,
    SequenceCondition: _sequence,
}
