"""The page index: where each page of a column lies, and between what its values do.

With it a reader fetches the pages that hold a person's rows, and no others. All indexes of a file
stand together in front of its footer, so that they usually come with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headwater.lake.parquet import thrift
from headwater.lake.parquet.errors import DamagedFile
from headwater.lake.parquet.metadata import Bounds, Section
from headwater.lake.parquet.thrift import BINARY, I32, I64, LIST, STRUCT, Reader, struct

_UNORDERED, _RISING = 0, 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lies, its header too, and which row of its row group is its first."""

    section: Section
    first_row: int


def offset_index(places: Sequence[Place]) -> bytes:
    """Answer where the pages of a column chunk lie."""
    locations = [
        struct(
            (1, I64, thrift.integer(place.section.offset)),
            (2, I32, thrift.integer(place.section.length)),
            (3, I64, thrift.integer(place.first_row)),
        )
        for place in places
    ]
    return struct((1, LIST, thrift.list_of(STRUCT, locations)))


def column_index(pages: Sequence[Bounds], *, rising: bool) -> bytes | None:
    """Answer between what each page's values lie; None where that is not known of every page.

    Args:
        pages: their bounds. One without counts as one in which no row has a value.
        rising: whether neither bound ever falls from one page to the next.
    """
    empty = [page.lower is None for page in pages]
    if all(empty) or any((page.upper is None) != (page.lower is None) for page in pages):
        return None
    nulls = [thrift.integer(page.nulls or 0) for page in pages]
    return struct(
        (1, LIST, thrift.booleans(empty)),
        (2, LIST, thrift.list_of(BINARY, [thrift.binary(page.lower or b"") for page in pages])),
        (3, LIST, thrift.list_of(BINARY, [thrift.binary(page.upper or b"") for page in pages])),
        (4, I32, thrift.integer(_RISING if rising else _UNORDERED)),
        (5, LIST, thrift.list_of(I64, nulls)),
    )


def read_offset_index(data: bytes, *, rows: int, chunk: Section) -> list[Place]:
    """Answer where the pages of a column chunk lie.

    Raises:
        DamagedFile: they are not one after the other within the chunk.
    """
    places = [_place(item) for item in _items(Reader(data).struct(), 1)]
    if not places or places[0].first_row != 0:
        raise DamagedFile("an offset index does not begin with the first row")
    end, row = chunk.offset, -1
    for place in places:
        if place.section.offset < end or place.first_row <= row or place.first_row >= rows:
            raise DamagedFile("an offset index has pages that overlap, or are out of order")
        end, row = place.section.offset + place.section.length, place.first_row
    if end != chunk.offset + chunk.length:
        raise DamagedFile("an offset index ends elsewhere than its column does")
    return places


def read_column_index(data: bytes, *, pages: int) -> list[Bounds | None]:
    """Answer each page's bounds, with None for a page in which no row has a value.

    Raises:
        DamagedFile: it is not of so many pages.
    """
    fields = Reader(data).struct()
    empty, lower, upper = (_items(fields, number) for number in (1, 2, 3))
    if not len(empty) == len(lower) == len(upper) == pages:
        raise DamagedFile("a column index has not the pages of its column")
    return [
        None if nothing is True else Bounds(_bytes(low), _bytes(high))
        for nothing, low, high in zip(empty, lower, upper, strict=True)
    ]


def _place(item: Any) -> Place:
    values: list[Any] = [item.get(number) for number in (1, 2, 3)] if isinstance(item, dict) else []
    if not values or not all(isinstance(value, int) and value >= 0 for value in values):
        raise DamagedFile("an offset index has a page without its place")
    offset, length, row = values
    return Place(Section(offset, length), row)


def _items(fields: dict[int, Any], number: int) -> list[Any]:
    value = fields.get(number)
    if not isinstance(value, list):
        raise DamagedFile("a page index lacks one of its lists")
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise DamagedFile("a column index has a bound that is no text")
    return value
