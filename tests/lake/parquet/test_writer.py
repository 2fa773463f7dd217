"""Files that the writer makes, as pyarrow, DuckDB and polars read them."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from headwater.lake.parquet.columns import Column, Kind
from headwater.lake.parquet.compression import Codec
from headwater.lake.parquet.errors import BadValue, UnsupportedFile
from headwater.lake.parquet.layout import Layout
from headwater.lake.parquet.writer import ParquetWriter, WrittenGroup, write
from tests.lake.parquet.tables import (
    COLUMNS,
    LAYOUTS,
    READERS,
    Table,
    comparable,
    random_table,
    tables,
)

MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
PERSON = Column("person", Kind.STRING, required=True)


def metadata(data: bytes) -> Any:
    """Answer the footer as pyarrow reads it."""
    return pq.ParquetFile(io.BytesIO(data)).metadata


@pytest.mark.parametrize("reader", sorted(READERS))
@given(table=tables(), layout=LAYOUTS)
@MANY
def test_others_read_what_was_written(
    reader: str, table: Table, layout: Layout, tmp_path: Path
) -> None:
    """Whatever the rows and however the file is cut, they come back as they were."""
    data = write(COLUMNS, table, layout)

    assert comparable(READERS[reader](data, tmp_path)) == comparable(table)


@pytest.mark.parametrize("reader", sorted(READERS))
@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 300, 70_000])
def test_others_read_any_number_of_rows(reader: str, rows: int, tmp_path: Path) -> None:
    """None, one, the edges of bit packing, and dictionaries of more than 256 and 65,536 values."""
    table = random_table(rows, rows=rows)
    table["person"] = [f"user_id:{number:06}" for number in range(rows)]
    # Each number twice in a row, so that a dictionary is worth it however many there are.
    table["string_required"] = [f"via:{number // 2:06}" for number in range(rows)]

    data = write(COLUMNS, table, Layout(group_rows=140_000, level=1))

    assert comparable(READERS[reader](data, tmp_path)) == comparable(table)


@pytest.mark.parametrize("reader", sorted(READERS))
def test_others_read_huge_values(reader: str, tmp_path: Path) -> None:
    """A text of a megabyte is a page of its own, and its neighbours are as before."""
    table = random_table(3, rows=40)
    table["json_optional"][20] = '{"a": "' + "ü" * 500_000 + '"}'
    table["string_required"][21] = "z" * 1_000_000

    data = write(COLUMNS, table, Layout(page_bytes=100_000))

    assert comparable(READERS[reader](data, tmp_path)) == comparable(table)
    chunk = metadata(data).row_group(0).column(1)
    assert len(chunk.statistics.max) <= 64


@pytest.mark.parametrize("reader", sorted(READERS))
def test_others_filter_by_the_bounds(reader: str, tmp_path: Path) -> None:
    """Bounds that were cut short leave out no row that a query asks for."""
    long = "user_id:" + "\U0010ffff" * 40
    people = sorted(["user_id:a", "user_id:b" * 30, "user_id:b" * 30 + "c", long])
    table = random_table(1, rows=len(people))
    table["person"] = people
    path = tmp_path / "table.parquet"
    path.write_bytes(write(COLUMNS, table, Layout(group_rows=1)))
    assert reader in READERS

    for person in people:
        if reader == "pyarrow":
            found = pq.read_table(path, filters=[("person", "==", person)]).num_rows
        elif reader == "duckdb":
            with duckdb.connect() as connection:
                query = f"SELECT 1 FROM '{path}' WHERE person = ?"
                found = len(connection.execute(query, [person]).fetchall())
        else:
            import polars

            frame = polars.scan_parquet(path).filter(polars.col("person") == person)
            found = frame.collect().height
        assert found == 1


def test_row_groups_and_pages_end_between_people() -> None:
    """No person's rows are parted, where they have at most half as many as a row group."""
    people = sorted(f"user_id:{number % 90}" for number in range(1000))

    data = write([PERSON], {"person": people}, Layout(group_rows=100, together="person"))

    groups = metadata(data)
    edges = [groups.row_group(n).column(0).statistics for n in range(groups.num_row_groups)]
    assert groups.num_row_groups > 10
    assert all(one.max < following.min for one, following in pairwise(edges))


def test_a_person_with_many_rows_is_parted() -> None:
    """Row groups stay as large as they may be, however many rows one person has."""
    people = ["a"] * 10 + ["b"] * 500 + ["c"] * 10

    data = write([PERSON], {"person": people}, Layout(group_rows=100, together="person"))

    groups = metadata(data)
    sizes = [groups.row_group(number).num_rows for number in range(groups.num_row_groups)]
    assert max(sizes) == 100
    assert sum(sizes) == 520
    assert len(sizes) <= 7


def test_the_footer_says_what_the_file_is() -> None:
    """Properties, the sorting, field ids, and whether a column must have values."""
    columns = [PERSON, Column("when", Kind.TIMESTAMP, field_id=7)]
    rows: dict[str, list[Any]] = {"person": ["a", "b"], "when": [1, None]}

    data = write(columns, rows, properties={"headwater.schema": "1"}, sorted_by=["person"])

    found = metadata(data)
    schema = pq.ParquetFile(io.BytesIO(data)).schema_arrow
    assert found.metadata[b"headwater.schema"] == b"1"
    assert found.created_by.startswith("headwater version ")
    assert [one.column_index for one in found.row_group(0).sorting_columns] == [0]
    assert schema.field("when").metadata == {b"PARQUET:field_id": b"7"}
    assert not schema.field("person").nullable
    statistics = found.row_group(0).column(1).statistics
    assert statistics.null_count == 1
    assert found.row_group(0).column(0).has_column_index
    assert found.row_group(0).column(0).has_offset_index


