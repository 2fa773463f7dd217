"""Where the fields of many events stand in their texts; found for all at once, and not parsed.

An event as Headwater writes it (collect/events.py) is a chain: each of its fields begins where the
one before ends. Short texts end at the next quote, times after so many letters, and objects where
the next field's key stands. An event is good if the chain, with nothing left out and nothing
between, is its whole text, no short text is escaped, and it is plain where its objects end. Then
its columns are just these pieces, and nobody need make a Python value of any of them.

This holds for what the database has of events: JSON objects of these fields, each once at most and
no others among the objects, since that is how they are encoded. Whatever else might look like one,
its pieces still make up its whole text.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headwater.local.lake import text_arrays
from headwater.local.lake.joined_texts import JoinedTexts
from headwater.local.lake.text_arrays import Marks, Numbers
from headwater.local.lake.written_times import LETTERS, TIME, times_at, written_times

OBJECTS = ("properties", "traits", "context", "integrations")
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
_NAMES = ("userId", "anonymousId", "event", "name", "category", "groupId", "previousId")
FIELDS = ("type", "messageId", *TIMES, *_NAMES, *OBJECTS, "sourceId")
"""In the order in which they are written."""

ALWAYS = frozenset({"type", "messageId", "timestamp", "receivedAt", "context", "integrations"})
"""Fields of every event that Headwater wrote."""

KINDS = ("track", "identify", "page", "screen", "group", "alias")
_NAMED = {"event": ("track",), "name": ("page", "screen")}

_WORDS = 16  # bytes that are compared at once
_SPAN = 64  # letters in which most short texts end
_INTEGRATIONS = b',"integrations":'
_ENDINGS = 8  # that are looked for in all events, before they are looked at one by one
_LONGEST_ENDING = 256
_PADDING = b" " * _SPAN
_QUOTE, _BRACE, _CLOSING = b'"{}'


_TYPE = b'{"type":'
_QUOTED = [f'"{kind}"'.encode() for kind in KINDS]
_BY_LETTER = np.zeros(256, np.int64)
_BY_LETTER[[kind[1] for kind in _QUOTED]] = np.arange(len(KINDS))
_KIND_SIZES = np.array([len(kind) for kind in _QUOTED])
_KIND_WORDS = np.array([np.frombuffer(kind.ljust(_WORDS, b"\0"), "<u8") for kind in _QUOTED])
_KIND_MASKS = np.array(
    [np.frombuffer(bytes(255 for _ in kind).ljust(_WORDS, b"\0"), "<u8") for kind in _QUOTED]
)


class EventFields:
    """The fields of some events.

    Attributes:
        count: how many events these are.
        good: which are just as Headwater writes them; of the others the rest means nothing.
        there: of each field, which events have it.
        kinds: of each event, the place of its type in `KINDS`.
    """

    def __init__(self, bodies: JoinedTexts) -> None:
        """Look for them, in one event at least."""
        self.count = len(bodies)
        self._data = b"\n".join([*bodies.pieces, _PADDING])
        self._bytes = np.frombuffer(self._data, np.uint8)
        self._words = _pieces(self._data, f"V{_WORDS}")
        self._spans = _pieces(self._data, f"V{_SPAN}")
        self._spans_of_times = _pieces(self._data, f"V{LETTERS}")
        self._buffer = pa.py_buffer(self._data)
        self._ends = np.cumsum(bodies.sizes + 1) - 1
        self._begins = self._place = self._ends - bodies.sizes
        self._cuts: dict[str, tuple[Numbers, Numbers]] = {}
        self.there: dict[str, Marks] = {}
        self.good = np.ones(self.count, bool)
        self._read_kinds()
        for name in ("messageId", *TIMES, *_NAMES):
            self._read_short(name, ending=LETTERS if name in TIMES else None)
        before = self._place
        self._read_objects()
        self._look_for_escapes(before)
        self._read_short("sourceId", ending=None)
        self.good &= (self._place + 1 == self._ends) & (self._bytes[self._place] == _CLOSING)
        for name in ALWAYS:
            self.good &= self.there[name]
        self.times = {name: self._times(name) for name in TIMES}
        self._look_at_names()

    def whole(self, row: int) -> bytes:
        """Answer an event's text."""
        return self._data[self._begins[row] : self._ends[row]]

    def texts(self, name: str, rows: Numbers) -> pa.Array:
        """Answer a field of these events, as its text is written; null where it is not there."""
        there = self.there[name]
        if not there.any():
            return pa.nulls(len(rows), pa.string())
        places = 2 * rows
        wanted = pa.array(places) if there.all() else pa.array(places, mask=~there[rows])
        return self._pieces_of(*self._cuts[name]).take(wanted)

    def names(self, rows: Numbers) -> pa.Array:
        """Answer the names of these events: a track's, or a page's or screen's."""
        event, name = self.there["event"], self.there["name"]
        if not name.any():
            return self.texts("event", rows)
        if not event.any():
            return self.texts("name", rows)
        begins, ends = (
            np.where(event, one, other)
            for one, other in zip(self._cuts["event"], self._cuts["name"], strict=True)
        )
        wanted = pa.array(2 * rows, mask=~(event | name)[rows])
        return self._pieces_of(begins, ends).take(wanted)

    def sizes(self, name: str) -> Numbers:
        """Answer how many bytes each event's field has; any number where it is not there."""
        begins, ends = self._cuts.get(name, (self._place, self._place))
        sizes: Numbers = ends - begins
        return sizes

    def _pieces_of(self, begins: Numbers, ends: Numbers) -> pa.Array:
        """Answer an array in which every other text is one of these, and the rest stand between."""
        cuts = np.empty(2 * self.count + 1, np.int32)
        cuts[:-1:2], cuts[1::2], cuts[-1] = begins, ends, len(self._data)
        return pa.StringArray.from_buffers(2 * self.count, pa.py_buffer(cuts), self._buffer)

    def _standing(self, text: bytes) -> Marks:
        """Tell of which events a text, of at most twice `_WORDS`, stands at the present place."""
        found = self._same(text[:_WORDS], self._place)
        if len(text) > _WORDS and found.any():
            found &= self._same(text[-_WORDS:], self._place + (len(text) - _WORDS))
        return found

    def _same(self, text: bytes, places: Numbers) -> Marks:
        here = self._words[places].view("<u8")
        found: Marks = here[::2] == int.from_bytes(text[:8], "little")
        if len(text) > 8:
            mask = (1 << 8 * (len(text) - 8)) - 1
            found &= (here[1::2] & mask) == int.from_bytes(text[8:], "little")
        return found

    def _read_kinds(self) -> None:
        """Step over the first field: one of six, told apart by its first letter."""
        places = self._place + len(_TYPE)
        kinds = _BY_LETTER[self._bytes[places + 1]]
        here = self._words[places].view("<u8").reshape(-1, 2) & _KIND_MASKS[kinds]
        same = (here == _KIND_WORDS[kinds]).all(axis=1)
        there = self.there["type"] = same & self._same(_TYPE, self._place)
        self.kinds = np.where(there, kinds, -1)
        self._place = np.where(there, places + _KIND_SIZES[kinds], self._place)

    def _read_short(self, name: str, *, ending: int | None) -> None:
        """Step over a text, of so many letters or up to the next quote, where it is there."""
        opening = f',"{name}":"'.encode()
        there = self.there[name] = self._standing(opening)
        if there.all():
            begins = self._place + len(opening)
            ends = self._quotes(begins) if ending is None else begins + ending
            self._cuts[name] = begins, ends
        else:
            begins, ends = self._place.copy(), self._place.copy()
            if there.any():
                inside = begins[there] + len(opening)
                begins[there] = inside
                ends[there] = self._quotes(inside) if ending is None else inside + ending
            self._cuts[name] = begins, ends
        closed = self._bytes[ends] == _QUOTE
        self.good &= closed | ~there
        self._place = ends + (there & closed)

    def _quotes(self, begins: Numbers) -> Numbers:
        """Answer where the first quote stands from each place on; the data's end if nowhere."""
        spans = self._spans[begins].view(np.uint8).reshape(len(begins), _SPAN) == _QUOTE
        sizes = spans.argmax(axis=1)
        ends: Numbers = begins + sizes
        for one in np.flatnonzero((sizes == 0) & ~spans[:, 0]).tolist():
            found = self._data.find(b'"', int(begins[one]))
            ends[one] = found if found >= 0 else len(self._data) - _SPAN
        return ends

    def _read_objects(self) -> None:
        """Step over the objects: each ends where the next one's key stands."""
        begins = self._place
        places, owners = self._finds(b',"context":')
        contexts = begins.copy()
        contexts[owners] = places
        contexts[np.bincount(owners, minlength=self.count) > 1] = -1
        contexts = np.maximum(contexts, begins)
        self._read_object("properties", contexts)
        if (there := self.there["properties"]).any():
            places, owners = self._finds(b',"traits":')
            between = (places > begins[owners]) & (places < contexts[owners]) & there[owners]
            self.good[owners[between]] = False
        self._read_object("traits", contexts)
        behind, sources = self._behind_contexts()
        self._read_object("context", behind)
        self._read_object("integrations", sources)

    def _behind_contexts(self) -> tuple[Numbers, Numbers]:
        """Answer where the keys of integrations and source stand, looked for from the end on.

        An end that one event has, such as `,"integrations":{},"sourceId":"web"}`, many have.
        """
        keys, sources = self._place.copy(), self._place.copy()
        left = np.arange(self.count)
        for _ in range(_ENDINGS):
            if not len(left):
                break
            key, source, end = self._end_of(int(left[0]))
            alike = self._ending(self._data[key:end], left)
            some = left[alike]
            keys[some] = self._ends[some] - (end - key)
            sources[some] = self._ends[some] - (end - source)
            left = left[~alike]
        for one in left.tolist():
            keys[one], sources[one], _ = self._end_of(one)
        return keys, sources

    def _end_of(self, one: int) -> tuple[int, int, int]:
        """Answer where in an event its last two keys stand, and where it ends.

        Without a source, as where Headwater itself tells of a membership, the second is its end.
        The last place where integrations could be is one inside of them if JSON does not end there.
        """
        begin, end = int(self._place[one]), int(self._ends[one])
        key = self._data.rfind(_INTEGRATIONS, begin, end)
        if key < 0:
            return begin, begin, end
        source = self._data.rfind(b',"sourceId":"', key, end)
        if source < 0:
            source = end - 1
        try:
            msgspec.json.decode(self._data[key + len(_INTEGRATIONS) : source], type=msgspec.Raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return begin, begin, end
        return key, source, end

    def _ending(self, text: bytes, rows: Numbers) -> Marks:
        """Tell which of these events end so; of long ends only the first, which has it."""
        size = len(text)
        if size > _LONGEST_ENDING:
            first: Marks = np.arange(len(rows)) == 0
            return first
        texts = np.ndarray((len(self._data) - size + 1,), f"S{size}", self._data, strides=(1,))
        alike: Marks = texts[np.maximum(self._ends[rows] - size, 0)] == text
        alike[0] = True
        return alike

    def _finds(self, text: bytes) -> tuple[Numbers, Numbers]:
        """Answer where a text stands, in order, and in which events that is."""
        places = text_arrays.finds(text, self._bytes)
        return places, np.searchsorted(self._ends, places)

    def _read_object(self, name: str, ends: Numbers) -> None:
        """Step over an object's value, where it is there; it ends there if it is there."""
        opening = f',"{name}":'.encode()
        there = self.there[name] = self._standing(opening)
        if not there.any():
            return
        begins = self._place + len(opening) * there
        ends = np.where(there, ends, begins)
        whole = self._bytes[begins] == _BRACE
        whole &= (self._bytes[ends - 1] == _CLOSING) & (ends > begins)
        self.good &= whole | ~there
        self._cuts[name] = begins, ends
        self._place = np.maximum(begins, ends)

    def _look_for_escapes(self, before: Numbers) -> None:
        """Put aside events that have an escape before their objects, or behind."""
        if b"\\" not in self._data:
            return
        places = np.flatnonzero(self._bytes == ord("\\"))
        owners = np.searchsorted(self._ends, places)
        short = (places < before[owners]) | (places >= self._place[owners])
        self.good[owners[short]] = False

    def _times(self, name: str) -> pa.Array:
        there = self.there[name] = self.there[name] & self.good
        if not there.any():
            return pa.nulls(self.count, TIME)
        letters = self._spans_of_times[self._cuts[name][0][there]].view(np.uint8)
        usual = times_at(letters.reshape(-1, LETTERS))
        if usual is not None:
            numbers = np.zeros(self.count, np.int64)
            numbers[there] = usual
            return pa.array(numbers, pa.int64(), mask=~there).cast(TIME)
        times = written_times(self.texts(name, np.arange(self.count)))
        self.good &= ~there | text_arrays.there(times)
        return times

    def _look_at_names(self) -> None:
        """A name is a column only where its call has one."""
        for name, kinds in _NAMED.items():
            there = self.there[name]
            if there.any():
                own = np.zeros(self.count, bool)
                for kind in kinds:
                    own |= self.kinds == KINDS.index(kind)
                self.good &= ~there | own


def _pieces(data: bytes, kind: str) -> npt.NDArray[np.void]:
    """Answer the value of so many bytes that begins at each byte."""
    size = np.dtype(kind).itemsize
    return np.ndarray((len(data) - size + 1,), kind, data, strides=(1,))
