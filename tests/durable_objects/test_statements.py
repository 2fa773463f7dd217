"""Statements as the edge's adapter rewrites them, run on this machine's SQLite.

That values cross whole is for the SQLite of workerd to show: `tests/contract/test_sql.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from durable_objects import statements


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    """A database with one table without types."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (a, b, c, PRIMARY KEY (a))")
    yield connection
    connection.close()


def answered(
    connection: sqlite3.Connection, sql: str, params: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Answer a query's rows by way of JSON, as the edge reads them."""
    columns = len(connection.execute(statements.counting(sql), params).description)
    found = connection.execute(statements.as_json(sql, columns), params).fetchall()
    return statements.rows(",".join(row[0] for row in found))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", True),
        ("  -- a comment\n select 1", True),
        ("VALUES (1)", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("WITH RECURSIVE a(n) AS (VALUES (1)) SELECT n FROM a", True),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", False),
        ("WITH a AS (SELECT ')') DELETE FROM t", False),
        ("INSERT INTO t SELECT 1", False),
        ("DELETE FROM t RETURNING a", False),
        ("CREATE TABLE u AS SELECT 1", False),
        ("PRAGMA table_info(t)", False),
        ("EXPLAIN SELECT 1", False),
        ("", False),
    ],
)
def test_queries_are_told_from_the_rest(sql: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """Only what does nothing but answer may be wrapped."""
    assert statements.is_query(sql) is expected


@pytest.mark.parametrize(
    ("sql", "whole", "expected"),
    [
        ("SELECT ?, ?", [True, False], "SELECT +CAST(? AS INTEGER), ?"),
        ("SELECT '?', ?, \"?\"", [True], "SELECT '?', +CAST(? AS INTEGER), \"?\""),
        ("SELECT ?2, ?1", [True, False], "SELECT ?2, +CAST(?1 AS INTEGER)"),
        ("SELECT 1 -- ?\n, ?", [True], "SELECT 1 -- ?\n, +CAST(? AS INTEGER)"),
        ("SELECT /* ' */ ?", [True], "SELECT /* ' */ +CAST(? AS INTEGER)"),
        ("SELECT 'it''s ?', ?", [True], "SELECT 'it''s ?', +CAST(? AS INTEGER)"),
    ],
)
def test_integers_are_cast_where_they_stand(sql: str, whole: list[bool], expected: str) -> None:
    """A question mark that is no parameter stays."""
    assert statements.with_integers(sql, whole) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT json('[1]'), json_array(1) -> 0, '{\"b\":\"61\"}'",
        "SELECT a.a, b.a FROM (SELECT 1 AS a) AS a, (SELECT 2 AS a) AS b",
        "WITH answer (n) AS (VALUES (3), (1), (2)) SELECT n FROM answer ORDER BY n DESC;",
        "SELECT 1 -- the end",
        "VALUES (1, 'a'), (2.0, NULL)",
        "SELECT x'00ff', x'', 9007199254740993, 'a' || char(0) || '\"', 0.5",
    ],
)
def test_a_wrapped_query_answers_the_same(connection: sqlite3.Connection, sql: str) -> None:
    """Whatever a query looks like, by way of JSON it answers what it answers."""
    assert repr(answered(connection, sql)) == repr(connection.execute(sql).fetchall())


def test_an_upsert_stays_one(connection: sqlite3.Connection) -> None:
    """ON CONFLICT, constants and expressions keep their places."""
    connection.execute("DELETE FROM t")
    sql = statements.inserting(
        "INSERT INTO t (a, b, c) VALUES (?, upper(?), 'values (?)')"
        " ON CONFLICT (a) DO UPDATE SET b = b || excluded.b",
        blobs=False,
    )
    connection.execute(sql, (statements.many([("k", "x"), ("k", "y")])[0],))

    assert connection.execute("SELECT * FROM t").fetchall() == [("k", "XY", "values (?)")]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE t SET a = ?", "no INSERT"),
        ("INSERT INTO t SELECT ?", "no INSERT"),
        ("INSERT INTO t VALUES (?) ON CONFLICT DO UPDATE SET b = ?", "beyond VALUES"),
    ],
)
def test_other_statements_have_no_many_rows(sql: str, why: str) -> None:
    """What cannot be rewritten is refused, with the statement in the message."""
    with pytest.raises(ValueError, match=why):
        statements.inserting(sql, blobs=False)
