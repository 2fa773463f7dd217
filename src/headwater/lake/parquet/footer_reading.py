"""From the bytes of a file's footer to its facts.

Nothing is taken on trust: every number that a reader will follow is checked against the file's
size and against the others, so that a damaged footer is an error here and not a strange one later.
"""

from __future__ import annotations

import zlib
from typing import Any

from headwater.lake.parquet.columns import Column, Kind
from headwater.lake.parquet.compression import Codec
from headwater.lake.parquet.errors import DamagedFile, UnsupportedFile
from headwater.lake.parquet.footer_writing import CHECKSUM, INDEX_CHECKSUMS, UNCHECKED
from headwater.lake.parquet.metadata import (
    MAGIC,
    Bounds,
    Chunk,
    FileMetadata,
    Physical,
    RowGroup,
    Section,
)
from headwater.lake.parquet.thrift import Reader, Struct

# The footer's length in four bytes, and the magic.
ENDING = 8

_ENCRYPTED = b"PARE"
# What a row group may have at most: rows of one value take no bytes, and memory nevertheless.
_MOST_ROWS = 1 << 24

_REQUIRED, _OPTIONAL = 0, 1
_UTF8, _MILLIS, _MICROS, _JSON = 0, 9, 10, 19

_PLAIN_KINDS = {
    Physical.INT32: Kind.INT64,
    Physical.INT64: Kind.INT64,
    Physical.FLOAT: Kind.DOUBLE,
    Physical.DOUBLE: Kind.DOUBLE,
    Physical.BOOLEAN: Kind.BOOLEAN,
}
# Signed integers of whatever width: those without a sign, dates, times and decimals are not.
_SIGNED = frozenset({15, 16, 17, 18})


def footer_length(ending: bytes) -> int:
    """Answer how long the footer before a file's last eight bytes is.

    Raises:
        DamagedFile: these are not the last bytes of a Parquet file.
        UnsupportedFile: its footer is encrypted.
    """
    magic = ending[-4:]
    if magic == _ENCRYPTED:
        raise UnsupportedFile("the file is encrypted, which is not read here")
    if len(ending) < ENDING or magic != MAGIC:
        raise DamagedFile(f"the file does not end as Parquet does, but with {magic!r}")
    return int.from_bytes(ending[-ENDING:-4], "little")


def read_footer(data: bytes, *, end: int) -> FileMetadata:
    """Answer a file's facts.

    Args:
        data: the footer, without its length and the magic.
        end: where in the file the footer begins, and everything else ends.

    Raises:
        DamagedFile: it fails its checksum, or contradicts itself.
        UnsupportedFile: a column that this reader has no kind for.
    """
    fields = Reader(data).struct()
    properties = _properties(fields)
    checked = _check(data, properties.pop(CHECKSUM, None))
    columns, physical = _columns(_list(fields, 2))
    groups = tuple(_row_group(item, physical, end) for item in _list(fields, 4))
    rows = _number(fields, 3)
    if rows != sum(group.rows for group in groups):
        raise DamagedFile(f"the footer says {rows} rows, and its row groups say otherwise")
    return FileMetadata(
        columns=columns,
        physical=physical,
        rows=rows,
        row_groups=groups,
        properties=properties,
        created_by=_text(fields[6]) if 6 in fields else "",
        checked=checked,
    )


def _check(data: bytes, digits: str | None) -> bool:
    if digits is None:
        return False
    found = data.rfind(digits.encode(), data.rfind(CHECKSUM.encode()))
    blank = data[:found] + UNCHECKED + data[found + len(UNCHECKED) :]
    if f"{zlib.crc32(blank):08x}" != digits:
        raise DamagedFile("the footer fails its checksum: its bytes are not those written")
    return True


def _properties(fields: Struct) -> dict[str, str]:
    items = _list(fields, 5) if 5 in fields else []
    return {_text(item.get(1)): _text(item.get(2, b"")) for item in map(_struct, items)}


def _columns(elements: list[Any]) -> tuple[tuple[Column, ...], tuple[Physical, ...]]:
    leaves = list(map(_struct, elements[1:]))
    if not leaves or _number(_struct(elements[0]), 5) != len(leaves):
        raise UnsupportedFile("the file has no columns, or columns inside of columns")
    pairs = [_column(leaf) for leaf in leaves]
    return tuple(column for column, _ in pairs), tuple(physical for _, physical in pairs)


def _column(leaf: Struct) -> tuple[Column, Physical]:
    name = _text(leaf.get(4))
    repetition = leaf.get(3)
    if 5 in leaf or repetition not in {_REQUIRED, _OPTIONAL} or 1 not in leaf:
        raise UnsupportedFile(f"column `{name}` holds lists or structures, which are not read here")
    try:
        physical = Physical(leaf[1])
    except ValueError as error:
        raise DamagedFile(f"column `{name}` is of the unknown type {leaf[1]}") from error
    kind = _kind(leaf, physical)
    if kind is None:
        raise UnsupportedFile(
            f"column `{name}` is of a type that is not read here: {physical.name}, "
            f"annotated {leaf.get(10, leaf.get(6))}"
        )
    number = leaf.get(9)
    return Column(name, kind, repetition == _REQUIRED, number), physical


