"""How events stand in a spool file, so that a crash at any byte loses at most the last one.

    headwater-spool 1 0000000064
    5b1f0c1e {"type":"track",…}
    90ac33d7 {"type":"identify",…}

The first line holds the number of bytes up to which events were acknowledged; it has a fixed
width and is overwritten in place. Every other line is one event: the CRC-32 of its JSON in eight
hexadecimal digits, a space, the JSON, a line feed. JSON has no raw line feeds, so a line feed
always ends a line. A line that is torn or damaged is passed over, and those after it still count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

from headwater.client.batching import how_many

_HEADER = re.compile(rb"headwater-spool 1 (\d{10})\n")
HEADER_BYTES = len(b"headwater-spool 1 0000000000\n")


@dataclass(frozen=True, slots=True)
class Lines:
    """What a stretch of a file holds.

    Attributes:
        events: each event's JSON, in the order they were written.
        end: where the next stretch begins, in bytes from the start of what was read.
        damaged: how many lines were passed over.
    """

    events: tuple[bytes, ...]
    end: int
    damaged: int


def header(acknowledged: int) -> bytes:
    """Answer the first line of a file whose events up to that byte were acknowledged."""
    return b"headwater-spool 1 %010d\n" % acknowledged


def line(event: bytes) -> bytes:
    """Answer the line of one event."""
    return b"%08x %s\n" % (crc32(event), event)


def acknowledged(data: bytes) -> int | None:
    """Answer the byte from which a whole file is still to be sent, or None if it is no spool file.

    A number that is not the start of a line comes from a crash; the file is then sent from its
    first event, since twice is one event to the server, and never is none.
    """
    match = _HEADER.match(data)
    if match is None:
        return None
    offset = int(match[1])
    if HEADER_BYTES < offset <= len(data) and data[offset - 1 : offset] == b"\n":
        return offset
    return HEADER_BYTES


def read(data: bytes, *, max_events: int, max_bytes: int) -> Lines:
    """Answer the events of the next batch, from data that starts at the start of a line.

    A last line without its line feed is torn: it counts as damaged and ends the stretch.
    """
    found: list[bytes] = []
    marks: list[tuple[int, int]] = []
    position = damaged = 0
    for text in _lines(data):
        position += len(text)
        event = _event(text)
        if event is None:
            damaged += 1
            continue
        found.append(event)
        marks.append((position, damaged))
        if len(found) > max_events:
            break
    count = how_many(map(len, found), max_events=max_events, max_bytes=max_bytes)
    if count < len(found):
        position, damaged = marks[count - 1]
    return Lines(tuple(found[:count]), position, damaged)


def _lines(data: bytes) -> Iterable[bytes]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield data[start:end]
        start = end


def _event(text: bytes) -> bytes | None:
    if len(text) < 11 or text[8:9] != b" " or text[-1:] != b"\n":
        return None
    event = text[9:-1]
    return event if text[:8] == b"%08x" % crc32(event) else None
