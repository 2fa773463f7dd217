"""Many sorted files to fewer, in slices: little memory, and a slice at a time may be cut short.

Of each file that is being read one row group is held. What is not greater than the last row of any
of them, nor behind the first person of a file that was not opened yet, can be written: nothing
that comes later belongs before it. So memory holds as much as files overlap, however many they
are: files that follow each other count as one. A slice ends with a file that is stored and
does not count yet; how many rows of each file it took is kept beside it, so the next slice goes
on there, in whichever process. When all rows are taken, one entry of the manifest puts the new
files in the place of the old.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from headwater.lake import files
from headwater.lake.fetching import fetched, opened
from headwater.lake.manifest import LakeFile, Tier
from headwater.lake.parquet.reader import ParquetFile, read_columns
from headwater.lake.schema import EVENTS, IDENTITY, Table
from headwater.ports import Bucket

SLICE_ROWS = 30_000
SLICE_BYTES = 8 << 20
"""A slice ends with the row group that reaches one of these; it is one file."""

Line = tuple[Any, ...]
"""A row's values, in the order of its table's columns."""


class Progress(msgspec.Struct, omit_defaults=True):
    """How far the merging of some files is.

    Attributes:
        files: those that are merged, each sorted.
        tier: of those that they become.
        rows: how many of each are in `done`.
        done: files that hold them.
    """

    files: list[LakeFile]
    tier: Tier
    rows: list[int]
    done: list[LakeFile] = []

    @property
    def is_complete(self) -> bool:
        """Tell whether all rows are in `done`."""
        return self.rows == [one.rows for one in self.files]

    @property
    def table(self) -> Table:
        """Answer the table that they are of."""
        return EVENTS if self.files[0].table == EVENTS.name else IDENTITY


class Slice:
    """One slice of a merge.

    Args:
        bucket: where the files are.
        progress: how far it is; moved on by `write`.
        rows: with so many, about, it is full; `SLICE_ROWS` where it is left out.
    """

    def __init__(self, bucket: Bucket, progress: Progress, *, rows: int | None = None) -> None:
        self._bucket = bucket
        self._most = SLICE_ROWS if rows is None else rows
        self._progress = progress
        self._table = progress.table
        self._names = [one.name for one in self._table.columns]
        self._who = self._names.index("person" if self._table is EVENTS else "actor")
        self._when = self._names.index("timestamp" if self._table is EVENTS else "changed_at")
        self._place = _place(self._table)
        self._sources = [
            _Source(bucket, one, number, progress.rows[number], self._names)
            for number, one in enumerate(progress.files)
        ]
        self._waiting: list[_Taken] = []
        self._size = 0
        self._written = list(progress.rows)
        self._bounds: list[tuple[str, str, int, int]] = []
        self._writer = files.parquet_writer(self._table)

    async def write(self, key: str) -> None:
        """Store the next file under a key that was never used, and note it in the progress.

        Raises:
            BucketFailure, ObjectMissing: nothing was noted.
        """
        pieces = [self._writer.start()]
        more = True
        while more and not self._is_full():
            more = await self._gather()
            while self._waiting and not self._is_full() and (self._is_group() or not more):
                pieces.append(self._write_group())
        pieces.append(self._writer.finish())
        data = b"".join(pieces)
        await self._bucket.put(key, data)
        firsts, lasts, sinces, untils = zip(*self._bounds, strict=True)
        self._progress.done.append(
            LakeFile(
                key=key,
                table=self._table.name,
                tier=self._progress.tier,
                rows=self._writer.rows,
                bytes=len(data),
                first=min(firsts),
                last=max(lasts),
                since=min(sinces),
                until=max(untils),
                day=self._progress.files[0].day,
                schema=self._table.version,
            )
        )
        self._progress.rows = self._written

    def _is_full(self) -> bool:
        return self._writer.rows >= self._most or self._writer.size >= SLICE_BYTES

    def _is_group(self) -> bool:
        return (
            len(self._waiting) >= min(files.GROUP_ROWS, self._most)
            or self._size >= files.GROUP_BYTES
        )

    async def _gather(self) -> bool:
        """Take the rows that can be written next; tell whether there are any behind them."""
        await self._fill()
        unread = [one.bound(self._place) for one in self._sources if one.has_more]
        bound = min(unread, default=None)
        for one in self._sources:
            self._waiting += [(one.number, line) for line in one.take(self._place, bound)]
        self._waiting.sort(key=lambda taken: self._place(taken[1]))
        self._size = sum(_characters(line) for _, line in self._waiting)
        return any(one.rows or one.has_more for one in self._sources)

    async def _fill(self) -> None:
        """Have rows of all files that are open; open what would else hold up all of them."""
        for one in self._sources:
            if one.is_open:
                await one.fill()
        held = [self._place(one.rows[0]) for one in self._sources if one.rows]
        closed = [one for one in self._sources if one.has_more and not one.is_open]
        for one in sorted(closed, key=lambda other: other.bound(self._place)):
            if held and min(held) < one.bound(self._place):
                break
            await one.fill()
            held += [self._place(row) for row in one.rows[:1]]

    def _write_group(self) -> bytes:
        """Answer the bytes of the next row group; a person's rows stay together."""
        end = _between(self._waiting, self._who, most=min(files.GROUP_ROWS, self._most))
        group = self._waiting[:end]
        del self._waiting[:end]
        lines = [line for _, line in group]
        for number, _ in group:
            self._written[number] += 1
        self._size -= sum(map(_characters, lines))
        columns = [list(values) for values in zip(*lines, strict=True)]
        who, when = columns[self._who], columns[self._when]
        self._bounds.append((min(who), max(who), min(when), max(when)))
        return self._writer.add(dict(zip(self._names, columns, strict=True)))


