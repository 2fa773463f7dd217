"""Operators at work: is it true of this value, and when does time alone change that?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headwater.audiences.calendar import beginning, number_of, zone_of
from headwater.audiences.comparisons import (
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    is_number,
    reader,
    steps,
)
from headwater.audiences.conditions import Unit
from headwater.audiences.periods import instant, milliseconds
from headwater.collect.times import read_time

Answer = tuple[bool, int | None]
"""Whether it is true now, and the first instant at which that may change (None: never)."""

Question = Callable[[Any, int], Answer]
"""Asks a value, at an instant in milliseconds."""

_PERIODS: Mapping[str, tuple[Unit, int]] = {
    "today": ("day", 0),
    "yesterday": ("day", -1),
    "tomorrow": ("day", 1),
    **{
        f"{word}_{unit}": (unit, offset)
        for unit in ("week", "month", "quarter", "year")
        for word, offset in (("last", -1), ("this", 0), ("next", 1))
    },
}
_SCALARS = (str, bool, int, float)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values of JSON are equal: true is not 1, but 1.0 is."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def question(operator: str, value: Any, zone: str) -> Question:
    """Answer what asks this operator of a value; of null (no value) only `absent` is true."""
    if operator == "absent":
        return lambda held, _now: (held is None, None)
    moving = MOVING.get(operator)
    if moving is not None:
        return _asking_moments(moving(value, zone), zone)
    if operator in {"before", "after"}:
        return _asking_moments(_compared_with(operator, instant(value, zone_of(zone))), zone)
    test = _STILL[operator](value)
    return lambda held, _now: (held is not None and test(held), None)


def passes(one: Filter, zone: str) -> Callable[[Mapping[str, Any], int], bool]:
    """Answer what tells whether an event, of a time in milliseconds, fits a filter."""
    if isinstance(one, Comparison):
        read, ask = reader(steps(one.path)), question(one.operator, one.value, zone)
        return lambda event, at: ask(read(event), at)[0]
    inner = [passes(each, zone) for each in one.filters]
    if isinstance(one, AllOf):
        return lambda event, at: all(fits(event, at) for fits in inner)
    if isinstance(one, AnyOf):
        return lambda event, at: any(fits(event, at) for fits in inner)
    return lambda event, at: not any(fits(event, at) for fits in inner)


def _number(test: Callable[[Any, Any], bool]) -> Callable[[Any], Callable[[Any], bool]]:
    return lambda wanted: lambda held: is_number(held) and test(held, wanted)


def _text(test: Callable[[str, str], bool]) -> Callable[[Any], Callable[[Any], bool]]:
    return lambda wanted: lambda held: isinstance(held, str) and test(held, wanted)


def _among(held: Any, wanted: Any) -> bool:
    return isinstance(held, _SCALARS) and any(same(held, one) for one in wanted)


def _has(held: list[Any], wanted: Any) -> bool:
    return any(same(one, wanted) for one in held)


def _listed(test: Callable[[list[Any], Any], bool]) -> Callable[[Any], Callable[[Any], bool]]:
    return lambda wanted: lambda held: isinstance(held, list) and test(held, wanted)


def _fits(text: str, pattern: str) -> bool:
    """Tell whether a text fits `*` and `?`; a regular expression might take for ever."""
    place = wild = 0
    star = -1
    at = 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, wild = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in {"?", text[at]}:
            place, at = place + 1, at + 1
        elif star >= 0:
            wild += 1
            place, at = star + 1, wild
        else:
            return False
    return set(pattern[place:]) <= {"*"}


_STILL: Mapping[str, Callable[[Any], Callable[[Any], bool]]] = {
    "exists": lambda _: lambda _held: True,
    "equals": lambda wanted: lambda held: same(held, wanted),
    "not_equals": lambda wanted: lambda held: not same(held, wanted),
    "one_of": lambda wanted: lambda held: _among(held, wanted),
    "none_of": lambda wanted: lambda held: not _among(held, wanted),
    "greater_than": _number(lambda held, wanted: held > wanted),
    "at_least": _number(lambda held, wanted: held >= wanted),
    "less_than": _number(lambda held, wanted: held < wanted),
    "at_most": _number(lambda held, wanted: held <= wanted),
    "between": _number(lambda held, wanted: wanted[0] <= held <= wanted[1]),
    "contains": _text(lambda held, wanted: wanted in held),
    "not_contains": _text(lambda held, wanted: wanted not in held),
    "starts_with": _text(str.startswith),
    "ends_with": _text(str.endswith),
    "matches": _text(_fits),
    "includes": _listed(_has),
    "not_includes": _listed(lambda held, wanted: not _has(held, wanted)),
    "includes_any": _listed(lambda held, wanted: any(_has(held, one) for one in wanted)),
    "includes_all": _listed(lambda held, wanted: all(_has(held, one) for one in wanted)),
}

# Of a moment: from when until when (not included) the answer is yes; None is no bound.
Interval = tuple[int | None, int | None]


def moment(value: Any, zone: str) -> int | None:
    """Answer the milliseconds of a date, a time or a Unix time; None where it is none of these."""
    try:
        if isinstance(value, str):
            return instant(value, zone_of(zone))
        return read_time(value) if is_number(value) else None
    except (ValueError, OverflowError):
        return None


def _asking_moments(true_within: Callable[[int], Interval], zone: str) -> Question:
    def ask(held: Any, now: int) -> Answer:
        at = moment(held, zone)
        if at is None:
            return False, None
        since, until = true_within(at)
        if since is not None and now < since:
            return False, since
        if until is not None and now >= until:
            return False, None
        return True, until

    return ask


def _compared_with(operator: str, wanted: int) -> Callable[[int], Interval]:
    never: Interval = (None, -(2**62))

    def true_within(at: int) -> Interval:
        fits = at < wanted if operator == "before" else at > wanted
        return (None, None) if fits else never

    return true_within


def _within_last(value: str, _zone: str) -> Callable[[int], Interval]:
    """True while now - length < at <= now."""
    length = milliseconds(value)
    return lambda at: (at, at + length)


def _before_last(value: str, _zone: str) -> Callable[[int], Interval]:
    """True while at <= now - length."""
    length = milliseconds(value)
    return lambda at: (at + length, None)


def _within_next(value: str, _zone: str) -> Callable[[int], Interval]:
    """True while now < at <= now + length."""
    length = milliseconds(value)
    return lambda at: (at - length, at)


def _after_next(value: str, _zone: str) -> Callable[[int], Interval]:
    """True while now + length < at."""
    length = milliseconds(value)
    return lambda at: (None, at - length)


def _in_period(value: str, zone: str) -> Callable[[int], Interval]:
    unit, offset = _PERIODS[value]

    def true_within(at: int) -> Interval:
        present = number_of(unit, at, zone) - offset
        return beginning(unit, present, zone), beginning(unit, present + 1, zone)

    return true_within


MOVING: Mapping[str, Callable[[str, str], Callable[[int], Interval]]] = {
    "within_last": _within_last,
    "before_last": _before_last,
    "within_next": _within_next,
    "after_next": _after_next,
    "in_period": _in_period,
}
"""Questions whose answers time alone may change."""
