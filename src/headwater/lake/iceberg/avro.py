"""Avro object containers, as far as Iceberg's manifests are made of them.

Source: https://avro.apache.org/docs/1.12.0/specification/. A schema is Avro's own JSON. Reading
takes the schema that is expected and refuses a file that was written with another one, so nothing
that a file says decides how it is read.

fastavro would do this, but has no build for the edge.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from hashlib import md5
from typing import Any

from headwater.lake.iceberg.errors import DamagedMetadata

Schema = Any
"""A name of a primitive type, a list of alternatives, or a mapping, as Avro's JSON has it."""

_MAGIC = b"Obj\x01"
_SYNC_BYTES = 16
_RAW_DEFLATE = -15

Write = Callable[[bytearray, Any], None]


def encode(schema: Schema, records: Sequence[Any], *, notes: Mapping[str, str]) -> bytes:
    """Answer an object container, compressed with deflate.

    Args:
        schema: of one record.
        records: mappings from the names of the fields to their values.
        notes: further entries of its header, as texts.
    """
    write = _writer(schema)
    body = bytearray()
    for record in records:
        write(body, record)
    machine = zlib.compressobj(6, zlib.DEFLATED, _RAW_DEFLATE)
    packed = machine.compress(bytes(body)) + machine.flush()
    # Any sixteen bytes serve; these make the same file of the same records.
    sync = md5(packed, usedforsecurity=False).digest()
    header = {"avro.schema": json.dumps(schema), "avro.codec": "deflate", **notes}
    out = bytearray(_MAGIC)
    _HEADER(out, {name: value.encode() for name, value in header.items()})
    out += sync
    if records:
        _write_long(out, len(records))
        _write_bytes(out, packed)
        out += sync
    return bytes(out)


def _write_long(out: bytearray, value: int) -> None:
    value = (value << 1) ^ (value >> 63)
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _write_bytes(out: bytearray, value: bytes) -> None:
    _write_long(out, len(value))
    out += value


def _write_text(out: bytearray, value: str) -> None:
    _write_bytes(out, value.encode())


def _write_boolean(out: bytearray, value: bool) -> None:  # noqa: FBT001 - a value to be written
    out.append(value)


def _write_double(out: bytearray, value: float) -> None:
    out += struct.pack("<d", value)


_WRITERS: Mapping[str, Write] = {
    "int": _write_long,
    "long": _write_long,
    "bytes": _write_bytes,
    "string": _write_text,
    "boolean": _write_boolean,
    "double": _write_double,
}


def _writer(schema: Schema) -> Write:
    if isinstance(schema, str):
        return _WRITERS[schema]
    if isinstance(schema, list):
        return _optional_writer(_writer(schema[1]))
    if schema["type"] == "record":
        return _record_writer([(one["name"], _writer(one["type"])) for one in schema["fields"]])
    if schema["type"] == "array":
        return _array_writer(_writer(schema["items"]))
    if schema["type"] == "map":
        return _map_writer(_writer(schema["values"]))
    return _writer(schema["type"])


def _optional_writer(inner: Write) -> Write:
    def write(out: bytearray, value: Any) -> None:
        _write_long(out, 0 if value is None else 1)
        if value is not None:
            inner(out, value)

    return write


def _record_writer(fields: Sequence[tuple[str, Write]]) -> Write:
    def write(out: bytearray, value: Any) -> None:
        for name, inner in fields:
            inner(out, value[name])

    return write


def _array_writer(inner: Write) -> Write:
    def write(out: bytearray, value: Any) -> None:
        if value:
            _write_long(out, len(value))
            for item in value:
                inner(out, item)
        _write_long(out, 0)

    return write


def _map_writer(inner: Write) -> Write:
    def write(out: bytearray, value: Any) -> None:
        if value:
            _write_long(out, len(value))
            for name, item in value.items():
                _write_text(out, name)
                inner(out, item)
        _write_long(out, 0)

    return write


_HEADER = _map_writer(_write_bytes)


def decode(schema: Schema, data: bytes) -> list[Any]:
    """Answer the records of an object container.

    Raises:
        DamagedMetadata: it is none, it is cut short, or was written with another schema.
    """
    try:
        return _decode(schema, data)
    except (IndexError, UnicodeDecodeError, ValueError, struct.error, zlib.error) as error:
        raise DamagedMetadata(f"an Avro file is damaged: {error}") from error


def _decode(schema: Schema, data: bytes) -> list[Any]:
    source = _Source(data)
    if source.take(len(_MAGIC)) != _MAGIC:
        raise DamagedMetadata("this is no Avro file")
    header = source.read({"type": "map", "values": "bytes"})
    if json.loads(header.get("avro.schema", b"null")) != schema:
        raise DamagedMetadata("an Avro file has another schema than is expected")
    if header.get("avro.codec", b"null") != b"deflate":
        raise DamagedMetadata("an Avro file is not compressed with deflate, as ours are")
    sync = source.take(_SYNC_BYTES)
    records: list[Any] = []
    while source.left:
        count = source.long()
        block = _Source(zlib.decompress(source.take(source.long()), _RAW_DEFLATE))
        records += [block.read(schema) for _ in range(count)]
        if block.left or source.take(_SYNC_BYTES) != sync:
            raise DamagedMetadata("an Avro file has a block that does not end where it should")
    return records


class _Source:
    """Reads values off the front of a buffer; IndexError where it ends before they do."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def left(self) -> int:
        """Answer how many bytes are still to be read."""
        return len(self._data) - self._position

    def take(self, length: int) -> bytes:
        """Answer the next so many bytes."""
        if not 0 <= length <= self.left:
            raise IndexError(f"{length} bytes are wanted, and {self.left} are left")
        start = self._position
        self._position += length
        return self._data[start : self._position]

    def long(self) -> int:
        """Answer the next integer."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)

    def read(self, schema: Schema) -> Any:
        """Answer the next value of that schema."""
        if isinstance(schema, str):
            return self._primitive(schema)
        if isinstance(schema, list):
            return self.read(schema[1]) if self.long() else None
        if schema["type"] == "record":
            return {one["name"]: self.read(one["type"]) for one in schema["fields"]}
        if schema["type"] == "array":
            return [self.read(schema["items"]) for _ in self._blocks()]
        if schema["type"] == "map":
            return {self._primitive("string"): self.read(schema["values"]) for _ in self._blocks()}
        return self.read(schema["type"])

    def _primitive(self, kind: str) -> Any:
        if kind in {"int", "long"}:
            return self.long()
        if kind == "boolean":
            return self.take(1) == b"\x01"
        if kind == "double":
            return struct.unpack("<d", self.take(8))[0]
        data = self.take(self.long())
        return data.decode() if kind == "string" else data

    def _blocks(self) -> Any:
        # Items come in blocks; a negative count is followed by the block's size.
        while count := self.long():
            if count < 0:
                self.long()
            if abs(count) > self.left:
                raise IndexError(f"{abs(count)} items are said to follow")
            yield from range(abs(count))
