"""What operators ask of moments, as SQL.

A moment is a JSON number (Unix seconds or milliseconds) or a text in one of the usual forms of
ISO 8601: `2026-01-31`, `2026-01-31T12:00`, with seconds and a fraction, with `Z` or `±00:00`. What
`datetime.fromisoformat` reads besides (`20260131`, `2026-W05-6`) is no moment to SQL. Texts
without an offset are by the zone's clocks, whose changes from 2000 to 2050 are followed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from headwater.audiences.comparisons import DURATION_VALUE, INSTANT_VALUE
from headwater.audiences.periods import instant, milliseconds
from headwater.questions.calendar import DAY, Stretch, offsets_of
from headwater.questions.sql.dialect import Dialect

if TYPE_CHECKING:
    from headwater.questions.sql.values import Held

OPERATORS = INSTANT_VALUE | DURATION_VALUE | {"in_period"}

_FOLLOWED = Stretch(946_684_800_000, 2_524_608_000_000)  # 2000 to 2050
_LAST_SECOND = 20_000_000_000  # as in collect/times.py
_SHIFT = 7 * 10**6 * DAY  # so that what is divided is positive, and weeks stay in step
_PERIODS = {"today": ("day", 0), "yesterday": ("day", -1), "tomorrow": ("day", 1)} | {
    f"{word}_{unit}": (unit, number)
    for unit in ("week", "month", "quarter", "year")
    for word, number in (("last", -1), ("this", 0), ("next", 1))
}


def asked(held: Held, operator: str, value: Any) -> str:
    """Answer SQL for whether an operator is true of a moment; see `audiences/comparing.py`."""
    at, now = moment(held), held.now
    if operator in INSTANT_VALUE:
        sign = "<" if operator == "before" else ">"
        test = f"{at} {sign} {instant(value, ZoneInfo(held.zone))}"
    elif operator == "in_period":
        unit, number = _PERIODS[value]
        present = _unit_number(held.dialect, now, unit, held.zone)
        test = f"{_unit_number(held.dialect, at, unit, held.zone)} = {present} + {number}"
    else:
        length = milliseconds(value)
        test = {
            "within_last": f"{at} BETWEEN {now} - {length - 1} AND {now}",
            "before_last": f"{at} <= {now} - {length}",
            "within_next": f"{at} BETWEEN {now} + 1 AND {now} + {length}",
            "after_next": f"{at} > {now} + {length}",
        }[operator]
    return f"(({test}) IS TRUE)"


def moment(held: Held) -> str:
    """Answer SQL for the milliseconds of a moment; null where it is none."""
    dialect = held.dialect
    scaled = f"CASE WHEN abs(n) <= {_LAST_SECOND} THEN n * 1000 ELSE n END"
    shown = f"{dialect.clock('t')} - {_offset_by_clock('t', held.zone)}"
    moments = f"coalesce({dialect.whole(scaled)}, {dialect.absolute('t')}, {shown})"
    return dialect.bound({"n": held.number, "t": held.text}, moments)


def _offset_by_clock(text: str, zone: str) -> str:
    """Answer SQL for how far the zone is ahead when its clocks show this.

    A time that clocks skip, or show twice, is by the offset before, as in Python (`fold=0`).
    """
    parts = offsets(zone)
    cases = [
        f"WHEN c < '{_shown(until + max(offset, after))}' THEN {offset}"
        for (until, offset), (_, after) in pairwise(parts)
    ]
    last = parts[-1][1]
    if not cases:
        return f"({last})"
    compared = " ".join(cases).replace("WHEN c <", f"WHEN replace({text}, ' ', 'T') <")
    return f"CASE {compared} ELSE {last} END"


def _shown(clock: int) -> str:
    """Answer milliseconds as a text; in the order of texts it is where the time is in time."""
    return (datetime(1970, 1, 1) + timedelta(milliseconds=clock)).isoformat(timespec="minutes")  # noqa: DTZ001 - what clocks show


def _unit_number(dialect: Dialect, at: str, unit: str, zone: str) -> str:
    """Answer SQL for the number of the day, week, … that an instant lies in."""
    *changes, (_, last) = offsets(zone)
    cases = " ".join(f"WHEN i < {until} THEN {offset}" for until, offset in changes)
    clock = f"(i + CASE {cases} ELSE {last} END)" if cases else f"(i + ({last}))"
    if unit == "day":
        number = dialect.divided(f"{clock} + {_SHIFT}", DAY)
    elif unit == "week":
        number = dialect.divided(f"{clock} + {_SHIFT + 3 * DAY}", 7 * DAY)  # 1970: a Thursday
    else:
        months = {"month": 1, "quarter": 3, "year": 12}[unit]
        number = dialect.divided(f"{dialect.month_number(clock)} - 1", months)
    return dialect.bound({"i": at}, number)


@lru_cache(maxsize=64)
def offsets(zone: str) -> tuple[tuple[int, int], ...]:
    """Answer (until, offset) for all of the time whose changes of clocks are followed."""
    return tuple(offsets_of(_FOLLOWED, ZoneInfo(zone), sample=DAY))
