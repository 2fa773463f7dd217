"""The tracking API behind a real server, over real connections on loopback."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from tests.api.memory_intake import Site

EVENT = {"type": "track", "userId": "u", "event": "E", "messageId": "m"}


@pytest.fixture
def site() -> Site:
    """A collector with nothing in it."""
    return Site()


@pytest.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the write key, connected to a server of that collector."""
    config = uvicorn.Config(site.app, port=0, lifespan="off", log_level="warning", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", auth=("wk", ""), trust_env=False, timeout=10
    ) as client:
        yield client
    server.should_exit = True
    await serving


async def test_events_arrive_over_one_connection(site: Site, client: httpx.AsyncClient) -> None:
    """Plain and gzip bodies, refusals and successes follow each other on a kept connection."""
    zipped = gzip.compress(json.dumps({"batch": [EVENT]}).encode())

    statuses = [
        (await client.post("/v1/track", json=EVENT)).status_code,
        (await client.post("/v1/track", json={})).status_code,
        (await client.get("/v1/track")).status_code,
        (
            await client.post("/v1/batch", content=zipped, headers={"Content-Encoding": "gzip"})
        ).status_code,
    ]

    assert statuses == [200, 400, 405, 200]
    assert len(site.intake.arrivals) == 2
    assert not site.intake.arrivals[0].event["context"].get("ip")


async def test_a_body_that_is_too_large_is_read_to_its_end_and_refused(
    client: httpx.AsyncClient,
) -> None:
    """The client sees 413 instead of a broken connection, and can go on."""
    answer = await client.post("/v1/batch", content=b" " * 3_000_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert (await client.post("/v1/track", json=EVENT)).status_code == 200


async def test_draining_closes_kept_connections(site: Site, client: httpx.AsyncClient) -> None:
    """So that a client's next attempt can reach another server."""
    site.app.drain()

    answer = await client.post("/v1/batch", content=b" " * 400_000)

    assert answer.status_code == 503
    assert answer.headers["connection"] == "close"
