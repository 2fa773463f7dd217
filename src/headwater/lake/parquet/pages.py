"""Pages: the smallest part of a column that can be fetched and read by itself.

A page is a header and what it announces. Each page written here carries the CRC-32 of its bytes,
and each one read that carries one is held to it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

from headwater.lake.parquet import thrift
from headwater.lake.parquet.compression import Codec, compress, decompress
from headwater.lake.parquet.errors import DamagedFile, UnsupportedFile
from headwater.lake.parquet.metadata import Encoding
from headwater.lake.parquet.thrift import I32, STRUCT, Reader, struct

DATA, INDEX, DICTIONARY, DATA_V2 = range(4)

_BODY = {DATA: 5, DICTIONARY: 7, DATA_V2: 8}

_RLE = thrift.integer(Encoding.RLE)
_PLAIN = thrift.integer(Encoding.PLAIN)


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was read, unpacked.

    Attributes:
        kind: `DATA`, `DICTIONARY` or `DATA_V2`.
        values: how many it has, rows without a value too.
        encoding: how they are written.
        levels: which rows have a value (of version 2, otherwise a part of `data`), or b"".
        data: the rest of its bytes.
    """

    kind: int
    values: int
    encoding: int
    levels: bytes
    data: bytes


def data_page(data: bytes, *, values: int, encoding: int, codec: Codec, level: int) -> bytes:
    """Answer a page of data, header and all."""
    body = struct(
        (1, I32, thrift.integer(values)),
        (2, I32, thrift.integer(encoding)),
        (3, I32, _RLE),
        (4, I32, _RLE),
    )
    return _page(DATA, body, data, compress(data, codec=codec, level=level))


def dictionary_page(data: bytes, *, values: int, codec: Codec, level: int) -> bytes:
    """Answer a page with the values that the numbers in the pages after it stand for."""
    body = struct((1, I32, thrift.integer(values)), (2, I32, _PLAIN))
    return _page(DICTIONARY, body, data, compress(data, codec=codec, level=level))


def _page(kind: int, body: bytes, data: bytes, packed: bytes) -> bytes:
    checksum = zlib.crc32(packed)
    head = struct(
        (1, I32, thrift.integer(kind)),
        (2, I32, thrift.integer(len(data))),
        (3, I32, thrift.integer(len(packed))),
        # The format's numbers are signed.
        (4, I32, thrift.integer(checksum - (checksum >> 31 << 32))),
        (_BODY[kind], STRUCT, body),
    )
    return head + packed


def unpacked_size(page: bytes) -> int:
    """Answer how many bytes a page has before compression, its header too."""
    reader = Reader(page)
    head = reader.struct()
    return reader.position + int(head[2])


def read_page(data: bytes, position: int, *, codec: Codec, most: int) -> tuple[Page, int]:
    """Answer the page that begins there, and where the next one does.

    Args:
        data: bytes of the file.
        position: where the page begins in them.
        codec: what the column is compressed with.
        most: the values that a page may have at most.

    Raises:
        DamagedFile: it is cut short, contradicts itself, or fails its checksum.
        UnsupportedFile: a kind of page, or a codec, that is not read here.
    """
    reader = Reader(data, position)
    head = reader.struct()
    kind, unpacked, packed = (_number(head, field) for field in (1, 2, 3))
    if kind not in _BODY:
        raise UnsupportedFile(f"a page of kind {kind} is not one of data or of a dictionary")
    body = head.get(_BODY[kind])
    if not isinstance(body, dict):
        raise DamagedFile("a page's header does not say what the page holds")
    content = _content(reader, packed)
    _check(content, head.get(4))
    values = _number(body, 1)
    if values > most:
        raise DamagedFile(f"a page says that it has {values} values; there are {most} at most")
    if kind == DATA_V2:
        return _version_2(body, content, unpacked, codec), reader.position
    if kind == DATA and body.get(3) != Encoding.RLE:
        raise UnsupportedFile("a page's levels are in an encoding that is not read here")
    unpacked_data = decompress(content, codec=codec, size=unpacked)
    page = Page(kind, values, encoding=_number(body, 2), levels=b"", data=unpacked_data)
    return page, reader.position


def _content(reader: Reader, length: int) -> bytes:
    left = reader.end - reader.position
    if length > left:
        raise DamagedFile(f"a page of {length} bytes is cut short: {left} are there")
    return reader.take(length)


def _version_2(body: dict[int, Any], content: bytes, unpacked: int, codec: Codec) -> Page:
    # Here the levels stand before the values, and are not compressed with them.
    length = _number(body, 5)
    if _number(body, 6) or length > len(content) or length > unpacked:
        raise DamagedFile("a page's levels do not fit into it")
    if body.get(7, True) is False:
        codec = Codec.NONE
    values, size = content[length:], unpacked - length
    data = decompress(values, codec=codec, size=size) if size or values else b""
    return Page(
        DATA_V2, _number(body, 1), encoding=_number(body, 4), levels=content[:length], data=data
    )


def _check(content: bytes, checksum: object) -> None:
    if checksum is not None and (
        not isinstance(checksum, int) or zlib.crc32(content) != checksum % (1 << 32)
    ):
        raise DamagedFile("a page fails its checksum: its bytes are not those that were written")


def _number(fields: dict[int, Any], number: int) -> int:
    value = fields.get(number)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise DamagedFile(f"field {number} of a page's header should be a number: {value!r}")
    return value
