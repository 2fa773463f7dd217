"""Tables that are made when they are first written into: what is read, what is made, what it costs.

That actors work over them is for the simulation to show, all of whose databases are such.
"""

from __future__ import annotations

import contextlib

import pytest

from headwater.actors.lazy_tables import LazyTables, Tables
from headwater.actors.migrations import Migration, migrate
from headwater.actors.schemas import IDENTITY, NEEDLESS_ALONE, migrations
from headwater.ports import Sql
from tests.databases import empty_database

FIRST = Migration(
    "first.sql",
    """
CREATE TABLE IF NOT EXISTS note (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL DEFAULT ('a, b'),
    UNIQUE (body)
);
CREATE INDEX IF NOT EXISTS note_body ON note (body);
CREATE TABLE tag (note INTEGER NOT NULL, name TEXT, PRIMARY KEY (note, name)) WITHOUT ROWID;
CREATE TABLE old (id INTEGER PRIMARY KEY);
""",
)
SECOND = Migration(
    "second.sql",
    """
ALTER TABLE note ADD COLUMN at INTEGER;
INSERT INTO tag (note, name) SELECT id, 'old' FROM old;
DROP TABLE old;
""",
)

COUNTING = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)
SELECT i FROM n WHERE i NOT IN (SELECT note FROM tag)
"""


def made(sql: Sql) -> list[str]:
    """Answer the tables of ours that are there."""
    found = sql.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('note', 'tag', 'old')"
        " ORDER BY name"
    )
    return [name for (name,) in found]


def lazy(*given: Migration) -> LazyTables:
    """Answer an empty database with these migrations."""
    sql = LazyTables(empty_database(), Tables(given or (FIRST, SECOND)))
    sql.migrate()
    return sql


def test_a_new_database_holds_the_ledger_alone() -> None:
    """All migrations are noted, in one row, and count as applied."""
    sql = lazy()

    assert made(sql) == []
    assert sql.execute("SELECT count(*) FROM migrations") == [(1,)]
    assert sql.migrate() == []
    assert migrate(sql, (FIRST, SECOND)) == []


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT id, body, at FROM note", []),
        ("SELECT count(*), max(at) FROM note WHERE body > 'a'", [(0, None)]),
        ("SELECT note.id FROM note JOIN tag ON tag.note = note.id", []),
        ("SELECT coalesce((SELECT max(id) FROM note), 7)", [(7,)]),
        ("WITH one AS (SELECT 1 AS n) SELECT n, id FROM one LEFT JOIN note", [(1, None)]),
        (COUNTING, [(1,), (2,), (3,)]),
        ("DELETE FROM note WHERE id = 1 RETURNING id", []),
        ("UPDATE note SET body = 'x'", []),
    ],
)  # fmt: skip
def test_a_table_that_is_not_there_is_empty(query: str, rows: list[tuple[object, ...]]) -> None:
    """Whatever asks for it or changes it answers as over an empty table, and makes nothing."""
    sql = lazy()

    assert sql.execute(query) == rows
    assert made(sql) == []


def test_what_is_written_makes_its_table_alone() -> None:
    """With all that later migrations added to it, and its indexes."""
    sql = lazy()
    sql.execute_many("INSERT INTO note (id, body, at) VALUES (?, ?, ?)", [(1, "a", 5), (2, "b", 6)])

    assert made(sql) == ["note"]
    assert sql.execute("SELECT id, at FROM note ORDER BY id") == [(1, 5), (2, 6)]
    assert sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'note_body'") == [(1,)]
    sql.execute("INSERT INTO tag (note, name) SELECT id, 'new' FROM note WHERE id = ?", (2,))
    assert sql.execute("SELECT note, name FROM tag") == [(2, "new")]


def test_what_is_copied_from_a_table_that_is_not_there_is_nothing() -> None:
    """An INSERT may read what is not there."""
    sql = lazy()
    sql.execute("INSERT INTO tag (note, name) SELECT id, body FROM note")
    sql.execute("WITH x AS (SELECT 1 AS n) INSERT INTO note (id, body) SELECT n, 'x' FROM x")

    assert made(sql) == ["note", "tag"]
    assert sql.execute("SELECT count(*) FROM tag") == [(0,)]
    assert sql.execute("SELECT id, body FROM note") == [(1, "x")]


def test_what_was_undone_is_made_again() -> None:
    """A unit of work that raises takes its tables with it."""
    sql = lazy()

    def work() -> None:
        sql.execute("INSERT INTO note (id, body) VALUES (1, 'a')")
        raise LookupError

    with contextlib.suppress(LookupError):
        sql.run(work)
    assert made(sql) == []
    sql.execute("INSERT INTO note (id, body) VALUES (2, 'b')")
    assert sql.execute("SELECT id FROM note") == [(2,)]


@pytest.mark.parametrize("writes", ["note", "old", ""])
def test_a_later_migration_reaches_what_is_there(writes: str) -> None:
    """Tables that are there are changed, rows are moved; those that are not stay away."""
    sql = lazy(FIRST)
    if writes:
        sql.execute(f"INSERT INTO {writes} (id) VALUES (3)")
    later = LazyTables(sql._sql, Tables((FIRST, SECOND)))

    assert later.migrate() == ["second.sql"]
    assert made(later) == {"note": ["note"], "old": ["tag"], "": []}[writes]
    assert later.execute("SELECT note, name FROM tag") == ([(3, "old")] if writes == "old" else [])
    assert later.execute("SELECT id, at FROM note") == ([(3, None)] if writes == "note" else [])


def test_a_database_from_before_stays_as_it_is() -> None:
    """One in which all tables were made at once is read and written as ever."""
    plain = empty_database()
    migrate(plain, (FIRST, SECOND))
    plain.execute("INSERT INTO note (id, body) VALUES (1, 'a')")
    sql = LazyTables(plain, Tables((FIRST, SECOND)))

    assert sql.migrate() == []
    assert sql.execute("SELECT id FROM note") == [(1,)]
    assert made(sql) == ["note", "tag"]


def test_an_actors_tables_are_those_of_its_migrations() -> None:
    """Made one by one they have the columns and indexes that the migrations make together."""
    plain = empty_database()
    migrate(plain, migrations(IDENTITY))
    whole = described(plain)
    sql = alone(Tables(migrations(IDENTITY)), whole)

    assert described(sql) == whole


def test_what_a_table_needs_later_is_made_with_it() -> None:
    """A column that a later migration adds costs no statement; an index that none needs, none."""
    tables = Tables(migrations(IDENTITY), without=NEEDLESS_ALONE)
    making = {name: tables.making(name) for name in ("event", "identity")}

    assert [len(statements) for statements in making.values()] == [3, 1]
    assert not [one for one in making["event"] if "ALTER" in one]


def test_a_column_is_not_put_behind_a_constraint() -> None:
    """A table with one is made, and altered, as the migrations say."""
    tables = Tables((FIRST, SECOND))

    assert [one.split()[0] for one in tables.making("note")] == ["CREATE", "CREATE", "ALTER"]


def alone(tables: Tables, whole: list[tuple[object, ...]]) -> LazyTables:
    """Answer a database in which each of these tables was made for itself."""
    sql = LazyTables(empty_database(), tables)
    sql.migrate()
    for kind, name, *_ in whole:
        if kind == "table" and name in tables.names:
            sql.execute(f"SELECT * FROM {name}")
            sql._make(str(name))
    return sql


def described(sql: Sql) -> list[tuple[object, ...]]:
    """Answer what a database has, without the spaces of the texts that made it."""
    found = sql.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
    return [(*row[:3], " ".join(str(row[3]).replace(",", " , ").split())) for row in found]
