"""A database with people in it, its lake in a folder, and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from headwater.collect.arrival import Arrival
from headwater.errors import Conflict, NotFound
from headwater.lake.keys import DAY
from headwater.local.folder_bucket import FolderBucket
from headwater.local.identities import Identities
from headwater.local.lake.lake import Lake
from headwater.local.lake.nearby import InFolder
from headwater.local.lake.past import TieredPast
from headwater.local.lake.position import last_event
from headwater.local.lake.relation import Relation
from headwater.local.lake.tender import Tender
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.readers import Readers
from headwater.local.writer import Writer
from headwater.workspace import WorkspaceConfig
from tests.simulation.world import WORKSPACE, Story

CONFIG = WorkspaceConfig(WORKSPACE)
NOW = 1_795_428_672_345  # 2026-11-23


@dataclass
class SetClock:
    """The `Clock` port, as it is set."""

    time: int = NOW

    def now(self) -> int:
        return self.time


@dataclass
class SetConfig:
    """A workspace's configuration, as it is set."""

    config: WorkspaceConfig = CONFIG

    def __call__(self, _: str) -> WorkspaceConfig:
        return self.config


@dataclass
class Shop:
    """All parts, at work."""

    writer: Writer
    readers: Readers
    identities: Identities
    lake: Lake
    tender: Tender
    relation: Relation
    clock: SetClock
    config: SetConfig

    async def receive(self, *arrivals: Arrival) -> None:
        """Store events."""
        await self.identities.receive(self.config.config, arrivals)

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection with the views."""
        with self.relation.connection(lambda: self.lake.files(WORKSPACE)) as connection:
            yield connection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Answer what a query finds."""
        with self.connection() as connection:
            return connection.execute(sql).fetchall()

    def messages(self) -> Sequence[str]:
        """Answer the message ids of all events, in order."""
        return [row[0] for row in self.rows("SELECT message_id FROM events ORDER BY 1")]


@asynccontextmanager
async def shop(folder: Path, **how: Any) -> AsyncIterator[Shop]:
    """Give the parts over a database and a lake in a folder."""
    database = folder / "headwater.sqlite3"
    writer = Writer(open_database(database))
    readers = Readers(database)
    clock, random, config = SetClock(), SystemRandom(), SetConfig()
    bucket = FolderBucket(folder / "lake")
    lake = Lake(
        bucket=bucket,
        nearby=InFolder(bucket),
        address=str(folder / "lake"),
        database=database,
        writer=writer,
        readers=readers,
        clock=clock,
        random=random,
        last_at_start=await readers.run(last_event),
        **how,
    )
    tender = Tender(lake, writer)
    identities = Identities(
        writer,
        readers,
        config=config,
        clock=clock,
        random=random,
        journal=True,
        past=TieredPast(readers, lake),
    )
    relation = Relation(WORKSPACE, database)
    try:
        yield Shop(writer, readers, identities, lake, tender, relation, clock, config)
    finally:
        await lake.close()
        relation.close()
        await readers.close()
        await writer.close()


def tale(seed: int) -> Story:
    """Answer a story of a few people whose identifiers collide."""
    people = {
        "user_id": list("123"),
        "email": ["a@x.org", "b@x.org"],
        "anonymous_id": list("xyz"),
    }
    return Story(Random(seed), people)


async def disturb(one: Shop, chance: Random, *, twin: Shop | None = None) -> None:
    """Flush, compact and let go, merge or split at random; the same people in a twin, if any."""
    draw = chance.randrange(6)
    if draw < 2:
        await one.lake.flush()
    elif draw == 2:
        one.clock.time += DAY
        await one.lake.flush()
        await one.tender.tend()
    elif draw == 3:
        people = sorted(row[0] for row in one.rows("SELECT person FROM people"))
        if len(people) > 1:
            pair = chance.sample(people, 2)
            for each in filter(None, (one, twin)):
                await each.identities.merge(WORKSPACE, *pair)
    elif draw == 4:
        person = chance.choice(sorted(one.rows("SELECT person FROM people")))[0]
        explained = await one.identities.explain(WORKSPACE, person)
        assert explained is not None
        merges = sorted(link.id for link in explained.links if link.merged)
        if merges:
            link = chance.choice(merges)
            for each in filter(None, (one, twin)):
                with suppress(Conflict, NotFound):
                    await each.identities.split(WORKSPACE, person, link)
