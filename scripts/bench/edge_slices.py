"""What a slice of the lake's compaction takes of a Worker: processor time, and Python's memory.

    .venv/bin/python -m scripts.bench.edge_slices

Sixteen files of the same day and the same people, as many as are merged at a time, lie in R2 in
real workerd; slices of several sizes are made of them. Cloudflare gives a cron trigger 30 s of a
processor, and a trigger does `SLICES` of them; all that runs in an isolate shares 128 MB. The
events are an online shop's, of about a kilobyte. The floor is the same merge in this machine's own
CPython.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import httpx
import msgspec

from headwater.dispatch.lake_tending import SLICES
from headwater.lake import files, keys, merging
from headwater.lake.files import EventLine
from headwater.lake.manifest import LakeFile, Tier
from headwater.lake.merging import Progress, Slice
from headwater.lake.schema import EVENTS
from headwater.lake.tending import PILE
from headwater.local.folder_bucket import FolderBucket
from scripts.bench import shop
from scripts.bench.edge_latency import processor_seconds
from scripts.bench.stages import events_of
from tests.edge.workerd import Worker, Workerd, application

DAY = keys.day_number(shop.START)


async def stored(bucket: FolderBucket, rows: int) -> list[LakeFile]:
    """Store so many events in files that lie over each other; tell which."""
    made = []
    size = rows // PILE
    for number, events in enumerate(events_of(size * PILE, known=rows // 20, at=size)):
        lines = [
            EventLine(via, via, place, kind, shop.START, f"m{number}-{place}", body)
            for place, (kind, body, via) in enumerate(events)
        ]
        key = keys.events_key("w", DAY, keys.file_name(shop.START, f"{number:016d}"))
        some = files.in_order(EVENTS, map(files.event_row, lines))
        one, data = files.written(EVENTS, key, some, day=DAY)
        await bucket.put(key, data)
        made.append(one)
    return made


def here(bucket: FolderBucket, progress: Progress, rows: int) -> float:
    """Answer the seconds of a processor that a slice takes in this CPython."""
    before, merging.SLICE_ROWS = merging.SLICE_ROWS, rows
    started = time.process_time()
    asyncio.run(Slice(bucket, progress).write(f"slice-{rows}"))
    merging.SLICE_ROWS = before
    return time.process_time() - started


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000, 10_000, 20_000, 30_000])
    sizes = sorted(parser.parse_args().rows)
    plain = application()
    program = Path(__file__).with_name("edge_slices_worker.py")
    options = {**plain.options, "durableObjects": {}, "queueConsumers": {}}
    with tempfile.TemporaryDirectory() as folder:
        bucket = FolderBucket(Path(folder) / "lake")
        made = asyncio.run(stored(bucket, sizes[-1] + 8_000))
        print(f"{len(made)} files of {made[0].rows:,} rows, {made[0].bytes / 1e6:.1f} MB each")
        worker = Worker({**plain.files, "entry.py": program}, options)
        for rows in sizes:
            with (
                Workerd(worker, state=Path(folder) / str(rows)) as running,
                httpx.Client(base_url=running.url, timeout=300) as http,
            ):
                for one in made:
                    http.put(one.key, content=bucket.get_now(one.key)).raise_for_status()
                show(running, http, bucket, made, rows)


def show(
    running: Workerd, http: httpx.Client, bucket: FolderBucket, made: list[LakeFile], rows: int
) -> None:
    """Make one slice in a fresh isolate and in this CPython, and print what that took."""
    before = int(http.get("").text) / 2**20
    started = processor_seconds(running)
    order = msgspec.json.encode(Progress(made, Tier.MICRO, [0] * len(made)))
    answer = http.post(str(rows), content=order).raise_for_status()
    taken = processor_seconds(running) - started
    after = int(http.get("").text) / 2**20
    done = msgspec.json.decode(answer.content, type=Progress).done[0]
    floor = here(bucket, Progress(made, Tier.MICRO, [0] * len(made)), rows)
    print(
        f"a slice of {done.rows:,} rows, {done.bytes / 1e6:.1f} MB: {taken:.1f} s of a processor,"
        f" {taken / floor:.1f} times this CPython's; {SLICES} in a trigger {taken * SLICES:.0f} s;"
        f" Python's memory {before:.0f} MiB before, {after:.0f} MiB after"
    )


if __name__ == "__main__":
    main()
