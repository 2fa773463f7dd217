"""The `Sql` port over sqlite3: values, transactions, and durability settings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.local.sql import Database, open_reader, open_writer


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with one table."""
    database = open_writer(tmp_path / "test.sqlite3")
    database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, body ANY)")
    yield database
    database.close()


def ids(database: Database) -> list[int]:
    """Answer the ids of all rows."""
    return [row[0] for row in database.execute("SELECT id FROM events ORDER BY id")]


@pytest.mark.parametrize("value", ["text", 7, 1.5, b"\x00bytes", None, 2**62])
def test_values_come_back_as_they_went_in(
    database: Database, value: str | float | bytes | None
) -> None:
    """Each kind of value survives the way in and out."""
    database.execute("INSERT INTO events VALUES (1, ?)", (value,))

    assert database.execute("SELECT body FROM events") == [(value,)]


def test_a_statement_without_rows_answers_an_empty_list(database: Database) -> None:
    """DDL and plain inserts answer []."""
    assert database.execute("INSERT INTO events VALUES (1, NULL)") == []


def test_many_rows_go_in_at_once(database: Database) -> None:
    """Each row is inserted, in order; none is no write at all."""
    database.execute_many("INSERT INTO events VALUES (?, ?)", [(2, "b"), (1, "a")])
    database.execute_many("INSERT INTO events VALUES (?, ?)", [])

    assert database.execute("SELECT * FROM events ORDER BY id") == [(1, "a"), (2, "b")]


def test_a_transaction_commits_on_leaving(tmp_path: Path, database: Database) -> None:
    """Another connection sees what was written once the block is left, and not before."""
    other = open_reader(tmp_path / "test.sqlite3")
    with database.transaction():
        database.execute("INSERT INTO events VALUES (1, NULL)")
        inside = ids(other)

    assert (inside, ids(other)) == ([], [1])
    other.close()


def test_a_transaction_rolls_back_on_an_exception(database: Database) -> None:
    """An exception undoes the block and passes through."""

    def failing() -> None:
        with database.transaction():
            database.execute("INSERT INTO events VALUES (1, NULL)")
            raise KeyError

    with pytest.raises(KeyError):
        failing()

    assert ids(database) == []
    assert not database.in_transaction


def test_a_nested_transaction_is_part_of_the_outer(database: Database) -> None:
    """The inner block commits nothing: the outer one's exception undoes both."""

    def failing() -> None:
        with database.transaction():
            with database.transaction():
                database.execute("INSERT INTO events VALUES (1, NULL)")
            assert database.in_transaction
            raise KeyError

    with pytest.raises(KeyError):
        failing()

    assert ids(database) == []


def test_a_transaction_joins_one_that_was_begun_by_hand(database: Database) -> None:
    """Inside the writer's own BEGIN, a transaction block neither commits nor rolls back."""
    database.execute("BEGIN IMMEDIATE")
    with database.transaction():
        database.execute("INSERT INTO events VALUES (1, NULL)")
    assert database.in_transaction
    database.execute("ROLLBACK")

    assert ids(database) == []


def test_the_next_transaction_works_after_one_failed(database: Database) -> None:
    """A failed block leaves nothing behind that would stop the next."""
    rows = [(1, None), (1, None)]
    with pytest.raises(sqlite3.IntegrityError), database.transaction():
        database.execute_many("INSERT INTO events VALUES (?, ?)", rows)
    with database.transaction():
        database.execute("INSERT INTO events VALUES (2, NULL)")

    assert ids(database) == [2]


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 0), ("temp_store", 2)],
)
def test_the_writer_is_durable(database: Database, pragma: str, expected: str | int) -> None:
    """The settings that make a commit an fsync are in force; 2 is FULL."""
    assert database.execute(f"PRAGMA {pragma}") == [(expected,)]


def test_a_reader_cannot_write(tmp_path: Path, database: Database) -> None:
    """A read-only connection refuses to change anything."""
    database.execute("INSERT INTO events VALUES (1, NULL)")
    reader = open_reader(tmp_path / "test.sqlite3")

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM events")
    assert ids(reader) == [1]
    reader.close()


def test_a_path_with_characters_that_mean_something_in_a_uri(tmp_path: Path) -> None:
    """`?`, `#` and `%` in a folder's name are part of the name."""
    folder = tmp_path / "what?is#100%25"
    folder.mkdir()
    database = open_writer(folder / "test.sqlite3")
    database.execute("CREATE TABLE t (a)")
    database.close()

    assert (folder / "test.sqlite3").is_file()
