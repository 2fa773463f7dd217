"""Pages made smaller, and back, with what the standard library has.

gzip is there on both runtimes. zstd comes with Python 3.14 (`compression.zstd`), and for older ones
as the package `backports.zstd`: where neither is there, a file that uses it is refused with a
sentence that says so, and nothing else changes.
"""

from __future__ import annotations

import enum
import zlib
from importlib import import_module
from typing import Any

from headwater.lake.parquet.errors import DamagedFile, UnsupportedFile

# zlib's way to say "with gzip's header".
_GZIP = 31


class Codec(enum.IntEnum):
    """The codecs of Parquet, by their numbers in the format."""

    NONE = 0
    SNAPPY = 1
    GZIP = 2
    LZO = 3
    BROTLI = 4
    LZ4 = 5
    ZSTD = 6
    LZ4_RAW = 7


def compress(data: bytes, *, codec: Codec, level: int) -> bytes:
    """Answer the data as a page holds it; `level` is the codec's, from 1 (fast) to 9 (small).

    Raises:
        UnsupportedFile: this runtime has no such codec.
    """
    if codec is Codec.NONE:
        return data
    if codec is Codec.ZSTD:
        packed: bytes = _zstd().compress(data, level)
        return packed
    if codec is not Codec.GZIP:
        raise UnsupportedFile(f"pages are written plain, with gzip or zstd, not with {codec.name}")
    machine = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return machine.compress(data) + machine.flush()


def decompress(data: bytes, *, codec: Codec, size: int) -> bytes:
    """Answer what was compressed, which must be of exactly that size in bytes.

    Raises:
        DamagedFile: it is not, or the data is no such stream. No more than `size` is ever made.
        UnsupportedFile: this runtime has no such codec.
    """
    if codec is Codec.NONE:
        found = data
    elif codec is Codec.GZIP:
        found = _gunzip(data, size)
    elif codec is Codec.ZSTD:
        found = _unzstd(data, size)
    else:
        raise UnsupportedFile(
            f"a page is compressed with {codec.name}, and this reader knows gzip, zstd and plain; "
            "write the file again with one of them"
        )
    if len(found) != size:
        raise DamagedFile(f"a page should have {size} bytes and has {len(found)}")
    return found


def _gunzip(data: bytes, size: int) -> bytes:
    machine = zlib.decompressobj(_GZIP)
    try:
        # One byte more, so that too long a page is seen; zero would mean no bound at all.
        found = machine.decompress(data, size + 1)
        # Having filled what it may, zlib has not yet looked at the checksum that follows.
        if not machine.eof and len(found) == size:
            found += machine.decompress(machine.unconsumed_tail, 1)
    except zlib.error as error:
        raise DamagedFile(f"a page is damaged: {error}") from error
    if not machine.eof:
        raise DamagedFile("a page ends before its compressed data does")
    return found


def _unzstd(data: bytes, size: int) -> bytes:
    module = _zstd()
    machine = module.ZstdDecompressor()
    try:
        found: bytes = machine.decompress(data, size + 1)
    except module.ZstdError as error:
        raise DamagedFile(f"a page is damaged: {error}") from error
    if not machine.eof:
        raise DamagedFile("a page ends before its compressed data does")
    return found


def _zstd() -> Any:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise UnsupportedFile(
        "zstd needs Python 3.14, or the package backports.zstd on an older one; "
        "DuckDB reads such a file, and can write it again with gzip"
    )
