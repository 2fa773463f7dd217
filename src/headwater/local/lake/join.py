"""Small files of one day to few, their row groups as they are; in the lake's own process.

To sort a row takes the processor as long as to flush it did, and a day's rows are sorted once it
is over in any case. So what piles up until then is put together without being read. Only where
flushes were so small that their row groups would be mostly headers are rows written anew; these
are few, and Arrow sorts them before DuckDB would be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import pyarrow as pa

from headwater.lake.manifest import LakeFile, Tier
from headwater.lake.parquet.errors import DamagedFile, UnsupportedFile
from headwater.lake.parquet.joining import joined
from headwater.lake.schema import EVENTS, IDENTITY
from headwater.local.lake.arrow import arrow_schema, in_order, read
from headwater.local.lake.flush import described
from headwater.local.lake.orders import Compact, Compacted
from headwater.local.lake.sorted_files import new_key, written_files
from headwater.ports import Bucket

SMALL = 2 * 1024 * 1024
"""Bytes of files that are sorted in memory, in which they take twenty times as much."""


async def join(order: Compact, bucket: Bucket) -> Compacted | None:
    """Put the files of an order together; answer None where that is for DuckDB to do."""
    if order.tier != Tier.MICRO:
        return None
    if sum(map(_rows, order.files)) >= order.join_from * len(order.files):
        return await _joined(order, bucket)
    if sum(one.bytes for one in order.files) <= SMALL:
        return await _sorted(order, bucket)
    return None


async def _joined(order: Compact, bucket: Bucket) -> Compacted | None:
    """Join row groups as they are; answer None where they do not fit together."""
    written: list[LakeFile] = []
    for some in _portions(order.files, order.target):
        files = [await bucket.get(one.key) for one in some]
        try:
            data = joined(files)
        except (DamagedFile, UnsupportedFile):  # such as of another version of the schema
            return None
        one = _together(some, key=new_key(order, len(written)), size=len(data))
        await bucket.put(one.key, data)
        written.append(one)
    return Compacted(written)


async def _sorted(order: Compact, bucket: Bucket) -> Compacted:
    """Write all rows anew, in order."""
    table = EVENTS if order.files[0].table == EVENTS.name else IDENTITY
    parts = [read(await bucket.get(one.key)) for one in order.files]
    # Files of an older schema lack columns.
    rows = pa.concat_tables(
        [arrow_schema(table).empty_table(), *parts], promote_options="permissive"
    )
    rows = rows.select(arrow_schema(table).names).cast(arrow_schema(table))
    written: list[LakeFile] = []
    found = written_files(
        table, iter([in_order(table, rows)]), target=order.target, level=order.level
    )
    for part, data in found:
        key, day = new_key(order, len(written)), order.files[0].day
        await bucket.put(key, data)
        written.append(described(table, key, part, size=len(data), day=day, tier=Tier(order.tier)))
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
