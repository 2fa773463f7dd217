"""Connections that send a known head: answered as by the parser's way, whatever comes and how."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from itertools import pairwise
from typing import Any, cast

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from headwater.errors import Unavailable
from headwater.local import known_head_protocol
from headwater.local.event_protocol import EventProtocol
from headwater.local.known_head_protocol import KnownHeadProtocol
from headwater.local.known_heads import KnownHeads
from tests.api.memory_intake import Site
from tests.local.test_event_protocol import EVENT, Served, request, running

SLOW_KEY = "c2xvdzo="  # slow: ten events a second


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[KnownHeadProtocol]:
    """The connections of all requests that the parser is given, in order."""
    seen: list[KnownHeadProtocol] = []
    begin = KnownHeadProtocol.on_message_begin

    def counted(protocol: KnownHeadProtocol) -> None:
        seen.append(protocol)
        begin(protocol)

    monkeypatch.setattr(KnownHeadProtocol, "on_message_begin", counted)
    return seen


@pytest.fixture
async def served(parsed: list[KnownHeadProtocol]) -> AsyncIterator[Served]:
    """The server, knowing the head of `request()`, and nothing counted yet."""
    one = Served()
    async with running(one):
        for key in ("d2s6", SLOW_KEY):
            connection = await one.connect()
            connection.write(request(key=key))
            assert (await connection.answer())[0] == 200
        one.intake.arrivals.clear()
        one.intake.waiting.clear()
        while not one.observed.empty():
            one.observed.get_nowait()
        parsed.clear()
        yield one


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what the server does, of its own accord or when it hears of it."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.01)


async def test_a_known_head_is_not_parsed_again(
    served: Served, parsed: list[KnownHeadProtocol]
) -> None:
    """On any connection, for a body of any length; the answer is the same, and is counted."""
    connection = await served.connect()
    for event in (EVENT, {**EVENT, "properties": {"text": "x" * 1000}}):
        connection.write(request(event))
        status, headers, body = await connection.answer()
        assert (status, json.loads(body)) == (200, {"success": True})
        assert headers["access-control-allow-origin"] == "*"

    assert parsed == []
    assert served.app.called == 0
    assert [arrival.identifiers for arrival in served.intake.arrivals] == 2 * [("user_id:u",)]
    assert served.observed.get_nowait() == ("/v1/track", 200)


async def test_what_is_sent_ahead_is_answered_in_order(
    served: Served, parsed: list[KnownHeadProtocol]
) -> None:
    """Known heads, one that is refused, one that is no event, and again a known one."""
    connection = await served.connect()
    elsewhere = b"GET /v1/people HTTP/1.1\r\nHost: test\r\n\r\n"
    connection.write(request() + request({}) + elsewhere + request() + request())

    assert [(await connection.answer())[0] for _ in range(5)] == [200, 400, 418, 200, 200]
    assert len(served.intake.arrivals) == 3


async def test_what_comes_meanwhile_waits(served: Served) -> None:
    """A request that comes while another is under way is taken after it."""
    served.intake.open.clear()
    connection = await served.connect()
    connection.write(request())
    await served.intake.waiting.wait()
    connection.write(request({**EVENT, "event": "Second"}))
    connection.write(request({**EVENT, "event": "Third"}))
    await asyncio.sleep(0.05)
    served.intake.open.set()

    assert [(await connection.answer())[0] for _ in range(3)] == [200, 200, 200]
    assert [one.event["event"] for one in served.intake.arrivals] == ["E", "Second", "Third"]


async def test_a_large_body_may_come_in_pieces(
    served: Served, parsed: list[KnownHeadProtocol]
) -> None:
    """A batch of several packets is taken when it is whole, and what follows it too."""
    batch = {"batch": [{**EVENT, "type": "track", "properties": {"t": "x" * 1000}}] * 200}
    connection = await served.connect()
    connection.write(request({"batch": [{**EVENT, "type": "track"}]}, path="/v1/batch"))
    assert (await connection.answer())[0] == 200
    parsed.clear()

    whole = request(batch, path="/v1/batch") + request()
    for start in range(0, len(whole), 50_000):
        connection.write(whole[start : start + 50_000])
        await asyncio.sleep(0.01)

    assert [(await connection.answer())[0] for _ in range(2)] == [200, 200]
    last = request()
    connection.write(last[:-3])
    await asyncio.sleep(0.01)
    connection.write(last[-3:])
    assert (await connection.answer())[0] == 200
    assert len(served.intake.arrivals) == 203
    assert parsed == []


async def test_a_body_over_the_limit_is_refused(served: Served) -> None:
    """It is not waited for: the parser's way throws it away and says why."""
    connection = await served.connect()
    connection.write(request({"x": "y" * 600_000}))

    assert (await connection.answer())[0] == 413


