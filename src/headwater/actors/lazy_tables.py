"""Makes each table of an actor's database when something is first written into it.

On the edge every identifier has a database of its own, and a statement that makes a table or an
index costs two or three rows written: for most actors more than all else that they ever write, as
most have no audience, no account and nothing to send. So a table that nothing was written into is
not there, and whoever reads it reads an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from headwater.actors.emptying import empty
from headwater.actors.migrations import LEDGER, Migration, noted, statements
from headwater.ports import Sql, SqlValue

Answer = TypeVar("Answer")

_MAKES = re.compile(
    r"\s*(?:CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"|CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?\w+\s+ON\s+"
    r"|ALTER\s+TABLE\s+|DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?)(\w+)",
    re.IGNORECASE,
)
_BODY = re.compile(r"\s*CREATE\s+TABLE\b[^(]*\((.*)\)", re.IGNORECASE | re.DOTALL)
_ADDS = re.compile(
    r"\s*ALTER\s+TABLE\s+\w+\s+ADD\s+(?:COLUMN\s+)?((\w+).*)", re.IGNORECASE | re.DOTALL
)
_INDEXES = re.compile(
    r"\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.IGNORECASE
)
_INSERTS = re.compile(r"\b(?:INSERT(?:\s+OR\s+\w+)?|REPLACE)\s+INTO\s+(\w+)", re.IGNORECASE)
_CHANGES = re.compile(r"\b(?:UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+(\w+)", re.IGNORECASE)
_SOURCES = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)", re.IGNORECASE)
_WITH = re.compile(r"\s*WITH\s+(RECURSIVE\s+)?", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_CONSTRAINTS = frozenset({"PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"})
_TABLE_CONSTRAINT = re.compile(r",\s*(?:PRIMARY|UNIQUE|CHECK|FOREIGN|CONSTRAINT)\b", re.IGNORECASE)
_MOST_KNOWN = 1_000


class Tables:
    """What the migrations of a kind of actor make, table by table; shared by all its actors.

    Args:
        migrations: all of them, oldest first.
        without: names of indexes that are not made with their tables.
    """

    def __init__(
        self, migrations: Sequence[Migration], *, without: Collection[str] = frozenset()
    ) -> None:
        self.migrations = migrations
        self._made_by: dict[str, list[str]] = {}
        self._known: dict[tuple[str, frozenset[str]], Plan] = {}
        for migration in migrations:
            for statement in statements(migration.sql):
                if (found := _MAKES.match(statement)) is not None:
                    self._made_by.setdefault(found[1], []).append(statement)
        self._making = {
            table: [one for one in _together(made) if not _is_index(one, without)]
            for table, made in self._made_by.items()
        }

    @property
    def names(self) -> frozenset[str]:
        """All tables that there ever were."""
        return frozenset(self._made_by)

    def making(self, table: str) -> list[str]:
        """Answer the statements that make a table as it is now, with its indexes."""
        return self._making[table]

    def plan(self, sql: str, absent: frozenset[str]) -> Plan:
        """Answer how to run a statement where these tables are not there."""
        key = (sql, absent)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[key] = self._planned(sql, absent & frozenset(_WORD.findall(sql)))
        return found

    def _planned(self, sql: str, missing: frozenset[str]) -> Plan:
        if not missing:
            return Plan(sql)
        if (found := _MAKES.match(sql)) is not None:
            return Plan(None if found[1] in missing else sql)
        if (found := _CHANGES.search(sql)) is not None and found[1] in missing:
            return Plan(None)
        target = found[1] if (found := _INSERTS.search(sql)) is not None else None
        read = sorted(missing - {target})
        empty = ", ".join(self._empty(table) for table in read)
        makes = target if target in missing else None
        if not empty:
            return Plan(sql, makes)
        opening = _WITH.match(sql)
        sources = self.names & set(_SOURCES.findall(sql))
        nothing = bool(sources) and sources <= missing
        if opening is None:
            return Plan(f"WITH {empty} {sql.lstrip()}", makes, reads_nothing=nothing)
        text = f"WITH {opening[1] or ''}{empty}, {sql[opening.end() :]}"
        return Plan(text, makes, reads_nothing=nothing)

    def _empty(self, table: str) -> str:
        """Answer a common table expression that has the table's columns and no row."""
        columns = self._columns(table)
        nothing = ", ".join("NULL" for _ in columns)
        return f"{table} ({', '.join(columns)}) AS (SELECT {nothing} WHERE 0)"

    def _columns(self, table: str) -> list[str]:
        columns: list[str] = []
        for statement in self._made_by[table]:
            if (body := _BODY.match(statement)) is not None and not columns:
                flat = body[1]
                while _IN_BRACKETS.search(flat):
                    flat = _IN_BRACKETS.sub("", flat)
                firsts = [part.split()[0] for part in flat.split(",") if part.split()]
                columns += [first for first in firsts if first.upper() not in _CONSTRAINTS]
            elif (added := _ADDS.match(statement)) is not None:
                columns.append(added[2])
        return columns


