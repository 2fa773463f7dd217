"""Brings a database to the present schema: what has been applied is in a ledger, never redone.

A migration is a text of SQL statements under a name. One that has been released is never edited;
a change is a new one at the end of the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from headwater.ports import Sql

_LEDGER = "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) WITHOUT ROWID"
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. Its statements end with `;` at the end of a line."""

    name: str
    sql: str


def migrate(sql: Sql, migrations: Sequence[Migration]) -> list[str]:
    """Apply those that the ledger does not name, each in its own transaction; answer their names.

    Raises:
        Whatever the database raises where a statement fails; the migration is then undone.
    """
    sql.execute(_LEDGER)
    done = {name for (name,) in sql.execute("SELECT name FROM migrations")}
    missing = [migration for migration in migrations if migration.name not in done]
    for migration in missing:
        with sql.transaction():
            for statement in statements(migration.sql):
                sql.execute(statement)
            sql.execute("INSERT INTO migrations (name) VALUES (?)", (migration.name,))
    return [migration.name for migration in missing]


def statements(text: str) -> list[str]:
    """Cut a schema text into its statements, without comments (`Sql` runs one at a time)."""
    parts = re.split(r";\s*(?:\n|\Z)", _COMMENT.sub("", text))
    return [part.strip() for part in parts if part.strip()]
