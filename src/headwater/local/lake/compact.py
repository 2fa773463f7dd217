"""Writing files anew: sorted and together, or where what is seldom read lies."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from headwater.lake import keys
from headwater.lake.manifest import LakeFile, Tier
from headwater.lake.schema import EVENTS, IDENTITY, Table
from headwater.local.folder_bucket import FolderBucket
from headwater.local.lake.any_version import rows_of
from headwater.local.lake.arrow import arrow_schema
from headwater.local.lake.flush import described
from headwater.local.lake.orders import Compact, Compacted, Move
from headwater.local.lake.sorted_files import new_key, written_files
from headwater.ports import Bucket

BATCH = 65_536
"""Rows that are asked of DuckDB at a time."""


async def compact(order: Compact, bucket: Bucket) -> Compacted:
    """Write the rows of all files in order, in files that end where a person's rows do."""
    table = EVENTS if order.files[0].table == EVENTS.name else IDENTITY
    day = order.files[0].day
    written: list[LakeFile] = []
    with ExitStack() as ending:
        paths = await local_paths(order.files, bucket, ending)
        batches = _sorted_rows(table, paths, memory=order.memory, ending=ending)
        for part, data in written_files(table, batches, target=order.target, level=order.level):
            key = new_key(order, len(written))
            await bucket.put(key, data)
            written.append(
                described(table, key, part, size=len(data), day=day, tier=Tier(order.tier))
            )
    return Compacted(written)


async def local_paths(
    files: Sequence[LakeFile], bucket: Bucket, ending: ExitStack
) -> Sequence[str]:
    """Answer paths to read the files from; those of a bucket elsewhere are fetched first."""
    if isinstance(bucket, FolderBucket):
        return [str(bucket.path(one.key)) for one in files]
    folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="headwater-lake-")))
    paths = []
    for number, one in enumerate(files):
        path = folder / f"{number}.parquet"
        path.write_bytes(await bucket.get(one.key))
        paths.append(str(path))
    return paths


def _sorted_rows(
    table: Table, paths: Sequence[str], *, memory: int, ending: ExitStack
) -> Iterator[pa.Table]:
    """Answer all rows in the table's order; DuckDB sorts on the disk what memory cannot hold."""
    folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="headwater-sort-"))
    engine = ending.enter_context(
        closing(
            duckdb.connect(
                config={
                    "memory_limit": f"{memory}B",
                    "temp_directory": folder,
                    "threads": 1,
                }
            )
        )
    )
    engine.execute("SET TimeZone = 'UTC'")
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    order = ", ".join(f'"{name}"' for name in table.order)
    found: Any = engine.sql(
        f"SELECT {names} FROM {rows_of(table, '?')} ORDER BY {order}",  # noqa: S608 - names of the schema
        params=[list(paths)],
    )
    schema = arrow_schema(table)
    for batch in found.to_arrow_reader(BATCH):
        yield pa.Table.from_batches([batch]).cast(schema)


async def move(order: Move, bucket: Bucket) -> Compacted:
    """Copy files to the cold prefix, in the bucket's class for what is seldom read."""
    moved = []
    for one in order.files:
        key = f"{keys.COLD}{one.key}"
        await bucket.put(key, await bucket.get(one.key), cold=True)
        moved.append(
            LakeFile(
                key=key,
                table=one.table,
                tier=Tier.COLD,
                rows=one.rows,
                bytes=one.bytes,
                first=one.first,
                last=one.last,
                since=one.since,
                until=one.until,
                day=one.day,
                schema=one.schema,
            )
        )
    return Compacted(moved)
