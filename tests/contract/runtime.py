"""What the runtime offers that a contract is tested on: its adapters, and a server to call."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from headwater.ports import Bucket, Http
from tests.lake.memory_bucket import MemoryBucket

Buckets = Callable[[str, Path], Bucket]

if sys.platform == "emscripten":
    from pyodide.ffi import run_sync

    from durable_objects.sql import Database
    from edge.fetch import EdgeHttp
    from edge.runtime import EdgeClock as RuntimeClock
    from edge.runtime import EdgeRandom as RuntimeRandom
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
    from tests.contract.http_service import http_service
    from tests.databases import Database, empty_database
    from tests.s3_server import BUCKET, S3Server

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


__all__ = ["Buckets", "RuntimeClock", "RuntimeRandom", "buckets", "client"]
__all__ += ["own_database", "server"]
