"""The admin API over in-memory twins, and a client for each key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest

from headwater.api.admin import admin_app
from tests.api.memory_intake import Site
from tests.api.twins import World

Clients = Callable[[str], httpx.AsyncClient]


@pytest.fixture
def site() -> Site:
    """A collector with nothing in it."""
    return Site()


@pytest.fixture
def world() -> Iterator[World]:
    """The twins, fresh."""
    made = World()
    yield made
    made.database.close()


@pytest.fixture
async def clients(world: World) -> AsyncIterator[Clients]:
    """Make clients by key, such as `default:read` or `*:admin`; `` has no key."""
    transport = httpx.ASGITransport(app=admin_app(world.services()))
    async with AsyncExitStack() as stack:
        made: dict[str, httpx.AsyncClient] = {}

        def client(key: str) -> httpx.AsyncClient:
            if key not in made:
                headers = {"authorization": f"Bearer {world.keys[key]}"} if key else {}
                made[key] = httpx.AsyncClient(
                    transport=transport, base_url="http://test", headers=headers
                )
                stack.push_async_callback(made[key].aclose)
            return made[key]

        yield client


@pytest.fixture
def admin(clients: Clients) -> httpx.AsyncClient:
    """A client with an admin key for all workspaces."""
    return clients("*:admin")


@pytest.fixture
def reader(clients: Clients) -> httpx.AsyncClient:
    """A client with a reading key of the workspace `default`."""
    return clients("default:read")
