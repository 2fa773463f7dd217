"""Databases for tests that run inside a Durable Object, which has one only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from durable_objects.sql import Database
from headwater.ports import SqlValue

_storage: Any = None
bindings: Any = None
taken: list[str] = []
refused: list[str] = []
_lent: Lent | None = None


class Lent(Database):
    """The object's database, within a unit of work, until it is asked for anew."""

    def __init__(self, storage: Any) -> None:
        super().__init__(storage)
        self._running = True

    def close(self) -> None:
        """Do nothing: it is the object's."""

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """As `Database` does, while this is the last that was lent."""
        if _lent is not self:
            raise RuntimeError("a test on the edge has one database at a time; this one is gone")
        return super().execute(sql, params)


def lend_from(storage: Any) -> None:
    """Say whose storage is lent."""
    global _storage  # noqa: PLW0603 - pytest has no other way to hand a thing to its tests
    _storage = storage


def storage() -> Any:
    """Answer the object's storage."""
    return _storage


def clear(database: Database) -> None:
    """Drop all that tests made."""
    made = database.execute(
        "SELECT type, name FROM sqlite_master"
        " WHERE type IN ('table', 'view') AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    for kind, name in made:
        database.execute(f'DROP {kind} "{name}"')


def empty_database() -> Database:
    """Answer the object's database, emptied; whoever had it before has it no more."""
    global _lent  # noqa: PLW0603 - the same
    clear(Database(_storage))
    _lent = Lent(_storage)
    return _lent


class _Driven:
    """An actor each of whose calls is a unit of work, as in its Durable Object."""

    def __init__(self, actor: Any, database: Database) -> None:
        self._actor = actor
        self._database = database

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._actor, name)
        return lambda *given, **named: self._database.run(lambda: method(*given, **named))


def driven(actor: Any, database: Database) -> Any:
    """Answer the actor as the edge drives it."""
    return _Driven(actor, database)
