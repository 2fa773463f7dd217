"""Times as events carry them: read from what clients send, corrected, written in one form.

Inside, a time is an integer: milliseconds since 1970-01-01 UTC. Outside, it is ISO 8601 in UTC
with milliseconds, `2026-11-23T10:11:12.345Z` (https://segment.com/docs/connections/spec/common/).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# How a written time ends, and what that says: looked up, since formatting and parsing are slower.
_ENDINGS = tuple(f".{milliseconds:03}Z" for milliseconds in range(1000))
_MILLISECONDS = {ending: milliseconds for milliseconds, ending in enumerate(_ENDINGS)}

# Numbers up to here are seconds (until the year 2603), above they are milliseconds (from
# 1970-08-20); pydantic draws the line at the same place.
_LAST_SECOND = 20_000_000_000
_UNIX_DIGITS = (10, 13)  # from 2001-09-09 to 2286-11-20
_DATE_DIGITS = 8  # 20261122


def read_time(value: Any) -> int:
    """Answer the milliseconds of an ISO 8601 text (without zone: UTC) or a Unix time.

    A text of ten or thirteen digits is a Unix time too, in seconds or milliseconds: read as a date
    without dashes it would lie centuries ago.

    Raises:
        ValueError: it is neither, or outside of the years 1 to 9999.
    """
    if isinstance(value, str):
        if value.isdecimal() and len(value) != _DATE_DIGITS:
            if len(value) not in _UNIX_DIGITS:
                raise ValueError("neither a date without dashes nor a Unix time")
            return read_time(int(value))
        return _milliseconds(_moment(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        milliseconds = value * 1000 if abs(value) <= _LAST_SECOND else value
        write_time(int(milliseconds))
        return int(milliseconds)
    raise ValueError("not a text in ISO 8601")


def in_written_form(value: Any) -> tuple[int, str]:
    """Answer what `read_time` answers, and what `write_time` makes of that.

    Raises:
        ValueError: as both do.
    """
    try:
        return _read_seconds[value[:19]] + _MILLISECONDS[value[19:]], value
    except (KeyError, TypeError):
        pass  # a second not read lately, or not in the written form
    milliseconds = read_time(value)
    if is_written(value):
        if len(_read_seconds) >= _KEPT:
            _read_seconds.clear()
        _read_seconds[value[:19]] = milliseconds - _MILLISECONDS[value[19:]]
        return milliseconds, value
    return milliseconds, write_time(milliseconds)


# Events that come together happened together: most share their second with the one before.
_KEPT = 1024
_read_seconds: dict[str, int] = {}


@lru_cache(maxsize=_KEPT)
def _write_second(second: int) -> str:
    try:
        moment = _EPOCH + timedelta(seconds=second)
    except OverflowError as error:
        raise ValueError("outside of the years 1 to 9999") from error
    return moment.isoformat()[:19]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.fromisoformat(text.strip().upper())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def write_time(milliseconds: int) -> str:
    """Answer ISO 8601 in UTC with milliseconds.

    Raises:
        ValueError: the time is outside of the years 1 to 9999.
    """
    second, rest = divmod(milliseconds, 1000)
    return _write_second(second) + _ENDINGS[rest]


def is_written(text: Any) -> bool:
    """Tell whether a valid time is already in the form that `write_time` gives."""
    return (
        isinstance(text, str)
        and len(text) == 24
        and text[4:17:3] == "--T::"  # every third of 2026-11-23T10:11:12
        and text[19:] in _MILLISECONDS
    )


def correct(original: int, *, sent: int | None, received: int) -> int:
    """Answer when it happened by the server's clock: what the client's clock is off is taken out.

    `received - (sent - original)` (https://segment.com/docs/connections/spec/common/#timestamps).
    Without a time of sending nothing can be said about the client's clock: it is believed.
    """
    if sent is None:
        return original
    return received - (sent - original)
