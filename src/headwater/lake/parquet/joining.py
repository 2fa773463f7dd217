"""Several Parquet files to one, their pages as they are: only footers and page indexes are read.

A row group does not know where in a file it lies. So a file with the row groups of several needs
none of its values decoded, sorted or compressed anew; what has places in it is written anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

from headwater.lake.parquet.errors import DamagedFile, UnsupportedFile
from headwater.lake.parquet.footer_reading import ENDING, footer_length, read_footer
from headwater.lake.parquet.footer_writing import footer
from headwater.lake.parquet.metadata import MAGIC, Chunk, FileMetadata, RowGroup, Section
from headwater.lake.parquet.page_index import offset_index, read_offset_index


def joined(files: Sequence[bytes]) -> bytes:
    """Answer one file with the row groups of all files, in the same order.

    Args:
        files: whole ones, one at least, of the same columns and properties.

    Raises:
        DamagedFile: one of them is none, or contradicts itself.
        UnsupportedFile: they differ in their columns or properties, or are not read here.
    """
    footers = [_footer_of(data) for data in files]
    first = footers[0]
    if any(_shape(other) != _shape(first) for other in footers):
        raise UnsupportedFile("files of different columns or properties make no file together")
    joining = _Joining()
    for data, metadata in zip(files, footers, strict=True):
        joining.add_pages(data, metadata)
    groups = joining.indexed_groups()
    rows = sum(group.rows for group in groups)
    end = footer(replace(first, rows=rows, row_groups=groups, checked=False))
    return b"".join([*joining.pieces, end])


def _footer_of(data: bytes) -> FileMetadata:
    end = len(data) - ENDING - footer_length(data[-ENDING:])
    if end < len(MAGIC):
        raise DamagedFile("the footer's length is more than the file's")
    return read_footer(data[end:-ENDING], end=end)


def _shape(one: FileMetadata) -> tuple[object, ...]:
    return one.columns, one.physical, one.properties


class _Joining:
    """The file so far: pages first, then the indexes that say where they lie."""

    def __init__(self) -> None:
        self.pieces: list[bytes | memoryview] = [MAGIC]
        self._position = len(MAGIC)
        self._groups: list[tuple[RowGroup, bytes, int]] = []

    def add_pages(self, data: bytes, metadata: FileMetadata) -> None:
        """Take all pages of a file, and remember by how much they move."""
        pages = [chunk.pages for group in metadata.row_groups for chunk in group.chunks]
        start = min((one.offset for one in pages), default=0)
        end = max((one.offset + one.length for one in pages), default=0)
        moved = self._position - start
        self._groups += [(group, data, moved) for group in metadata.row_groups]
        self._add(memoryview(data)[start:end])

    def indexed_groups(self) -> tuple[RowGroup, ...]:
        """Write the page indexes behind the pages; answer the row groups where they are now."""
        return tuple(
            replace(group, chunks=tuple(self._moved(one, data, moved) for one in group.chunks))
            for group, data, moved in self._groups
        )

    def _moved(self, chunk: Chunk, data: bytes, moved: int) -> Chunk:
        by_place = bounds = None
        checksums = []
        if chunk.offset_index is not None:
            old = _piece(data, chunk.offset_index)
            places = read_offset_index(old, rows=chunk.values, chunk=chunk.pages)
            new = offset_index(
                [replace(one, section=_further(one.section, moved)) for one in places]
            )
            by_place = self._add(new)
            checksums.append(new)
            if chunk.column_index is not None:
                same = _piece(data, chunk.column_index)
                bounds = self._add(same)
                checksums.append(same)
        return replace(
            chunk,
            pages=_further(chunk.pages, moved),
            data_offset=chunk.data_offset + moved,
            offset_index=by_place,
            column_index=bounds,
            index_checksums=tuple(f"{zlib.crc32(one):08x}" for one in checksums),
        )

    def _add(self, piece: bytes | memoryview) -> Section:
        section = Section(self._position, len(piece))
        self.pieces.append(piece)
        self._position += len(piece)
        return section


def _piece(data: bytes, section: Section) -> bytes:
    return data[section.offset : section.offset + section.length]


def _further(section: Section, moved: int) -> Section:
    return Section(section.offset + moved, section.length)
