"""The lake's tables as Arrow has them, and as Parquet files by pyarrow."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.lake.schema import VERSION_KEY, Kind, Table

ROWS_A_GROUP = 4_096
"""Rows of a row group in a compacted file, more or less: it ends where a person's rows do.

Half as many take 6 % more bytes, twice as many half as long again to find one person's rows in.
"""

_TYPES = {
    Kind.STRING: pa.string(),
    Kind.TIMESTAMP: pa.timestamp("ms", tz="UTC"),
    Kind.INTEGER: pa.int64(),
}


@cache
def arrow_schema(table: Table) -> pa.Schema:
    """Answer a table's Arrow schema, with the field ids that its files have."""
    fields = [
        pa.field(
            column.name,
            _TYPES[column.kind],
            nullable=not column.required,
            metadata={"PARQUET:field_id": str(column.field_id)},
        )
        for column in table.columns
    ]
    return pa.schema(fields)


def arrow_table(table: Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Answer an Arrow table of Python values; a nullable column may be left out."""
    schema = arrow_schema(table)
    size = len(next(iter(columns.values())))
    arrays = [
        pa.array(columns[field.name], type=field.type)
        if field.name in columns
        else pa.nulls(size, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def completed(table: Table, rows: pa.Table) -> pa.Table:
    """Answer the rows of a file of any version, with null for what is newer than that."""
    schema = arrow_schema(table)
    columns = [
        rows.column(field.name).cast(field.type)
        if field.name in rows.schema.names
        else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def in_order(table: Table, rows: pa.Table) -> pa.Table:
    """Answer the rows sorted as a compacted file has them."""
    return rows.sort_by([(name, "ascending") for name in table.order])


_BATCH = 16_384  # rows that are encoded at a time, and after which a page may end


class FileWriter:
    """Writes one Parquet file in memory, a row group at a time."""

    def __init__(self, table: Table, *, level: int, schema: pa.Schema | None = None) -> None:
        """Begin; `level` is zstd's, `schema` the rows' own where some columns are dictionaries."""
        self._sink = io.BytesIO()
        self._writer = pq.ParquetWriter(
            self._sink,
            schema or arrow_schema(table),
            compression="zstd",
            compression_level=level,
            use_dictionary=[one.name for one in table.columns if one.repeats],
            write_statistics=[one.name for one in table.columns if _worth_statistics(one.name)],
            write_page_index=True,
            write_batch_size=_BATCH,
            store_schema=False,  # Arrow's own form of it, which only Arrow reads
        )
        self._writer.add_key_value_metadata({VERSION_KEY: table.label})

    @property
    def size(self) -> int:
        """Answer the bytes written so far."""
        return self._sink.tell()

    def add(self, rows: pa.Table) -> None:
        """Write one row group."""
        self._writer.write_table(rows, row_group_size=max(1, rows.num_rows))

    def finish(self) -> bytes:
        """Answer the whole file."""
        self._writer.close()
        return self._sink.getvalue()


# Statistics of long texts would be most of a footer, and nobody asks for their least value.
_WITHOUT_STATISTICS = frozenset({"properties", "traits", "context", "rest", "body"})


def _worth_statistics(name: str) -> bool:
    return name not in _WITHOUT_STATISTICS


def groups(rows: pa.Table, *, by: str, size: int = ROWS_A_GROUP) -> Iterator[pa.Table]:
    """Cut sorted rows where a value of `by` ends, into parts of at least `size`, but for the last.

    One value's rows are in one part however many they are, up to four times `size`.
    """
    start = 0
    while start < rows.num_rows:
        end = _end(rows.column(by), start, size)
        yield rows.slice(start, end - start)
        start = end


def _end(column: pa.ChunkedArray, start: int, size: int) -> int:
    if start + size >= len(column):
        return len(column)
    last = column[start + size - 1]
    most = min(len(column), start + 4 * size)
    rest = pc.not_equal(column.slice(start + size, most - start - size), last)
    first_other = pc.index(rest, value=True).as_py()
    return most if first_other < 0 else int(start + size + first_other)


def read(data: bytes, *, columns: Sequence[str] | None = None) -> pa.Table:
    """Answer what a Parquet file holds."""
    return pq.read_table(pa.BufferReader(data), columns=columns)


def python_rows(rows: pa.Table | pa.RecordBatch) -> Iterable[dict[str, Any]]:
    """Answer the rows as Python values, times in milliseconds."""
    names = rows.schema.names
    values = []
    for name in names:
        column = rows.column(name)
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        values.append(column.to_pylist())
    for row in zip(*values, strict=True):
        yield dict(zip(names, row, strict=True))
