"""Values of DuckDB's as JSON has them."""

from __future__ import annotations

import base64
import math
from datetime import datetime
from decimal import Decimal
from typing import Any

from headwater.collect.times import write_time

_EXACT = 2**53  # up to here JavaScript's numbers are whole


def plain(value: Any) -> Any:
    """Answer a value that JSON can hold: times as ISO 8601, bytes in Base64, big numbers as text.

    What is no number (NaN, infinity) is null, as is a time that Python has not; a
    fraction is as near as a double comes.
    """
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


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat(sep=" ")
    try:
        return write_time(round(value.timestamp() * 1000))
    except (ValueError, OverflowError):
        return value.isoformat()
