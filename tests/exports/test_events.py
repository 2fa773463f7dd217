"""Events as CSV and JSON lines: what DuckDB and Python read of them is what there was."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from headwater.exports.events import COLUMNS, OBJECTS, TIMES, csv_lines, header, json_lines

TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(COLUMNS, TEXTS),
    **dict.fromkeys(TIMES, st.none() | st.just(1_790_000_000_123) | st.just(2**62)),
    **dict.fromkeys(OBJECTS, st.none() | st.just('{"a": [1.50, "ä"]}')),
}
ROWS = st.lists(st.fixed_dictionaries(VALUES), max_size=4)


def shown(row: dict[str, Any], name: str) -> Any:
    """Answer what is to be read of a value."""
    if name not in TIMES:
        return row[name]
    return "2026-09-21T14:13:20.123Z" if row[name] == 1_790_000_000_123 else None


@given(ROWS)
def test_lines_of_json_hold_objects_as_they_were(rows: list[dict[str, Any]]) -> None:
    """Each a line, with null where there is nothing."""
    text = json_lines(rows).decode()

    lines = text.split("\n")
    assert lines.pop() == ""
    for line, row in zip(lines, rows, strict=True):
        read = json.loads(line)
        assert list(read) == list(COLUMNS)
        for name in COLUMNS:
            wanted = shown(row, name)
            if name in OBJECTS and wanted is not None:
                assert wanted in line
                wanted = json.loads(wanted)
            assert read[name] == wanted


@given(ROWS)
def test_csv_is_read_as_it_was_written(rows: list[dict[str, Any]]) -> None:
    """By Python, to which nothing and an empty text are one; quotes and line ends stay."""
    text = (header() + csv_lines(rows)).decode()

    read = list(csv.reader(io.StringIO(text, newline="")))

    assert read[0] == list(COLUMNS)
    assert read[1:] == [[shown(row, name) or "" for name in COLUMNS] for row in rows]


def test_duckdb_tells_an_empty_text_from_nothing(tmp_path: Path) -> None:
    """As DuckDB's own CSV files do."""
    row: dict[str, Any] = {**dict.fromkeys(COLUMNS), "person": "", "type": 'a "b", c\nd'}
    (tmp_path / "x.csv").write_bytes(header() + csv_lines([row]))

    with duckdb.connect() as engine:
        read = engine.execute(
            "SELECT person, via, type"
            " FROM read_csv(?, all_varchar = true, allow_quoted_nulls = false)",
            [str(tmp_path / "x.csv")],
        ).fetchall()

    assert read == [("", None, 'a "b", c\nd')]
