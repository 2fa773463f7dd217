"""A page of a person's timeline out of a large lake: p50 and p99, hot, warm and cold.

Makes a lake of 400 days: people come in sessions of eight events; the last 30 days are in the
database too, all others in the lake alone, the first 35 in its cold part. Then it asks for pages
of random people that lie wholly in one tier. Nothing is kept between them but what a server keeps.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
from rich.progress import track

from headwater.actors import identity_history, identity_state
from headwater.actors.identity_history import History, Span
from headwater.lake import keys
from headwater.lake.catalogue import Catalogue
from headwater.lake.event_rows import join_body
from headwater.lake.manifest import Entry, LakeFile, Tier
from headwater.lake.schema import EVENTS
from headwater.local.clock import SystemClock
from headwater.local.folder_bucket import FolderBucket
from headwater.local.lake.arrow import FileWriter, arrow_schema, groups, in_order, python_rows
from headwater.local.lake.flush import described
from headwater.local.lake.lake import Lake
from headwater.local.lake.nearby import InFolder
from headwater.local.lake.past import TieredPast
from headwater.local.lake.splitting import split
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.readers import Readers
from headwater.local.sql import Database
from headwater.local.writer import Writer
from headwater.profiles.people import TimelineFilter
from scripts.bench import rig
from scripts.bench.figures import console
from scripts.bench.stages import events_of

WORKSPACE = "bench"
DAYS, HOT, COLD = 400, 30, 365
SESSION = 8
PAGE = 20
TODAY = 20_780
NOW = TODAY * keys.DAY


@dataclass(slots=True)
class Made:
    """What was made: the lake's files, and who has events on which day, from when to when."""

    files: list[LakeFile] = field(default_factory=list)
    visits: list[np.ndarray] = field(default_factory=list)


def main() -> int:
    """Make the lake, ask, and print."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--events", type=int, default=10_000_000, help="events in the lake")
    parser.add_argument("--people", type=int, default=100_000, help="whose they are")
    parser.add_argument("--pages", type=int, default=500, help="pages asked for in each tier")
    options = parser.parse_args()
    with rig.folder() as folder:
        bucket = FolderBucket(folder / "lake")
        database = open_database(folder / "headwater.sqlite3")
        made = make(bucket, database, options)
        remember(database, made, options.people)
        size = sum(one.bytes for one in made.files) / options.events
        console.print(
            f"{options.events:,} events in {len(made.files)} files, {size:.1f} bytes each"
        )
        asyncio.run(ask(folder, bucket, database, made, options))
    return 0


def make(bucket: FolderBucket, database: Database, options: argparse.Namespace) -> Made:
    """Write the days' files, and the hot days' events to the database."""
    chance = np.random.default_rng(1)
    pool, names = pool_of_events(), pa.array([f"user_id:{n}" for n in range(options.people)])
    made = Made()
    size = options.events // DAYS // SESSION * SESSION
    position = 0
    for day in track(
        range(TODAY - DAYS, TODAY), description="making days", console=console, transient=True
    ):
        people = np.repeat(chance.integers(0, options.people, size // SESSION), SESSION)
        times = day * keys.DAY + chance.integers(0, keys.DAY, size)
        rows = pool.take(pa.array(chance.integers(0, pool.num_rows, size)))
        columns = dict(zip(rows.column_names, rows.columns, strict=True))
        stamps = pa.array(times).cast(pa.timestamp("ms", tz="UTC"))
        whose = names.take(pa.array(people))
        numbers = pa.array(np.arange(position, position + size))
        columns |= {"person": whose, "via": whose, "timestamp": stamps, "received_at": stamps}
        columns |= {"position": numbers, "message_id": numbers.cast(pa.string())}
        position += size
        schema = arrow_schema(EVENTS)
        table = in_order(
            EVENTS, pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)
        )
        made.files.append(store(bucket, table, day))
        if day >= TODAY - HOT:
            keep_hot(database, table)
        else:
            made.visits.append(visits(people, times, day))
    return made


def pool_of_events() -> pa.Table:
    """Answer a few thousand of the shop's events, as the lake has them."""
    rows = next(events_of(4_000, known=2_000, at=4_000))
    return split([body.encode() for _, body, _ in rows])


def store(bucket: FolderBucket, table: pa.Table, day: int) -> LakeFile:
    """Write a day's file, as compaction does."""
    writer = FileWriter(EVENTS, level=3)
    for group in groups(table, by="person"):
        writer.add(group)
    data = writer.finish()
    tier = Tier.COLD if day < TODAY - COLD else Tier.WARM
    name = keys.file_name(NOW, f"{day:016d}")
    key = keys.events_key(WORKSPACE, day, name, cold=tier is Tier.COLD)
    bucket.put_now(key, data)
    return described(EVENTS, key, table, size=len(data), day=day, tier=tier)


