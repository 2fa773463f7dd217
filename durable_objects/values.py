"""Values as they cross between Python and a Durable Object's SQLite, each in the adapter, once."""

from __future__ import annotations

from typing import Any

from pyodide.ffi import jsnull, to_js

from durable_objects import statements
from headwater.ports import SqlValue

# JavaScript's numbers are exact up to here; beyond, an integer travels as text.
_EXACT = 2**53
_INTEGERS = range(-(2**63), 2**63)


def read_json(cursor: Any) -> list[tuple[Any, ...]]:
    """Answer the rows of a query that `statements.as_json` has made."""
    return statements.rows(cursor.raw().toArray().join(","))


def read_native(cursor: Any) -> list[tuple[Any, ...]]:
    """Answer the rows of what is no query and answers some."""
    return [tuple(map(_answered, row)) for row in cursor.raw().toArray().to_py()]


def read_nothing(_cursor: Any) -> list[tuple[Any, ...]]:
    """Answer no rows."""
    return []


def _answered(value: Any) -> SqlValue:
    if value is jsnull:
        return None
    return bytes(value) if isinstance(value, memoryview) else value


def bound(value: SqlValue) -> Any:
    """Answer a value as JavaScript takes it; an integer that its numbers cannot hold as text.

    Raises:
        OverflowError: an integer has more than 64 bits.
        UnicodeEncodeError: a text holds half of a surrogate pair.
    """
    if isinstance(value, str):
        if not value.isascii():
            value.encode()  # raises for a lone surrogate, which is no text
        return value
    if isinstance(value, int):
        if value not in _INTEGERS:
            raise OverflowError(f"{value} has more than 64 bits")
        return int(value) if -_EXACT < value < _EXACT else str(value)
    return to_js(value) if isinstance(value, bytes) else value
