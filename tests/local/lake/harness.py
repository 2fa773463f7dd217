"""A database with people in it, its lake in a folder, and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from headwater.collect.arrival import Arrival
from headwater.local.folder_bucket import FolderBucket
from headwater.local.identities import Identities
from headwater.local.lake.lake import Lake
from headwater.local.lake.nearby import InFolder
from headwater.local.lake.relation import Relation
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.readers import Readers
from headwater.local.writer import Writer
from headwater.workspace import WorkspaceConfig
from tests.simulation.world import WORKSPACE

CONFIG = WorkspaceConfig(WORKSPACE)
NOW = 1_795_428_672_345  # 2026-11-23


@dataclass
class SetClock:
    """The `Clock` port, as it is set."""

    time: int = NOW

    def now(self) -> int:
        return self.time


@dataclass
class Shop:
    """All parts, at work."""

    writer: Writer
    readers: Readers
    identities: Identities
    lake: Lake
    relation: Relation
    clock: SetClock

    async def receive(self, *arrivals: Arrival) -> None:
        """Store events."""
        await self.identities.receive(CONFIG, arrivals)

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
    clock, random = SetClock(), SystemRandom()
    identities = Identities(
        writer, readers, config=lambda _: CONFIG, clock=clock, random=random, journal=True
    )
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
        **how,
    )
    relation = Relation(WORKSPACE, database)
    try:
        yield Shop(writer, readers, identities, lake, relation, clock)
    finally:
        await lake.close()
        relation.close()
        await readers.close()
        await writer.close()
