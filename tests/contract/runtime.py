"""What the runtime offers that a contract is tested on: its adapters, and a server to call."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from headwater.ports import Http

if sys.platform == "emscripten":
    from durable_objects.sql import Database
    from edge.fetch import EdgeHttp
    from edge.runtime import EdgeClock as RuntimeClock
    from edge.runtime import EdgeRandom as RuntimeRandom
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

else:
    from headwater.local.clock import SystemClock as RuntimeClock
    from headwater.local.http import GuardedHttp
    from headwater.local.random import SystemRandom as RuntimeRandom
    from tests.contract.http_service import http_service
    from tests.databases import Database, empty_database

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


__all__ = ["RuntimeClock", "RuntimeRandom", "client", "own_database", "server"]
