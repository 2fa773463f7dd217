"""Where row groups and pages begin and end: not too big, and between two people where that can be.

A reader that wants one person's rows then fetches that person's pages and little else, and a row
with a huge value does not drag a thousand others with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.lake.parquet.compression import Codec


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is cut and packed.

    Attributes:
        codec: `Codec.GZIP`, `Codec.NONE`, or `Codec.ZSTD` where the runtime has it.
        level: the codec's, from 1 (fast) to 9 (small).
        page_rows: rows of a page, at most.
        page_bytes: characters of text of one column in a page, at most, unless one row has more.
        group_rows: rows of a row group, at most.
        group_bytes: characters of text in a row group, at most, unless one row has more.
        together: the column whose equal values should not be parted; the rows are sorted by it.
    """

    codec: Codec = Codec.GZIP
    level: int = 5
    page_rows: int = 1_000
    page_bytes: int = 1 << 20
    group_rows: int = 20_000
    group_bytes: int = 32 << 20
    together: str | None = None


def stretches(
    totals: Sequence[Sequence[int]],
    keys: Sequence[Any] | None,
    *,
    start: int,
    end: int,
    most_rows: int,
    most_bytes: int,
) -> Iterator[tuple[int, int]]:
    """Answer consecutive stretches (start, end) of the rows from `start` to `end`.

    Args:
        totals: for each thing that must stay small, how much of it stands before each row, and
            after the last.
        keys: by which rows belong together, or None.
        start: the first row.
        end: the row after the last.
        most_rows: how many a stretch may have.
        most_bytes: how much each of `totals` may grow by in a stretch of more than one row.
    """
    while start < end:
        stop = min(start + most_rows, end)
        while stop - start > 1 and any(total[stop] - total[start] > most_bytes for total in totals):
            stop = start + (stop - start + 1) // 2
        if keys is not None and stop < end:
            stop = _between_keys(keys, start, stop)
        yield start, stop
        start = stop


def _between_keys(keys: Sequence[Any], start: int, stop: int) -> int:
    # A person with more rows than half a stretch is parted: small stretches would cost every one.
    key = keys[stop]
    for place in range(stop, start + (stop - start) // 2, -1):
        if keys[place - 1] != key:
            return place
    return stop
