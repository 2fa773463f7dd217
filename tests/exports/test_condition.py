"""Conditions that are understood without an engine of SQL mean what they mean to DuckDB."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import BadRequest
from headwater.exports.condition import OBJECTS, TEXTS, read_condition

WORDS = st.sampled_from(["", "a", "b", "Ab", "it's", "ä", "5", "true", "null"])
VALUES = st.none() | WORDS
SCALARS = st.sampled_from([None, "", "a", "it's", "ä", 5, -1, 0, True, False])
KEYS = ("k", "it's", "ä b")
FIELDS = st.none() | st.dictionaries(
    st.sampled_from(KEYS),
    SCALARS | st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=2),
    max_size=3,
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, str | None]:
    """Answer a row of events, as far as conditions look at it."""
    row: dict[str, str | None] = {name: draw(VALUES) for name in TEXTS}
    for name in OBJECTS:
        value = draw(FIELDS)
        row[name] = None if value is None else json.dumps(value, ensure_ascii=draw(st.booleans()))
    return row


def quoted(text: str) -> str:
    """Answer a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


@st.composite
def operands(draw: st.DrawFn) -> str:
    """Answer a column, or a field of one."""
    if draw(st.booleans()):
        return draw(st.sampled_from(TEXTS))
    column, (*path, last) = (
        draw(st.sampled_from(OBJECTS)),
        draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2)),
    )
    if not path:
        return f"{column}->>{quoted(last)}"
    return f"({column}{''.join(f'->{quoted(one)}' for one in path)}->>{quoted(last)})"


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    """Answer one comparison."""
    operand = draw(operands())
    texts = draw(st.lists(WORDS, min_size=1, max_size=3))
    no = draw(st.sampled_from(["", "NOT "]))
    match draw(st.sampled_from(["compare", "in", "null", "constant"])):
        case "compare":
            mark = draw(st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="]))
            return f"{operand} {mark} {quoted(texts[0])}"
        case "in":
            return f"{operand} {no}IN ({', '.join(map(quoted, texts))})"
        case "null":
            return f"{operand} IS {no}NULL"
        case _:
            return draw(st.sampled_from(["TRUE", "false"]))


CONDITIONS = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "or"]), inner).map(" ".join),
        inner.map(lambda one: f"({one})"),
        inner.map(lambda one: f"NOT ({one})"),
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB, with a table like the lake's."""
    with duckdb.connect() as made:
        columns = [f"{name} VARCHAR" for name in TEXTS] + [f"{name} JSON" for name in OBJECTS]
        made.execute(f"CREATE TABLE events ({', '.join(columns)})")
        yield made


@given(where=CONDITIONS, row=rows())
def test_it_is_true_where_it_is_to_duckdb(
    engine: duckdb.DuckDBPyConnection, where: str, row: dict[str, Any]
) -> None:
    """Of every row, with nothing, quotes and objects in it; true, false and neither."""
    engine.execute("DELETE FROM events")
    marks = ", ".join("?" for _ in row)
    engine.execute(f"INSERT INTO events VALUES ({marks})", list(row.values()))

    found = engine.execute(f"SELECT {where} FROM events").fetchone()

    assert found == (read_condition(where)(row),)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("", "at its end"),
        ("name =", "at its end"),
        ("name = 'a' OR", "at its end"),
        ("name = 5", "from '5' on"),
        ("timestamp > '2026-11-01'", "from \"timestamp > '2026-11-01'\" on"),
        ("revenue = 'a'", "from \"revenue = 'a'\" on"),
        ("name LIKE 'a%'", "from \"LIKE 'a%'\" on"),
        ("name = 'a'; DROP TABLE events", "from '; DROP TABLE events' on"),
        ("name = 'a' --", "from '--' on"),
        ("properties->>'$.a' = 'b'", "from \"'$.a' = 'b'\" on"),
        ("properties->'a' = 'b'", "from \"= 'b'\" on"),
        ("properties = 'b'", "from \"= 'b'\" on"),
        ("(name = 'a'", "at its end"),
        ("name IN ()", "from ')' on"),
        ("name = 'unclosed", 'from "\'unclosed" on'),
        ("NOT " * 60 + "TRUE", "from 'NOT"),
        ("(" * 60 + "TRUE" + ")" * 60, "from '("),
    ],
)
def test_what_is_not_understood_is_refused_from_where_on(where: str, said: str) -> None:
    """In words that tell what is, and what to do."""
    with pytest.raises(BadRequest) as refused:
        read_condition(where)

    assert said in refused.value.message
    assert "ask a local server" in refused.value.message
    assert refused.value.code == "invalid_sql"
