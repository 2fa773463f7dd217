"""Sends bytes that no HTTP library would, and reads what comes back."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as it goes over the wire; Content-Length is added unless `framing` has another.

    Attributes:
        framing: headers that say how long the body is; None for the right Content-Length.
    """

    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    framing: bytes | None = None

    def to_bytes(self) -> bytes:
        """Answer all of it."""
        framing = self.framing
        if framing is None:
            framing = b"content-length: %d" % len(self.body)
        lines = [b"%b %b HTTP/1.1" % (self.method, self.target), b"host: 127.0.0.1", framing]
        lines += [b"%b: %b" % (name, value) for name, value in self.headers]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


@dataclass(frozen=True, slots=True)
class RawResponse:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Answer the body's value where it says that it is JSON, else None."""
        if "json" not in self.headers.get("content-type", "") or not self.body:
            return None
        return json.loads(self.body)


class Wire:
    """A connection to a loopback port that is made again when the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._buffer = None, b""

    def exchange(self, request: RawRequest) -> RawResponse:
        """Answer the first response to the request.

        Raises:
            AssertionError: the server closed without an answer, or did not answer in time.
        """
        for again in (False, True):
            fresh = self._socket is None
            try:
                response = self._exchange(request)
            except ConnectionError as error:
                self.close()
                # A kept-alive connection may just have been closed; a fresh one may not.
                if fresh or again:
                    raise AssertionError(f"no answer to {request!r}: {error!r}") from error
                continue
            except TimeoutError as error:
                self.close()
                raise AssertionError(f"no answer in {PATIENCE} s to {request!r}") from error
            except BaseException:
                self.close()
                raise
            if request.framing is not None or response.headers.get("connection") == "close":
                self.close()
            return response
        raise AssertionError("unreachable")

    def _exchange(self, request: RawRequest) -> RawResponse:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        # The server may answer and close while a body is still being sent; read that answer.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(request.to_bytes())
        return self._read(head_only=request.method == b"HEAD")

    def _read(self, *, head_only: bool) -> RawResponse:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._receive()
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        self._buffer = self._buffer[end + 4 :]
        if head_only or first.split()[1] in {"204", "304"}:
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = self._chunks()
        else:
            body = self._take(int(headers.get("content-length", "0")))
        return RawResponse(int(first.split()[1]), headers, body)

    def _chunks(self) -> bytes:
        parts = []
        while True:
            while (end := self._buffer.find(b"\r\n")) < 0:
                self._receive()
            size = int(self._buffer[:end], 16)
            self._buffer = self._buffer[end + 2 :]
            parts.append(self._take(size + 2)[:-2])
            if size == 0:
                return b"".join(parts)

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _receive(self) -> None:
        assert self._socket is not None
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError("closed")
        self._buffer += data
