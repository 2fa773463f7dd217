"""From a file's facts to the bytes of its footer."""

from __future__ import annotations

import zlib

from headwater.lake.parquet import thrift
from headwater.lake.parquet.columns import INSTANTS, Column, Kind
from headwater.lake.parquet.metadata import (
    MAGIC,
    PHYSICAL,
    Bounds,
    Chunk,
    FileMetadata,
    RowGroup,
    Section,
)
from headwater.lake.parquet.thrift import BINARY, I16, I32, I64, LIST, STRUCT, struct

CREATED_BY = "headwater version 1.0.0 (build parquet)"

# The footer's own checksum, because Parquet has one for pages only: the CRC-32 of the footer, in
# hexadecimal, taken with these digits in its place.
CHECKSUM = "headwater.footer_crc32"
UNCHECKED = b"00000000"

# With each column chunk: the CRC-32 of its offset index and, where there is one, of its column
# index, so that a damaged index cannot hide rows.
INDEX_CHECKSUMS = "index_crc32"

_VERSION = 2
_NO_BYTES = b"\x00"

_CONVERTED = {
    Kind.STRING: 0,
    Kind.JSON: 0,
    Kind.TIMESTAMP: 10,
    Kind.TIMESTAMP_MILLIS: 9,
}
_LOGICAL = {Kind.STRING: 1, Kind.JSON: 1, Kind.TIMESTAMP: 8, Kind.TIMESTAMP_MILLIS: 8}
_UNIT = {Kind.TIMESTAMP: 2, Kind.TIMESTAMP_MILLIS: 1}


def footer(metadata: FileMetadata) -> bytes:
    """Answer the end of a file: the metadata with its checksum, its length, and the magic."""
    data = _file(metadata)
    place = data.rindex(CHECKSUM.encode()) + len(CHECKSUM) + 2
    digits = b"%08x" % zlib.crc32(data)
    data = data[:place] + digits + data[place + len(digits) :]
    return data + len(data).to_bytes(4, "little") + MAGIC


def _file(metadata: FileMetadata) -> bytes:
    root = struct((4, BINARY, thrift.text("schema")), (5, I32, thrift.integer(_leaves(metadata))))
    properties = {**metadata.properties, CHECKSUM: UNCHECKED.decode()}
    # Of a column's values the lowest and the highest are by its logical type's order.
    order = struct((1, STRUCT, _NO_BYTES))
    return struct(
        (1, I32, thrift.integer(_VERSION)),
        (2, LIST, thrift.list_of(STRUCT, [root, *map(_element, metadata.columns)])),
        (3, I64, thrift.integer(metadata.rows)),
        (4, LIST, _row_groups(metadata)),
        (5, LIST, thrift.list_of(STRUCT, [_property(*pair) for pair in properties.items()])),
        (6, BINARY, thrift.text(metadata.created_by)),
        (7, LIST, thrift.list_of(STRUCT, [order] * _leaves(metadata))),
    )


def _leaves(metadata: FileMetadata) -> int:
    return len(metadata.columns)


def _property(name: str, value: str) -> bytes:
    return struct((1, BINARY, thrift.text(name)), (2, BINARY, thrift.text(value)))


def _element(column: Column) -> bytes:
    converted = _CONVERTED.get(column.kind)
    number = column.field_id
    return struct(
        (1, I32, thrift.integer(PHYSICAL[column.kind])),
        (3, I32, thrift.integer(0 if column.required else 1)),
        (4, BINARY, thrift.text(column.name)),
        (6, I32, None if converted is None else thrift.integer(converted)),
        (9, I32, None if number is None else thrift.integer(number)),
        (10, STRUCT, _logical(column.kind)),
    )


def _logical(kind: Kind) -> bytes | None:
    if kind not in _LOGICAL:
        return None
    body = _NO_BYTES
    if kind in INSTANTS:
        unit = struct((_UNIT[kind], STRUCT, _NO_BYTES))
        body = struct(thrift.flag(1, value=True), (2, STRUCT, unit))
    return struct((_LOGICAL[kind], STRUCT, body))


def _row_groups(metadata: FileMetadata) -> bytes:
    groups = [
        _row_group(group, ordinal, metadata) for ordinal, group in enumerate(metadata.row_groups)
    ]
    return thrift.list_of(STRUCT, groups)


def _row_group(group: RowGroup, ordinal: int, metadata: FileMetadata) -> bytes:
    chunks = [
        _chunk(chunk, column) for chunk, column in zip(group.chunks, metadata.columns, strict=True)
    ]
    ordering = [
        struct(
            (1, I32, thrift.integer(place)), thrift.flag(2, value=False), thrift.flag(3, value=True)
        )
        for place in group.sorted_by
    ]
    return struct(
        (1, LIST, thrift.list_of(STRUCT, chunks)),
        (2, I64, thrift.integer(sum(chunk.unpacked for chunk in group.chunks))),
        (3, I64, thrift.integer(group.rows)),
        (4, LIST, thrift.list_of(STRUCT, ordering) if ordering else None),
        (5, I64, thrift.integer(group.chunks[0].pages.offset)),
        (6, I64, thrift.integer(sum(chunk.pages.length for chunk in group.chunks))),
        # Sixteen bits: a file of more row groups goes without.
        (7, I16, thrift.integer(ordinal) if ordinal < 1 << 15 else None),
    )


def _chunk(chunk: Chunk, column: Column) -> bytes:
    return struct(
        (2, I64, thrift.integer(chunk.pages.offset)),
        (3, STRUCT, _chunk_metadata(chunk, column)),
        *_place(4, chunk.offset_index),
        *_place(6, chunk.column_index),
    )


def _place(number: int, section: Section | None) -> tuple[tuple[int, int, bytes | None], ...]:
    if section is None:
        return ()
    return (
        (number, I64, thrift.integer(section.offset)),
        (number + 1, I32, thrift.integer(section.length)),
    )


def _chunk_metadata(chunk: Chunk, column: Column) -> bytes:
    dictionary = thrift.integer(chunk.pages.offset) if chunk.has_dictionary else None
    encodings = [thrift.integer(encoding) for encoding in chunk.encodings]
    checksums = _property(INDEX_CHECKSUMS, " ".join(chunk.index_checksums))
    return struct(
        (1, I32, thrift.integer(PHYSICAL[column.kind])),
        (2, LIST, thrift.list_of(I32, encodings)),
        (3, LIST, thrift.list_of(BINARY, [thrift.text(column.name)])),
        (4, I32, thrift.integer(chunk.codec)),
        (5, I64, thrift.integer(chunk.values)),
        (6, I64, thrift.integer(chunk.unpacked)),
        (7, I64, thrift.integer(chunk.pages.length)),
        (8, LIST, thrift.list_of(STRUCT, [checksums]) if chunk.index_checksums else None),
        (9, I64, thrift.integer(chunk.data_offset)),
        (11, I64, dictionary),
        (12, STRUCT, statistics(chunk.bounds)),
    )


def statistics(found: Bounds) -> bytes:
    """Answer bounds and the count of nulls as Parquet's `Statistics`."""
    lower, upper = found.lower, found.upper
    return struct(
        (3, I64, None if found.nulls is None else thrift.integer(found.nulls)),
        (5, BINARY, None if upper is None else thrift.binary(upper)),
        (6, BINARY, None if lower is None else thrift.binary(lower)),
        thrift.flag(7, value=None if upper is None else found.upper_exact),
        thrift.flag(8, value=None if lower is None else found.lower_exact),
    )
