"""Computed traits compiled to functions: their value now, and when time alone changes it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from headwater.audiences.audience import Computation, EventFigure, FigureFunction
from headwater.audiences.expressions import parse
from headwater.audiences.periods import DAY
from headwater.audiences.reducers import Count, Extreme, Reducer, Sum, key_of, number
from headwater.audiences.reducers_values import Distinct, End, Frequent, Moment
from headwater.audiences.scope import PersonView, Scope

Value = Callable[[PersonView, int], tuple[Any, int | None]]

_REDUCERS: dict[FigureFunction, Callable[[EventFigure], Reducer]] = {
    "count": lambda _: Count(),
    "sum": lambda _: Sum(),
    "average": lambda _: Sum(average=True),
    "minimum": lambda _: Extreme(greatest=False),
    "maximum": lambda _: Extreme(greatest=True),
    "most_frequent": lambda figure: Frequent(figure.minimum_frequency),
    "first": lambda _: End(last=False),
    "last": lambda _: End(last=True),
    "unique_list": lambda _: Distinct(),
    "unique_count": lambda _: Distinct(),
    "days_since": lambda _: Moment(),
}


def compile_computation(computation: Computation, scope: Scope) -> Value:
    """Answer the function that a computation is; what it looks at is noted in the scope."""
    if isinstance(computation, EventFigure):
        return _figure(computation, scope)
    calculate, names = parse(computation.expression)
    scope.needs.traits |= names
    return lambda person, _now: (calculate(person.trait), None)


def _figure(figure: EventFigure, scope: Scope) -> Value:
    reducer = _REDUCERS[figure.function](figure)
    feature = scope.figure(figure.event, figure.property, reducer, figure.window)

    def value(person: PersonView, now: int) -> tuple[Any, int | None]:
        state = person.feature(feature.id)
        result, change = feature.result(state, now)
        if result is None:
            return None, change
        if figure.function == "unique_count":
            return len(result), change
        if figure.function == "unique_list":
            return sorted(result, key=key_of), change
        if figure.function == "days_since":
            return _days_since(result, now, change)
        return number(result) if isinstance(result, Decimal) else result, change

    return value


def _days_since(at: int, now: int, change: int | None) -> tuple[int, int | None]:
    days = max((now - at) // DAY, 0)
    next_day = at + (days + 1) * DAY
    return days, next_day if change is None else min(next_day, change)
