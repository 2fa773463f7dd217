"""What the operators of FQL do, as closures over an event.

Types are strict: `"1" != 1` and `1 != true`. An operand of a type that an operator is not for,
null included, fails the evaluation; `=`, `!=`, `and` and `or` take null.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headwater.destinations.fql.errors import EvaluationFailure

Evaluate = Callable[[Mapping[str, Any]], Any]


class _Constant:
    """A closure that the parser can look into."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _event: Mapping[str, Any]) -> Any:
        return self.value


def constant(value: Any) -> Evaluate:
    """Answer a closure that is always this value."""
    return _Constant(value)


def constant_value(evaluate: Evaluate) -> Any:
    """Answer the value of a constant's closure; None for any other."""
    return evaluate.value if isinstance(evaluate, _Constant) else None


def path(segments: Sequence[str]) -> Evaluate:
    """Answer a closure that looks a field up; null where it, or what holds it, is missing."""

    def look_up(event: Mapping[str, Any]) -> Any:
        value: Any = event
        for segment in segments:
            if not isinstance(value, Mapping):
                return None
            value = value.get(segment)
        return value

    return look_up


def make_list(items: Sequence[Evaluate]) -> Evaluate:
    """Answer a closure that makes a list."""
    return lambda event: [item(event) for item in items]


def call(function: Callable[..., Any], arguments: Sequence[Evaluate]) -> Evaluate:
    """Answer a closure that applies a function."""
    return lambda event: function(*[argument(event) for argument in arguments])


def binary(compare: Callable[[Any, Any], bool], left: Evaluate, right: Evaluate) -> Evaluate:
    """Answer a closure that compares."""
    return lambda event: compare(left(event), right(event))


def negate(part: Evaluate) -> Evaluate:
    """Answer a closure for `!`, which takes a bool only."""

    def negated(event: Mapping[str, Any]) -> bool:
        value = part(event)
        if not isinstance(value, bool):
            raise EvaluationFailure("! takes a bool")
        return not value

    return negated


def all_of(parts: Sequence[Evaluate]) -> Evaluate:
    """Answer a closure for `and`; it stops at the first part that is not true."""
    return lambda event: all(_truth(part(event)) for part in parts)


def any_of(parts: Sequence[Evaluate]) -> Evaluate:
    """Answer a closure for `or`; it stops at the first part that is true."""
    return lambda event: any(_truth(part(event)) for part in parts)


def _truth(value: Any) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise EvaluationFailure("and, or take bools")
    return value


def is_number(value: Any) -> bool:
    """Answer whether this is a number, which a bool is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    """Answer strict equality: of one type, and equal in every part."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def _unequal(left: Any, right: Any) -> bool:
    return not equal(left, right)


def _contained(left: Any, right: Any) -> bool:
    if not isinstance(right, list | tuple) or isinstance(left, list | tuple | Mapping):
        raise EvaluationFailure("in takes a single value and a list")
    return any(equal(left, item) for item in right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ordered(left: Any, right: Any) -> bool:
        if not is_number(left) or not is_number(right):
            raise EvaluationFailure("< <= > >= take numbers")
        return compare(left, right)

    return ordered


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": equal,
    "!=": _unequal,
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    "in": _contained,
}
