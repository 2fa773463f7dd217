"""Tells whether any value of a database has one of some identifiers in it, whole.

In the bytes of a database stands `user_id:1` wherever `user_id:10` does, and wherever `user_id:1`
ends next to a value, or a length, that begins with `0`. Value by value it can be told apart.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

# An identifier goes on with a letter, digit or `_`, and with what joins two of them.
_GOES_ON = re.compile(r"\w|[.@+/:=-]+\w")


def has_whole(database: Path, identifiers: Iterable[str]) -> bool:
    """Tell whether any text in any table has one of the identifiers, and not only as part of one.

    Args:
        database: a file of SQLite; it is only read.
        identifiers: `user_id:42` and so on.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    find = finder(identifiers)
    uri = f"{database.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as sql:
        return any(find(text) for text in _texts(sql))


def finder(identifiers: Iterable[str]) -> Callable[[str], bool]:
    """Answer what tells whether a text has one of the identifiers, whole."""
    by_type: dict[str, dict[int, set[str]]] = {}
    for one in identifiers:
        kind = one.partition(":")[0]
        by_type.setdefault(kind, {}).setdefault(len(one), set()).add(one)
    types = "|".join(re.escape(kind) for kind in by_type)
    begins = re.compile(rf"(?<!\w)({types}):")

    def find(text: str) -> bool:
        for match in begins.finditer(text):
            for length, known in by_type[match[1]].items():
                end = match.start() + length
                if text[match.start() : end] in known and not _GOES_ON.match(text, end):
                    return True
        return False

    return find


def _texts(sql: sqlite3.Connection) -> Iterator[str]:
    sql.text_factory = lambda data: data.decode("utf-8", "replace")
    tables = [row[0] for row in sql.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        quoted = table.replace('"', '""')
        for row in sql.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 - a table of this database
            for value in row:
                if isinstance(value, str):
                    yield value
                elif isinstance(value, bytes):
                    yield value.decode("utf-8", "replace")
