"""A day's events out of the lake, some at a time, in one order whichever files they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.lake.manifest import LakeFile, Manifest, Tier
from headwater.lake.merging import Progress, Slice
from headwater.lake.parquet.reader import read
from headwater.lake.schema import EVENTS
from headwater.ports import Bucket, StoredObject

Row = dict[str, Any]


def begun(manifest: Manifest, day: int) -> Progress:
    """Answer the merging of a day's files, none of which is read yet."""
    files = sorted(
        (one for one in manifest.of(EVENTS.name) if one.day == day), key=lambda one: one.key
    )
    return Progress(files, Tier.WARM, [0] * len(files))


async def next_rows(bucket: Bucket, merging: Progress, *, most: int) -> list[Row]:
    """Answer the next rows by person, time and message id, and be behind them.

    Raises:
        BucketFailure, ObjectMissing: it is where it was.
    """
    kept = _Kept(bucket)
    await Slice(kept, merging, rows=most).write("")
    merging.done = []
    table = read(kept.data)
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


class _Kept:
    """A bucket that is read, and that keeps in memory what is put into it."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self.data = b""

    async def put(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        """Keep it."""
        del key, only_if_absent, cold
        self.data = data
        return True

    async def get(self, key: str) -> bytes:
        """Answer all of an object; see `Bucket.get`."""
        return await self._bucket.get(key)

    async def range(self, key: str, start: int, length: int) -> bytes:
        """Answer some bytes; see `Bucket.range`."""
        return await self._bucket.range(key, start, length)

    async def list(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        """Answer the objects under a prefix; see `Bucket.list`."""
        return await self._bucket.list(prefix, after=after)

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; see `Bucket.delete`."""
        await self._bucket.delete(keys)


def days_of(files: Sequence[LakeFile], since: int | None, until: int | None) -> list[LakeFile]:
    """Answer the files that may have events of a stretch of time."""
    return [
        one
        for one in files
        if (since is None or one.until >= since) and (until is None or one.since <= until)
    ]
