"""Thrift's compact protocol, as much of it as Parquet's metadata is made of.

Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

Written: each function answers the bytes of one value, and `struct` joins fields. Read: a struct
becomes `{field id: value}`, whatever its fields mean, so that fields of later versions do no harm.
"""

from __future__ import annotations

import struct as packing
from collections.abc import Iterable
from typing import Any

from headwater.lake.parquet.errors import DamagedFile

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)

Struct = dict[int, Any]

_STOP = b"\x00"
_INTEGERS = frozenset({I16, I32, I64})
_EIGHT_BYTES = 8

# Parquet's own structs are nested less than ten deep; a damaged file must not exhaust the stack.
_DEEPEST = 24


def varint(value: int) -> bytes:
    """Answer a non-negative integer in groups of seven bits, lowest first."""
    if value < 0x80:
        return value.to_bytes(1, "little")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(value: int) -> bytes:
    """Answer an i16, i32 or i64: zigzag, so that small negative numbers are short too."""
    return varint((value << 1) ^ (value >> 63))


def binary(value: bytes) -> bytes:
    """Answer a length and that many bytes."""
    return varint(len(value)) + value


def text(value: str) -> bytes:
    """Answer a text in UTF-8."""
    return binary(value.encode())


def list_of(kind: int, items: list[bytes]) -> bytes:
    """Answer a list whose items are all of one kind and already encoded."""
    count = len(items)
    head = bytes([count << 4 | kind]) if count < 15 else bytes([0xF0 | kind]) + varint(count)
    return head + b"".join(items)


def booleans(values: Iterable[bool]) -> bytes:
    """Answer a list of booleans, a byte each."""
    return list_of(TRUE, [b"\x01" if value else b"\x02" for value in values])


def struct(*fields: tuple[int, int, bytes | None]) -> bytes:
    """Answer a struct of (field id, kind, encoded value); a value of None leaves its field out.

    Fields come in rising order of their ids. A boolean field is `flag(id, value)`.
    """
    parts = []
    last = 0
    for number, kind, value in fields:
        if value is None:
            continue
        step = number - last
        head = bytes([step << 4 | kind]) if step < 16 else bytes([kind]) + integer(number)
        parts.append(head + value)
        last = number
    parts.append(_STOP)
    return b"".join(parts)


def flag(number: int, *, value: bool | None) -> tuple[int, int, bytes | None]:
    """Answer a boolean field: its value is its kind, and nothing follows."""
    return number, TRUE if value else FALSE, None if value is None else b""


class Reader:
    """Reads values off the front of a buffer. `position` is where the next one begins.

    Raises:
        DamagedFile: the bytes end early, or cannot be what is asked for. Nothing is made that is
            larger than the bytes that are there.
    """

    __slots__ = ("data", "end", "position")

    def __init__(self, data: bytes, position: int = 0, end: int | None = None) -> None:
        self.data = data
        self.position = position
        self.end = len(data) if end is None else end

    def varint(self) -> int:
        """Answer the next non-negative integer, of at most 64 bits."""
        value = shift = 0
        data, position = self.data, self.position
        while shift < 70:
            if position >= self.end:
                raise DamagedFile("the metadata ends inside a number")
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.position = position
                return value
            shift += 7
        raise DamagedFile(f"a number at byte {self.position} of the metadata is over 64 bits")

    def integer(self) -> int:
        """Answer the next i16, i32 or i64."""
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def take(self, length: int) -> bytes:
        """Answer the next so many bytes."""
        start = self.position
        if length > self.end - start:
            raise DamagedFile(f"the metadata ends inside a value of {length} bytes")
        self.position = start + length
        return self.data[start : self.position]

    def struct(self, depth: int = 0) -> Struct:
        """Answer the next struct as `{field id: value}`."""
        if depth > _DEEPEST:
            raise DamagedFile(f"the metadata is nested over {_DEEPEST} levels deep")
        fields: Struct = {}
        number = 0
        while True:
            head = self.take(1)[0]
            if head == 0:
                return fields
            kind = head & 0x0F
            step = head >> 4
            number = number + step if step else self.integer()
            fields[number] = self._field(kind, depth)

    def _field(self, kind: int, depth: int) -> Any:
        if kind == TRUE:
            return True
        if kind == FALSE:
            return False
        return self._value(kind, depth)

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _INTEGERS:
            return self.integer()
        if kind == BINARY:
            return self.take(self.varint())
        if kind == STRUCT:
            return self.struct(depth + 1)
        if kind in {LIST, SET}:
            return self._list(depth + 1)
        if kind == BYTE:
            return int.from_bytes(self.take(1), "little", signed=True)
        if kind == DOUBLE:
            return packing.unpack("<d", self.take(_EIGHT_BYTES))[0]
        if kind == MAP:
            return self._map(depth + 1)
        raise DamagedFile(f"the metadata has a value of the unknown kind {kind}")

    def _item(self, kind: int, depth: int) -> Any:
        # In a list a boolean is a byte: 1 is true, and false is 2 (0 by older writers).
        return self.take(1) == b"\x01" if kind in {TRUE, FALSE} else self._value(kind, depth)

    def _list(self, depth: int) -> list[Any]:
        if depth > _DEEPEST:
            raise DamagedFile(f"the metadata is nested over {_DEEPEST} levels deep")
        head = self.take(1)[0]
        count = self.varint() if head >> 4 == 15 else head >> 4
        self._check_count(count)
        return [self._item(head & 0x0F, depth) for _ in range(count)]

    def _map(self, depth: int) -> list[tuple[Any, Any]]:
        # Parquet has none today; a later field that is one must not end the reading.
        if depth > _DEEPEST:
            raise DamagedFile(f"the metadata is nested over {_DEEPEST} levels deep")
        count = self.varint()
        self._check_count(count)
        kinds = self.take(1)[0] if count else 0
        return [
            (self._item(kinds >> 4, depth), self._item(kinds & 0x0F, depth)) for _ in range(count)
        ]

    def _check_count(self, count: int) -> None:
        # Every item takes at least a byte.
        if count > self.end - self.position:
            raise DamagedFile(f"the metadata has a list of {count} items and no room for them")
