"""Our own reader: what it answers, what it fetches, and what it says of a damaged file."""

from __future__ import annotations

import functools
import io
import random
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.lake.parquet import compression
from headwater.lake.parquet.columns import INSTANTS, Column, Kind
from headwater.lake.parquet.compression import Codec
from headwater.lake.parquet.errors import DamagedFile, ParquetError, UnsupportedFile
from headwater.lake.parquet.layout import Layout
from headwater.lake.parquet.ranges import ByteRange, run
from headwater.lake.parquet.reader import ParquetFile, open_file, read, read_columns, read_where
from headwater.lake.parquet.writer import write
from tests.lake.parquet.tables import (
    COLUMNS,
    LAYOUTS,
    VALUES,
    Table,
    comparable,
    random_table,
    tables,
)

MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SMALL = (
    Column("person", Kind.STRING, required=True),
    Column("name", Kind.STRING),
    Column("timestamp", Kind.TIMESTAMP, required=True),
    Column("properties", Kind.JSON),
)


class Fetched:
    """Answers ranges of a file and counts what was asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.ranges: list[ByteRange] = []

    def __call__(self, one: ByteRange) -> bytes:
        self.ranges.append(one)
        return self._data[one.offset : one.offset + one.length]

    @property
    def bytes(self) -> int:
        """Answer how many were asked for."""
        return sum(one.length for one in self.ranges)


def opened(data: bytes, **options: int) -> tuple[ParquetFile, Fetched]:
    """Answer a file that was opened, and what counts the ranges that are fetched after that."""
    return run(open_file(len(data), **options), Fetched(data)), Fetched(data)


def rows_of(table: Table, places: list[int]) -> Table:
    """Answer some rows of a table."""
    return {name: [values[place] for place in places] for name, values in table.items()}


def small_table(rows: int = 24) -> Table:
    """Answer a table that makes a file of a few hundred bytes."""
    return {
        "person": [f"user_id:{number // 4:02}" for number in range(rows)],
        "name": [None if number % 3 == 0 else f"Step {number % 5}" for number in range(rows)],
        "timestamp": [1_790_000_000_000 + number for number in range(rows)],
        "properties": [None if number % 7 == 0 else f'{{"n": {number}}}' for number in range(rows)],
    }


@given(table=tables(), layout=LAYOUTS)
@MANY
def test_what_was_written_is_read(table: Table, layout: Layout) -> None:
    """Whatever the rows and however the file is cut, they come back as they were."""
    assert comparable(read(write(COLUMNS, table, layout))) == comparable(table)


@given(table=tables(), layout=LAYOUTS, data=st.data())
@MANY
def test_rows_are_found_by_any_column(table: Table, layout: Layout, data: st.DataObject) -> None:
    """The rows with a value are those that a scan of all rows finds, in the same order."""
    column = data.draw(st.sampled_from(COLUMNS))
    known = [value for value in table[column.name] if value is not None]
    value = data.draw(VALUES[column.kind] | (st.sampled_from(known) if known else st.nothing()))
    expected = [row for row, found in enumerate(table[column.name]) if found == value]
    file, fetch = opened(write(COLUMNS, table, layout), tail=data.draw(st.sampled_from([8, 500])))

    found = run(read_where(file, column.name, [value]), fetch)

    assert comparable(found) == comparable(rows_of(table, expected))


@pytest.mark.parametrize("rows", [0, 1, 8, 9, 300, 70_000])
def test_any_number_of_rows_is_read(rows: int) -> None:
    """None, one, the edges of bit packing, and dictionaries of more than 65,536 values."""
    table = random_table(rows, rows=rows)
    table["string_required"] = [f"via:{number // 2:06}" for number in range(rows)]

    data = write(COLUMNS, table, Layout(group_rows=140_000, codec=Codec.NONE))

    assert comparable(read(data)) == comparable(table)


def test_a_megabyte_is_read() -> None:
    """A huge value comes back whole."""
    table = small_table()
    table["properties"][9] = '{"a": "' + "ü" * 1_000_000 + '"}'

    assert read(write(SMALL, table)) == table


def test_a_persons_rows_take_few_bytes() -> None:
    """Of a large file only the footer, the index, and that person's pages are fetched."""
    rows = 40_000
    table = random_table(11, rows=rows)
    table["person"] = [f"user_id:{number // 20:05}" for number in range(rows)]
    data = write(COLUMNS, table, Layout(together="person", page_rows=100))
    file, fetch = opened(data)

    found = run(read_where(file, "person", {"user_id:01000"}, ["person", "int64_required"]), fetch)

    expected = list(range(20_000, 20_020))
    assert found == rows_of({name: table[name] for name in ("person", "int64_required")}, expected)
    assert fetch.bytes < len(data) / 100
    assert len(fetch.ranges) <= 4