def keep_hot(database: Database, table: pa.Table) -> None:
    """Put events in the database too."""
    with database.transaction():
        database.execute_many(
            "INSERT INTO event (actor, message_id, timestamp, via, type, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    f"{WORKSPACE}/{row['person']}",
                    row["message_id"],
                    row["timestamp"],
                    row["via"],
                    row["type"],
                    join_body(row),
                )
                for row in python_rows(table)
            ],
        )


def visits(people: np.ndarray, times: np.ndarray, day: int) -> np.ndarray:
    """Answer one row for each person of a day: person, day, events, first, last."""
    order = np.lexsort((times, people))
    whose, when = people[order], times[order]
    starts = np.flatnonzero(np.r_[True, whose[1:] != whose[:-1]])
    ends = np.r_[starts[1:], len(whose)]
    return np.column_stack(
        [whose[starts], np.full(len(starts), day), ends - starts, when[starts], when[ends - 1]]
    )


def remember(database: Database, made: Made, people: int) -> None:
    """Write down who there is, and what only the lake has of them."""
    rows = np.concatenate(made.visits)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    starts = np.flatnonzero(np.r_[True, rows[1:, 0] != rows[:-1, 0]])
    parts = np.split(rows, starts[1:])
    with database.transaction():
        database.execute_many(
            "INSERT INTO identity (actor, pending, body) VALUES (?, 0, ?)",
            [
                (
                    f"{WORKSPACE}/user_id:{number}",
                    identity_state.encode(
                        identity_state.Root(
                            standing=(0, number, f"user_id:{number}"),
                            ids={f"user_id:{number}": {}},
                        )
                    ),
                )
                for number in range(people)
            ],
        )
        database.execute_many(
            "INSERT INTO history (actor, via, body) VALUES (?, ?, ?)",
            [
                (
                    f"{WORKSPACE}/user_id:{part[0, 0]}",
                    f"user_id:{part[0, 0]}",
                    identity_history.encode(history(part)),
                )
                for part in parts
            ],
        )


def history(part: np.ndarray) -> History:
    """Answer a person's history of their days."""
    days = {int(row[1]): Span(int(row[2]), int(row[3]), int(row[4])) for row in part}
    whole = Span(int(part[:, 2].sum()), int(part[:, 3].min()), int(part[:, 4].max()))
    return History({"track": whole}, days, (whole.first, ""), (whole.last, ""))


async def ask(
    folder: Path,
    bucket: FolderBucket,
    database: Database,
    made: Made,
    options: argparse.Namespace,
) -> None:
    """Ask for pages and print how long they took."""
    await Catalogue(bucket, WORKSPACE).add(
        Entry(id="all", at=NOW, reason="benchmark", add=tuple(made.files))
    )
    writer, readers = Writer(database), Readers(folder / "headwater.sqlite3")
    lake = Lake(
        bucket=bucket,
        nearby=InFolder(bucket),
        address=str(bucket.folder),
        database=folder / "headwater.sqlite3",
        writer=writer,
        readers=readers,
        clock=SystemClock(),
        random=SystemRandom(),
        last_at_start=0,
    )
    await lake.open()
    timelines = TieredPast(readers, lake)
    hot, cold = NOW - HOT * keys.DAY, NOW - COLD * keys.DAY
    for name, which in (
        ("hot", TimelineFilter(since=hot)),
        ("warm", TimelineFilter(since=cold, until=hot - 1)),
        ("cold", TimelineFilter(until=cold - 1)),
    ):
        took = [taken async for taken in pages(timelines, name, which, options)]
        ranked = statistics.quantiles(took, n=100)
        console.print(
            f"  {name:<5} p50 {ranked[49]:>7.2f} ms   p99 {ranked[98]:>7.2f} ms   "
            f"({len(took)} pages of up to {PAGE} events)"
        )
    await lake.close()
    await readers.close()
    await writer.close()


async def pages(
    timelines: TieredPast, tier: str, which: TimelineFilter, options: argparse.Namespace
) -> AsyncIterator[float]:
    """Ask for pages of random people until enough of them had something; answer milliseconds."""
    chance = Random(2)
    found = 0
    while found < options.pages:
        name = f"user_id:{chance.randrange(options.people)}"
        started = time.perf_counter()
        page = await timelines.timeline(WORKSPACE, name, which=which, limit=PAGE, cursor=None)
        took = 1000 * (time.perf_counter() - started)
        if page is not None and page.events:
            if set(page.tiers) - {"hot"} != {tier} - {"hot"}:
                raise SystemExit(f"a page of the {tier} tier was read from {page.tiers}")
            found += 1
            yield took


if __name__ == "__main__":
    sys.exit(main())
