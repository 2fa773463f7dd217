"""One column of one row group: its values become pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from zlib import crc32

from headwater.lake.parquet import bounds, hybrid, pages, plain
from headwater.lake.parquet.columns import TEXTS, Column
from headwater.lake.parquet.layout import Layout
from headwater.lake.parquet.metadata import Bounds, Chunk, Encoding, Section
from headwater.lake.parquet.page_index import Place, column_index, offset_index

# A dictionary is tried where the first of a column's values repeat, and kept where all do.
_SAMPLE = 512
_SAMPLE_SHARE = 0.8
_WHOLE_SHARE = 0.5
_DICTIONARY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WrittenChunk:
    """A column chunk's bytes, its entry in the footer, and its two indexes."""

    pages: list[bytes]
    chunk: Chunk
    offset_index: bytes
    column_index: bytes | None


class ChunkWriter:
    """Writes one column chunk; made for each.

    Raises what `plain.encode` does, where a value is not of the column's kind.
    """

    def __init__(self, column: Column, values: Sequence[Any], layout: Layout) -> None:
        self._column = column
        self._values = values
        self._layout = layout
        self._dictionary = _dictionary(values) if column.kind in TEXTS else None

    @property
    def holds_texts(self) -> bool:
        """Answer whether the pages will hold texts themselves, not a dictionary's numbers."""
        return self._column.kind in TEXTS and self._dictionary is None

    def write(self, cuts: Sequence[tuple[int, int]], offset: int) -> WrittenChunk:
        """Answer the chunk as it lies at `offset` in the file, a page for each of the cuts."""
        layout = self._layout
        out: list[bytes] = []
        if self._dictionary is not None:
            data = plain.encode(list(self._dictionary), self._column.kind)
            count = len(self._dictionary)
            out.append(
                pages.dictionary_page(data, values=count, codec=layout.codec, level=layout.level)
            )
        position = data_offset = offset + sum(map(len, out))
        places = []
        found = []
        for start, end in cuts:
            page, edges = self._page(start, end)
            out.append(page)
            places.append(Place(Section(position, len(page)), start))
            found.append(edges)
            position += len(page)
        return self._written(out, offset, data_offset, places=places, found=found)

    def _page(self, start: int, end: int) -> tuple[bytes, tuple[tuple[Any, Any] | None, int]]:
        column = self._column
        values = self._values[start:end]
        levels = b""
        nulls = 0
        if not column.required:
            present = [value is not None for value in values]
            nulls = len(values) - sum(present)
            levels = hybrid.encode(present, 1)
            levels = len(levels).to_bytes(4, "little") + levels
            if nulls:
                values = [value for value in values if value is not None]
        data, encoding = self._encoded(values)
        page = pages.data_page(
            levels + data,
            values=end - start,
            encoding=encoding,
            codec=self._layout.codec,
            level=self._layout.level,
        )
        return page, (bounds.smallest_and_greatest(values, column.kind), nulls)

    def _encoded(self, values: Sequence[Any]) -> tuple[bytes, Encoding]:
        dictionary = self._dictionary
        if dictionary is None:
            return plain.encode(values, self._column.kind), Encoding.PLAIN
        width = hybrid.width_of(len(dictionary))
        numbers = list(map(dictionary.__getitem__, values))
        return bytes([width]) + hybrid.encode(numbers, width), Encoding.RLE_DICTIONARY

    def _written(
        self,
        out: list[bytes],
        offset: int,
        data_offset: int,
        *,
        places: list[Place],
        found: list[tuple[tuple[Any, Any] | None, int]],
    ) -> WrittenChunk:
        kind = self._column.kind
        pairs = [pair for pair, _ in found]
        rows = len(self._values)
        nulls = sum(count for _, count in found)
        known = [bounds.bounds(pair, kind, nulls=count) for pair, count in found]
        # A page without bounds either has no value at all, or values without an order.
        ends = [*(place.first_row for place in places[1:]), rows]
        complete = all(
            pair is not None or count == end - place.first_row
            for (pair, count), place, end in zip(found, places, ends, strict=True)
        )
        encoding = Encoding.PLAIN if self._dictionary is None else Encoding.RLE_DICTIONARY
        chunk = Chunk(
            codec=self._layout.codec,
            pages=Section(offset, sum(map(len, out))),
            data_offset=data_offset,
            values=rows,
            unpacked=sum(map(pages.unpacked_size, out)),
            encodings=tuple(sorted({Encoding.PLAIN, Encoding.RLE, encoding})),
            bounds=bounds.bounds(bounds.overall(pairs, complete=complete), kind, nulls=nulls),
        )
        # The bytes of texts are in the order of the texts; those of numbers are not.
        rising = _rising(list(map(_edges, known)) if kind in TEXTS else pairs)
        by_place = offset_index(places)
        by_value = column_index(known, rising=rising) if complete else None
        indexes = [by_place] if by_value is None else [by_place, by_value]
        checksums = tuple(f"{crc32(index):08x}" for index in indexes)
        return WrittenChunk(out, replace(chunk, index_checksums=checksums), by_place, by_value)


def _edges(found: Bounds) -> tuple[bytes, bytes] | None:
    lower, upper = found.lower, found.upper
    return None if lower is None or upper is None else (lower, upper)


def _rising(edges: Sequence[tuple[Any, Any] | None]) -> bool:
    known = [edge for edge in edges if edge is not None]
    return all(
        one[0] <= following[0] and one[1] <= following[1] for one, following in pairwise(known)
    )


def _dictionary(values: Sequence[Any]) -> dict[Any, int] | None:
    sample = values[:_SAMPLE]
    if len(set(sample)) > len(sample) * _SAMPLE_SHARE:
        return None
    unique = dict.fromkeys(values)
    unique.pop(None, None)
    if len(unique) > len(values) * _WHOLE_SHARE or not unique:
        return None
    if sum(map(len, unique)) > _DICTIONARY_BYTES:
        return None
    return {value: number for number, value in enumerate(unique)}
