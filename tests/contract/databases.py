"""The database of the runtime that a contract is tested on, as its adapter makes it."""

from __future__ import annotations

import sys

if sys.platform == "emscripten":
    from durable_objects.sql import Database
    from tests.edge.room import databases

    def own_database() -> Database:
        """Answer the Durable Object's database, emptied."""
        database = Database(databases.storage())
        databases.clear(database)
        return database

else:
    from tests.databases import Database, empty_database

    def own_database() -> Database:
        """Answer a database in memory."""
        return empty_database()
