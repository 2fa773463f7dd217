"""Arrow's arrays of texts, seen as numpy sees them: letters in a row, and where each text ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Letters = npt.NDArray[np.uint8]

_SEVEN = 7


def there(values: pa.Array) -> Marks:
    """Tell which values are not null."""
    marks: Marks = values.is_valid().to_numpy(zero_copy_only=False)
    return marks


def ends(texts: pa.Array) -> npt.NDArray[np.int32]:
    """Answer where each text of a whole array ends in its letters; before it, where they begin."""
    return np.frombuffer(texts.buffers()[1], np.int32)[: len(texts) + 1]


def finds(what: bytes, data: Letters) -> Numbers:
    """Answer all places, in order, of a text of three letters or more, which are no zeros.

    Letters are compared two at a time, or four where there are seven, at places that are multiples
    of as many: wherever the text stands, one of as many runs of its letters does so there.
    """
    width = 4 if len(what) >= _SEVEN else 2
    runs = data[: len(data) // width * width].view(f"<u{width}")
    wanted = [int.from_bytes(what[start : start + width], "little") for start in range(width)]
    marks = runs == wanted[0]
    for run in wanted[1:]:
        marks |= runs == run
    places = np.flatnonzero(marks)
    begins = np.concatenate(
        [width * places[runs[places] == run] - start for start, run in enumerate(wanted)]
    )
    begins = begins[(begins >= 0) & (begins <= len(data) - len(what))]
    texts = np.ndarray((len(data) - len(what) + 1,), f"S{len(what)}", data, strides=(1,))
    return np.sort(begins[texts[begins] == what])


def holding(what: bytes, texts: pa.Array) -> Iterator[int]:
    """Answer the places of the texts that hold something of three letters or more."""
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    if len(data) >= len(what):
        last = ends(texts)[1:]
        yield from np.unique(np.searchsorted(last, finds(what, data), "right")).tolist()
