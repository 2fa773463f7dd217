"""Compaction against DuckDB's own COPY of the same rows, and how many bytes an event takes.

One day of an online shop's events is flushed in many files, as a server does. Then the same files
are compacted by the lake's code and by one `COPY (… ORDER BY …)` of DuckDB, in turn, on one
thread each. Bytes an event stand beside the same events as JSON lines under gzip.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import statistics
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa

from headwater.lake import keys
from headwater.lake.event_rows import join_body
from headwater.lake.manifest import LakeFile, Tier
from headwater.lake.schema import EVENTS
from headwater.local.folder_bucket import FolderBucket
from headwater.local.lake.arrow import ROWS_A_GROUP, arrow_schema, in_order, python_rows, read
from headwater.local.lake.compact import compact
from headwater.local.lake.flush import put_file
from headwater.local.lake.orders import Compact
from headwater.local.lake.splitting import split
from headwater.local.lake.tender import JOIN_FROM, LEVEL, TARGET
from scripts.bench import rig, shop
from scripts.bench.figures import console, verdict
from scripts.bench.stages import events_of

NOW = shop.START
GOAL = 0.5


def main() -> int:
    """Run the benchmark; the exit status is 1 where the target is missed."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="events of the day")
    parser.add_argument("--files", type=int, default=100, help="files that they come in")
    options = parser.parse_args()
    with rig.folder() as folder:
        bucket = FolderBucket(folder / "lake")
        files = asyncio.run(written(bucket, options))
        return compare(bucket, files, options.rounds)


async def written(bucket: FolderBucket, options: argparse.Namespace) -> list[LakeFile]:
    """Write a day's events in many files, and tell how large they are."""
    files: list[LakeFile] = []
    plain = zipped = 0
    size = options.events // options.files
    for number, rows in enumerate(events_of(options.events, known=options.events // 20, at=size)):
        table = split([body.encode() for _, body, _ in rows])
        via = pa.array([name for _, _, name in rows], pa.string())
        place = pa.array(range(number * size, number * size + len(rows)), pa.int64())
        columns = {**dict(zip(table.column_names, table.columns, strict=True)), "position": place}
        columns |= {"person": via, "via": via}
        schema = arrow_schema(EVENTS)
        whole = pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)
        key = keys.events_key("w", keys.day_number(NOW), keys.file_name(NOW, f"{number:016d}"))
        files.append(
            await put_file(bucket, EVENTS, key, in_order(EVENTS, whole), day=keys.day_number(NOW))
        )
        lines = "\n".join(body for _, body, _ in rows).encode()
        plain += len(lines)
        zipped += len(gzip.compress(lines, 6))
    events = sum(one.rows for one in files)
    console.print(f"{events:,} events of {plain / events:,.0f} bytes in {len(files)} files")
    console.print(f"  JSON lines, gzip -6       {zipped / events:>7.1f} bytes an event")
    console.print(f"  as they are flushed       {sum(one.bytes for one in files) / events:>7.1f}")
    return files


def compare(bucket: FolderBucket, files: list[LakeFile], rounds: int) -> int:
    """Compact the files both ways in turn, and print the ratio of their speeds."""
    events = sum(one.rows for one in files)
    ratios = []
    for number in range(rounds + 1):
        took, size, first = ours(bucket, files)
        copied, copy_size = theirs(bucket, files)
        console.print(
            f"  round {number}: {events / took:>9,.0f} events/s, {size / events:.1f} bytes each;"
            f" COPY {events / copied:>9,.0f} events/s, {copy_size / events:.1f} bytes each"
        )
        if number:
            ratios.append(copied / took)
        elif not any(join_body(row).startswith('{"type"') for row in first):
            raise SystemExit("what was compacted is not what was stored")
    ratio = statistics.median(ratios)
    return 0 if verdict("compaction to DuckDB's COPY", ratio, target=GOAL, at_least=True) else 1


def ours(bucket: FolderBucket, files: list[LakeFile]) -> tuple[float, int, list[dict[str, object]]]:
    """Compact as the lake does; answer seconds, bytes and a few rows."""
    order = Compact(
        address=str(bucket.folder),
        workspace="w",
        files=files,
        target=TARGET,
        level=LEVEL,
        tier=Tier.WARM,
        join_from=JOIN_FROM,
        now=NOW,
        unique="0123456789abcdef",
        memory=1024**3,
    )
    started = time.perf_counter()
    result = asyncio.run(compact(order, bucket))
    took = time.perf_counter() - started
    if sum(one.rows for one in result.files) != sum(one.rows for one in files):
        raise SystemExit("compaction lost rows")
    first = list(python_rows(read(bucket.get_now(result.files[0].key)).slice(0, 10)))
    bucket.delete_now([one.key for one in result.files])
    return took, sum(one.bytes for one in result.files), first


def theirs(bucket: FolderBucket, files: list[LakeFile]) -> tuple[float, int]:
    """Have DuckDB copy the same rows in the same order; answer seconds and bytes."""
    target = Path(bucket.folder) / "copy.parquet"
    engine = duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})
    engine.execute("SET TimeZone = 'UTC'")
    started = time.perf_counter()
    engine.execute(
        "COPY (SELECT * FROM read_parquet($files) ORDER BY person, timestamp, message_id)"
        f" TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {LEVEL},"
        f" ROW_GROUP_SIZE {ROWS_A_GROUP})",
        {"files": [str(bucket.path(one.key)) for one in files]},
    )
    took = time.perf_counter() - started
    engine.close()
    size = target.stat().st_size
    target.unlink()
    return took, size


if __name__ == "__main__":
    sys.exit(main())