def test_no_bounds_are_kept_where_there_is_no_order() -> None:
    """NaN has no place among numbers; JSON's text is of no use to compare."""
    columns = [Column("number", Kind.DOUBLE), Column("text", Kind.JSON)]

    data = write(columns, {"number": [1.0, float("nan")], "text": ["{}", "[]"]})

    group = metadata(data).row_group(0)
    assert not any(group.column(place).statistics.has_min_max for place in (0, 1))


def test_the_pieces_are_the_file() -> None:
    """Added in several parts, rows are row groups of one file."""
    writer = ParquetWriter([PERSON])
    pieces = [writer.start(), writer.add({"person": ["a"]})]
    assert writer.add({"person": []}) == b""
    pieces += [writer.add({"person": ["b", "c"]}), writer.finish()]
    data = b"".join(pieces)

    assert pq.read_table(io.BytesIO(data)).to_pydict() == {"person": ["a", "b", "c"]}
    assert (writer.rows, writer.size) == (3, len(data))


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (Kind.STRING, None, "it has no value, and must have one"),
        (Kind.STRING, 7, "int where a string is kept"),
        (Kind.STRING, b"x", "bytes where a string is kept"),
        (Kind.STRING, [], "list where a string is kept"),
        (Kind.JSON, {}, "dict where a json is kept"),
        (Kind.STRING, "a\ud83d", "half of a surrogate pair at character 1 is no Unicode text"),
        (Kind.INT64, 2**63, "9223372036854775808 does not fit into 64 bits"),
        (Kind.INT64, 1.5, "float where a int64 is kept"),
        (Kind.TIMESTAMP, 2**62, "4611686018427387904 does not fit into 64 bits"),
        (Kind.DOUBLE, "1", "str where a double is kept"),
        (Kind.DOUBLE, 10**400, "an integer of 1329 bits does not fit into a double"),
        (Kind.BOOLEAN, 1, "int where a boolean is kept"),
    ],
)
def test_a_value_of_another_kind_is_named(kind: Kind, value: Any, reason: str) -> None:
    """The error says which column, which row and why; and the writer goes on as if nothing was."""
    fine = {Kind.STRING: "a", Kind.JSON: "{}", Kind.DOUBLE: 1.0, Kind.BOOLEAN: True}.get(kind, 1)
    writer = ParquetWriter([PERSON, Column("x", kind, required=True)])
    pieces = [writer.start()]

    with pytest.raises(BadValue) as caught:
        writer.add({"person": ["a", "b"], "x": [fine, value]})

    assert caught.value.message == f"column `x`, row 1: {reason}"
    pieces += [writer.add({"person": ["a"], "x": [fine]}), writer.finish()]
    assert metadata(b"".join(pieces)).num_rows == 1


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ({}, "lack columns that it must have: ['person']"),
        ({"person": ["a"], "y": ["b"]}, "have columns that the file has not: ['y']"),
        ({"person": ["a"], "x": ["b", "c"]}, "differ in length: [1, 2] rows"),
    ],
)
def test_columns_that_do_not_fit_are_named(rows: dict[str, list[Any]], reason: str) -> None:
    """Nothing is guessed about a table of another shape."""
    with pytest.raises(BadValue) as caught:
        write([PERSON, Column("x", Kind.STRING)], rows)

    assert reason in caught.value.message


def test_another_writer_goes_on_with_a_file() -> None:
    """Each adds some rows, the last ends it; what they hand on may be stored meanwhile."""
    columns = [Column("a", Kind.STRING), Column("n", Kind.INT64)]
    layout = Layout(group_rows=3)
    parts = [{"a": [f"{part}{row}" for row in range(part)], "n": [*range(part)]} for part in (4, 9)]
    data, groups = b"", b"[]"
    of_groups = msgspec.json.Decoder(list[WrittenGroup])
    for part in parts:
        writer = ParquetWriter(columns, layout)
        writer.go_on(len(data))
        data += (b"" if data else writer.start()) + writer.add(part)
        groups = msgspec.json.encode([*of_groups.decode(groups), *writer.taken()])
        assert writer.taken() == []
    last = ParquetWriter(columns, layout)
    last.go_on(len(data), of_groups.decode(groups))
    data += last.finish()

    alone = ParquetWriter(columns, layout)
    pieces = [alone.start(), *map(alone.add, parts), alone.finish()]
    assert data == b"".join(pieces)
    assert pq.read_table(io.BytesIO(data)).num_rows == 13


def test_a_file_has_columns_of_different_names() -> None:
    """None at all, or two of the same name, would be a file that others cannot read."""
    for columns in ([], [PERSON, PERSON]):
        with pytest.raises(BadValue, match="columns of different names"):
            ParquetWriter(columns)


def test_other_codecs_are_refused() -> None:
    """The standard library has none of them on both runtimes."""
    with pytest.raises(UnsupportedFile, match="not with SNAPPY"):
        write([PERSON], {"person": ["a"]}, Layout(codec=Codec.SNAPPY))
