"""Files that were joined of several, as their readers see them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.lake.parquet.errors import DamagedFile, ParquetError, UnsupportedFile
from headwater.lake.parquet.joining import joined
from headwater.lake.parquet.layout import Layout
from headwater.lake.parquet.ranges import ByteRange, run
from headwater.lake.parquet.reader import open_file, read, read_where
from headwater.lake.parquet.writer import write
from tests.lake.parquet.tables import (
    COLUMNS,
    LAYOUTS,
    READERS,
    Table,
    comparable,
    random_table,
    tables,
)

FEW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def fetching(data: bytes) -> Callable[[ByteRange], bytes]:
    """Answer what fetches ranges of a file."""

    def fetch(one: ByteRange) -> bytes:
        return data[one.offset : one.offset + one.length]

    return fetch


def together(parts: list[Table]) -> Table:
    """Answer the rows of all tables, one after the other."""
    return {one.name: [value for part in parts for value in part[one.name]] for one in COLUMNS}


@pytest.mark.parametrize("reader", [*sorted(READERS), "ours"])
@given(st.lists(st.tuples(tables(most=10), LAYOUTS), min_size=1, max_size=3))
@FEW
def test_the_rows_of_all_files_are_there_in_their_order(
    reader: str, tmp_path: Path, parts: list[tuple[Table, Layout]]
) -> None:
    """However each file was cut and compressed; joined files are joined again just so."""
    files = [write(COLUMNS, table, layout) for table, layout in parts]
    wanted = comparable(together([table for table, _ in parts]))

    for data in (joined(files), joined([joined(files[:1]), *files[1:]])):
        found = read(data) if reader == "ours" else READERS[reader](data, tmp_path)
        assert comparable(found) == wanted


def test_a_persons_rows_are_found_by_the_page_index() -> None:
    """It was moved along with the pages: our reader fetches those of one person in each file."""
    parts = [random_table(seed, rows=200) for seed in range(3)]
    data = joined([write(COLUMNS, part, Layout(page_rows=7, group_rows=90)) for part in parts])
    whole = together(parts)
    file = run(open_file(len(data)), fetching(data))
    for person in ("user_id:0", "user_id:17", "user_id:none"):
        found = run(read_where(file, "person", {person}), fetching(data))
        places = [place for place, one in enumerate(whole["person"]) if one == person]
        wanted = {name: [values[place] for place in places] for name, values in whole.items()}
        assert comparable(found) == comparable(wanted)
    assert file.metadata.checked


def test_what_arrow_wrote_keeps_its_statistics_and_its_codec() -> None:
    """Row groups say of themselves what they said before, and where their indexes lie now."""
    files = []
    for number in range(3):
        sink = io.BytesIO()
        table = pa.table(
            {
                "person": pa.array([f"user_id:{number}{one}" for one in range(50)]),
                "text": pa.array([None if one % 3 else f"text {one}" for one in range(50)]),
            },
            schema=pa.schema([pa.field("person", pa.string(), nullable=False), ("text", "string")]),
        )
        pq.write_table(
            table, sink, compression="zstd", write_page_index=True, row_group_size=20,
            store_schema=False,
        )  # fmt: skip
        files.append(sink.getvalue())

    data = joined(files)

    found = pq.ParquetFile(io.BytesIO(data))
    assert found.read().num_rows == 150
    old = [pq.ParquetFile(io.BytesIO(one)).metadata.row_group(0) for one in files]
    for number, group in enumerate(old):
        moved = found.metadata.row_group(number * 3)
        assert moved.num_rows == group.num_rows
        for place in range(2):
            now, then = moved.column(place), group.column(place)
            assert now.statistics.min == then.statistics.min
            assert now.statistics.null_count == then.statistics.null_count
            assert now.compression == then.compression == "ZSTD"
            assert now.total_compressed_size == then.total_compressed_size
            assert now.has_column_index
            assert now.has_offset_index


def test_files_that_differ_in_their_columns_are_not_joined() -> None:
    """Nor those that were written under another version of a schema."""
    table = random_table(1, rows=5)
    file = write(COLUMNS, table)
    fewer = write(COLUMNS[:-1], {one.name: table[one.name] for one in COLUMNS[:-1]})
    optional = (replace(COLUMNS[0], required=False), *COLUMNS[1:])
    for other in (fewer, write(optional, table), write(COLUMNS, table, properties={"a": "2"})):
        with pytest.raises(UnsupportedFile, match="different columns"):
            joined([file, other])


@pytest.mark.parametrize("cut", [0, 3, 8, 40, -1])
def test_what_is_no_whole_file_is_not_joined(cut: int) -> None:
    """However much of it is there."""
    file = write(COLUMNS, random_table(1, rows=5))
    with pytest.raises(ParquetError):
        joined([file, file[:cut]])
    with pytest.raises(DamagedFile):
        joined([file, b"PAR1" + (2**30).to_bytes(4, "little") + b"PAR1"])
