"""Live events over HTTP: as they are stored, filtered, kept open, ended."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
import pytest

from headwater.api.tail import TailFilter, live
from headwater.collect.arrival import Arrival
from tests.api.conftest import Clients
from tests.api.memory_people import NOW
from tests.api.twins import MemoryTail, World


def arrival(name: str, *, kind: str = "track", user: str = "ada") -> Arrival:
    """Answer an event that was just stored."""
    event = {"type": kind, "event": name, "userId": user}
    return Arrival("default", (f"user_id:{user}",), name, kind, NOW, NOW, json.dumps(event))


async def events(client: httpx.AsyncClient, world: World, query: str, *given: Arrival) -> list[Any]:
    """Follow with a query while events are stored and the server then drains."""
    world.tail.ready = (*given, None)
    response = await client.get(f"/v1/tail{query}", headers={"accept": "text/event-stream"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    return [parsed(part) for part in response.text.split("\n\n") if part.startswith("event")]


def parsed(part: str) -> tuple[str, Any]:
    """Answer a server-sent event's name and data."""
    name, data = part.split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_events_are_shown_as_they_are_stored(world: World, clients: Clients) -> None:
    """Those of the key's workspace, until the server drains."""
    shown = await events(clients("default:read"), world, "", arrival("A"), arrival("B"))

    assert shown == [
        (
            "stored",
            {
                "identifiers": ["user_id:ada"],
                "event": {"type": "track", "event": name, "userId": "ada"},
            },
        )
        for name in "AB"
    ] + [("end", {"shown": 2})]
    assert world.tail.workspaces == ["default"]
    assert world.tail.closed == 1


async def test_events_are_filtered(world: World, clients: Clients) -> None:
    """By type, name and identifier; `limit` ends it."""
    given = (arrival("A"), arrival("B", user="bob"), arrival("C", kind="page"))
    cases = {
        "?type=page": ["C"],
        "?event=A&event=B": ["A", "B"],
        "?identifier=user_id:bob": ["B"],
        "?event=A&identifier=user_id:bob": [],
        "?limit=2": ["A", "B"],
    }
    for query, names in cases.items():
        shown = await events(clients("default:read"), world, query, *given)
        assert [one["event"]["event"] for name, one in shown if name == "stored"] == names, query
        assert shown[-1] == ("end", {"shown": len(names)})


async def test_a_filter_is_checked(reader: httpx.AsyncClient) -> None:
    """As on every other path."""
    for query in ("?identifier=42", "?type=click", "?limit=0"):
        assert (await reader.get(f"/v1/tail{query}")).status_code == 422


async def test_silence_is_broken_by_heartbeats() -> None:
    """No event is lost to them."""
    tail = MemoryTail()
    stream = live(tail.follow("default"), TailFilter(), limit=1, heartbeat_seconds=0.001)
    parts = [await anext(stream) for _ in range(4)]
    tail.queues[0].put_nowait(arrival("A"))
    rest = [part async for part in stream]

    assert parts == [b": heartbeat\n\n"] * 4
    assert next(part for part in rest if b"heartbeat" not in part).startswith(b"event: stored")


async def test_the_first_heartbeat_says_that_it_has_begun() -> None:
    """What is shown before is shown, and silence is broken by other words."""
    tail = MemoryTail()
    tail.begun.clear()
    stream = live(tail.follow("default"), TailFilter(), limit=2, heartbeat_seconds=0.001)
    before = [await anext(stream) for _ in range(2)]
    tail.queues[0].put_nowait(arrival("A"))
    while not (part := await anext(stream)).startswith(b"event: stored"):
        before.append(part)
    tail.begun.set()
    while (part := await anext(stream)) != b": heartbeat\n\n":
        before.append(part)
    await stream.aclose()

    assert set(before) == {b": not yet following everywhere\n\n"}


async def test_a_client_that_goes_away_is_followed_no_longer() -> None:
    """The subscription is closed, also while nothing happens."""
    for waits in (False, True):
        tail = MemoryTail()
        stream: AsyncGenerator[bytes] = live(
            tail.follow("default"), TailFilter(), limit=None, heartbeat_seconds=0.001
        )
        await anext(stream)
        if waits:
            await anext(stream)
        await stream.aclose()

        assert tail.closed == 1


async def test_a_subscription_without_a_reader_is_closed() -> None:
    """Even where it fails while being read."""

    class Failing(AsyncIterator[Arrival]):
        closed = False

        async def begun(self) -> None:
            return

        async def __anext__(self) -> Arrival:
            raise RuntimeError("lost")

        async def aclose(self) -> None:
            self.closed = True

    failing = Failing()
    stream = live(failing, TailFilter(), limit=None, heartbeat_seconds=1)
    with pytest.raises(RuntimeError, match="lost"):
        async for _ in stream:
            pass

    assert failing.closed
