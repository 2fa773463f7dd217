"""Days, weeks, months, quarters and years of a time zone, summer time included.

A unit is named by its number: the days since 0001-01-01 for a day, and so on. Its beginning is
local midnight; where clocks skip that hour, the moment at which they do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from headwater.audiences.conditions import Unit
from headwater.audiences.periods import in_milliseconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REGULAR = 1_325_376_000_000  # 2012-01-01
_QUARTER = 900_000
_FIRST, _LAST = date(2, 1, 1).toordinal(), date(9990, 1, 1).toordinal()


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """Answer the time zone of an IANA name, such as `Europe/Berlin`.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(
            f"{name[:80]!r} is no time zone; name it as the IANA does, such as 'Europe/Berlin'."
        ) from error


def number_of(unit: Unit, at: int, zone: str) -> int:
    """Answer the number of the unit that a time, in milliseconds, lies in."""
    # Since 2012 no zone changes its date but at whole quarters of an hour of UTC; in Newfoundland
    # and Labrador, clocks went back from one minute past midnight into the day before until then.
    if at >= _REGULAR:
        return _number_of(unit, at // _QUARTER * _QUARTER, zone)
    return _computed_number_of(unit, at, zone)


def numbering(unit: Unit, zone: str) -> Callable[[int], int]:
    """Answer `number_of` for one unit and zone, made for times that are close to each other."""
    known = (-1, 0)

    def number(at: int) -> int:
        nonlocal known
        quarter = at // _QUARTER
        last = known  # read once, as other threads may be numbering, too
        if last[0] == quarter:
            return last[1]
        found = number_of(unit, at, zone)
        if at >= _REGULAR:
            known = (quarter, found)
        return found

    return number


@lru_cache(maxsize=16_384)
def _number_of(unit: Unit, at: int, zone: str) -> int:
    return _computed_number_of(unit, at, zone)


def _computed_number_of(unit: Unit, at: int, zone: str) -> int:
    try:
        day = (_EPOCH + timedelta(milliseconds=at)).astimezone(zone_of(zone)).date()
    except OverflowError:
        day = date.fromordinal(_FIRST if at < 0 else _LAST)
    return _number(unit, day)


def _number(unit: Unit, day: date) -> int:
    if unit == "day":
        return day.toordinal()
    if unit == "week":
        return (day.toordinal() - 1) // 7  # 0001-01-01 was a Monday
    if unit == "month":
        return day.year * 12 + day.month - 1
    if unit == "quarter":
        return day.year * 4 + (day.month - 1) // 3
    return day.year


@lru_cache(maxsize=16_384)
def beginning(unit: Unit, number: int, zone: str) -> int:
    """Answer when a unit begins, in milliseconds."""
    if unit == "day":
        ordinal = number
    elif unit == "week":
        ordinal = number * 7 + 1
    else:
        months = number * {"month": 1, "quarter": 3, "year": 12}[unit]
        year, month = divmod(months, 12)
        ordinal = date(min(max(year, 2), 9990), month + 1, 1).toordinal()
    day = date.fromordinal(min(max(ordinal, _FIRST), _LAST))
    return in_milliseconds(datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)))
