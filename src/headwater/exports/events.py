"""Events as they are exported: which columns, and as which text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from headwater.collect.times import write_time
from headwater.lake.columns import parquet_columns
from headwater.lake.parquet.columns import Column
from headwater.lake.schema import EVENTS

Form = Literal["parquet", "csv", "jsonl"]
Row = Mapping[str, Any]

COLUMNS = tuple(one.name for one in EVENTS.columns if one.name not in {"rest", "position", "bot"})
"""What an export has of each event: all that it says, without what only the lake has a use for."""

OBJECTS = frozenset({"properties", "traits", "context"})
TIMES = frozenset({"timestamp", "received_at", "original_timestamp", "sent_at"})

_TO_QUOTE = frozenset('",\r\n')
_encode = msgspec.json.Encoder().encode


def parquet_columns_exported() -> tuple[Column, ...]:
    """Answer the columns of an exported Parquet file."""
    return tuple(one for one in parquet_columns(EVENTS) if one.name in COLUMNS)


def header() -> bytes:
    """Answer the first line of a CSV file."""
    return (",".join(COLUMNS) + "\n").encode()


def csv_lines(rows: Iterable[Row]) -> bytes:
    """Answer rows as CSV (RFC 4180): nothing is an empty field, an empty text is quoted."""
    lines = [
        ",".join([_csv_field(_shown(name, row[name])) for name in COLUMNS]) + "\n" for row in rows
    ]
    return "".join(lines).encode()


def json_lines(rows: Iterable[Row]) -> bytes:
    """Answer rows as lines of JSON, in which objects are objects."""
    return b"".join([_encode(_line(row)) + b"\n" for row in rows])


def _line(row: Row) -> dict[str, Any]:
    return {
        name: msgspec.Raw(row[name].encode())
        if name in OBJECTS and row[name] is not None
        else _shown(name, row[name])
        for name in COLUMNS
    }


def _shown(name: str, value: Any) -> str | None:
    """Answer a value as text: a time is ISO 8601 in UTC, None where a calendar has it not."""
    if value is None or name not in TIMES:
        return None if value is None else str(value)
    try:
        return write_time(value)
    except ValueError:
        return None


def _csv_field(value: str | None) -> str:
    if value is None:
        return ""
    if value and not _TO_QUOTE & set(value):
        return value
    return '"' + value.replace('"', '""') + '"'