class _Source:
    """One of the files, from a row on."""

    def __init__(
        self, bucket: Bucket, file: LakeFile, number: int, taken: int, names: Sequence[str]
    ) -> None:
        self.number = number
        self.rows: list[Line] = []
        self._bucket = bucket
        self._file = file
        self._taken = taken
        self._names = names
        self._opened: ParquetFile | None = None
        self._group = 0
        self.has_more = taken < file.rows

    @property
    def is_open(self) -> bool:
        """Tell whether it is being read."""
        return self._opened is not None

    def bound(self, place: Callable[[Line], Any]) -> Any:
        """Answer what no row that is not read yet stands before.

        Of an identity file the manifest tells no such thing: its rows are by kind first.
        """
        if self.rows:
            return place(self.rows[-1])
        return (self._file.first,) if self._file.table == EVENTS.name else []

    async def fill(self) -> None:
        """Have rows, as long as the file has any more."""
        while self.has_more and not self.rows:
            if self._opened is None:
                self._opened = await opened(self._bucket, self._file)
            groups = self._opened.metadata.row_groups
            rows = groups[self._group].rows
            if self._taken < rows:
                self.rows = (await self._read())[self._taken :]
            self._taken = max(0, self._taken - rows)
            self._group += 1
            self.has_more = self._group < len(groups)

    async def _read(self) -> list[Line]:
        assert self._opened is not None  # noqa: S101 - by `fill`
        there = {column.name for column in self._opened.metadata.columns}
        names = [name for name in self._names if name in there]
        reading = read_columns(self._opened, names, row_groups={self._group})
        table = await fetched(reading, self._bucket, self._file.key)
        rows = len(table[names[0]])
        # An older schema has fewer columns.
        nothing = [None] * rows
        return list(zip(*(table.get(name, nothing) for name in self._names), strict=True))

    def take(self, place: Callable[[Line], Any], bound: Any) -> list[Line]:
        """Answer the rows that are not behind the bound, all where it is None; have the rest."""
        end = len(self.rows)
        if bound is not None:
            end = bisect_right(self.rows, bound, key=place)
        taken, self.rows = self.rows[:end], self.rows[end:]
        return taken


_Taken = tuple[int, Line]
"""Number of the file that a row is of, and the row."""


def _place(table: Table) -> Callable[[Line], Any]:
    """Answer what says where in a file a row stands; null comes first."""
    names = [one.name for one in table.columns]
    places = [names.index(name) for name in table.order]
    if all(table.column(name).required for name in table.order):
        return itemgetter(*places)
    return lambda line: [(line[place] is not None, line[place]) for place in places]


def depth(some: Sequence[LakeFile]) -> tuple[int, list[LakeFile]]:
    """Answer how many files lie over each other at most, and those, smallest first."""
    deepest: list[LakeFile] = []
    for one in some:
        over = [other for other in some if other.first <= one.first <= other.last]
        if len(over) > len(deepest):
            deepest = over
    return len(deepest), sorted(deepest, key=lambda one: one.bytes)


def _between(rows: Sequence[_Taken], who: int, *, most: int) -> int:
    """Answer how many rows to write: all, or as many as end where a person's do."""
    if len(rows) <= most:
        return len(rows)
    person = rows[most][1][who]
    for end in range(most, most // 2, -1):
        if rows[end - 1][1][who] != person:
            return end
    return most


def _characters(line: Line) -> int:
    return sum(len(value) for value in line if isinstance(value, str))
