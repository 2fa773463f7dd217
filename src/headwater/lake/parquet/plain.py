"""Values one after the other: Parquet's plain encoding.

Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/ (PLAIN = 0).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from headwater.lake.parquet.columns import Kind
from headwater.lake.parquet.errors import DamagedFile
from headwater.lake.parquet.hybrid import packed_bits, unpacked_bits

_LENGTH = struct.Struct("<I")


def encode(values: Sequence[Any], kind: Kind) -> bytes:
    """Answer the values, none of which is None.

    Raises:
        UnicodeEncodeError, struct.error, TypeError, OverflowError, AttributeError: a value is not
            of that kind; the writer says which.
    """
    return _ENCODE[kind](values)


def texts(values: Sequence[str]) -> bytes:
    """Answer each text as its length in bytes and its UTF-8.

    ASCII, which is most of what identifiers and JSON are, becomes bytes once for all values: their
    lengths are known without that, and a length's four bytes are four characters of Latin-1.
    """
    if all(map(str.isascii, values)):
        lengths = list(map(len, values))
        heads = {length: str(_LENGTH.pack(length), "latin-1") for length in set(lengths)}
        pieces = chain.from_iterable(zip(map(heads.__getitem__, lengths), values, strict=True))
        return "".join(pieces).encode("latin-1")
    encoded = list(map(str.encode, values))
    lengths = list(map(len, encoded))
    sizes = {length: _LENGTH.pack(length) for length in set(lengths)}
    return b"".join(chain.from_iterable(zip(map(sizes.__getitem__, lengths), encoded, strict=True)))


def _integers(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}q", *values)


def _microseconds(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}q", *[value * 1000 for value in values])


def _doubles(values: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def _booleans(values: Sequence[bool]) -> bytes:
    if not set(map(type, values)) <= {bool}:
        raise TypeError("a value is not a boolean")
    return packed_bits(values)


_ENCODE: dict[Kind, Callable[[Sequence[Any]], bytes]] = {
    Kind.STRING: texts,
    Kind.JSON: texts,
    Kind.TIMESTAMP: _microseconds,
    Kind.TIMESTAMP_MILLIS: _integers,
    Kind.INT64: _integers,
    Kind.DOUBLE: _doubles,
    Kind.BOOLEAN: _booleans,
}


def decode_texts(data: bytes, position: int, count: int) -> list[str]:
    """Answer `count` texts.

    Raises:
        DamagedFile: there are fewer, or one is no UTF-8.
    """
    end = len(data)
    values = []
    unpack = _LENGTH.unpack_from
    try:
        for _ in range(count):
            (length,) = unpack(data, position)
            position += 4
            if length > end - position:
                raise DamagedFile(f"a page ends inside a text of {length} bytes")
            values.append(str(data[position : position + length], "utf-8"))
            position += length
    except struct.error as error:
        raise DamagedFile(f"a page ends before its {count} texts do") from error
    except UnicodeDecodeError as error:
        raise DamagedFile(f"a page holds a text that is not UTF-8: {error.reason}") from error
    return values


def decode_numbers(data: bytes, position: int, count: int, *, code: str) -> list[Any]:
    """Answer `count` numbers of the format that `struct` calls `code`: `q`, `i`, `d` or `f`.

    Raises:
        DamagedFile: there are fewer.
    """
    numbers = struct.Struct(f"<{count}{code}")
    if numbers.size > len(data) - position:
        raise DamagedFile(f"a page ends before its {count} numbers do")
    return list(numbers.unpack_from(data, position))


def decode_booleans(data: bytes, position: int, count: int) -> list[bool]:
    """Answer `count` booleans.

    Raises:
        DamagedFile: there are fewer.
    """
    size = (count + 7) // 8
    if size > len(data) - position:
        raise DamagedFile(f"a page ends before its {count} booleans do")
    return list(map(bool, unpacked_bits(data[position : position + size], count)))
