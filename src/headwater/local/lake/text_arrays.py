"""Arrow's arrays of texts, seen as numpy sees them: letters in a row, and where each text ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Letters = npt.NDArray[np.uint8]

_SEVEN = 7
_LINE_FEED = 10


def there(values: pa.Array) -> Marks:
    """Tell which values are not null."""
    marks: Marks = values.is_valid().to_numpy(zero_copy_only=False)
    return marks


def ends(texts: pa.Array) -> npt.NDArray[np.int32]:
    """Answer where each text of a whole array ends in its letters; before it, where they begin."""
    return np.frombuffer(texts.buffers()[1], np.int32)[: len(texts) + 1]


def lines(data: bytes, count: int) -> pa.StringArray | None:
    """Answer the texts between line feeds; None if they are not so many."""
    breaks = np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_FEED)
    if len(breaks) != count - 1:
        return None
    cuts = np.zeros(count + 1, np.int32)
    cuts[1:-1] = breaks - np.arange(count - 1)
    cuts[-1] = len(data) - len(breaks)
    letters = data.replace(b"\n", b"")
    return pa.StringArray.from_buffers(count, pa.py_buffer(cuts), pa.py_buffer(letters))


def finds(what: bytes, data: Letters) -> Numbers:
    """Answer all places, in order, of a text of three letters or more, which are no zeros.

    Letters are compared two at a time, or four where there are seven, at places that are multiples
    of as many: wherever the text stands, one of as many runs of its letters does so there.
    """
    width = 4 if len(what) >= _SEVEN else 2
    runs = data[: len(data) // width * width].view(f"<u{width}")
    wanted = [int.from_bytes(what[start : start + width], "little") for start in range(width)]
    places = _any_of(runs, wanted)
    begins = np.concatenate(
        [width * places[runs[places] == run] - start for start, run in enumerate(wanted)]
    )
    begins = begins[(begins >= 0) & (begins <= len(data) - len(what))]
    texts = np.ndarray((len(data) - len(what) + 1,), f"S{len(what)}", data, strides=(1,))
    return np.sort(begins[texts[begins] == what])


_NEAR = 65_536  # runs that stay in the processor's cache while they are compared several times


def _any_of(runs: npt.NDArray[Any], wanted: Sequence[int]) -> Numbers:
    """Answer where in an array one of some values stands."""
    marks, more = np.empty(_NEAR, bool), np.empty(_NEAR, bool)
    found: list[Numbers] = [np.zeros(0, np.int64)]
    for start in range(0, len(runs), _NEAR):
        part = runs[start : start + _NEAR]
        here, others = marks[: len(part)], more[: len(part)]
        np.equal(part, wanted[0], out=here)
        for one in wanted[1:]:
            np.equal(part, one, out=others)
            np.logical_or(here, others, out=here)
        found.append(np.flatnonzero(here) + start)
    return np.concatenate(found)


def holding(what: bytes, texts: pa.Array) -> Iterator[int]:
    """Answer the places of the texts that hold something of three letters or more."""
    if not len(texts):
        return
    last = ends(texts)[1:]
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)[: last[-1]]
    if len(data) >= len(what):
        begins = finds(what, data)
        owners = np.searchsorted(last, begins, "right")
        within = begins + len(what) <= last[owners]  # not the end of one and the next one's begin
        yield from np.unique(owners[within]).tolist()
