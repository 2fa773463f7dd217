"""The `Sql` port, the same on every runtime: values, transactions, many rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.ports import Sql, SqlValue
from tests.contract.runtime import own_database

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False).map(lambda number: number + 0.0),  # a zero has no sign in JSON
    texts,
    st.sampled_from(['{"b":"61"}', "[1]", "'", '"', "?", "\0"]),
    st.binary(max_size=5),
)
EXAMPLES = ["text", "é 🎈", "", 7, -1, 0, 2**53 + 1, 2**63 - 1, -(2**63), 1.0, 1.5, 1e300]
EXAMPLES += [float("inf"), 0.1 + 0.2, b"\x00bytes", b"", None, "a\0b", '{"a": [1]}', "x" * 100_000]


@pytest.fixture(scope="module")
def sql() -> Sql:
    """A database with one table whose columns take what they are given."""
    sql = own_database()
    sql.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, one, other)")
    return sql


@pytest.fixture(autouse=True)
def emptied(sql: Sql) -> None:
    """Each test begins with no rows."""
    sql.execute("DELETE FROM kept")


def ids(sql: Sql) -> list[int]:
    """Answer the ids of all rows."""
    return [row[0] for row in sql.execute("SELECT id FROM kept ORDER BY id")]


def keep(sql: Sql, number: int) -> None:
    """Write a row of that id."""
    sql.execute("INSERT INTO kept (id) VALUES (?)", (number,))


@pytest.mark.parametrize("value", EXAMPLES, ids=[f"{value!r:.20}" for value in EXAMPLES])
def test_values_come_back_as_they_went_in(sql: Sql, value: SqlValue) -> None:
    """Each kind of value survives the way in and out, with its type."""
    sql.execute("INSERT INTO kept VALUES (1, ?, NULL)", (value,))

    assert repr(sql.execute("SELECT one FROM kept")) == repr([(value,)])


@given(rows=st.lists(st.tuples(values, values), max_size=4))
def test_any_values_come_back(sql: Sql, rows: list[tuple[SqlValue, SqlValue]]) -> None:
    """One by one or many at once, rows come back whole and in order."""
    sql.execute("DELETE FROM kept")
    for place, row in enumerate(rows):
        sql.execute("INSERT INTO kept VALUES (?, ?, ?)", (place, *row))
    numbered = [(place + len(rows), *row) for place, row in enumerate(rows)]
    sql.execute_many("INSERT INTO kept (id, one, other) VALUES (?, ?, ?)", numbered)

    assert repr(sql.execute("SELECT one, other FROM kept ORDER BY id")) == repr(rows + rows)


@pytest.mark.parametrize(
    ("sent", "kept"), [(True, 1), (False, 0), (float("nan"), None)], ids=["true", "false", "nan"]
)
def test_what_sqlite_has_no_kind_for(sql: Sql, sent: Any, kept: SqlValue) -> None:
    """Booleans are integers, and what is no number is nothing."""
    sql.execute("INSERT INTO kept VALUES (1, ?, NULL)", (sent,))
    sql.execute_many("INSERT INTO kept VALUES (?, ?, ?)", [(2, sent, None)])

    assert sql.execute("SELECT one FROM kept") == [(kept,), (kept,)]


def test_integers_are_integers_to_sqlite(sql: Sql) -> None:
    """A bound integer divides, compares and prints as one."""
    asked = "SELECT ? / 2, typeof(?), 'x' || ?, ? = '7', json_array(?)"

    assert sql.execute(asked, (7, 7, 7, 7, 7)) == [(3, "integer", "x7", 0, "[7]")]


def test_numbered_parameters(sql: Sql) -> None:
    """A parameter may be used twice, by its number."""
    assert sql.execute("SELECT ?2, ?1, ?2", ("a", 2)) == [(2, "a", 2)]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_an_integer_of_more_than_64_bits_is_refused(sql: Sql, number: int) -> None:
    """It is not rounded in silence."""
    with pytest.raises(OverflowError):
        sql.execute("SELECT ?", (number,))


def test_text_that_is_no_unicode_is_refused(sql: Sql) -> None:
    """A lone surrogate cannot be stored, alone or among many."""
    with pytest.raises(UnicodeEncodeError):
        sql.execute("SELECT ?", ("\ud800",))
    with pytest.raises(UnicodeEncodeError):
        sql.execute_many("INSERT INTO kept VALUES (?, ?, ?)", [(1, "\ud800", None)])


def test_json_is_text(sql: Sql) -> None:
    """What SQLite's own functions make of JSON comes back as the text that it is."""
    made = sql.execute("""SELECT json('[1, 2]'), '{"b":"61"}' -> 'b', json_group_array(1)""")

    assert made == [("[1,2]", '"61"', "[1]")]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 AS a, 2 AS a",
        "WITH n (i) AS (VALUES (1), (3), (2)) SELECT i, 0 FROM n ORDER BY i DESC;",
        "VALUES (1, 2), (3, 4) -- the end",
    ],
)
def test_any_query_is_answered(sql: Sql, query: str) -> None:
    """Columns of one name, WITH, VALUES, semicolons and comments are all fine."""
    expected = {"S": [(1, 2)], "W": [(3, 0), (2, 0), (1, 0)], "V": [(1, 2), (3, 4)]}

    assert sql.execute(query) == expected[query[0]]


