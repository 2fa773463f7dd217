"""Times that are written as Headwater writes them, read many at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headwater.collect.times import is_written, read_time
from headwater.local.lake.text_arrays import ends

TIME = pa.timestamp("ms", tz="UTC")

_SHAPE = b"0000-00-00T00:00:00.000Z"
LETTERS = len(_SHAPE)
"""How many a time has that is written so."""

_ZERO = ord("0")
_WRITTEN = np.frombuffer(_SHAPE, np.uint64)
_MARKS = np.frombuffer(bytes(0 if one == _ZERO else 255 for one in _SHAPE), np.uint64)


def written_times(texts: pa.Array) -> pa.Array:
    """Answer the times that are written as `write_time` does; null where one is not, or is none."""
    try:
        if _all_written(texts):
            return texts.cast(TIME)
    except pa.ArrowInvalid:  # such as the thirtieth of February
        pass
    return pa.array([_time(text) for text in texts.to_pylist()], TIME)


def _all_written(texts: pa.Array) -> bool:
    """Tell whether all that are there look like `2026-11-23T10:11:12.345Z`."""
    stops = ends(texts)
    letters = np.frombuffer(texts.buffers()[2] or b"", np.uint8)[: stops[-1]]
    there = len(texts) - texts.null_count
    if len(letters) != there * len(_SHAPE) or (np.diff(stops) % len(_SHAPE)).any():
        return False
    marks = letters.view(np.uint64).reshape(there, -1) & _MARKS
    return bool((marks == _WRITTEN & _MARKS).all() and (letters[:: len(_SHAPE)] != _ZERO).all())


def _time(text: str | None) -> int | None:
    try:
        return read_time(text) if is_written(text) else None
    except ValueError:
        return None