async def test_what_was_taken_is_not_taken_again(served: Served) -> None:
    """A refused event is kept once, and counts once against its key's rate."""
    connection = await served.connect()
    connection.write(request({}, key=SLOW_KEY))  # the second; one was sent beforehand
    assert (await connection.answer())[0] == 400
    assert len(served.intake.rejections) == 1

    for _ in range(8):
        connection.write(request(key=SLOW_KEY))
        assert (await connection.answer())[0] == 200
    connection.write(request(key=SLOW_KEY))
    assert (await connection.answer())[0] == 429


async def test_a_disk_that_fails_is_told_and_the_connection_goes_on(served: Served) -> None:
    """503 with when to come back; the next request may be stored again."""
    connection = await served.connect()
    served.intake.failure = Unavailable("The disk is full.", retry_after=7)
    connection.write(request())
    status, headers, _ = await connection.answer()
    assert (status, headers["retry-after"]) == (503, "7")

    served.intake.failure = None
    connection.write(request())
    assert (await connection.answer())[0] == 200
    assert len(served.intake.arrivals) == 1


async def test_a_client_that_goes_away_is_counted_and_its_event_kept(served: Served) -> None:
    """Nobody is there to be answered: 499, and the server goes on."""
    served.intake.open.clear()
    connection = await served.connect()
    connection.write(request() + request())
    await served.intake.waiting.wait()
    connection.writer.transport.abort()
    await until(lambda: len(served.server.server_state.connections) == 2)
    served.intake.open.set()

    assert await asyncio.wait_for(served.observed.get(), 10) == ("/v1/track", 499)
    assert len(served.intake.arrivals) == 1


async def test_a_server_that_ends_answers_what_is_under_way(served: Served) -> None:
    """What is being stored is answered 200 and what is still coming is read, and both closed."""
    served.intake.open.clear()
    one, other = await served.connect(), await served.connect()
    whole = request()
    other.write(whole[:-5])
    one.write(whole)
    await served.intake.waiting.wait()
    connections = cast("set[KnownHeadProtocol]", served.server.server_state.connections)
    await until(lambda: any(each._pieces for each in connections))
    served.app.drain()
    served.server.should_exit = True
    await until(lambda: sum(each._is_ending for each in connections) == 2)
    served.intake.open.set()
    other.write(whole[-5:])

    status, headers, _ = await one.answer()
    assert (status, headers["connection"]) == (200, "close")
    status, headers, _ = await other.answer()
    assert (status, headers["connection"]) == (503, "close")
    assert len(served.intake.arrivals) == 1


class Wire(asyncio.Transport):
    """A connection without a network: keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Keep it, unless it is closed."""
        if not self.closed:
            self.written += data

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Answer the addresses."""
        return ("198.51.100.1", 1234) if name in {"peername", "sockname"} else default

    def is_closing(self) -> bool:
        """Tell whether `close` was called."""
        return self.closed

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def pause_reading(self) -> None:
        """Nothing: the test goes on."""

    def resume_reading(self) -> None:
        """Nothing."""


def connected(site: Site, make: Any, loop: Any) -> tuple[Any, Wire]:
    """Answer a protocol in front of a site's collector, and its connection."""
    config = uvicorn.Config(
        site.app, proxy_headers=False, ws="none", lifespan="off", log_config=None
    )
    config.load()
    protocol, wire = make(config, ServerState(), {}, loop), Wire()
    protocol.connection_made(wire)
    return protocol, wire


