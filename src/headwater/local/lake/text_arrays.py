"""Arrow's arrays of texts, seen as numpy sees them: letters in a row, and where each text ends."""

from __future__ import annotations

from collections.abc import Iterator

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


def holding(what: bytes, texts: pa.Array) -> Iterator[int]:
    """Answer the places of the texts that hold something of three letters or more.

    Letters are compared two at a time, at even places: either the pair that it begins with stands
    at such a one, or the next.
    """
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    pairs = data[: len(data) // 2 * 2].view("<u2")
    first, second = (int.from_bytes(what[start : start + 2], "little") for start in (0, 1))
    places = np.flatnonzero((pairs == first) | (pairs == second))
    begins = 2 * places - (pairs[places] == second)
    begins = begins[(begins >= 0) & (begins <= len(data) - len(what))]
    for place, one in enumerate(what):
        begins = begins[data[begins + place] == one]
    yield from np.unique(np.searchsorted(ends(texts)[1:], begins, "right")).tolist()
