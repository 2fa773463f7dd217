"""A small HTTP/1.1 service on loopback, run by a thread: receives what the server sends out."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; `headers` have lower-case names, `at` is `time.time()`."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer; None as status closes the connection without an answer."""

    status: int | None = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


Answer = Callable[[Request], Awaitable[Reply]]


class Connection(asyncio.Protocol):
    """Reads requests with a Content-Length one after another, and answers each in turn."""

    def __init__(self, service: Loopback) -> None:
        self._service = service
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._service.connections.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Stop an answer that nobody waits for."""
        if self._transport is not None:
            self._service.connections.discard(self._transport)
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Collect bytes until a request is whole."""
        self._buffer += data
        if self._task is None or self._task.done():
            self._next()

    def _next(self) -> None:
        request = self._take()
        if request is not None:
            self._task = asyncio.get_running_loop().create_task(self._serve(request))

    def _take(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        size = int(headers.get("content-length", "0"))
        if len(self._buffer) < end + 4 + size:
            return None
        body = bytes(self._buffer[end + 4 : end + 4 + size])
        del self._buffer[: end + 4 + size]
        method, path, _ = first.split(" ", 2)
        return Request(method, path, headers, body, time.time())

    async def _serve(self, request: Request) -> None:
        reply = await self._service.answer(request)
        assert self._transport is not None
        if reply.status is None:
            self._transport.abort()
            return
        lines = [f"HTTP/1.1 {reply.status} Answer", f"content-length: {len(reply.body)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        self._transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + reply.body)
        self._task = None
        self._next()


class Loopback:
    """Serves in a thread of its own while it is entered; `url` tells where."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.url = ""
        self.connections: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        self._server = listening.result(10)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(lambda: Connection(self), "127.0.0.1", 0)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for transport in list(self.connections):
            transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
