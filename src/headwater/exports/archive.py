"""An archive (ZIP) that is written piece by piece, by whoever remembers a few numbers in between.

`zipfile` writes one in one go. Here the one who writes may be gone after each piece: what was
written lies elsewhere, and `ArchiveState`, as JSON, is all that is needed to go on.

Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, without ZIP64; sections below
are of version 6.3.10.
"""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime

import msgspec

from headwater.errors import BadRequest

LARGEST = 2**32 - 1
"""Bytes that an archive, or a file in one, has at most."""

_VERSION = 20  # 4.4.3: deflated files
_UTF8 = 1 << 11  # 4.4.4: names are UTF-8
_SIZES_FOLLOW = 1 << 3  # 4.4.4: checksum and sizes stand behind the data
_DEFLATED = 8  # 4.4.5
_UNIX_FILE = 0o100644 << 16  # 4.4.15, as Unix has it
_LAST_BLOCK = b"\x03\x00"  # RFC 1951: a final block that is empty


class Entry(msgspec.Struct):
    """A file of the archive.

    Attributes:
        offset: where its header begins.
        crc: the checksum of its content, of which there are `size` bytes, `packed` ones deflated.
        is_streamed: it was written before its size was known.
    """

    name: str
    offset: int
    crc: int = 0
    size: int = 0
    packed: int = 0
    is_streamed: bool = False


class ArchiveState(msgspec.Struct):
    """What to remember between two pieces.

    Attributes:
        made_at: milliseconds; files get it as their time.
        length: bytes of all pieces so far.
    """

    made_at: int
    length: int = 0
    entries: list[Entry] = []


class Archive:
    """Writes into memory; `taken` hands out what was written since.

    Args:
        state: of a new archive, or what an earlier writer left. It is changed.

    Each method raises `BadRequest` where the archive becomes larger than its format can tell.
    """

    def __init__(self, state: ArchiveState) -> None:
        self._state = state
        self._made = bytearray()

    def taken(self) -> bytes:
        """Answer what was written since this was asked last."""
        made, self._made = bytes(self._made), bytearray()
        return made

    def open(self, name: str) -> None:
        """Begin a file, whose content follows by `write`."""
        entry = Entry(name, self._state.length, is_streamed=True)
        self._state.entries.append(entry)
        self._put(self._header(entry))

    def write(self, data: bytes) -> None:
        """Go on with the file that was opened last."""
        entry = self._state.entries[-1]
        packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        # It ends on a whole byte, so that another writer can go on behind it (RFC 1951).
        packed = packing.compress(data) + packing.flush(zlib.Z_FULL_FLUSH)
        entry.crc = zlib.crc32(data, entry.crc)
        entry.size += len(data)
        entry.packed += len(packed)
        self._put(packed)

    def close(self) -> None:
        """End the file that was opened last."""
        entry = self._state.entries[-1]
        entry.packed += len(_LAST_BLOCK)
        self._put(_LAST_BLOCK)
        self._put(struct.pack("<4sLLL", b"PK\x07\x08", entry.crc, entry.packed, entry.size))

    def add(self, name: str, data: bytes) -> None:
        """Write a whole file."""
        packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packing.compress(data) + packing.flush()
        entry = Entry(name, self._state.length, zlib.crc32(data), len(data), len(packed))
        self._state.entries.append(entry)
        self._put(self._header(entry))
        self._put(packed)

    def finish(self) -> None:
        """Write the directory, with which the archive ends."""
        start, count = self._state.length, len(self._state.entries)
        for entry in self._state.entries:
            self._put(self._listed(entry))
        size = self._state.length - start
        self._put(struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, count, count, size, start, 0))

    def _put(self, data: bytes) -> None:
        self._made += data
        self._state.length += len(data)
        if max([self._state.length, *(one.size for one in self._state.entries[-1:])]) > LARGEST:
            raise BadRequest(
                "The archive is larger than 4 GB, more than its format holds; take the events out"
                " of the lake's files instead."
            )

    def _header(self, entry: Entry) -> bytes:
        """Answer what stands before a file's data (4.3.7)."""
        known = (0, 0, 0) if entry.is_streamed else (entry.crc, entry.packed, entry.size)
        name = entry.name.encode()
        fields = (*self._common(entry), *known, len(name), 0)
        return struct.pack("<4sHHHHHLLLHH", b"PK\x03\x04", *fields) + name

    def _listed(self, entry: Entry) -> bytes:
        """Answer a file's line in the directory (4.3.12)."""
        name = entry.name.encode()
        sizes = (entry.crc, entry.packed, entry.size, len(name), 0, 0, 0, 0)
        by_unix = 3 << 8 | _VERSION
        fields = (by_unix, *self._common(entry), *sizes, _UNIX_FILE, entry.offset)
        return struct.pack("<4sHHHHHHLLLHHHHHLL", b"PK\x01\x02", *fields) + name

    def _common(self, entry: Entry) -> tuple[int, ...]:
        at = datetime.fromtimestamp(self._state.made_at / 1000, UTC)
        time = at.hour << 11 | at.minute << 5 | at.second // 2
        date = max(0, at.year - 1980) << 9 | at.month << 5 | at.day
        flags = _UTF8 | (_SIZES_FOLLOW if entry.is_streamed else 0)
        return (_VERSION, flags, _DEFLATED, time, date)
