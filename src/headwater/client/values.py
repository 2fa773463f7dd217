"""Python values as JSON has them: what may be put into properties, traits and context.

| Python                                   | JSON                                             |
|------------------------------------------|--------------------------------------------------|
| `None`, `bool`, `int`, `str`             | the same                                         |
| `float`, `Decimal`, `Fraction`, numpy's  | a number; NaN and infinity are refused           |
| `datetime` with a zone                   | text in UTC, `2026-11-22T09:30:00.000Z`          |
| `datetime` without one, `date`, `time`   | its ISO 8601 text as it stands, no zone invented |
| `timedelta`                              | a number of seconds                              |
| `UUID`, `Path`                           | text                                             |
| `bytes`                                  | base64 text (RFC 4648 section 4)                 |
| `Enum`                                   | its value                                        |
| mapping, dataclass, pydantic model       | an object                                        |
| set                                      | an array, in an order that is always the same    |
| list, tuple and other sequences          | an array                                         |
"""

from __future__ import annotations

import base64
import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any
from uuid import UUID

from headwater.client.errors import InvalidEvent

MAX_DEPTH = 60
"""Below the 64 levels that the server takes in an event."""


def plain(value: object, where: str, *, depth: int = 0) -> Any:
    """Answer the value as `json.dumps` takes it, sharing nothing mutable with the original.

    Args:
        value: any value of the table above.
        where: its name in messages, as in `properties.items[2]`.
        depth: how many levels are around it already.

    Raises:
        InvalidEvent: it has no JSON form, or is nested more than `MAX_DEPTH` levels deep.
    """
    if value is None or value is True or value is False:
        return value
    if depth > MAX_DEPTH:
        raise InvalidEvent(
            f"{where[:80]}… is nested more than {MAX_DEPTH} levels deep: flatten it, "
            "or check that it does not contain itself"
        )
    exact = _EXACT.get(type(value))
    if exact is not None:
        return exact(value, where, depth)
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value, where, depth)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return _object(fields, where, depth)
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return plain(dump(), where, depth=depth)
    raise InvalidEvent(
        f"{where} is of type {type(value).__name__}, which has no JSON form: "
        "convert it to text, a number, a list or a dict first"
    )


def instant(moment: datetime) -> str:
    """Answer an instant in UTC with milliseconds; a naive datetime is local time, as in Python."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _text(value: str, where: str, _depth: int) -> str:
    text = str.__str__(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidEvent(
                f"{where} holds half of a surrogate pair at position {error.start}, which UTF-8 "
                "cannot carry: decode the text it came from with errors='replace'"
            ) from None
    return text


def _integer(value: Any, where: str, _depth: int) -> int:
    number = int(value)
    if number.bit_length() > 63:
        raise InvalidEvent(f"{where} is a whole number of more than 64 bits: send it as text")
    return number


def _number(value: Any, where: str, _depth: int) -> float:
    try:
        number = float(value)
    except (OverflowError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidEvent(
            f"{where} is not a finite number, and JSON has no other: send None, or text, instead"
        )
    return number


def _decimal(value: Decimal, where: str, depth: int) -> int | float:
    if value.is_finite() and value == value.to_integral_value() and value.adjusted() < 16:
        return int(value)
    return _number(value, where, depth)


def _datetime(value: datetime, _where: str, _depth: int) -> str:
    return value.isoformat() if value.tzinfo is None else instant(value)


def _object(value: Mapping[Any, Any], where: str, depth: int) -> dict[str, Any]:
    result = {}
    for key, item in value.items():
        name = _key(key, where)
        result[name] = plain(item, f"{where}.{name}", depth=depth + 1)
    return result


def _key(key: object, where: str) -> str:
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, str):
        return _text(key, f"a key of {where}", 0)
    if isinstance(key, (int, UUID, date)) and not isinstance(key, bool):
        return str(key)
    raise InvalidEvent(
        f"{where} has a key of type {type(key).__name__}: keys of a JSON object are text"
    )


def _array(value: Sequence[Any], where: str, depth: int) -> list[Any]:
    return [plain(item, f"{where}[{index}]", depth=depth + 1) for index, item in enumerate(value)]


def _set(value: AbstractSet[Any], where: str, depth: int) -> list[Any]:
    items = [plain(item, f"{where}[…]", depth=depth + 1) for item in value]
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


# The first row that fits decides: subclasses stand before their bases.
_CONVERSIONS: tuple[tuple[Any, Callable[[Any, str, int], Any]], ...] = (
    (Enum, lambda value, where, depth: plain(value.value, where, depth=depth + 1)),
    (str, _text),
    (Integral, _integer),
    (Decimal, _decimal),
    (Real, _number),
    (datetime, _datetime),
    ((date, time), lambda value, _where, _depth: value.isoformat()),
    (timedelta, lambda value, _where, _depth: value.total_seconds()),
    ((UUID, PurePath), lambda value, _where, _depth: str(value)),
    (
        (bytes, bytearray, memoryview),
        lambda value, _where, _depth: base64.b64encode(value).decode("ascii"),
    ),
    (Mapping, _object),
    (AbstractSet, _set),
    (Sequence, _array),
)

# What most events are made of, found without walking the table.
_EXACT: dict[type, Callable[[Any, str, int], Any]] = {
    str: _text,
    int: _integer,
    float: _number,
    dict: _object,
    list: _array,
}
