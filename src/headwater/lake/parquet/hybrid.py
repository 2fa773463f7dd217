"""Small integers in runs: Parquet's hybrid of run lengths and bit packing.

Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/ (RLE = 3).

Packing goes through the interpreter's own conversions of big integers and of arrays, which cost
some nanoseconds a value; shifting bits in Python costs a hundred.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import groupby, islice
from operator import ne

from headwater.lake.parquet.errors import DamagedFile
from headwater.lake.parquet.thrift import Reader, varint

_FORMATS = {8: "B", 16: "H", 32: "I"}
_BITS = bytes.maketrans(b"01", b"\x00\x01")

# Shorter ones are smaller packed than as a run with its header.
_WORTHWHILE_RUN = 8


def width_of(count: int) -> int:
    """Answer with how many bits each of so many different numbers is written.

    Whole bytes, but for two: they are written and read many times faster than odd widths, and
    the compression that follows takes the slack away.
    """
    return 1 if count <= 2 else next(width for width in _FORMATS if count <= 1 << width)


def encode(values: Sequence[int], width: int) -> bytes:
    """Answer the numbers, each below `1 << width`; `width` is 1, 8, 16 or 32."""
    changes = sum(map(ne, values, islice(values, 1, None)))
    if (changes + 1) * _WORTHWHILE_RUN <= len(values) or changes == 0:
        size = (width + 7) // 8
        # Lists, not generators: these run once for every person in a file.
        return b"".join(
            [
                varint(len(list(run)) << 1) + value.to_bytes(size, "little")
                for value, run in groupby(values)
            ]
        )
    groups = (len(values) + 7) // 8
    return varint(groups << 1 | 1) + _packed(values, width, groups)


def packed_bits(values: Sequence[object]) -> bytes:
    """Answer whether each value is true as one bit, the first lowest, filled up to a byte."""
    digits = ["1" if value else "0" for value in reversed(values)]
    return int("".join(digits), 2).to_bytes((len(values) + 7) // 8, "little") if digits else b""


def unpacked_bits(data: bytes, count: int) -> list[int]:
    """Answer the first `count` bits as zeros and ones; `data` has at least as many."""
    digits = format(int.from_bytes(data, "little"), f"0{len(data) * 8}b")
    return list(digits.encode().translate(_BITS)[::-1][:count])


def decode(data: bytes, *, start: int, end: int, width: int, count: int) -> list[int]:
    """Answer `count` numbers out of `data[start:end]`.

    Raises:
        DamagedFile: there are fewer than that.
    """
    if not 0 <= width <= 32:
        raise DamagedFile(f"a page says that its numbers have {width} bits; 32 is the most")
    reader = Reader(data, start, end)
    values: list[int] = []
    size = (width + 7) // 8
    while len(values) < count:
        head = reader.varint()
        left = count - len(values)
        if head & 1:
            groups = head >> 1
            # A damaged count must not become a huge allocation: no more than what is asked for.
            wanted = min(groups, (left + 7) // 8)
            packed = reader.take(wanted * width)
            values += _unpacked(packed, width, min(left, wanted * 8))
        else:
            value = int.from_bytes(reader.take(size), "little")
            values += [value] * min(head >> 1, left)
        if head < 2:
            raise DamagedFile("a page has an empty run of numbers")
    return values


def _packed(values: Sequence[int], width: int, groups: int) -> bytes:
    if width == 1:
        return packed_bits(values)
    padded = [*values, *[0] * (groups * 8 - len(values))]
    return struct.pack(f"<{len(padded)}{_FORMATS[width]}", *padded)


def _unpacked(data: bytes, width: int, count: int) -> list[int]:
    if width == 0:
        return [0] * count
    if width == 1:
        return unpacked_bits(data, count)
    if width in _FORMATS:
        return list(struct.unpack_from(f"<{count}{_FORMATS[width]}", data))
    digits = format(int.from_bytes(data, "little"), f"0{len(data) * 8}b")
    last = len(digits)
    return [int(digits[last - (i + 1) * width : last - i * width], 2) for i in range(count)]
