"""The short way of an event through the server, on real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from headwater.api.collect import CollectApp
from headwater.api.collect_settings import CollectSettings
from headwater.collect.arrival import Arrival
from headwater.errors import Unavailable
from headwater.local.server import Server
from headwater.workspace import WorkspaceConfig
from tests.api.memory_intake import CountingRandom, MemoryIntake, Site

EVENT = {"event": "E", "userId": "u"}


class GatedIntake(MemoryIntake):
    """Commits only while `open` is set, as a slow disk would."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = asyncio.Event()

    async def receive(self, config: WorkspaceConfig, arrivals: Sequence[Arrival]) -> None:
        self.waiting.set()
        await self.open.wait()
        await super().receive(config, arrivals)


class CountedApp(CollectApp):
    """Counts the requests that come the long way, by being called."""

    called = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.called += 1
        await super().__call__(scope, receive, send)


async def elsewhere(_scope: Any, _receive: Any, send: Any) -> None:
    """Stand for the rest of the server."""
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 418, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class Served:
    """A collector over twins behind the real server, and one connection to it."""

    def __init__(self) -> None:
        site = Site()
        self.intake = GatedIntake()
        self.observed: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        self.started = asyncio.Event()
        self.connections: list[Connection] = []
        self.app = CountedApp(
            intake=self.intake,
            directory=site.directory,
            clock=site.clock,
            random=CountingRandom(),
            next_app=elsewhere,
            settings=CollectSettings(visitor_cookie="visitor"),
            observe=lambda path, status, _seconds: self.observed.put_nowait((path, status)),
        )
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self.server = Server(
            self.app, self.listener, grace=5, started=self.started.set, draining=lambda: None
        )

    async def connect(self) -> Connection:
        """Open one more connection."""
        reader, writer = await asyncio.open_connection(*self.listener.getsockname())
        self.connections.append(Connection(reader, writer))
        return self.connections[-1]


class Connection:
    """A client that writes what it likes, when it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def write(self, data: bytes) -> None:
        """Send bytes now."""
        self.writer.write(data)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one response: status, headers, body."""
        head = (
            (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)).decode().split("\r\n")
        )
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(head[0].split()[1]), headers, body


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The server, answering."""
    one = Served()
    async with running(one):
        yield one


@asynccontextmanager
async def running(one: Served) -> AsyncIterator[None]:
    """Serve while entered, then drain."""
    serving = asyncio.ensure_future(one.server.serve(sockets=[one.listener]))
    await one.started.wait()
    try:
        yield
    finally:
        one.intake.open.set()
        one.server.should_exit = True
        for connection in one.connections:
            connection.writer.close()
            with suppress(ConnectionError):
                await connection.writer.wait_closed()
        await asyncio.wait_for(serving, 20)


def request(event: Any = EVENT, *headers: str, path: str = "/v1/track", key: str = "d2s6") -> bytes:
    """Answer the bytes of a POST; the default key is `wk:`."""
    body = json.dumps(event).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: test",
        f"Authorization: Basic {key}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_an_event_is_answered_without_a_task_of_its_own(served: Served) -> None:
    """The short way is taken, stores the event, and is counted."""
    connection = await served.connect()
    connection.write(request())

    status, headers, body = await connection.answer()

    assert (status, json.loads(body)) == (200, {"success": True})
    assert headers == {
        "content-type": "application/json",
        "access-control-allow-origin": "*",
        "content-length": "16",
    }
    assert [arrival.identifiers for arrival in served.intake.arrivals] == [("user_id:u",)]
    assert served.app.called == 0, "uvicorn no longer asks as EventProtocol expects"
    assert served.observed.get_nowait() == ("/v1/track", 200)


async def test_the_answer_waits_for_the_disk(served: Served) -> None:
    """Nothing is said before the events are committed; meanwhile other connections are served."""
    served.intake.open.clear()
    connection = await served.connect()
    connection.write(request())
    await served.intake.waiting.wait()

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(connection.reader.read(1), 0.05)
    served.intake.open.set()

    assert (await connection.answer())[0] == 200


async def test_requests_that_are_sent_ahead_are_answered_in_their_order(served: Served) -> None:
    """A client may send the next request before the answer; one of them may be wrong."""
    connection = await served.connect()
    connection.write(request({**EVENT, "messageId": "m1"}) + request({}) + request())

    assert [(await connection.answer())[0] for _ in range(3)] == [200, 400, 200]
    assert len(served.intake.arrivals) == 2


async def test_a_body_may_come_in_pieces(served: Served) -> None:
    """It is taken when it is whole."""
    connection = await served.connect()
    whole = request()
    for piece in (whole[:30], whole[30:-10], whole[-10:]):
        connection.write(piece)
        await asyncio.sleep(0.02)

    assert (await connection.answer())[0] == 200
    assert served.app.called == 0


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request({}), 400),
        (request(key="eHg6"), 401),
        (request({"batch": [EVENT]}, path="/v1/batch"), 200),
        (request({}, path="/v1/m"), 200),
        (request({}, path="/v1/people"), 418),
        (request({"x": "y" * 600_000}), 413),
        (request({"batch": [{**EVENT, "type": "track"}] * 3000}, path="/v1/batch"), 400),
        (b"GET /v1/track HTTP/1.1\r\nHost: test\r\n\r\n", 405),
        (b"OPTIONS /v1/track HTTP/1.1\r\nHost: test\r\n\r\n", 200),
    ],
    ids=lambda value: f"{value[:30]!r}" if isinstance(value, bytes) else str(value),
)
async def test_everything_else_goes_the_long_way(served: Served, sent: bytes, status: int) -> None:
    """What is refused, named, too large or no event at all is answered by calling the app."""
    connection = await served.connect()
    connection.write(sent)

    assert (await connection.answer())[0] == status
    assert served.app.called == 1

    connection.write(request())  # and the connection goes on
    assert (await connection.answer())[0] == 200


async def test_what_was_taken_is_not_taken_again_on_the_long_way(served: Served) -> None:
    """A refused event is kept once, and counts once against its key's rate."""
    connection = await served.connect()
    connection.write(request({}, key="c2xvdzo="))  # slow: ten events a second
    assert (await connection.answer())[0] == 400
    assert len(served.intake.rejections) == 1

    for _ in range(9):
        connection.write(request(key="c2xvdzo="))
        assert (await connection.answer())[0] == 200
    connection.write(request(key="c2xvdzo="))
    assert (await connection.answer())[0] == 429