def test_a_person_who_is_not_there_takes_nothing() -> None:
    """The bounds of the row groups, which came with the footer, answer it."""
    file, fetch = opened(write(SMALL, small_table()))

    found = run(read_where(file, "person", {"user_id:99"}), fetch)

    assert found == {column.name: [] for column in SMALL}
    assert fetch.ranges == []


def test_several_people_are_read_at_once() -> None:
    """A person's earlier names are looked for together, as one pass over the file."""
    table = small_table()
    file, fetch = opened(write(SMALL, table, Layout(page_rows=4, together="person")))

    found = run(read_where(file, "person", {"user_id:01", "user_id:05"}), fetch)

    assert found == rows_of(table, [4, 5, 6, 7, 20, 21, 22, 23])


def test_some_columns_of_some_row_groups_are_read() -> None:
    """No other column is fetched, nor any other row group."""
    table = random_table(2, rows=4000)
    data = write(COLUMNS, table, Layout(group_rows=1000, codec=Codec.NONE))
    file, fetch = opened(data, tail=100)

    found = run(read_columns(file, ["int64_required"], row_groups=[2]), fetch)

    assert found == {"int64_required": table["int64_required"][2000:3000]}
    assert len(fetch.ranges) == 1
    assert 8000 <= fetch.bytes < 9000


def test_the_footer_is_read_back() -> None:
    """Columns with their field ids, properties, sorting, and that its checksum fits."""
    properties = {"headwater.schema": "1", "ä": ""}

    data = write(COLUMNS, random_table(1, rows=5), properties=properties, sorted_by=["person"])

    file, _ = opened(data)
    kinds = [Kind.STRING if one.kind is Kind.JSON else one.kind for one in COLUMNS]
    assert [one.kind for one in file.metadata.columns] == kinds
    assert [one.field_id for one in file.metadata.columns] == [one.field_id for one in COLUMNS]
    assert file.metadata.properties == properties
    assert file.metadata.row_groups[0].sorted_by == (0,)
    assert file.metadata.checked


def test_a_long_footer_takes_a_second_request() -> None:
    """Then the whole of it is fetched, exactly."""
    data = write(COLUMNS, random_table(1, rows=50), Layout(group_rows=5))
    fetch = Fetched(data)

    run(open_file(len(data), tail=50), fetch)

    assert fetch.ranges[0].length == 50
    assert len(fetch.ranges) == 2


def test_a_column_that_is_not_there_is_a_key_error() -> None:
    """By its name, as of any mapping."""
    file, fetch = opened(write(SMALL, small_table()))

    with pytest.raises(KeyError, match="other"):
        run(read_columns(file, ["other"]), fetch)


def foreign_table() -> Table:
    """Answer rows of which others can hold every value, as they order them."""
    table = random_table(17, rows=3000)
    del table["timestamp_millis_required"], table["timestamp_millis_optional"]
    return table