def _kind(leaf: Struct, physical: Physical) -> Kind | None:
    converted = leaf.get(6)
    logical = leaf.get(10)
    logical = logical if isinstance(logical, dict) else {}
    if physical is Physical.BYTE_ARRAY:
        if converted == _JSON or 12 in logical:
            return Kind.JSON
        return Kind.STRING if converted == _UTF8 or 1 in logical else None
    if physical is Physical.INT64 and 8 in logical:
        unit = _struct(logical[8]).get(2)
        units = {1: Kind.TIMESTAMP_MILLIS, 2: Kind.TIMESTAMP}
        return next((kind for key, kind in units.items() if key in _struct(unit)), None)
    if physical is Physical.INT64 and converted in {_MILLIS, _MICROS}:
        return Kind.TIMESTAMP_MILLIS if converted == _MILLIS else Kind.TIMESTAMP
    if logical and 10 not in logical:
        return None
    return _PLAIN_KINDS.get(physical) if converted is None or converted in _SIGNED else None


def _row_group(item: Any, physical: tuple[Physical, ...], end: int) -> RowGroup:
    fields = _struct(item)
    rows = _number(fields, 3)
    if rows > _MOST_ROWS:
        raise UnsupportedFile(f"a row group has {rows} rows; {_MOST_ROWS} are read at most")
    chunks = [_chunk(_struct(chunk), rows, end) for chunk in _list(fields, 1)]
    types = [kind for _, kind in chunks]
    if types != list(physical):
        raise DamagedFile("a row group's columns are not those of the file")
    ordering = map(_struct, _list(fields, 4) if 4 in fields else [])
    # What is sorted falling, or with nulls last, is of no use here.
    places = tuple(_number(one, 1) for one in ordering if one.get(2) is False)
    return RowGroup(rows, tuple(chunk for chunk, _ in chunks), places)


def _chunk(fields: Struct, rows: int, end: int) -> tuple[Chunk, int]:
    if 1 in fields:
        raise UnsupportedFile("the file's columns lie in other files")
    if 3 not in fields:
        raise UnsupportedFile("a column's metadata are encrypted, or elsewhere")
    metadata = _struct(fields[3])
    data_offset = _number(metadata, 9)
    # Older writers leave out the place of the dictionary, or say 0.
    dictionary = metadata.get(11)
    start = dictionary if isinstance(dictionary, int) and 0 < dictionary < data_offset else None
    pages = Section(data_offset if start is None else start, _number(metadata, 7))
    _require_inside(pages, end)
    if not pages.offset <= data_offset <= pages.offset + pages.length:
        raise DamagedFile("a column's data lies outside of its pages")
    values = _number(metadata, 5)
    if values != rows:
        raise DamagedFile(f"a column has {values} values in a row group of {rows} rows")
    chunk = Chunk(
        codec=_codec(_number(metadata, 4)),
        pages=pages,
        data_offset=data_offset,
        values=values,
        unpacked=_number(metadata, 6),
        encodings=tuple(_list(metadata, 2)),
        bounds=_bounds(metadata.get(12)),
        column_index=_section(fields, 6, end),
        offset_index=_section(fields, 4, end),
        index_checksums=_index_checksums(metadata),
    )
    return chunk, _number(metadata, 1)


def _index_checksums(metadata: Struct) -> tuple[str, ...]:
    items = map(_struct, _list(metadata, 8) if 8 in metadata else [])
    notes = {_text(item.get(1)): _text(item.get(2, b"")) for item in items}
    return tuple(notes.get(INDEX_CHECKSUMS, "").split())


def _codec(number: int) -> Codec:
    try:
        return Codec(number)
    except ValueError as error:
        raise DamagedFile(f"a column is compressed with the unknown codec {number}") from error


def _bounds(fields: Any) -> Bounds:
    if not isinstance(fields, dict):
        return Bounds()
    lower, upper, nulls = fields.get(6), fields.get(5), fields.get(3)
    return Bounds(
        lower=lower if isinstance(lower, bytes) else None,
        upper=upper if isinstance(upper, bytes) else None,
        nulls=nulls if isinstance(nulls, int) else None,
        # Where the writer does not say, a bound may have been cut.
        lower_exact=fields.get(8) is True,
        upper_exact=fields.get(7) is True,
    )


def _section(fields: Struct, number: int, end: int) -> Section | None:
    if number not in fields or number + 1 not in fields:
        return None
    section = Section(_number(fields, number), _number(fields, number + 1))
    _require_inside(section, end)
    return section


def _require_inside(section: Section, end: int) -> None:
    if section.offset + section.length > end:
        raise DamagedFile(
            f"the footer names bytes {section.offset} to {section.offset + section.length}, "
            f"and the data ends at {end}"
        )


def _struct(value: Any) -> Struct:
    if not isinstance(value, dict):
        raise DamagedFile("the footer lacks a part that it must have")
    return value


def _list(fields: Struct, number: int) -> list[Any]:
    value = fields.get(number)
    if not isinstance(value, list):
        raise DamagedFile(f"the footer lacks its list {number}")
    return value


def _number(fields: Struct, number: int) -> int:
    value = fields.get(number)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise DamagedFile(f"the footer's field {number} should be a number: {value!r}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        raise DamagedFile("the footer lacks a text that it must have")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise DamagedFile("the footer has a text that is not UTF-8") from error
