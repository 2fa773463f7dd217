"""What a simulated edge is made of: databases that are cut off, actors, a far bucket, a clock."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from headwater.actors import lane_calls
from headwater.actors.lazy_tables import LazyTables, Tables
from headwater.actors.population_object import PopulationObject
from headwater.actors.schemas import IDENTITY, NEEDLESS_ALONE, migrations
from headwater.local.sql import Database
from headwater.ports import BucketFailure, CallFailed, StoredObject
from tests.lake.memory_bucket import MemoryBucket

if TYPE_CHECKING:
    from tests.simulation.edge_world import EdgeWorld

T = TypeVar("T")


class CutDatabase(Database):
    """A database whose units of work may be cut off before they are committed."""

    def __init__(self, connection: sqlite3.Connection, cut: Callable[[], None]) -> None:
        super().__init__(connection)
        self._cut = cut

    def run(self, work: Callable[[], T]) -> T:
        """Run a unit of work, or all but its commit."""

        def whole() -> T:
            done = work()
            self._cut()
            return done

        return super().run(whole)


TABLES = Tables(migrations(IDENTITY), without=NEEDLESS_ALONE)


def actor_database(cut: Callable[[], None] = lambda: None) -> LazyTables:
    """Answer an empty database for one actor; `cut` is called before each commit."""
    return LazyTables(own_database(cut), TABLES)


def own_database(cut: Callable[[], None] = lambda: None) -> Database:
    """Answer an empty database in which nothing is made but what is asked for."""
    return CutDatabase(sqlite3.connect(":memory:", isolation_level=None), cut)


@dataclass
class IdentityTwin:
    """One identity actor: its database stays, its object is forgotten at will."""

    world: EdgeWorld
    name: str

    async def call(self, request: str) -> str:
        """Carry the call there, run it, carry the answer back; each of it may fail."""
        try:
            return await self.world.carried(lambda: self.world.run(self.name, request))
        except msgspec.DecodeError as error:
            raise CallFailed("the actor raised") from error


@dataclass
class Now:
    """The world's clock."""

    world: EdgeWorld

    def now(self) -> int:
        """Answer the milliseconds."""
        return self.world.now


class FarBucket(MemoryBucket):
    """A bucket on the other side of the network."""

    def __init__(self, world: EdgeWorld) -> None:
        super().__init__()
        self.world = world

    async def put(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        await self._way()
        stored = await super().put(key, data, only_if_absent=only_if_absent, cold=cold)
        await self._way()
        return stored

    async def get(self, key: str) -> bytes:
        await self._way()
        return await super().get(key)

    async def list(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        await self._way()
        return await super().list(prefix, after=after)

    async def _way(self) -> None:
        await self.world.way()
        if self.world.random.randrange(100) < self.world.faults.drop / 2:
            self.world.struck["bucket"] += 1
            raise BucketFailure("no answer")


@dataclass
class LaneTwin:
    """A lane that writes down what comes, in its order."""

    world: EdgeWorld
    destination: str

    async def call(self, request: str) -> str:
        """Take commands."""
        return await self.world.carried(lambda: self.take(request))

    def take(self, request: str) -> str:
        """Append what the call says."""
        envelope = lane_calls.decode_envelope(request)
        assert isinstance(envelope.call, lane_calls.Enqueue)
        self.world.lanes.setdefault(self.destination, []).extend(envelope.call.commands)
        return lane_calls.encode(lane_calls.Done())


@dataclass
class PopulationTwin:
    """A shard of the population: its database stays, its object is forgotten in a crash."""

    world: EdgeWorld
    shard: str

    async def call(self, request: str) -> str:
        """Carry the call there, run it, carry the answer back; each of it may fail."""
        return await self.world.carried(lambda: self.take(request))

    def take(self, request: str) -> str:
        """Run one call in the shard: all of it is committed, or nothing."""
        world = self.world
        sql = world.shards.setdefault(self.shard, own_database())
        return PopulationObject(sql).respond(request, now=world.now)