def by_arrow(table: Table) -> Any:
    """Answer the same rows as an Arrow table."""
    types = {
        Kind.STRING: pa.string(),
        Kind.JSON: pa.string(),
        Kind.TIMESTAMP: pa.timestamp("us", "UTC"),
        Kind.INT64: pa.int64(),
        Kind.DOUBLE: pa.float64(),
        Kind.BOOLEAN: pa.bool_(),
    }
    kinds = {column.name: column for column in COLUMNS if column.name in table}
    arrays = {
        name: pa.array(
            [
                value * 1000 if value is not None and kinds[name].kind in INSTANTS else value
                for value in values
            ],
            types[kinds[name].kind],
        )
        for name, values in table.items()
    }
    return pa.table(arrays)


@pytest.mark.parametrize("codec", ["gzip", "uncompressed", "zstd"])
def test_duckdbs_files_are_read(codec: str, tmp_path: Path) -> None:
    """What DuckDB writes by default, with the codecs that this runtime has."""
    table, path = foreign_table(), tmp_path / "duckdb.parquet"
    rows = by_arrow(table)
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        connection.execute(
            f"COPY rows TO '{path}' (FORMAT parquet, COMPRESSION {codec}, ROW_GROUP_SIZE 2048)"
        )

    assert comparable(read(path.read_bytes())) == comparable(table)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["gzip", "none", "zstd"])
def test_pyarrows_files_are_read(version: str, codec: str) -> None:
    """Pages of both versions, with dictionaries and without, and a page index to find rows by."""
    table = foreign_table()
    out = io.BytesIO()
    pq.write_table(
        by_arrow(table), out, compression=codec, data_page_version=version, write_page_index=True,
        data_page_size=500, row_group_size=1100,
    )  # fmt: skip
    data = out.getvalue()
    person = table["person"][1500]
    places = [row for row, found in enumerate(table["person"]) if found == person]
    file, fetch = opened(data)

    found = run(read_where(file, "person", {person}), fetch)

    assert comparable(read(data)) == comparable(table)
    assert comparable(found) == comparable(rows_of(table, places))
    assert not file.metadata.checked


def test_polarss_files_are_read() -> None:
    """With zstd, which is its default."""
    table, out = foreign_table(), io.BytesIO()
    polars.DataFrame(by_arrow(table)).write_parquet(out)

    assert comparable(read(out.getvalue())) == comparable(table)


def test_small_numbers_of_others_are_read() -> None:
    """Thirty-two bits, single precision, and milliseconds under their older name."""
    rows = pa.table(
        {
            "int": pa.array([1, None, -(2**31)], pa.int32()),
            "short": pa.array([1, 2, -3], pa.int16()),
            "float": pa.array([1.5, None, -0.25], pa.float32()),
            "when": pa.array([1, None, -5], pa.timestamp("ms")),
        }
    )
    out = io.BytesIO()
    pq.write_table(rows, out, version="1.0", compression="none")

    assert read(out.getvalue()) == {
        "int": [1, None, -(2**31)],
        "short": [1, 2, -3],
        "float": [1.5, None, -0.25],
        "when": [1, None, -5],
    }


