"""A file of the lake written anew, a row group at a time, so that little of it is in memory."""

from __future__ import annotations

import msgspec

from headwater.lake import files
from headwater.lake.event_rows import Row
from headwater.lake.manifest import LakeFile
from headwater.lake.merging import SLICE_BYTES, SLICE_ROWS
from headwater.lake.schema import EVENTS, IDENTITY, Table


class Rewritten:
    """A file that is being written.

    Args:
        old: the one in whose place it comes.
    """

    def __init__(self, old: LakeFile) -> None:
        self.old = old
        self._table = table_of(old)
        self._begin()

    def _begin(self) -> None:
        self._writer = files.parquet_writer(self._table)
        self._pieces = [self._writer.start()]
        self._groups: list[LakeFile] = []

    @property
    def rows(self) -> int:
        """How many there are."""
        return self._writer.rows

    @property
    def is_full(self) -> bool:
        """Tell whether it is as large as files are here."""
        return self._writer.rows >= SLICE_ROWS or self._writer.size >= SLICE_BYTES

    def add(self, rows: list[Row]) -> None:
        """Write rows as a group of their own."""
        if not rows:
            return
        ordered = files.in_order(self._table, rows)
        self._pieces.append(self._writer.add(files.columns(self._table, ordered)))
        day, tier = self.old.day, self.old.tier
        described = files.described(self._table, "", ordered, size=0, day=day, tier=tier)
        self._groups.append(described)

    def finish(self, key: str) -> tuple[LakeFile, bytes]:
        """Answer what the manifest is to say of the file, and its bytes; begin the next."""
        self._pieces.append(self._writer.finish())
        data = b"".join(self._pieces)
        one = msgspec.structs.replace(
            self._groups[0],
            key=key,
            rows=self._writer.rows,
            bytes=len(data),
            first=min(group.first for group in self._groups),
            last=max(group.last for group in self._groups),
            since=min(group.since for group in self._groups),
            until=max(group.until for group in self._groups),
        )
        self._begin()
        return one, data


def table_of(one: LakeFile) -> Table:
    """Answer the table that a file is of."""
    return EVENTS if one.table == EVENTS.name else IDENTITY
