"""Many events' fields, cut out of their texts by the parser and checked by their lengths.

If the values of an event's fields, and what is written around them, are together as long as its
text, then nothing is in the text but they, none is escaped, and none is there twice; that each
stands where its place in the order puts it is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from headwater.local.lake import text_arrays
from headwater.local.lake.text_arrays import Marks, Numbers
from headwater.local.lake.written_times import TIME, written_times

_ABSENT = msgspec.Raw(b"")


class _Event(msgspec.Struct, gc=False):
    """An event's fields in the order in which they are written (collect/events.py)."""

    type: str | None = None
    messageId: str | None = None  # noqa: N815 - the names in the text, here and below
    timestamp: str | None = None
    originalTimestamp: str | None = None  # noqa: N815
    sentAt: str | None = None  # noqa: N815
    receivedAt: str | None = None  # noqa: N815
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    event: str | None = None
    name: str | None = None
    category: str | None = None
    groupId: str | None = None  # noqa: N815
    previousId: str | None = None  # noqa: N815
    properties: msgspec.Raw = _ABSENT
    traits: msgspec.Raw = _ABSENT
    context: msgspec.Raw = _ABSENT
    integrations: msgspec.Raw = _ABSENT
    sourceId: str | None = None  # noqa: N815


FIELDS = _Event.__struct_fields__
ALWAYS = frozenset(
    {"type", "messageId", "timestamp", "receivedAt", "context", "integrations", "sourceId"}
)
"""Fields of every event that Headwater wrote."""

_OBJECTS = frozenset({"properties", "traits", "context", "integrations"})
_TIMES = ("timestamp", "receivedAt", "originalTimestamp", "sentAt")
_NAMED = {"event": ("track",), "name": ("page", "screen")}

_WORD = 8  # bytes by which a field is told from all others
_PADDING = b" " * _WORD
_NULL = len(b"null")

_decoder = msgspec.json.Decoder(list[_Event])
_one = msgspec.json.Decoder(_Event)


class EventFields:
    """The fields of some events.

    Attributes:
        values: of each field, as they were parsed.
        arrays: of each field, texts as they are written, without quotes, and times.
        there: of each field, which events have it.
        good: which events are just as Headwater writes them; of the others the rest means nothing.
    """

    def __init__(self, bodies: Sequence[bytes]) -> None:
        joined = b"[" + b",".join(bodies) + b"]" + _PADDING
        events = _decoded(joined, bodies)
        self._count = len(events)
        values = zip(*map(msgspec.structs.astuple, events), strict=True)
        self.values: dict[str, Sequence[Any]] = dict(zip(FIELDS, values, strict=True))
        self.arrays: dict[str, pa.Array] = {}
        self.there: dict[str, Marks] = {}
        sizes = {name: self._take(name) for name in FIELDS}
        self.good = self._in_place(joined, bodies, sizes)
        for name in ALWAYS:
            self.good &= self.there[name]
        self._read_times()
        self._look_at_names()

    def _take(self, name: str) -> Numbers:
        """Make a field's array; answer the bytes of each value, without its key and quotes."""
        values = self.values[name]
        if name in _OBJECTS:
            sizes = np.fromiter(map(len, values), np.int64, self._count)
            self.there[name] = there = sizes > 0
            self.arrays[name] = text_arrays.of_pieces(values, sizes, there)
            return sizes
        if values.count(None) == self._count:
            self.there[name] = np.zeros(self._count, bool)
            self.arrays[name] = pa.nulls(self._count, pa.string())
            return np.zeros(self._count, np.int64)
        array = self.arrays[name] = pa.array(values, pa.string())
        self.there[name] = text_arrays.there(array)
        return np.diff(text_arrays.ends(array)).astype(np.int64)

    def _in_place(self, joined: bytes, bodies: Sequence[bytes], sizes: dict[str, Numbers]) -> Marks:
        """Tell of which events the fields stand one behind the other, with nothing between."""
        words = np.ndarray((len(joined) - _WORD + 1,), "<u8", joined, strides=(1,))
        lengths = np.fromiter(map(len, bodies), np.int64, self._count)
        ends = np.cumsum(lengths + 1)
        place = ends - lengths
        good = np.ones(self._count, bool)
        for name in FIELDS:
            there = self.there[name]
            if not there.any():
                continue
            opening = "," if name != FIELDS[0] else "{"
            around = f'{opening}"{name}":'.encode()
            word = int.from_bytes(around[:_WORD], "little")
            in_place = words[np.minimum(place, len(words) - 1)] == word
            size = sizes[name] + len(around)
            if name in _OBJECTS:
                in_place &= sizes[name] != _NULL  # no value; some numbers are as long
            else:
                size += len('""')
            if there.all():
                good &= in_place
                place += size
            else:
                good &= in_place | ~there
                place += size * there
        good &= place + 1 == ends
        return good

    def _read_times(self) -> None:
        for name in _TIMES:
            there = self.there[name]
            if there.any():
                times = self.arrays[name] = written_times(self.arrays[name])
                self.good &= ~there | text_arrays.there(times)
            else:
                self.arrays[name] = pa.nulls(self._count, TIME)

    def _look_at_names(self) -> None:
        """A name is a column only where its call has one."""
        kinds = np.array(self.values["type"], object)
        for name, of in _NAMED.items():
            there = self.there[name]
            if there.any():
                self.good &= ~there | np.logical_or.reduce([kinds == kind for kind in of])


def _decoded(joined: bytes, bodies: Sequence[bytes]) -> list[_Event]:
    """Answer the fields of each text; none where they cannot be had."""
    try:
        events = _decoder.decode(joined)
    except (msgspec.DecodeError, UnicodeDecodeError):
        events = []
    return events if len(events) == len(bodies) else [_decoded_alone(body) for body in bodies]


def _decoded_alone(body: bytes) -> _Event:
    try:
        return _one.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Event()