@pytest.mark.parametrize(
    ("columns", "options", "reason"),
    [
        ({"x": pa.array([[1]])}, {}, "columns inside of columns"),
        ({"x": pa.array([{"y": 1}])}, {}, "columns inside of columns"),
        ({"x": pa.array([b"a"])}, {}, "column `x` is of a type that is not read here: BYTE_ARRAY"),
        ({"x": pa.array([1], pa.uint64())}, {}, "column `x` is of a type that is not read here"),
        ({"x": pa.array([1], pa.date32())}, {}, "column `x` is of a type that is not read here"),
        ({"x": pa.array([1], pa.timestamp("ns"))}, {}, "of a type that is not read here: INT64"),
        ({"x": pa.array(["a"])}, {"compression": "snappy"}, "compressed with SNAPPY"),
        (
            {"x": pa.array(["a"])},
            {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"},
            "column `x` is in encoding DELTA_BYTE_ARRAY",
        ),
    ],
    ids=range(8),
)
def test_what_is_left_out_is_named(columns: Any, options: dict[str, Any], reason: str) -> None:
    """A file that is fine, and not for this reader, is no damaged file."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **{"compression": "none", **options})

    with pytest.raises(UnsupportedFile) as caught:
        read(out.getvalue())

    assert reason in caught.value.message


def test_without_zstd_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an older Python, nothing but such a file is out of reach."""

    def missing(name: str) -> Any:
        raise ImportError(name)

    data = write(SMALL, small_table(), Layout(codec=Codec.ZSTD))
    monkeypatch.setattr(compression, "import_module", missing)

    with pytest.raises(UnsupportedFile, match=r"zstd needs Python 3\.14"):
        read(data)
    assert read(write(SMALL, small_table())) == small_table()


def refused_or_right(data: bytes, table: Table) -> bool:
    """Answer whether a damaged file was refused; otherwise its rows must be the right ones."""
    person = table["person"][9]
    places = [row for row, found in enumerate(table["person"]) if found == person]
    try:
        assert read(data) == table
        file, fetch = opened(data, tail=64)
        assert run(read_where(file, "person", {person}), fetch) == rows_of(table, places)
    except ParquetError:
        return True
    return False


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.NONE])
def test_a_file_that_was_cut_is_refused(codec: Codec) -> None:
    """Wherever it ends, and wherever it begins."""
    table = small_table()
    data = write(SMALL, table, Layout(codec=codec, page_rows=8, group_rows=12))

    assert all(refused_or_right(data[:end], table) for end in range(len(data)))
    assert all(refused_or_right(data[start:], table) for start in range(5, len(data)))


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.NONE])
def test_a_flipped_bit_gives_no_wrong_rows(codec: Codec) -> None:
    """Every fifth bit of a file in turn: it is refused, or is in what the rows do not hang on."""
    table = small_table()
    data = write(SMALL, table, Layout(codec=codec, page_rows=8, group_rows=12, together="person"))
    bits = range(random.Random(codec).randrange(5), len(data) * 8, 5)

    refused = 0
    for bit in bits:
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        refused += refused_or_right(bytes(damaged), table)

    # The bounds of the other columns' pages are not looked at.
    assert refused / len(bits) > 0.8


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_others_wrote_and_was_damaged_ends(data: st.DataObject) -> None:
    """Without our checksums wrong values can come out, but never a crash, a hang or much memory."""
    whole = bytearray(_foreign())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    try:
        table = read(bytes(whole))
        file, fetch = opened(bytes(whole))
        run(read_where(file, "person", {"user_id:1"}), fetch)
    except (ParquetError, KeyError):
        return
    assert sum(map(len, table.values())) <= 10_000


@functools.cache
def _foreign() -> bytes:
    rows = {name: values[:40] for name, values in foreign_table().items()}
    out = io.BytesIO()
    pq.write_table(
        by_arrow(rows), out, compression="gzip", write_page_index=True, data_page_size=200
    )
    return out.getvalue()


@given(data=st.binary(max_size=200))
@MANY
def test_anything_else_is_refused(data: bytes) -> None:
    """Bytes that are no Parquet file, also with its magic around them."""
    length = len(data).to_bytes(4, "little")
    for whole in (data, b"PAR1" + data + b"PAR1", b"PAR1" + data + length + b"PAR1"):
        with pytest.raises(ParquetError):
            read(whole)


def test_an_encrypted_file_is_said_to_be_one() -> None:
    """It is not damaged."""
    with pytest.raises(UnsupportedFile, match="encrypted"):
        read(b"PARE" + bytes(8) + b"PARE")


def test_a_file_shorter_than_it_was_listed_is_damaged() -> None:
    """A range that comes back short means that the file was cut, or replaced."""
    data = write(SMALL, small_table())
    file, _ = opened(data, tail=8)

    with pytest.raises(DamagedFile, match="cut short"):
        run(read_columns(file), Fetched(data[:50]))
