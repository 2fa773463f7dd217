"""How a reader asks for bytes without fetching any: it yields ranges and is sent what they hold.

    def reading() -> Reading[Answer]:
        first, second = yield from wanted([ByteRange(0, 4), ByteRange(90, 10)])

`run` drives such a reading from anything that answers ranges at once; where fetching is
asynchronous, the caller sends each request's answers itself, all ranges of one request together.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple, TypeVar

from headwater.lake.parquet.errors import DamagedFile

Answer = TypeVar("Answer")


class ByteRange(NamedTuple):
    """`length` bytes of a file from `offset` on."""

    offset: int
    length: int


Reading = Generator[tuple[ByteRange, ...], Sequence[bytes], Answer]
"""Yields the ranges it needs next, is sent their bytes in that order, and returns its answer."""

# One request to a bucket costs as much as this many bytes that are fetched and not used.
_GAP = 64 << 10


class Tail(NamedTuple):
    """The end of a file, which is fetched first and holds what the footer leads to."""

    offset: int
    data: bytes


def wanted(ranges: Sequence[ByteRange], known: Tail | None = None) -> Reading[list[bytes]]:
    """Answer what the ranges hold, in their order.

    Those that lie in what is known are not asked for; those that are near each other are asked
    for as one.

    Raises:
        DamagedFile: the file ends before a range does.
    """
    missing = [one for one in ranges if known is None or one.offset < known.offset]
    merged = _merged(missing)
    pieces: list[Tail] = [known] if known is not None else []
    if merged:
        answers = yield tuple(merged)
        for one, data in zip(merged, answers, strict=True):
            if len(data) != one.length:
                raise DamagedFile(
                    f"the file ends before byte {one.offset + one.length}: it is cut short"
                )
            pieces.append(Tail(one.offset, data))
    pieces.sort()
    return [_cut(pieces, one) for one in ranges]


def _merged(ranges: Sequence[ByteRange]) -> list[ByteRange]:
    merged: list[ByteRange] = []
    for one in sorted(ranges):
        end = one.offset + one.length
        if merged and one.offset <= merged[-1].offset + merged[-1].length + _GAP:
            last = merged[-1]
            merged[-1] = ByteRange(last.offset, max(last.offset + last.length, end) - last.offset)
        else:
            merged.append(one)
    return merged


def _cut(pieces: Sequence[Tail], one: ByteRange) -> bytes:
    for offset, data in pieces:
        start = one.offset - offset
        if start >= 0 and start + one.length <= len(data):
            return data[start : start + one.length]
    raise DamagedFile(f"the file ends before byte {one.offset + one.length}: it is cut short")


def run(reading: Reading[Answer], fetch: Callable[[ByteRange], bytes]) -> Answer:
    """Answer what a reading returns, given something that answers one range at once."""
    try:
        ranges = next(reading)
        while True:
            ranges = reading.send([fetch(one) for one in ranges])
    except StopIteration as end:
        answer: Answer = end.value
        return answer
