"""An empty database of whatever runtime a test runs on."""

from __future__ import annotations

import sys
from typing import TypeVar

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


__all__ = ["Database", "driven", "empty_database"]
