"""Lengths of time and moments, as conditions write them: `7d`, `2026-01-31`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"([1-9][0-9]{0,8})([smhdw])")
_WORDS = re.compile(
    r"([0-9]{1,9}) *(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST = 3660 * _UNITS["d"]
"""Ten years, in milliseconds: the longest duration."""

DAY = _UNITS["d"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(duration: str) -> int:
    """Answer the length of `90s`, `30m`, `12h`, `7d` or `2w`; a day has 24 hours.

    Raises:
        ValueError: it is no such text, or longer than ten years.
    """
    found = _DURATION.fullmatch(duration)
    length = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < length <= LONGEST:
        raise ValueError(
            f"{duration!r} is not a duration: write a number and s, m (minutes), h, d or w, such "
            "as '7d', up to ten years."
        )
    return length


def compact(duration: str) -> str:
    """Answer `7d` for `7 days` or `7 d`; a text that is no such length as it is."""
    found = _WORDS.fullmatch(duration.strip().lower())
    return f"{int(found[1])}{found[2][0]}" if found else duration


def is_duration(value: Any) -> bool:
    """Tell whether a value is a duration."""
    try:
        return isinstance(value, str) and milliseconds(value) > 0
    except ValueError:
        return False


def is_date(text: str) -> bool:
    """Tell whether an instant is a whole day."""
    return _DATE.fullmatch(text) is not None


def is_instant(value: Any) -> bool:
    """Tell whether a value is a date or a time in ISO 8601."""
    try:
        return isinstance(value, str) and instant(value, UTC) is not None
    except (ValueError, OverflowError):
        return False


def instant(text: str, zone: tzinfo) -> int:
    """Answer a date's beginning, or a time, in milliseconds; without a zone it is in `zone`.

    Raises:
        ValueError: it is not ISO 8601.
    """
    if text.isdecimal() and len(text) != len("20260131"):
        raise ValueError("digits alone, some of which would be a time of the year 1712")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return in_milliseconds(moment)


def in_milliseconds(moment: datetime) -> int:
    """Answer an aware time as milliseconds since 1970-01-01 UTC."""
    since = moment.astimezone(UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
