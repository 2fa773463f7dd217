"""What a property of the spec may be. Each check answers what is wrong with a value, or None."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from headwater.spec.event import Check, placed

_CURRENCY = re.compile(r"[A-Z]{3}")


def text(value: object) -> str | None:
    """Text, and not blank."""
    if not isinstance(value, str):
        return f"is of type {type(value).__name__}: give text"
    return None if value.strip() else "is blank: give text, or leave it out"


def identifier(value: object) -> str | None:
    """An id: text, a whole number or a UUID."""
    if isinstance(value, bool) or not isinstance(value, (str, int, UUID)):
        return f"is of type {type(value).__name__}: give text, a whole number or a UUID"
    return text(str(value))


def number(value: object) -> str | None:
    """A finite number: a price, a position in seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, Fraction)):
        return f"is of type {type(value).__name__}: give a number"
    return None if math.isfinite(value) else "is not finite: give a number"


def amount(value: object) -> str | None:
    """A number that is not negative."""
    wrong = number(value)
    if wrong is None and value < 0:  # type: ignore[operator] # number() saw to it
        return f"is {value}: it cannot be negative"
    return wrong


def whole(value: object) -> str | None:
    """A whole number that is not negative: a quantity, a place in a list."""
    if isinstance(value, bool) or not isinstance(value, int):
        return f"is of type {type(value).__name__}: give a whole number"
    return None if value >= 0 else f"is {value}: it cannot be negative"


def flag(value: object) -> str | None:
    """True or False."""
    return None if isinstance(value, bool) else f"is of type {type(value).__name__}: give a bool"


def currency(value: object) -> str | None:
    """A code of ISO 4217, such as EUR."""
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return None
    return f"is {value!r}: give a code of three capitals such as 'EUR' (ISO 4217)"


def day(value: object) -> str | None:
    """A date, or a moment: `date`, `datetime`, or ISO 8601 text."""
    if isinstance(value, date):
        return None
    if isinstance(value, str):
        try:
            date.fromisoformat(value[:10])
        except ValueError:
            return f"is {value!r}: give a date, or ISO 8601 text such as '2026-11-22'"
        return None
    return f"is of type {type(value).__name__}: give a date, or ISO 8601 text"


def one_of(*choices: str) -> Check:
    """One of these texts."""

    def check(value: object) -> str | None:
        return None if value in choices else f"is {value!r}: give one of {', '.join(choices)}"

    return check


def between(low: float, high: float) -> Check:
    """A number from `low` to `high`, both included."""

    def check(value: object) -> str | None:
        wrong = number(value)
        if wrong is None and not low <= value <= high:  # type: ignore[operator] # a number
            return f"is {value}: give a number from {low:g} to {high:g}"
        return wrong

    return check


def items(of: Check) -> Check:
    """A list, each value of which passes a check."""

    def check(value: object) -> str | None:
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
            return f"is of type {type(value).__name__}: give a list"
        for place, item in enumerate(value):
            if (wrong := of(item)) is not None:
                return placed(f"[{place}]", wrong)
        return None

    return check


def one_or_many(of: Check) -> Check:
    """A value, or a list of such values."""

    def check(value: object) -> str | None:
        is_many = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
        return (items(of) if is_many else of)(value)

    return check


def mapping(checks: Mapping[str, Check], *, needs: Sequence[str] = ()) -> Check:
    """A dict whose known keys pass their checks; keys of one's own are welcome.

    Args:
        checks: what the values of known keys may be.
        needs: at least one of these must be there.
    """

    def check(value: object) -> str | None:
        if not isinstance(value, Mapping):
            return f"is of type {type(value).__name__}: give a dict"
        return _wrong(value, checks, needs)

    return check


def _wrong(
    value: Mapping[Any, Any], checks: Mapping[str, Check], needs: Sequence[str]
) -> str | None:
    if needs and all(value.get(name) is None for name in needs):
        return f"lacks {' and '.join(needs)}: give {'one of them' if len(needs) > 1 else 'it'}"
    for name, inner in checks.items():
        found = value.get(name)
        if found is not None and (wrong := inner(found)) is not None:
            return placed(f".{name}", wrong)
    return None
