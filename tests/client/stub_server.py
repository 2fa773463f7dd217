"""Headwater's collector as a client meets it: takes batches, fails on demand, dies and returns."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

WRITE_KEY = "wk_test_0123456789"


@dataclass(frozen=True, slots=True)
class Reply:
    """How to answer one request: after `delay` seconds, or, with status None, not at all."""

    status: int | None = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b'{"success": true}'
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Received:
    """One request: what it held, and what it was answered."""

    path: str
    headers: Mapping[str, str]
    batch: list[dict[str, Any]]
    sent_at: str
    size: int
    status: int | None
    at: float


class StubServer:
    """Listens on loopback while it is entered. `script` is used up first, then `default`."""

    def __init__(self, *, write_key: str = WRITE_KEY) -> None:
        self.write_key = write_key
        self.default = Reply()
        self.script: deque[Reply] = deque()
        self.requests: list[Received] = []
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self._connections: set[socket.socket] = set()

    @property
    def url(self) -> str:
        """Where it listens, also while it is dead."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event that was answered 200, in the order of receipt."""
        return [event for one in list(self.requests) if one.status == 200 for event in one.batch]

    @property
    def ids(self) -> list[str]:
        """The messageIds of `events`."""
        return [event["messageId"] for event in self.events]

    def start(self) -> None:
        """Listen: on a free port the first time, on the same one after a death."""
        handler = type("Handler", (_Handler,), {"stub": self})
        server = _Server(("127.0.0.1", self.port), handler)
        self.port = server.server_address[1]
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def die(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Decide on an answer and remember the request."""
        at = time.monotonic()
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        document = json.loads(plain)
        expected = base64.b64encode(f"{self.write_key}:".encode()).decode()
        if headers.get("authorization") != f"Basic {expected}":
            reply = Reply(401, body=b'{"code": "unauthorized", "message": "unknown write key"}')
        elif self.script:
            reply = self.script.popleft()
        else:
            reply = self.default
        self.requests.append(
            Received(
                path, headers, document["batch"], document["sentAt"], len(plain), reply.status, at
            )
        )
        return reply

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.die()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are written apart; with Nagle's algorithm each answer would take 40 ms.
    disable_nagle_algorithm = True
    stub: StubServer

    def setup(self) -> None:
        """Remember the connection, so that death can cut it."""
        super().setup()
        self.stub._connections.add(self.connection)

    def finish(self) -> None:
        """Forget it."""
        self.stub._connections.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        """Answer as the script says."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.stub.answer(self.path, headers, body)
        time.sleep(reply.delay)
        if reply.status is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


def wait_until(is_so: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Return as soon as it is so; fail after that many seconds."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