def _together(made: Sequence[str]) -> list[str]:
    """Answer what makes a table with the columns that were added later: each costs a row else."""
    first, *rest = made
    added = [found[1].strip() for one in rest if (found := _ADDS.match(one)) is not None]
    end = first.rfind(")")
    # A column cannot stand behind a constraint; and of a table that was made twice, leave it all.
    is_plain = not _TABLE_CONSTRAINT.search(first) and not any(map(_BODY.match, rest))
    if not added or not is_plain or _BODY.match(first) is None:
        return list(made)
    whole = f"{first[:end]}{''.join(f', {column}' for column in added)}{first[end:]}"
    return [whole, *(one for one in rest if _ADDS.match(one) is None)]


def _is_index(statement: str, names: Collection[str]) -> bool:
    found = _INDEXES.match(statement)
    return found is not None and found[1] in names


@dataclass(frozen=True, slots=True)
class Plan:
    """How a statement is run.

    Attributes:
        sql: None where there is nothing to do, and no row to answer.
        makes: the table to make before.
        reads_nothing: whether none of the tables that it reads is there.
    """

    sql: str | None
    makes: str | None = None
    reads_nothing: bool = False


class LazyTables:
    """`Sql` over a database in which tables are made when they are first written into.

    Args:
        sql: the database, which holds nothing yet, or some of the tables, or all of them.
        tables: what its migrations make.
    """

    def __init__(self, sql: Sql, tables: Tables) -> None:
        self._sql = sql
        self._tables = tables
        self._absent: frozenset[str] | None = None

    def migrate(self) -> list[str]:
        """Apply the migrations that are missing, to the tables that are there.

        A new database costs the ledger, with one row for all.
        """
        self._sql.execute(LEDGER)
        done = noted(self._sql)
        missing = [one for one in self._tables.migrations if one.name not in done]
        for migration in missing if done else ():
            for statement in statements(migration.sql):
                plan = self._tables.plan(statement, self._absence())
                if not plan.reads_nothing:  # what is moved from a table that is empty is nothing
                    self.execute(statement)
        names = [one.name for one in missing]
        if names:
            self._sql.execute("INSERT INTO migrations (name) VALUES (?)", (" ".join(names),))
        return names

    def run(self, work: Callable[[], Answer]) -> Answer:
        """Run one unit of work; see `Sql.run`. Tables that it made go with it if it raises."""
        try:
            return self._sql.run(work)
        except BaseException:
            self._absent = None
            raise

    def empty(self) -> None:
        """Delete everything; see `emptying.Empties`."""
        self._absent = None
        empty(self._sql)

    def transaction(self) -> AbstractContextManager[None]:
        """Begin a transaction; see `Sql.transaction`."""
        return self._sql.transaction()

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; see `Sql.execute`."""
        plan = self._tables.plan(sql, self._absence())
        if plan.sql is None:
            return []
        self._make(plan.makes)
        answer = self._sql.execute(plan.sql, params)
        if (made := _MAKES.match(sql)) is not None and self._absent is not None:
            self._absent = None if made[1] in self._tables.names else self._absent
        return answer

    def execute_many(self, sql: str, rows: Sequence[Sequence[SqlValue]]) -> None:
        """Run an INSERT for each row; see `Sql.execute_many`."""
        if rows:
            self._make(self._tables.plan(sql, self._absence()).makes)
            self._sql.execute_many(sql, rows)

    def _make(self, table: str | None) -> None:
        if table is not None:
            for statement in self._tables.making(table):
                self._sql.execute(statement)
            self._absent = self._absence() - {table}

    def _absence(self) -> frozenset[str]:
        if self._absent is None:
            found = self._sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            self._absent = self._tables.names - {name for (name,) in found}
        return self._absent
