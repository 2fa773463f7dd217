"""Small files of one day to few, their row groups as they are; in the lake's own process.

To sort a row takes the processor as long as to flush it did, and a day's rows are sorted once it
is over in any case. So what piles up until then is put together without being read. Only where
flushes were so small that their row groups would be mostly headers are rows written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from headwater.lake import keys
from headwater.lake.manifest import LakeFile, Tier
from headwater.lake.parquet.errors import DamagedFile, UnsupportedFile
from headwater.lake.parquet.joining import joined
from headwater.lake.schema import EVENTS
from headwater.local.lake.orders import Compact, Compacted
from headwater.ports import Bucket


async def join(order: Compact, bucket: Bucket) -> Compacted | None:
    """Join the files of an order; answer None where their rows are to be written anew instead."""
    least = order.join_from * len(order.files)
    if order.tier != Tier.MICRO or sum(map(_rows, order.files)) < least:
        return None
    written: list[LakeFile] = []
    for some in _portions(order.files, order.target):
        files = [await bucket.get(one.key) for one in some]
        try:
            data = joined(files)
        except (DamagedFile, UnsupportedFile):  # such as of another version of the schema
            return None
        one = _together(some, key=_key(order, len(written)), size=len(data))
        await bucket.put(one.key, data)
        written.append(one)
    return Compacted(written)


def _rows(one: LakeFile) -> int:
    return one.rows


def _portions(files: Sequence[LakeFile], target: int) -> Iterator[list[LakeFile]]:
    """Answer the files in parts of so many bytes at most, or of one file."""
    part: list[LakeFile] = []
    for one in files:
        if part and sum(other.bytes for other in part) + one.bytes > target:
            yield part
            part = []
        part.append(one)
    yield part


def _key(order: Compact, number: int) -> str:
    name = keys.file_name(order.now, f"{order.unique[:12]}{number:04x}")
    one = order.files[0]
    if one.table == EVENTS.name and one.day is not None:
        return keys.events_key(order.workspace, one.day, name)
    return keys.identity_key(order.workspace, name)


def _together(files: Sequence[LakeFile], *, key: str, size: int) -> LakeFile:
    """Answer what the manifest says of a file with the rows of these."""
    return msgspec.structs.replace(
        files[0],
        key=key,
        rows=sum(map(_rows, files)),
        bytes=size,
        first=min(one.first for one in files),
        last=max(one.last for one in files),
        since=min(one.since for one in files),
        until=max(one.until for one in files),
    )
