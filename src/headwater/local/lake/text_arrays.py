"""Arrow's arrays of texts, seen as numpy sees them: letters in a row, and where each text ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]


def there(values: pa.Array) -> Marks:
    """Tell which values are not null."""
    marks: Marks = values.is_valid().to_numpy(zero_copy_only=False)
    return marks


def ends(texts: pa.Array) -> npt.NDArray[np.int32]:
    """Answer where each text of a whole array ends in its letters; before it, where they begin."""
    return np.frombuffer(texts.buffers()[1], np.int32)[: len(texts) + 1]


def of_pieces(pieces: Sequence[msgspec.Raw], sizes: Numbers, there: Marks) -> pa.Array:
    """Answer texts out of the places where they stand; null where there is none."""
    count = len(pieces)
    ends = np.zeros(count + 1, np.int32)
    np.cumsum(sizes, out=ends[1:])
    marks = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    data = pa.py_buffer(b"".join(pieces))
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), data, marks)


def holding(what: bytes, texts: pa.Array) -> Iterator[int]:
    """Answer the places of the texts that hold something."""
    data = texts.buffers()[2].to_pybytes()
    last = ends(texts)[1:]
    found = data.find(what)
    while found >= 0:
        place = int(np.searchsorted(last, found, side="right"))
        yield place
        found = data.find(what, int(last[place]))
