"""An empty database of whatever runtime a test runs on."""

from __future__ import annotations

import sys
from typing import TypeVar

from headwater.actors.migrations import statements

Actor = TypeVar("Actor")

if sys.platform == "emscripten":
    from durable_objects.sql import Database
    from tests.edge.room.databases import driven, empty_database
else:
    import sqlite3

    from headwater.local.sql import Database

    def empty_database() -> Database:
        """Answer a database in memory. On the edge a test has one at a time, not several."""
        return Database(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))

    def driven(actor: Actor, sql: Database) -> Actor:
        """Answer the actor as a runtime drives it; on the edge each call is a unit of work."""
        return actor


def database_with(schema: str) -> Database:
    """Answer an empty database with the tables of a schema text."""
    database = empty_database()
    for statement in statements(schema):
        database.execute(statement)
    return database


__all__ = ["Database", "database_with", "driven", "empty_database"]
