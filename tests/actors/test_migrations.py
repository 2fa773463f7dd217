"""Migrations: each once, in order, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.actors.migrations import Migration, migrate, statements
from headwater.local.sql import Database, open_writer

FIRST = Migration("first", "CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n")
SECOND = Migration("second", "-- grows;\nALTER TABLE a ADD COLUMN y;\n")


@pytest.fixture
def sql(tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    database = open_writer(tmp_path / "test.sqlite3")
    yield database
    database.close()


def test_each_is_applied_once_in_order(sql: Database) -> None:
    """A second run applies what is new, and only that."""
    assert migrate(sql, [FIRST]) == ["first"]
    assert migrate(sql, [FIRST, SECOND]) == ["second"]
    assert migrate(sql, [FIRST, SECOND]) == []
    assert sql.execute("SELECT x, y FROM a") == [(1, None)]


def test_one_that_fails_is_undone_and_can_be_mended(sql: Database) -> None:
    """A migration that breaks half way leaves no table and no ledger entry."""
    broken = Migration("broken", "CREATE TABLE b (x);\nINSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(sql, [FIRST, broken])

    assert migrate(sql, [FIRST, Migration("broken", "CREATE TABLE b (x);")]) == ["broken"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;", ["SELECT 1"]),
        ("SELECT 1;\n\nSELECT 2;\n", ["SELECT 1", "SELECT 2"]),
        ("-- a note; with a semicolon;\nSELECT 1; -- after\n", ["SELECT 1"]),
        ("SELECT ';' AS a;\nSELECT 2;", ["SELECT ';' AS a", "SELECT 2"]),
    ],
)
def test_a_text_is_cut_into_statements(text: str, expected: list[str]) -> None:
    """A statement ends with a semicolon at the end of a line; comments are dropped."""
    assert statements(text) == expected