async def test_a_disk_that_fails_is_told(served: Served) -> None:
    """503 with when to come back, and nothing is stored."""
    served.intake.failure = Unavailable("The disk is full.", retry_after=7)
    connection = await served.connect()
    connection.write(request())

    status, headers, _ = await connection.answer()

    assert (status, headers["retry-after"]) == (503, "7")
    assert served.intake.arrivals == []


async def test_a_connection_that_is_to_be_closed_is_closed(served: Served) -> None:
    """`Connection: close` is honoured."""
    connection = await served.connect()
    connection.write(request(EVENT, "Connection: close"))

    status, headers, _ = await connection.answer()

    assert (status, headers["connection"]) == (200, "close")
    assert await connection.reader.read() == b""


async def test_a_client_that_asks_first_is_told_to_go_on(served: Served) -> None:
    """`Expect: 100-continue`, as curl sends it with larger bodies."""
    connection = await served.connect()
    whole = request(EVENT, "Expect: 100-continue")
    head, body = whole.split(b"\r\n\r\n")
    connection.write(head + b"\r\n\r\n")
    assert (await connection.answer())[0] == 100
    connection.write(body)

    assert (await connection.answer())[0] == 200


async def test_a_page_of_any_site_can_read_the_answer(served: Served) -> None:
    """The CORS headers repeat the origin, and the visitor's cookie is set, as on the long way."""
    connection = await served.connect()
    event = {**EVENT, "anonymousId": "a-1"}
    connection.write(request(event, "Origin: https://test"))

    _, headers, _ = await connection.answer()

    assert headers["access-control-allow-origin"] == "https://test"
    assert "retry-after" in headers["access-control-expose-headers"]
    assert headers["set-cookie"].startswith("visitor=a-1;")
    assert served.app.called == 0


async def test_a_client_that_goes_away_is_counted_and_its_event_kept(served: Served) -> None:
    """Nobody is there to be answered: 499, and the server goes on."""
    served.intake.open.clear()
    connection = await served.connect()
    connection.write(request())
    await served.intake.waiting.wait()
    connection.writer.transport.abort()
    await asyncio.sleep(0.05)
    served.intake.open.set()

    assert await asyncio.wait_for(served.observed.get(), 10) == ("/v1/track", 499)
    assert len(served.intake.arrivals) == 1


async def test_a_server_that_ends_answers_what_is_under_way() -> None:
    """Draining waits for the commit, answers, and says that the connection ends."""
    one = Served()
    async with running(one):
        one.intake.open.clear()
        connection = await one.connect()
        connection.write(request())
        await one.intake.waiting.wait()
        one.server.should_exit = True
        await asyncio.sleep(0.3)
        one.intake.open.set()

        status, headers, _ = await connection.answer()

    assert (status, headers["connection"]) == (200, "close")
    assert len(one.intake.arrivals) == 1
