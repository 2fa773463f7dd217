"""Rows in, a Parquet file out, piece by piece: nothing is read or written here.

    writer = ParquetWriter(columns, Layout(together="person"))
    pieces = [writer.start(), writer.add({"person": [...], ...}), writer.finish()]

Rows come by column, because that is how they are written: a row's Python object would cost more
than all that is done with it. Sort them before; the writer keeps their order.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from headwater.lake.parquet.chunks import ChunkWriter, WrittenChunk
from headwater.lake.parquet.columns import INSTANTS, TEXTS, Column, Kind
from headwater.lake.parquet.errors import BadValue
from headwater.lake.parquet.footer_writing import CREATED_BY, footer
from headwater.lake.parquet.layout import Layout, stretches
from headwater.lake.parquet.metadata import MAGIC, PHYSICAL, FileMetadata, RowGroup, Section

# What the encodings raise of a value that is not their column's kind.
_UNFIT = (TypeError, ValueError, AttributeError, OverflowError, struct.error)

_TYPES: Mapping[Kind, tuple[type, ...]] = {
    **dict.fromkeys(TEXTS, (str,)),
    **dict.fromkeys(INSTANTS, (int,)),
    Kind.INT64: (int,),
    Kind.DOUBLE: (float, int),
    Kind.BOOLEAN: (bool,),
}
_INTEGERS = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class WrittenGroup:
    """A row group that was written: what the end of the file says of it."""

    group: RowGroup
    chunks: list[WrittenChunk]


class ParquetWriter:
    """Turns rows into the pieces of one file, to be joined or uploaded in their order.

    Args:
        columns: of the file, at least one.
        layout: how it is cut and packed.
        properties: notes about the file, such as its schema's version.
        sorted_by: the columns by which all rows are sorted, rising; noted, and not checked.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        layout: Layout | None = None,
        *,
        properties: Mapping[str, str] | None = None,
        sorted_by: Sequence[str] = (),
    ) -> None:
        self._columns = tuple(columns)
        self._layout = layout or Layout()
        self._properties = dict(properties or {})
        names = [column.name for column in columns]
        if not names or len(set(names)) < len(names):
            raise BadValue(f"a file needs columns of different names: {', '.join(names) or 'none'}")
        self._sorted_by = tuple(map(names.index, sorted_by))
        self._position = 0
        self._rows = 0
        self._groups: list[tuple[RowGroup, list[WrittenChunk]]] = []
        self._handed = 0

    @property
    def rows(self) -> int:
        """Answer how many rows were added."""
        return self._rows

    @property
    def size(self) -> int:
        """Answer how many bytes were answered so far."""
        return self._position

    def taken(self) -> list[WrittenGroup]:
        """Answer the row groups that were written since this was asked last, without their pages.

        With them another writer can finish the file, by `go_on`.
        """
        new, self._handed = self._groups[self._handed :], len(self._groups)
        return [
            WrittenGroup(group, [replace(chunk, pages=[]) for chunk in chunks])
            for group, chunks in new
        ]

    def go_on(self, size: int, groups: Sequence[WrittenGroup] = ()) -> None:
        """Go on with a file that other writers have begun.

        Args:
            size: bytes that they have answered.
            groups: what they answered by `taken`; only who finishes the file needs it.
        """
        self._position = size
        self._groups = [(one.group, one.chunks) for one in groups]
        self._rows = sum(one.group.rows for one in groups)
        self._handed = len(self._groups)

    def start(self) -> bytes:
        """Answer the first bytes of the file."""
        return self._answered(MAGIC)

    def add(self, values: Mapping[str, Sequence[Any]]) -> bytes:
        """Answer the row groups that hold these rows: one, or more if they are many.

        Args:
            values: every column's, under its name, all equally many. A column that may be empty
                can be left out.

        Raises:
            BadValue: a column is missing, too short, unknown, or has a value that is not of its
                kind, saying which row's. Then nothing was added.
        """
        rows, table = self._table(values)
        position, groups = self._position, list(self._groups)
        try:
            pieces = [
                self._group([column[start:end] for column in table])
                for start, end in self._stretches(table, rows)
            ]
        except _UNFIT as error:
            self._position, self._groups = position, groups
            raise self._unfit(table, error) from error
        self._rows += rows
        return b"".join(pieces)

    def finish(self) -> bytes:
        """Answer the end of the file: the index of its pages, and its footer."""
        out: list[bytes] = []
        position = self._position

        def place(data: bytes | None) -> Section | None:
            nonlocal position
            if data is None:
                return None
            out.append(data)
            position += len(data)
            return Section(position - len(data), len(data))

        written = [chunk for _, chunks in self._groups for chunk in chunks]
        by_value = [place(chunk.column_index) for chunk in written]
        by_place = [place(chunk.offset_index) for chunk in written]
        chunks = [
            replace(chunk.chunk, column_index=first, offset_index=second)
            for chunk, first, second in zip(written, by_value, by_place, strict=True)
        ]
        width = len(self._columns)
        groups = [
            replace(group, chunks=tuple(chunks[number * width : (number + 1) * width]))
            for number, (group, _) in enumerate(self._groups)
        ]
        out.append(footer(self._metadata(groups)))
        return self._answered(b"".join(out))

    def _metadata(self, groups: list[RowGroup]) -> FileMetadata:
        return FileMetadata(
            columns=self._columns,
            physical=tuple(PHYSICAL[column.kind] for column in self._columns),
            rows=self._rows,
            row_groups=tuple(groups),
            properties=self._properties,
            created_by=CREATED_BY,
        )

    def _answered(self, data: bytes) -> bytes:
        self._position += len(data)
        return data

    def _table(self, values: Mapping[str, Sequence[Any]]) -> tuple[int, list[Sequence[Any]]]:
        unknown = set(values) - {column.name for column in self._columns}
        missing = {column.name for column in self._columns if column.required} - set(values)
        if unknown or missing:
            raise BadValue(
                f"the rows have columns that the file has not: {sorted(unknown)}, "
                f"and lack columns that it must have: {sorted(missing)}"
            )
        lengths = {len(column) for column in values.values()}
        if len(lengths) > 1:
            raise BadValue(f"columns of one table differ in length: {sorted(lengths)} rows")
        rows = lengths.pop() if lengths else 0
        nothing = [None] * rows
        return rows, [values.get(column.name, nothing) for column in self._columns]

    def _stretches(self, table: list[Sequence[Any]], rows: int) -> list[tuple[int, int]]:
        layout = self._layout
        texts = [
            values
            for column, values in zip(self._columns, table, strict=True)
            if column.kind in TEXTS
        ]
        totals = []
        if sum(map(_characters, texts)) > layout.group_bytes:
            totals.append(_running(list(map(sum, zip(*map(_lengths, texts), strict=True)))))
        return list(
            stretches(
                totals,
                self._keys(table),
                start=0,
                end=rows,
                most_rows=layout.group_rows,
                most_bytes=layout.group_bytes,
            )
        )

    def _keys(self, table: list[Sequence[Any]]) -> Sequence[Any] | None:
        return next(
            (
                values
                for column, values in zip(self._columns, table, strict=True)
                if column.name == self._layout.together
            ),
            None,
        )

    def _group(self, table: list[Sequence[Any]]) -> bytes:
        writers = [
            ChunkWriter(column, values, self._layout)
            for column, values in zip(self._columns, table, strict=True)
        ]
        cuts = self._pages(writers, table)
        written = []
        pieces: list[bytes] = []
        position = self._position
        for writer in writers:
            chunk = writer.write(cuts, position)
            written.append(chunk)
            pieces += chunk.pages
            position += chunk.chunk.pages.length
        chunks = tuple(chunk.chunk for chunk in written)
        self._groups.append((RowGroup(len(table[0]), chunks, self._sorted_by), written))
        return self._answered(b"".join(pieces))

    def _pages(
        self, writers: list[ChunkWriter], table: list[Sequence[Any]]
    ) -> list[tuple[int, int]]:
        layout = self._layout
        # Where there is a dictionary, pages hold numbers, and are small whatever they stand for.
        totals = [
            _running(_lengths(values))
            for writer, values in zip(writers, table, strict=True)
            if writer.holds_texts and _characters(values) > layout.page_bytes
        ]
        return list(
            stretches(
                totals,
                self._keys(table),
                start=0,
                end=len(table[0]),
                most_rows=layout.page_rows,
                most_bytes=layout.page_bytes,
            )
        )

    def _unfit(self, table: list[Sequence[Any]], error: Exception) -> Exception:
        for column, values in zip(self._columns, table, strict=True):
            for row, value in enumerate(values):
                reason = _reason(column, value)
                if reason:
                    return BadValue(f"column `{column.name}`, row {row}: {reason}")
        return error


