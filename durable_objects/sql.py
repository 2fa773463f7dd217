"""The `Sql` port over a Durable Object's SQLite (https://developers.cloudflare.com/durable-objects).

Made of the binding itself rather than of the SDK's wrapper round it, which costs ten times as
much a call. `statements` and `values` say how values cross.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from pyodide.ffi import JsException

from durable_objects import statements
from durable_objects.values import bound, read_json, read_native, read_nothing
from headwater.ports import SqlValue

Answer = TypeVar("Answer")

# A value may have 2 MB on Cloudflare, and one text holds many rows.
_LONGEST_TEXT = 1_000_000
_MOST_KNOWN = 1000

# These answer rows though they are no queries.
_ANSWERS = re.compile(r"^\s*(PRAGMA|EXPLAIN)\b|\bRETURNING\b", re.IGNORECASE)

# How many columns such a query has is for the table to say, which may grow.
_OPEN = re.compile(r"(\bSELECT|\bDISTINCT|\bALL|,|\.)\s*\*", re.IGNORECASE)

_Prepared = tuple[str, Callable[[Any], list[tuple[Any, ...]]]]
_Key = tuple[str, tuple[type, ...]]

# What was found out about statements, which holds for all objects of the isolate.
_known: dict[_Key, _Prepared] = {}


class StatementFailed(Exception):
    """SQLite refused a statement; the message says why, and which."""


class Database:
    """`Sql` over one Durable Object's storage. Use it within that object's events.

    Args:
        storage: JavaScript's `DurableObjectStorage`: `ctx._ctx.storage` of the SDK's context.
        emptied: is called once everything was deleted, the object's alarm with it.
    """

    def __init__(self, storage: Any, emptied: Callable[[], None] = lambda: None) -> None:
        self._storage = storage
        self._emptied = emptied
        self._exec = storage.sql.exec
        self._running = False

    def run(self, work: Callable[[], Answer]) -> Answer:
        """Run one unit of work: all that it writes is kept when it returns, nothing if it raises.

        Nothing may be awaited in it. Whoever drives an actor makes each of its calls such a unit.
        """
        answers: list[Answer] = []
        outermost, self._running = self._running, True
        try:
            # What the callback returns would go through JavaScript.
            self._storage.transactionSync(lambda: answers.append(work()))
        finally:
            self._running = outermost
        return answers[0]

    def empty(self) -> None:
        """Delete everything, with all that was ever deleted; see `emptying.Empties`.

        What is written in the same event comes behind it.
        """
        self._storage.deleteAll()
        self._emptied()

    def transaction(self) -> AbstractContextManager[None]:
        """Be part of the unit of work that runs, which is the outer transaction.

        Raises:
            RuntimeError: none does. Cloudflare commits what a callback wrote, so there is no way
                to begin here and end later.
        """
        if not self._running:
            raise RuntimeError("a transaction on the edge is begun by Database.run")
        return nullcontext()

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and answer all its rows, in order; `[]` where it has none.

        A query's values come back exactly. From a RETURNING clause a whole number comes back as
        an int even where it is a real, and blobs as bytes.

        Raises:
            StatementFailed: SQLite refuses it.
            OverflowError: an integer has more than 64 bits.
        """
        text, read = self._prepared_form(sql, params)
        try:
            return read(self._exec(text, *map(bound, params)))
        except JsException as error:
            raise StatementFailed(f"{error.message}, in: {sql}") from error

    def execute_many(self, sql: str, rows: Sequence[Sequence[SqlValue]]) -> None:
        """Run an `INSERT … VALUES (?, …)` for each row, as one statement for up to 1 MB of them.

        Raises:
            StatementFailed: SQLite refuses it.
            ValueError: the statement is no such INSERT.
        """
        text, blobs = statements.many(rows)
        if len(rows) > 1 and len(text if text.isascii() else text.encode()) > _LONGEST_TEXT:
            half = len(rows) // 2
            self.execute_many(sql, rows[:half])
            self.execute_many(sql, rows[half:])
        elif rows:
            self.execute(statements.inserting(sql, blobs=blobs), (text,))

    def _prepared_form(self, sql: str, params: Sequence[SqlValue]) -> _Prepared:
        """Answer what to run for a statement with values of these types, and how to read it."""
        key = (sql, tuple(map(type, params)))
        found = _known.get(key)
        if found is None:
            found = self._prepare(sql, params)
            if not _OPEN.search(sql):
                if len(_known) >= _MOST_KNOWN:
                    _known.clear()
                _known[key] = found
        return found

    def _prepare(self, sql: str, params: Sequence[SqlValue]) -> _Prepared:
        text = statements.with_integers(sql, [isinstance(value, int) for value in params])
        if not statements.is_query(sql):
            return text, read_native if _ANSWERS.search(sql) else read_nothing
        try:
            cursor = self._exec(statements.counting(text), *map(bound, params))
        except JsException as error:
            raise StatementFailed(f"{error.message}, in: {sql}") from error
        return statements.as_json(text, len(cursor.columnNames)), read_json
