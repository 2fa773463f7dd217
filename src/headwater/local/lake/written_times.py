"""Times that are written as Headwater writes them, read many at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headwater.collect.times import is_written, read_time
from headwater.local.lake.text_arrays import Letters, Numbers, ends

TIME = pa.timestamp("ms", tz="UTC")

_SHAPE = b"0000-00-00T00:00:00.000Z"
LETTERS = len(_SHAPE)
"""How many a time has that is written so."""

_ZERO = ord("0")
_WRITTEN = np.frombuffer(_SHAPE, np.uint64)
_MARKS = np.frombuffer(bytes(0 if one == _ZERO else 255 for one in _SHAPE), np.uint64)

_LETTERS = np.frombuffer(_SHAPE, np.uint8)
_MOST = np.where(_LETTERS == _ZERO, 9, 0).astype(np.uint8)
_MONTHS_AT_ONCE = 1_200
_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000


def times_at(letters: Letters) -> Numbers | None:
    """Answer the times that rows of letters are, in milliseconds; None unless all are usual ones.

    What is unusual is for `written_times` to tell: it looks at them one by one. Eight letters are
    a number; ten times that number and the same one letter further, added, have in the place of
    each letter what it and the next are as two digits.
    """
    digits = letters - _LETTERS
    if not len(digits) or (digits > _MOST).any():
        return None
    words = np.ascontiguousarray(digits).view("<u8")
    pairs = words * np.uint64(10) + (words >> np.uint64(8))

    def pair(word: int, letter: int) -> Numbers:
        found: Numbers = (pairs[:, word] >> np.uint64(8 * letter) & np.uint64(255)).astype(np.int64)
        return found

    year, month, day = pair(0, 0) * 100 + pair(0, 2), pair(0, 5), pair(1, 0)
    hour, minute, second = pair(1, 3), pair(1, 6), pair(2, 1)
    thousandths = pair(2, 4) * 10 + (words[:, 2] >> np.uint64(48) & np.uint64(255)).astype(np.int64)
    months = year * 12 + month - 1
    first, last = int(months.min()), int(months.max())
    if year.min() < 1 or last - first > _MONTHS_AT_ONCE or month.min() < 1 or month.max() > 12:
        return None
    starts = (np.arange(first, last + 2) - 1970 * 12).astype("M8[M]").astype("M8[D]").astype(int)
    in_month = months - first
    is_day = (day >= 1) & (day <= np.diff(starts)[in_month])
    if not is_day.all() or hour.max() > 23 or max(minute.max(), second.max()) > 59:
        return None
    days = starts[in_month] + day - 1
    clock = hour * _HOUR + minute * _MINUTE + second * _SECOND + thousandths
    times: Numbers = days * _DAY + clock
    return times


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
