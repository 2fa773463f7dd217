"""What a Parquet file says about itself: the footer's facts as values.

Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from headwater.lake.parquet.columns import Column, Kind
from headwater.lake.parquet.compression import Codec

MAGIC = b"PAR1"


class Physical(enum.IntEnum):
    """How values lie in a page."""

    BOOLEAN = 0
    INT32 = 1
    INT64 = 2
    INT96 = 3
    FLOAT = 4
    DOUBLE = 5
    BYTE_ARRAY = 6
    FIXED_LEN_BYTE_ARRAY = 7


class Encoding(enum.IntEnum):
    """How a page's values are written."""

    PLAIN = 0
    PLAIN_DICTIONARY = 2
    RLE = 3
    BIT_PACKED = 4
    DELTA_BINARY_PACKED = 5
    DELTA_LENGTH_BYTE_ARRAY = 6
    DELTA_BYTE_ARRAY = 7
    RLE_DICTIONARY = 8
    BYTE_STREAM_SPLIT = 9


PHYSICAL: Mapping[Kind, Physical] = {
    Kind.STRING: Physical.BYTE_ARRAY,
    Kind.JSON: Physical.BYTE_ARRAY,
    Kind.TIMESTAMP: Physical.INT64,
    Kind.TIMESTAMP_MILLIS: Physical.INT64,
    Kind.INT64: Physical.INT64,
    Kind.DOUBLE: Physical.DOUBLE,
    Kind.BOOLEAN: Physical.BOOLEAN,
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what a stretch of values lies, as the bytes that the file keeps.

    Texts are UTF-8 and may be cut short: the lower bound then sorts before every value, the upper
    one after. None where nothing is known: there are no values, or none that can be ordered.

    Attributes:
        lower: at most the smallest value.
        upper: at least the greatest value.
        nulls: how many rows have no value; None where the writer did not count.
        lower_exact, upper_exact: whether the bound is itself a value.
    """

    lower: bytes | None = None
    upper: bytes | None = None
    nulls: int | None = None
    lower_exact: bool = True
    upper_exact: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the file, in bytes."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """One column of one row group.

    Attributes:
        pages: where all of its pages lie, that of the dictionary first.
        data_offset: where the first page of data begins: after the dictionary, if there is one.
        values: how many rows it has, those without a value too.
        unpacked: the bytes of its pages, headers too, before compression.
        encodings: every encoding that its pages use.
        column_index, offset_index: where the bounds and the places of its pages are listed.
        index_checksums: CRC-32 of the offset index and of the column index, in hexadecimal, as far
            as the writer noted them.
    """

    codec: Codec
    pages: Section
    data_offset: int
    values: int
    unpacked: int
    encodings: tuple[int, ...]
    bounds: Bounds
    column_index: Section | None = None
    offset_index: Section | None = None
    index_checksums: tuple[str, ...] = ()

    @property
    def has_dictionary(self) -> bool:
        """Answer whether its first page is a dictionary."""
        return self.data_offset > self.pages.offset


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows that were written together; `chunks` are in the order of the columns."""

    rows: int
    chunks: tuple[Chunk, ...]
    sorted_by: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FileMetadata:
    """A whole file's footer.

    Attributes:
        columns: in their order.
        physical: how each column's values lie, in the same order.
        rows: how many there are in all.
        properties: what the writer noted about the file, such as the schema's version.
        created_by: which writer it was.
        checked: whether a checksum of the footer was found, and fits.
    """

    columns: tuple[Column, ...]
    physical: tuple[Physical, ...]
    rows: int
    row_groups: tuple[RowGroup, ...]
    properties: Mapping[str, str] = field(default_factory=dict)
    created_by: str = ""
    checked: bool = False

    def index(self, name: str) -> int:
        """Answer a column's place; raises KeyError where there is none of that name."""
        for place, column in enumerate(self.columns):
            if column.name == name:
                return place
        raise KeyError(name)
