"""What operators ask of moments, as SQL.

A moment is a JSON number (Unix seconds or milliseconds) or a text in one of the usual forms of
ISO 8601: `2026-01-31`, `2026-01-31T12:00`, with seconds and a fraction, with `Z` or `±00:00`. What
`datetime.fromisoformat` reads besides (`20260131`, `2026-W05-6`) is no moment to SQL. Texts
without an offset are by the zone's clocks, whose changes from 2000 to 2050 are followed.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from headwater.audiences.comparisons import DURATION_VALUE, INSTANT_VALUE
from headwater.audiences.periods import instant, milliseconds
from headwater.questions.calendar import DAY, Stretch, offsets_of
from headwater.questions.sql.dialect import Dialect
from headwater.questions.sql.text import any_of

if TYPE_CHECKING:
    from headwater.questions.sql.values import Held

OPERATORS = INSTANT_VALUE | DURATION_VALUE | {"in_period"}

_DAY = "0000-00-00"
_CLOCKS = ("00:00", "00:00:00", *(f"00:00:00.{'0' * digits}" for digits in range(1, 7)))
_ZONES = ("Z", "+00:00", "-00:00")
_FOLLOWED = Stretch(946_684_800_000, 2_524_608_000_000)  # 2000 to 2050
_LAST_SECOND = 20_000_000_000  # as in collect/times.py
_SHIFT = 7 * 10**6  # days, so that what is divided is positive, and a week begins on Monday
_PERIODS = {"today": ("day", 0), "yesterday": ("day", -1), "tomorrow": ("day", 1)} | {
    f"{word}_{unit}": (unit, number)
    for unit in ("week", "month", "quarter", "year")
    for word, number in (("last", -1), ("this", 0), ("next", 1))
}


def asked(held: Held, operator: str, value: Any) -> str:
    """Answer SQL for whether an operator is true of a moment; see `audiences/comparing.py`."""
    at, now = f"({moment(held)})", held.now
    if operator in INSTANT_VALUE:
        sign = "<" if operator == "before" else ">"
        return _is_true(f"{at} {sign} {instant(value, ZoneInfo(held.zone))}")
    if operator == "in_period":
        unit, number = _PERIODS[value]
        present = _unit_number(held.dialect, now, unit, held.zone)
        return _is_true(f"{_unit_number(held.dialect, at, unit, held.zone)} = {present} + {number}")
    length = milliseconds(value)
    test = {
        "within_last": f"{at} > {now} - {length} AND {at} <= {now}",
        "before_last": f"{at} <= {now} - {length}",
        "within_next": f"{at} > {now} AND {at} <= {now} + {length}",
        "after_next": f"{at} > {now} + {length}",
    }[operator]
    return _is_true(test)


def moment(held: Held) -> str:
    """Answer SQL for the milliseconds of a moment; null where it is none."""
    number = held.number
    scaled = f"CASE WHEN abs({number}) <= {_LAST_SECOND} THEN {number} * 1000 ELSE {number} END"
    return f"coalesce(CAST(trunc({scaled}) AS BIGINT), {_of_text(held)})"


def _of_text(held: Held) -> str:
    text, dialect = f"({held.text})", held.dialect
    shapes = [_DAY, *(f"{_DAY}{gap}{clock}" for gap, clock in product("T ", _CLOCKS))]
    own = any_of([dialect.looks_like(text, shape) for shape in shapes])
    zoned = any_of(
        [dialect.looks_like(text, shape + zone) for shape, zone in product(shapes[1:], _ZONES)]
    )
    clock = _clock(dialect, text)
    utc = f"CASE WHEN {text} LIKE '%Z' THEN substr({text}, 1, length({text}) - 1) ELSE substr({text}, 1, length({text}) - 6) END"  # noqa: E501 - one expression
    away = (
        f"(CASE WHEN {text} LIKE '%Z' THEN 0 WHEN substr({text}, -6, 1) = '-' THEN -1 ELSE 1 END "
        f"* (CAST(substr({text}, -5, 2) AS BIGINT) * 60 + CAST(substr({text}, -2) AS BIGINT)) "
        "* 60000)"
    )
    return (
        f"CASE WHEN {own} THEN {clock} - {_offset_by_clock(clock, held.zone)} "
        f"WHEN {zoned} THEN {_clock(dialect, f'({utc})')} - "
        f"CASE WHEN {text} LIKE '%Z' THEN 0 ELSE {away} END END"
    )


def _clock(dialect: Dialect, text: str) -> str:
    """Answer SQL for what a text shows, in milliseconds, as if it were in UTC."""
    fraction = f"CAST(substr(substr({text}, 21) || '000', 1, 3) AS BIGINT)"
    return f"({dialect.seconds_of(f'substr({text}, 1, 19)')} * 1000 + {fraction})"


def _offset_by_clock(clock: str, zone: str) -> str:
    """Answer SQL for how far the zone is ahead when its clocks show this.

    A time that clocks skip, or show twice, is by the offset before, as in Python (`fold=0`).
    """
    parts = _offsets(zone)
    cases = [
        f"WHEN {clock} < {until + max(offset, after)} THEN {offset}"
        for (until, offset), (_, after) in pairwise(parts)
    ]
    last = parts[-1][1]
    return f"(CASE {' '.join(cases)} ELSE {last} END)" if cases else f"({last})"


def _unit_number(dialect: Dialect, at: str, unit: str, zone: str) -> str:
    """Answer SQL for the number of the day, week, … that an instant lies in."""
    parts = _offsets(zone)
    cases = [f"WHEN {at} < {until} THEN {offset}" for until, offset in parts[:-1]]
    offset = f"(CASE {' '.join(cases)} ELSE {parts[-1][1]} END)" if cases else f"({parts[-1][1]})"
    clock = f"({at} + {offset})"
    if unit in {"day", "week"}:
        day = f"({dialect.divided(f'{clock} + {_SHIFT * DAY}', DAY)})"
        # 1970-01-01 was a Thursday.
        return day if unit == "day" else f"({dialect.divided(f'{day} + 3', 7)})"
    month = f"({dialect.month_number(clock)} - 1)"
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    return f"({dialect.divided(month, months)})"


@lru_cache(maxsize=64)
def _offsets(zone: str) -> tuple[tuple[int, int], ...]:
    return tuple(offsets_of(_FOLLOWED, ZoneInfo(zone), sample=DAY))


def _is_true(sql: str) -> str:
    return f"(({sql}) IS TRUE)"
