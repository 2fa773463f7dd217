"""Brings a database to the present schema: what has been applied is in a ledger, never redone.

A migration is a text of SQL statements under a name. One that has been released is never edited;
a change is a new one at the end of the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from headwater.ports import Sql

LEDGER = "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) WITHOUT ROWID"
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. Its statements end with `;` at the end of a line."""

    name: str
    sql: str


@runtime_checkable
class MigratesItself(Protocol):
    """A database that knows its own migrations; see lazy_tables.py."""

    def migrate(self) -> list[str]:
        """Apply those that are missing; answer their names."""
        ...


def migrate(sql: Sql, migrations: Sequence[Migration]) -> list[str]:
    """Apply those that the ledger does not name, each in its own transaction; answer their names.

    Raises:
        Whatever the database raises where a statement fails; the migration is then undone.
    """
    if isinstance(sql, MigratesItself):
        return sql.migrate()
    sql.execute(LEDGER)
    done = noted(sql)
    missing = [migration for migration in migrations if migration.name not in done]
    for migration in missing:
        with sql.transaction():
            for statement in statements(migration.sql):
                sql.execute(statement)
            sql.execute("INSERT INTO migrations (name) VALUES (?)", (migration.name,))
    return [migration.name for migration in missing]


def noted(sql: Sql) -> set[str]:
    """Answer the names in the ledger, of which a row may hold several."""
    return {name for (row,) in sql.execute("SELECT name FROM migrations") for name in row.split()}


def is_ledger_there(sql: Sql) -> bool:
    """Answer whether anything was ever applied, without writing anything."""
    return bool(sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'"))


def is_applied(sql: Sql, name: str) -> bool:
    """Answer whether a migration was applied, without writing anything."""
    return is_ledger_there(sql) and name in noted(sql)


def statements(text: str) -> list[str]:
    """Cut a schema text into its statements, without comments (`Sql` runs one at a time)."""
    parts = re.split(r";\s*(?:\n|\Z)", _COMMENT.sub("", text))
    return [part.strip() for part in parts if part.strip()]