BATCH = {"batch": [{**EVENT, "type": "track"}, {"type": "track"}]}
KINDS = {
    "event": request(),
    "long": request({**EVENT, "properties": {"text": "é" * 300}}),
    "alive": request(EVENT, "Connection: keep-alive"),
    "page": request(EVENT, "Origin: https://test"),
    "batch": request(BATCH, path="/v1/batch"),
    "refused": request({}),
    "garbage": request("no event"),
    "stranger": request(key="eHg6"),
    "limited": request(key=SLOW_KEY),
    "no body": b"POST /v1/track HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n",
    "chunked": b"POST /v1/track HTTP/1.1\r\nAuthorization: Basic d2s6\r\n"
    b'Transfer-Encoding: chunked\r\n\r\n2\r\n{"\r\n9\r\nuserId":1\r\n1\r\n}\r\n0\r\n\r\n',
    "elsewhere": b"GET /v1/people HTTP/1.1\r\nHost: test\r\n\r\n",
    "metrics": request({}, path="/v1/m"),
    "asked": b"OPTIONS /v1/track HTTP/1.1\r\nHost: test\r\n\r\n",
}


async def answered(make: Any, pieces: list[tuple[bytes, int]]) -> tuple[bytes, list[Any], Any]:
    """Answer what a protocol writes, and what is stored, for bytes that come in these pieces.

    After each the loop goes round so many times.
    """
    site = Site()
    protocol, wire = connected(site, make, asyncio.get_running_loop())
    for piece, rounds in pieces:
        protocol.data_received(piece)
        for _ in range(rounds):
            await asyncio.sleep(0)
    for _ in range(400):
        await asyncio.sleep(0)
    protocol.connection_lost(None)
    return wire.written, site.intake.arrivals, site.intake.rejections


@st.composite
def streams(draw: st.DrawFn) -> list[tuple[bytes, int]]:
    """Answer requests on one connection, cut anywhere, with time between the pieces or none."""
    whole = b"".join(KINDS[kind] for kind in draw(st.lists(st.sampled_from(sorted(KINDS)))))
    places = sorted(draw(st.sets(st.integers(0, len(whole)), max_size=6)))
    edges = [0, *places, len(whole)]
    return [
        (whole[start:end], draw(st.sampled_from([0, 1, 2, 30])))
        for start, end in pairwise(edges)
        if end > start
    ]


async def every_kind_known() -> KnownHeads:
    """Answer the heads of all kinds that can be known."""
    if not EVERY_KIND:
        known = KnownHeads()
        for kind in KINDS.values():
            await answered(partial(KnownHeadProtocol, known=known), [(kind, 50)])
        assert known.find(KINDS["event"]), "nothing is known: the test shows nothing"
        EVERY_KIND.append(known)
    return EVERY_KIND[0]


EVERY_KIND: list[KnownHeads] = []


@given(pieces=streams())
def test_known_heads_change_nothing_but_the_time(pieces: list[tuple[bytes, int]]) -> None:
    """Answers, arrivals and rejections are those of the parser's way, however the bytes come."""

    async def both() -> None:
        make = partial(KnownHeadProtocol, known=await every_kind_known())
        assert await answered(make, pieces) == await answered(EventProtocol, pieces)

    asyncio.run(both())


class Timers:
    """An event loop's timers, and the clock, set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.set: list[tuple[float, Any]] = []

    def call_later(self, seconds: float, call: Any) -> Any:
        """Keep it; it cannot be cancelled."""
        self.set.append((self.now + seconds, call))
        return self

    def cancel(self) -> None:
        """Forget all."""
        self.set.clear()

    def pass_until(self, time: float) -> None:
        """Let what is due go off."""
        while self.set and self.set[0][0] <= time:
            self.now, call = self.set.pop(0)
            call()
        self.now = time


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    """The clock of the protocol."""
    timers = Timers()
    monkeypatch.setattr(known_head_protocol, "perf_counter", lambda: timers.now)
    return timers


async def test_a_connection_is_closed_when_it_was_idle_for_long(timers: Timers) -> None:
    """Counted from its last answer; the timer that was set before it only looks."""
    known = KnownHeads()
    await answered(partial(KnownHeadProtocol, known=known), [(request(), 50)])
    protocol, wire = connected(Site(), partial(KnownHeadProtocol, known=known), timers)
    allowed = protocol.timeout_keep_alive

    for now in (0.0, 0.4 * allowed, 1.1 * allowed):
        timers.pass_until(now)
        protocol.data_received(request())
        for _ in range(50):
            await asyncio.sleep(0)
    assert wire.written.count(b"HTTP/1.1 200 OK") == 3
    timers.pass_until(2.0 * allowed)
    assert (wire.closed, len(timers.set)) == (False, 1)

    timers.pass_until(2.2 * allowed)
    assert (wire.closed, len(timers.set)) == (True, 0)
