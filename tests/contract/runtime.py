"""What the runtime offers that a contract is tested on: its adapters, and a server to call."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from headwater.ports import Actors, Bucket, Http, Queue
from tests.lake.memory_bucket import MemoryBucket

Buckets = Callable[[str, Path], Bucket]


@dataclass
class Consumed:
    """A queue, and what its consumer has taken; it refuses once whatever says `refuse`."""

    queue: Queue
    taken: list[str]
    refused: list[str]
    seconds: float = 60.0

    async def until(self, messages: set[str]) -> None:
        """Return once all of these were taken."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self.seconds
        while missing := messages - set(self.taken):
            told = sorted(f"{one[:30]!r}, {len(one)} long" for one in missing)
            assert loop.time() < end, f"missing: {told}"
            await asyncio.sleep(0.02)


if sys.platform == "emscripten":
    from pyodide.ffi import run_sync

    from durable_objects.actors import EdgeActors
    from durable_objects.sql import Database
    from edge.fetch import EdgeHttp
    from edge.runtime import EdgeClock as RuntimeClock
    from edge.runtime import EdgeRandom as RuntimeRandom
    from queues.producer import EdgeQueue
    from r2.bucket import R2Bucket
    from tests.edge.room import databases

    def own_database() -> Database:
        """Answer the Durable Object's database, emptied."""
        database = Database(databases.storage())
        databases.clear(database)
        return database

    @contextmanager
    def server() -> Iterator[str]:
        """Give the address of the server that runs outside."""
        yield databases.bindings.HTTP_SERVICE

    @asynccontextmanager
    async def client(networks: list[str]) -> AsyncIterator[Http]:
        """Give a client that may go to these inner networks."""
        yield EdgeHttp(allow_private_networks=networks)

    @contextmanager
    def buckets() -> Iterator[Buckets]:
        """Give a function that empties the bucket of a kind, and answers it."""

        def bucket(kind: str, _folder: Path) -> Bucket:
            if kind == "memory":
                return MemoryBucket()
            made = R2Bucket(databases.bindings.BUCKET)
            run_sync(_emptied(made))
            return made

        yield bucket

    @asynccontextmanager
    async def actors() -> AsyncIterator[Actors]:
        """Give the runtime's own: Durable Objects."""
        yield EdgeActors(databases.bindings)

    @asynccontextmanager
    async def consumed() -> AsyncIterator[Consumed]:
        """Give the runtime's own: Cloudflare's Queues, with the room's consumer."""
        yield Consumed(EdgeQueue(databases.bindings), databases.taken, databases.refused)

    async def _emptied(bucket: R2Bucket) -> None:
        await bucket.delete([one.key for one in await bucket.list("")])

else:
    import tempfile
    from functools import cache

    import pytest

    from headwater.local.clock import SystemClock as RuntimeClock
    from headwater.local.folder_bucket import FolderBucket
    from headwater.local.http import GuardedHttp
    from headwater.local.random import SystemRandom as RuntimeRandom
    from headwater.local.s3_bucket import S3Bucket
    from headwater.workspace import WorkspaceConfig
    from tests.contract.http_service import http_service
    from tests.databases import Database, empty_database
    from tests.s3_server import BUCKET, S3Server
    from tests.simulation.edge_world import EdgeWorld
    from tests.simulation.network import Faults

    def own_database() -> Database:
        """Answer a database in memory."""
        return empty_database()

    @contextmanager
    def server() -> Iterator[str]:
        """Run a server, and give its address."""
        with http_service() as url:
            yield url

    @asynccontextmanager
    async def client(networks: list[str]) -> AsyncIterator[Http]:
        """Give a client that may go to these inner networks."""
        http = GuardedHttp(allow_private_networks=networks)
        yield http
        await http.close()

    @contextmanager
    def buckets() -> Iterator[Buckets]:
        """Give a function that answers an empty bucket of a kind."""
        with ExitStack() as stack:

            def bucket(kind: str, folder: Path) -> Bucket:
                if kind == "memory":
                    return MemoryBucket()
                if kind == "own":
                    return FolderBucket(folder / "lake")
                serve_s3()
                return S3Bucket(f"s3://{BUCKET}/{folder.name}")

            @cache
            def serve_s3() -> None:
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                served = stack.enter_context(S3Server(Path(folder)))
                patch = stack.enter_context(pytest.MonkeyPatch.context())
                for name, value in served.environment().items():
                    patch.setenv(name, value)

            yield bucket

    class CalmWorld(EdgeWorld):
        """The in-memory twin of actors and queues, in which nothing fails or waits."""

        async def way(self) -> None:
            """Arrive at once."""
            await asyncio.sleep(0)

    def calm() -> EdgeWorld:
        """Answer the twin."""
        return CalmWorld(1, WorkspaceConfig("default", version=1), faults=Faults(0, 0, 0, 0))

    @asynccontextmanager
    async def actors() -> AsyncIterator[Actors]:
        """Give the in-memory twin; locally actors are called without a port."""
        yield calm()

    @asynccontextmanager
    async def consumed() -> AsyncIterator[Consumed]:
        """Give the in-memory twin; locally what is to be delivered is in the same database."""
        world = calm()
        made = Consumed(world, [], [])

        async def consume(batch: list[str]) -> list[bool]:
            done = []
            for message in batch:
                is_new = message not in made.refused
                refuses = message.startswith("refuse") and is_new
                (made.refused if refuses else made.taken).append(message)
                done.append(not refuses)
            return done

        async def forever() -> None:
            while True:
                world.consume()
                await asyncio.sleep(0)

        world.consumer = consume
        running = asyncio.get_running_loop().create_task(forever())
        yield made
        running.cancel()


__all__ = ["Buckets", "Consumed", "RuntimeClock", "RuntimeRandom", "actors", "buckets", "client"]
__all__ += ["consumed", "own_database", "server"]