def write(
    columns: Sequence[Column],
    values: Mapping[str, Sequence[Any]],
    layout: Layout | None = None,
    *,
    properties: Mapping[str, str] | None = None,
    sorted_by: Sequence[str] = (),
) -> bytes:
    """Answer a whole file that holds these rows; see `ParquetWriter`."""
    writer = ParquetWriter(columns, layout, properties=properties, sorted_by=sorted_by)
    return b"".join([writer.start(), writer.add(values), writer.finish()])


def _characters(values: Sequence[Any]) -> int:
    return sum(map(len, filter(None, values)))


def _lengths(values: Sequence[Any]) -> list[int]:
    return [len(value) if value else 0 for value in values]


def _running(lengths: list[int]) -> list[int]:
    return list(accumulate(lengths, initial=0))


def _reason(column: Column, value: Any) -> str | None:
    if value is None:
        return "it has no value, and must have one" if column.required else None
    if not isinstance(value, _TYPES[column.kind]):
        return f"{type(value).__name__} where a {column.kind.value} is kept"
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            return f"half of a surrogate pair at character {error.start} is no Unicode text"
    elif isinstance(value, int) and column.kind is not Kind.DOUBLE:
        factor = 1000 if column.kind is Kind.TIMESTAMP else 1
        if value * factor not in _INTEGERS:
            return f"{value} does not fit into 64 bits"
    elif column.kind is Kind.DOUBLE and isinstance(value, int) and abs(value) > 1 << 1023:
        return f"an integer of {value.bit_length()} bits does not fit into a double"
    return None
