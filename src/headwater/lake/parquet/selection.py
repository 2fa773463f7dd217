"""Which pages may hold what is looked for, and the rows of those pages.

First the row groups whose bounds do not rule it out; in them, by the page index where there is
one, the pages of the column that is looked at; and of the other columns the pages of the same rows.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from headwater.lake.parquet.bounds import may_hold
from headwater.lake.parquet.columns import Kind
from headwater.lake.parquet.errors import DamagedFile
from headwater.lake.parquet.metadata import Bounds, Chunk, FileMetadata, RowGroup, Section
from headwater.lake.parquet.page_index import Place, read_column_index, read_offset_index
from headwater.lake.parquet.pages import read_page
from headwater.lake.parquet.ranges import ByteRange, Reading, Tail, wanted
from headwater.lake.parquet.values import dictionary_values, page_values

RowRange = tuple[int, int]
"""Rows of a row group: the first, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Selected:
    """The rows of a row group that may be among those looked for.

    Attributes:
        group: the row group.
        rows: which of its rows; they rise and do not overlap.
        places: of each column that is needed, by its place in the file, where its pages lie; None
            where that is not listed, and the column is read whole.
    """

    group: RowGroup
    rows: tuple[RowRange, ...]
    places: dict[int, Sequence[Place] | None]


def candidates(
    metadata: FileMetadata,
    key: int,
    values: Collection[Any],
    needed: Sequence[int],
    *,
    tail: Tail,
) -> Reading[list[Selected]]:
    """Answer the rows whose column `key` may have one of these values.

    Raises:
        DamagedFile: a page index contradicts the rest, or fails its checksum.
    """
    kind = metadata.columns[key].kind
    groups = [
        group for group in metadata.row_groups if _may(group.chunks[key].bounds, values, kind)
    ]
    sections: list[Section] = []
    for group in groups:
        if _indexed(group, key, needed):
            sections += _index_sections(group, key, needed)
    ranges = [ByteRange(one.offset, one.length) for one in sections]
    pieces = iter((yield from wanted(ranges, tail)))
    selected = []
    for group in groups:
        if not _indexed(group, key, needed):
            whole = ((0, group.rows),)
            selected.append(Selected(group, whole, dict.fromkeys(needed)))
            continue
        places: dict[int, Sequence[Place] | None] = {
            place: _offset_index(next(pieces), group.chunks[place]) for place in needed
        }
        pages = places[key] or ()
        bounds = _column_index(next(pieces), group.chunks[key], pages=len(pages))
        rows = [
            stretch
            for stretch, found in zip(_stretches(pages, group.rows), bounds, strict=True)
            if found is not None and _may(found, values, kind)
        ]
        if rows:
            selected.append(Selected(group, tuple(rows), places))
    return selected


def selected_rows(
    metadata: FileMetadata, selected: Selected, *, tail: Tail
) -> Reading[dict[int, list[Any]]]:
    """Answer the values of the selected rows, by the columns' places in the file.

    Raises:
        DamagedFile, UnsupportedFile: a page cannot be read.
    """
    plans = {
        place: _page_sections(selected.group.chunks[place], pages, selected.rows)
        for place, pages in selected.places.items()
    }
    ranges = [
        ByteRange(section.offset, section.length) for plan in plans.values() for section, _ in plan
    ]
    pieces = iter((yield from wanted(ranges, tail)))
    table: dict[int, list[Any]] = {}
    for place, plan in plans.items():
        reader = ChunkReader(metadata, selected.group, place)
        parts = [(first, reader.values(next(pieces))) for _, first in plan]
        table[place] = _within(parts, selected.rows)
    expected = sum(end - start for start, end in selected.rows)
    if any(len(values) != expected for values in table.values()):
        raise DamagedFile("a column's pages have not the rows that the page index says")
    return table


class ChunkReader:
    """Reads the pages of one column of one row group, in order, the dictionary first."""

    def __init__(self, metadata: FileMetadata, group: RowGroup, place: int) -> None:
        self._column = metadata.columns[place]
        self._physical = metadata.physical[place]
        self._chunk = group.chunks[place]
        self._dictionary: list[Any] | None = None
        self._awaits_dictionary = self._chunk.has_dictionary

    def values(self, data: bytes) -> list[Any]:
        """Answer the values of all pages in these bytes; the dictionary's page has none.

        Raises:
            DamagedFile, UnsupportedFile: a page cannot be read.
        """
        chunk, position = self._chunk, 0
        values: list[Any] = []
        while position < len(data):
            most = chunk.values - len(values)
            page, position = read_page(data, position, codec=chunk.codec, most=most)
            if self._awaits_dictionary:
                self._awaits_dictionary = False
                self._dictionary = dictionary_values(page, self._column, self._physical)
            else:
                values += page_values(page, self._column, self._physical, self._dictionary)
        return values


def _may(found: Bounds, values: Collection[Any], kind: Kind) -> bool:
    return any(may_hold(found, value, kind) for value in values)


def _indexed(group: RowGroup, key: int, needed: Sequence[int]) -> bool:
    return group.chunks[key].column_index is not None and all(
        group.chunks[place].offset_index is not None for place in needed
    )


def _index_sections(group: RowGroup, key: int, needed: Sequence[int]) -> list[Section]:
    sections = [*(group.chunks[place].offset_index for place in needed)]
    sections.append(group.chunks[key].column_index)
    return [section for section in sections if section is not None]


def _offset_index(data: bytes, chunk: Chunk) -> list[Place]:
    _check(data, chunk.index_checksums[:1])
    return read_offset_index(data, rows=chunk.values, chunk=chunk.pages)


def _column_index(data: bytes, chunk: Chunk, *, pages: int) -> list[Bounds | None]:
    _check(data, chunk.index_checksums[1:])
    return read_column_index(data, pages=pages)


def _check(data: bytes, checksum: Sequence[str]) -> None:
    if checksum and f"{zlib.crc32(data):08x}" != checksum[0]:
        raise DamagedFile("the page index fails its checksum: its bytes are not those written")


def _stretches(pages: Sequence[Place], rows: int) -> list[RowRange]:
    return list(pairwise([*(page.first_row for page in pages), rows]))


def _page_sections(
    chunk: Chunk, pages: Sequence[Place] | None, rows: Sequence[RowRange]
) -> list[tuple[Section, int]]:
    """Answer what to fetch of a column, and of which row it begins with."""
    if pages is None:
        return [(chunk.pages, 0)]
    sections = [
        (page.section, start)
        for page, (start, end) in zip(pages, _stretches(pages, chunk.values), strict=True)
        if any(start < last and first < end for first, last in rows)
    ]
    if chunk.has_dictionary:
        length = chunk.data_offset - chunk.pages.offset
        sections.insert(0, (Section(chunk.pages.offset, length), 0))
    return sections


def _within(parts: Sequence[tuple[int, list[Any]]], rows: Sequence[RowRange]) -> list[Any]:
    out: list[Any] = []
    for start, end in rows:
        for first, values in parts:
            if first < end and start < first + len(values):
                out += values[max(start - first, 0) : end - first]
    return out
