"""A load generator: keep-alive connections that each send the next request when answered.

Requests are bytes that were made beforehand, so that the generator costs little and the same on
every server that it drives.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop


@dataclass(slots=True)
class Outcome:
    """What one run measured; latencies in seconds, one per request, in order of their answers."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def require_success(self) -> None:
        """Stop the benchmark where anything but 200 was answered: its figure would be a lie."""
        if set(self.statuses) - {200}:
            raise SystemExit(f"unexpected answers: {dict(self.statuses)}")


def post(path: str, body: bytes, *, write_key: str, headers: Sequence[str] = ()) -> bytes:
    """Answer a whole HTTP request with the write key as Basic user, as the SDKs send it."""
    key = base64.b64encode(f"{write_key}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"User-Agent: analytics-node-next/latest\r\nAuthorization: Basic {key}\r\n"
        f"Content-Length: {len(body)}\r\n"
    )
    return "\r\n".join([head.removesuffix("\r\n"), *headers, "", ""]).encode() + body


class Sender(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: Iterator[bytes], outcome: Outcome) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._outcome = outcome
        self._buffer = bytearray()
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for `send_next`, so that all connections begin together."""
        # uvloop's transports have the methods, but not the class.
        self._transport = cast("asyncio.Transport", transport)

    def send_next(self) -> None:
        """Send the next request, or close when there is none left."""
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect bytes until the response is whole."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or len(self._buffer) < end + 4 + content_length(self._buffer, end):
            return
        self._outcome.latencies.append(time.perf_counter() - self._sent)
        self._outcome.statuses[int(self._buffer[9:12])] += 1
        self._buffer.clear()
        self.send_next()

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the run when the server closed on us."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


def content_length(buffer: bytearray, end: int) -> int:
    """Answer the response's Content-Length, 0 where it has none."""
    place = buffer.find(b"content-length:", 0, end)
    if place < 0:
        place = buffer.find(b"Content-Length:", 0, end)
    if place < 0:
        return 0
    line_end = buffer.find(b"\r\n", place)
    return int(buffer[place + 15 : line_end])


async def _drive(port: int, requests: Iterator[bytes], connections: int) -> Outcome:
    outcome = Outcome()
    loop = asyncio.get_running_loop()
    senders = []
    for _ in range(connections):
        _, sender = await loop.create_connection(
            lambda: Sender(requests, outcome), "127.0.0.1", port
        )
        senders.append(sender)
    started = time.perf_counter()
    for sender in senders:
        sender.send_next()
    await asyncio.gather(*(sender.done for sender in senders))
    outcome.seconds = time.perf_counter() - started
    return outcome


def drive(port: int, requests: Iterable[bytes], *, connections: int) -> Outcome:
    """Send all requests to a loopback port over so many connections, and answer the outcome."""
    return uvloop.run(_drive(port, iter(requests), connections))


def percentile(values: Sequence[float], share: float) -> float:
    """Answer the value that `share` (0 to 1) of the values are at or below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
