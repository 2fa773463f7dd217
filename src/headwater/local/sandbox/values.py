"""Values of DuckDB's as JSON has them."""

from __future__ import annotations

import base64
import math
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from headwater.collect.times import write_time

_EXACT = 2**53  # up to here JavaScript's numbers are whole


def plain(value: Any) -> Any:
    """Answer a value that JSON can hold: times as ISO 8601, bytes in Base64, big numbers as text.

    What is no number (NaN, infinity) is null, as is a time that Python has not; a
    fraction is as near as a double comes.
    """
    if isinstance(value, pa.MonthDayNano):
        return _duration(value)
    if isinstance(value, dict):
        return {str(plain(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    found: Any
    match value:
        case None | bool() | str():
            found = value
        case int():
            found = value if abs(value) <= _EXACT else str(value)
        case float():
            found = value if math.isfinite(value) else None
        case Decimal():
            whole = value == value.to_integral_value()
            found = _scalar(int(value)) if whole else float(value)
        case datetime():
            found = _instant(value)
        case bytes():
            found = base64.b64encode(value).decode()
        case _:
            found = str(value)
    return found


def _duration(value: pa.MonthDayNano) -> str:
    """Answer an interval as ISO 8601 writes a duration: `P1M2DT3.5S`."""
    seconds, nanoseconds = divmod(abs(value.nanoseconds), 10**9)
    fraction = f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""
    sign = "-" if value.nanoseconds < 0 else ""
    time = f"T{sign}{seconds}{fraction}S" if value.nanoseconds else ""
    months = f"{value.months}M" if value.months else ""
    days = f"{value.days}D" if value.days or not (months or time) else ""
    return f"P{months}{days}{time}"


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat(sep=" ")
    try:
        return write_time(round(value.timestamp() * 1000))
    except (ValueError, OverflowError):
        return value.isoformat()