def test_statements_without_rows_answer_an_empty_list(sql: Sql) -> None:
    """Inserts, updates, definitions, and queries that find nothing."""
    assert sql.execute("INSERT INTO kept (id) VALUES (1)") == []
    assert sql.execute("UPDATE kept SET one = ?", (5,)) == []
    assert sql.execute("CREATE INDEX IF NOT EXISTS kept_one ON kept (one)") == []
    assert sql.execute("SELECT * FROM kept WHERE id = ?", (2,)) == []


def test_returning_answers_rows(sql: Sql) -> None:
    """A statement that writes may answer what it wrote."""
    rows = sql.execute(
        "INSERT INTO kept VALUES (?, ?, ?), (2, NULL, 'z') RETURNING id, one, other",
        (1, b"\x01", 1.5),
    )

    assert rows == [(1, b"\x01", 1.5), (2, None, "z")]
    assert sql.execute("DELETE FROM kept WHERE id > ? RETURNING id", (1,)) == [(2,)]


def test_a_plan_can_be_asked_for(sql: Sql) -> None:
    """EXPLAIN answers rows, with parameters bound."""
    plan = sql.execute("EXPLAIN QUERY PLAN SELECT * FROM kept WHERE id = ?", (1,))

    assert "INTEGER PRIMARY KEY" in str(plan)


def test_a_column_that_is_added_is_answered(sql: Sql) -> None:
    """The same text answers what the table now is."""
    sql.execute("DROP TABLE IF EXISTS growing")
    sql.execute("CREATE TABLE growing (a)")
    sql.execute("INSERT INTO growing VALUES (1)")
    before = sql.execute("SELECT * FROM growing")
    sql.execute("ALTER TABLE growing ADD COLUMN b DEFAULT 2")

    assert (before, sql.execute("SELECT * FROM growing")) == ([(1,)], [(1, 2)])


def test_many_rows_go_in_at_once(sql: Sql) -> None:
    """Each row is inserted, in order; none is no write at all."""
    sql.execute_many("INSERT INTO kept VALUES (?, ?, ?)", [(2, "b", None), (1, "a", b"x")])
    sql.execute_many("INSERT INTO kept VALUES (?, ?, ?)", [])

    assert sql.execute("SELECT * FROM kept ORDER BY id") == [(1, "a", b"x"), (2, "b", None)]


def test_many_rows_may_meet_others(sql: Sql) -> None:
    """ON CONFLICT sees the rows before it, those of the same call too."""
    upsert = (
        "INSERT INTO kept (id, one) VALUES (?, ?)\n"
        "ON CONFLICT (id) DO UPDATE SET one = kept.one || excluded.one"
    )
    sql.execute_many(upsert, [(1, "a"), (2, "b"), (1, "c")])
    sql.execute_many(upsert, [(2, "d")])

    assert sql.execute("SELECT id, one FROM kept ORDER BY id") == [(1, "ac"), (2, "bd")]


def test_more_than_fits_one_value_goes_in(sql: Sql) -> None:
    """Five megabytes in one call, and back in one answer."""
    rows = [(number, "é" * 25_000, None) for number in range(100)]
    sql.run(lambda: sql.execute_many("INSERT INTO kept VALUES (?, ?, ?)", rows))

    assert sql.execute("SELECT * FROM kept ORDER BY id") == rows


def test_a_unit_of_work_is_kept(sql: Sql) -> None:
    """What it wrote is there once it has returned, and so is its answer."""

    def work() -> dict[str, list[int]]:
        keep(sql, 1)
        return {"seen": ids(sql)}

    assert sql.run(work) == {"seen": [1]}
    assert ids(sql) == [1]


def test_a_unit_of_work_that_raises_is_undone(sql: Sql) -> None:
    """The exception passes through as it is, and nothing stays."""
    error = KeyError("mine")

    def work() -> None:
        keep(sql, 1)
        with sql.transaction():
            keep(sql, 2)
        raise error

    with pytest.raises(KeyError) as raised:
        sql.run(work)

    assert raised.value is error
    assert ids(sql) == []


def test_a_nested_transaction_is_part_of_the_outer(sql: Sql) -> None:
    """One that fails inside undoes nothing by itself, if the unit of work goes on."""

    def nested() -> None:
        with sql.transaction():
            keep(sql, 2)
            raise KeyError

    def work() -> None:
        keep(sql, 1)
        with pytest.raises(KeyError):
            nested()

    sql.run(work)

    assert ids(sql) == [1, 2]


def test_a_statement_that_fails_leaves_the_rest(sql: Sql) -> None:
    """Within a unit of work, a refused statement undoes itself alone."""

    def work() -> None:
        keep(sql, 1)
        with pytest.raises(Exception, match="UNIQUE"):
            sql.execute_many("INSERT INTO kept (id) VALUES (?)", [(2,), (1,)])
        keep(sql, 3)

    sql.run(work)

    assert {1, 3} <= set(ids(sql))


def test_the_next_unit_works_after_one_failed(sql: Sql) -> None:
    """A failure leaves nothing behind that would stop the next."""
    with pytest.raises(Exception, match="no such table: nowhere"):
        sql.run(lambda: sql.execute("SELECT * FROM nowhere"))
    sql.run(lambda: keep(sql, 4))

    assert ids(sql) == [4]
