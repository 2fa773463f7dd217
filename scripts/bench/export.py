"""Exports against DuckDB's own `COPY` of the same files and columns, to Parquet.

The lake is an online shop's events of ten days, compacted files as the lake has them. What is
measured of Headwater is all of an export: the order's check, the job with its notes, each in a
process of its own, until the file is whole and on the disk. A plain export knows no condition, no
people that have merged, and no job.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from headwater.exports.events import COLUMNS
from headwater.lake.event_rows import split_body
from headwater.lake.keys import DAY, day_number, events_key
from headwater.lake.manifest import Entry, LakeFile, Tier
from headwater.lake.schema import EVENTS
from headwater.local.exports.work import Exporting
from headwater.local.jobs.runner import JobRunner
from headwater.local.lake.arrow import FileWriter, arrow_table, groups, in_order
from headwater.local.lake.flush import described
from headwater.local.random import SystemRandom
from headwater.local.sandbox.sandbox import Sandbox
from scripts.bench import shop
from scripts.bench.figures import Figures, console, verdict
from tests.local.lake.harness import shop as parts
from tests.simulation.world import WORKSPACE

OURS, PLAIN = "headwater export", "DuckDB COPY"
TARGET = 0.5
"""At least half as fast: what it does beside (processes, views, notes) costs some, once."""

DAYS = 10
_ASKED = {"format": "parquet", "where": "true", "since": None, "until": None, "partition_by": None}


def day_file(folder: Path, day: int, events: int, traffic: shop.Shop) -> LakeFile:
    """Write one day's events as a compacted file has them."""
    rows = []
    for number in range(events):
        event = traffic.event()
        at = day * DAY + number * (DAY // events)
        stamped = {**event, "timestamp": _text(at), "receivedAt": _text(at)}
        row = split_body(json.dumps(stamped, ensure_ascii=False, separators=(",", ":")))
        via = (
            f"user_id:{event['userId']}"
            if event.get("userId")
            else (f"anonymous_id:{event['anonymousId']}")
        )
        rows.append({**row, "person": via, "via": via, "position": number})
    table = in_order(
        EVENTS, arrow_table(EVENTS, {name: [r[name] for r in rows] for name in rows[0]})
    )
    writer = FileWriter(EVENTS, level=6)
    for group in groups(table, by="person"):
        writer.add(group)
    key = events_key(WORKSPACE, day, f"20261123T000000-{day:016x}")
    path = folder / key
    path.parent.mkdir(parents=True)
    path.write_bytes(writer.finish())
    return described(EVENTS, key, table, size=path.stat().st_size, day=day, tier=Tier.WARM)


def _text(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1000)) + f".{at % 1000:03}Z"


def plain(folder: Path, files: list[str], number: int) -> float:
    """Answer the seconds that DuckDB takes alone, in this process."""
    target = folder / f"plain-{number}.parquet"
    began = time.perf_counter()
    with closing(duckdb.connect(config={"threads": 2})) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(
            f"COPY (SELECT {', '.join(COLUMNS)} FROM read_parquet({files!r}))"
            f" TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        ).fetchall()
    with target.open("rb") as file:
        os.fsync(file.fileno())
    seconds = time.perf_counter() - began
    target.unlink()
    return seconds


async def measure(folder: Path, *, events: int, rounds: int) -> Figures:
    """Measure both, round after round, in turn."""
    figures, traffic = Figures(), shop.Shop(7, known=max(events // 20, 100), prefix="bench")
    async with parts(folder) as one:
        first = day_number(one.clock.time) - DAYS
        files = [
            day_file(folder / "lake", first + day, events // DAYS, traffic) for day in range(DAYS)
        ]
        await one.lake.open()
        catalogue = await one.lake.catalogue(WORKSPACE)
        await catalogue.add(Entry("bench", 1, "bench", add=tuple(files)))
        paths = [str(folder / "lake" / file.key) for file in files]
        sandbox = Sandbox(lambda _: one.connection(), folder / "scratch", seconds=600)
        jobs = JobRunner(
            {"export": Exporting(sandbox, folder / "exports", clock=one.clock)},
            writer=one.writer,
            readers=one.readers,
            clock=one.clock,
            random=SystemRandom(),
        )
        for number in range(rounds + 1):
            alone = plain(folder, paths, number)
            began = time.perf_counter()
            await sandbox.check(WORKSPACE, "true")
            job: Any = await jobs.start(WORKSPACE, "export", _ASKED)
            while not job.has_ended:
                await asyncio.sleep(0.01)
                job = await jobs.job(WORKSPACE, job.id)
            ours = time.perf_counter() - began
            if job.result is None or job.result["rows"] != len(files) * (events // DAYS):
                raise SystemExit(f"The export went wrong: {job.error or job.result}")
            if number:  # the first round warms up
                figures.add(PLAIN, events, seconds=alone, cpu=alone)
                figures.add(OURS, events, seconds=ours, cpu=ours)
        await jobs.stop()
    return figures


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(
            measure(Path(folder), events=arguments.events, rounds=arguments.rounds)
        )
    figures.show(f"{arguments.events:,} events to one Parquet file")
    console.print("Headwater's time is that of the job; what its processes use is not counted.")
    met = verdict("speed against DuckDB", figures.ratio(OURS, PLAIN), target=TARGET, at_least=True)
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
