"""Days of the calendar as people say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from headwater.language.tokens import Token

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",),
            ("june", "jun"), ("july", "jul"), ("august", "aug"), ("september", "sep", "sept"),
            ("october", "oct"), ("november", "nov"), ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, name in enumerate(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    )
}


def day_said(tokens: Sequence[Token], at: int, end: int, today: date) -> tuple[date, int] | None:
    """Answer the day that is said here, and what is behind: `Monday`, `March 1`, `1 March 2026`.

    Without a year, or of a weekday, it is the latest such day.
    """
    if tokens[at].low in _WEEKDAYS:
        back = (today.weekday() - _WEEKDAYS[tokens[at].low]) % 7
        return today - timedelta(days=back), at + 1
    if at + 1 >= end:
        return None
    first, second = tokens[at], tokens[at + 1]
    month, number = (first, second) if first.low in MONTHS else (second, first)
    day = _ordinal(number)
    if day is None or month.low not in MONTHS:
        return None
    stop = at + 2
    year = None
    if stop < end and (year := year_of(tokens[stop])) is not None:
        stop += 1
    try:
        found = date(year or today.year, MONTHS[month.low], day)
    except ValueError:  # there is no such day
        return None
    if year is None and found > today:
        found = found.replace(year=today.year - 1)
    return found, stop


def _ordinal(token: Token) -> int | None:
    digits = token.low[:-2] if token.low[-2:] in {"st", "nd", "rd", "th"} else token.low
    is_day = digits.isdigit() and len(digits) <= 2 and 1 <= int(digits) <= 31
    return int(digits) if is_day else None


def year_of(token: Token) -> int | None:
    """Answer the year that a number is, 1990 to 2100."""
    is_year = token.kind == "number" and isinstance(token.value, int)
    return token.value if is_year and 1990 <= token.value <= 2100 else None
