"""Clients that stop sending, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from headwater.local.known_head_protocol import KnownHeadProtocol
from headwater.local.stalled_connections import StalledConnections
from tests.local.test_event_protocol import Connection, Served, request, running

HALF = len(request()) - 10


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The server, knowing the head of `request()`, with one connection that is idle."""
    one = Served()
    async with running(one):
        connection = await one.connect()
        connection.write(request())
        assert (await connection.answer())[0] == 200
        yield one


def connections(served: Served) -> set[KnownHeadProtocol]:
    """Answer the server's ends."""
    found: set[KnownHeadProtocol] = served.server.server_state.connections  # type: ignore[assignment]  # ours are of this kind
    return found


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what the server does when it hears of it."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.01)


async def begun(served: Served, data: bytes) -> Connection:
    """Answer a connection over which this much came, and the server has seen it."""
    before = waiting(served)
    connection = await served.connect()
    connection.write(data)
    await until(lambda: len(waiting(served)) > len(before))
    if data:
        await until(lambda: "anything" not in waiting(served))
    return connection


def waiting(served: Served) -> list[object]:
    """Answer what the server's ends wait for."""
    found = (connection.waits_for() for connection in connections(served))
    return [each for each in found if each is not None]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /v1/tr",
        request()[:HALF],
        request(key="d2s6", path="/v1/page")[:HALF],
        b"POST /v1/keys HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n{",
    ],
)
async def test_a_client_that_stopped_is_let_go(served: Served, sent: bytes) -> None:
    """Before its first request, or in the middle of one, whichever way it is read."""
    connection = await begun(served, sent)
    stalled = StalledConnections(patience=75)

    assert stalled.sweep(connections(served), 1000.0) == 0
    assert stalled.sweep(connections(served), 1074.0) == 0
    assert stalled.sweep(connections(served), 1075.0) == 1
    await asyncio.wait_for(connection.reader.read(), 20)
    assert connection.reader.at_eof()
    await until(lambda: len(connections(served)) == 1)


async def test_a_client_that_is_slow_is_waited_for(served: Served) -> None:
    """Each sign of life counts, and in the end it is answered."""
    whole = request(key="d2s6", path="/v1/page")
    connection = await begun(served, whole[: -(len(whole) // 4)])
    stalled = StalledConnections(patience=75)
    stalled.sweep(connections(served), 1000.0)
    seen = waiting(served)
    connection.write(whole[-(len(whole) // 4) : -1])
    await until(lambda: waiting(served) != seen)

    assert stalled.sweep(connections(served), 1080.0) == 0
    assert stalled.sweep(connections(served), 1150.0) == 0
    connection.write(whole[-1:])
    assert (await connection.answer())[0] == 200


async def test_a_client_that_waits_for_us_is_left_alone(served: Served) -> None:
    """However long the disk takes; and between requests the other timer counts."""
    served.intake.open.clear()
    served.intake.waiting.clear()
    connection = await served.connect()
    connection.write(request())
    await asyncio.wait_for(served.intake.waiting.wait(), 20)
    stalled = StalledConnections(patience=0)

    assert [stalled.sweep(connections(served), now) for now in (1.0, 2.0, 3.0)] == [0, 0, 0]
    served.intake.open.set()
    assert (await connection.answer())[0] == 200
    assert [stalled.sweep(connections(served), now) for now in (4.0, 5.0)] == [0, 0]


async def test_the_server_looks_after_them_by_itself(served: Served) -> None:
    """Now and then, of all the times that it looks whether it should end."""
    connection = await begun(served, b"")
    served.server._stalled = StalledConnections(patience=0)
    for _ in range(2):
        assert not await served.server.on_tick(0)

    assert await asyncio.wait_for(connection.reader.read(), 20) == b""
