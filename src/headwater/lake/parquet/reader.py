"""A Parquet file in, rows out, fetching no more of it than they need: nothing is done by itself.

Each function answers a `Reading`, which says which bytes it needs next (see `ranges.py`):

    file = run(open_file(size), fetch)
    rows = run(read_columns(file, ["person", "timestamp"]), fetch)
    hers = run(read_where(file, "person", {"user_id:42"}), fetch)

Read are our own files, and those of others as far as they are flat: plain and dictionary encoding,
pages of version 1 and 2, uncompressed, gzip and, from Python 3.14 on, zstd. So is what DuckDB
writes by default, but for its default codec, snappy.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.lake.parquet.errors import DamagedFile
from headwater.lake.parquet.footer_reading import ENDING, footer_length, read_footer
from headwater.lake.parquet.metadata import MAGIC, FileMetadata
from headwater.lake.parquet.ranges import ByteRange, Reading, Tail, run, wanted
from headwater.lake.parquet.selection import ChunkReader, candidates, selected_rows

Table = dict[str, list[Any]]
"""Rows by column: values under each column's name, None where a row has none."""

# Fetched first. The footer and the page index of most files fit, so that one request is enough.
TAIL = 64 << 10


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A file whose footer was read.

    Attributes:
        metadata: what the footer says.
        tail: the end of the file, as far as it was fetched.
    """

    metadata: FileMetadata
    tail: Tail


def open_file(size: int, *, tail: int = TAIL) -> Reading[ParquetFile]:
    """Answer a file of so many bytes, ready to be read.

    Args:
        size: of the whole file.
        tail: how much of its end to fetch first.

    Raises:
        DamagedFile: it is no Parquet file, or its footer is damaged.
        UnsupportedFile: it has columns that are not read here.
    """
    if size < len(MAGIC) + ENDING:
        raise DamagedFile(f"{size} bytes are too few for a Parquet file")
    start = max(size - tail, 0)
    (data,) = yield from wanted([ByteRange(start, size - start)])
    end = size - ENDING - footer_length(data)
    if end < len(MAGIC):
        raise DamagedFile("the footer's length is more than the file's")
    if end < start:
        start = end
        (data,) = yield from wanted([ByteRange(start, size - start)])
    metadata = read_footer(data[end - start : -ENDING], end=end)
    return ParquetFile(metadata, Tail(start, data))


def read_columns(
    file: ParquetFile,
    names: Sequence[str] | None = None,
    *,
    row_groups: Collection[int] | None = None,
) -> Reading[Table]:
    """Answer all rows, or those of some row groups, with all columns or some of them.

    Row groups are fetched one after the other, each with one request where its columns lie near
    each other.

    Raises:
        KeyError: there is no column of such a name.
        DamagedFile, UnsupportedFile: it cannot be read.
    """
    places = _places(file, names)
    metadata = file.metadata
    table: Table = {metadata.columns[place].name: [] for place in places}
    for number, group in enumerate(metadata.row_groups):
        if row_groups is not None and number not in row_groups:
            continue
        sections = [group.chunks[place].pages for place in places]
        ranges = [ByteRange(one.offset, one.length) for one in sections]
        pieces = yield from wanted(ranges, file.tail)
        for place, data in zip(places, pieces, strict=True):
            values = ChunkReader(metadata, group, place).values(data)
            if len(values) != group.rows:
                raise DamagedFile(f"a column has {len(values)} of its {group.rows} values")
            table[metadata.columns[place].name] += values
    return table


def read_where(
    file: ParquetFile,
    name: str,
    values: Collection[Any],
    names: Sequence[str] | None = None,
) -> Reading[Table]:
    """Answer the rows whose column `name` has one of these values, in their order.

    Row groups and pages whose bounds rule that out are not fetched.

    Args:
        file: the file.
        name: the column to look at.
        values: what to look for; not None.
        names: the columns to answer; all where it is None.

    Raises:
        KeyError: there is no column of such a name.
        DamagedFile, UnsupportedFile: it cannot be read.
    """
    places = _places(file, names)
    key = file.metadata.index(name)
    needed = places if key in places else [*places, key]
    columns = file.metadata.columns
    table: Table = {columns[place].name: [] for place in places}
    groups = yield from candidates(file.metadata, key, values, needed, tail=file.tail)
    for group in groups:
        part = yield from selected_rows(file.metadata, group, tail=file.tail)
        hits = [row for row, value in enumerate(part[key]) if value in values]
        for place in places:
            found = part[place]
            table[columns[place].name] += [found[row] for row in hits]
    return table


def read(data: bytes, names: Sequence[str] | None = None) -> Table:
    """Answer the rows of a file that is in memory; see `read_columns`."""

    def fetch(one: ByteRange) -> bytes:
        return data[one.offset : one.offset + one.length]

    file = run(open_file(len(data)), fetch)
    return run(read_columns(file, names), fetch)


def _places(file: ParquetFile, names: Sequence[str] | None) -> list[int]:
    metadata = file.metadata
    if names is None:
        return list(range(len(metadata.columns)))
    return [metadata.index(name) for name in names]
