"""A webhook's other side that costs next to nothing: answers 200 and counts.

`GET /count` answers how many events came; everything else is taken as a delivery.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import cast

import uvloop

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Counter(asyncio.Protocol):
    """One connection; all share the count."""

    count = 0

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        # uvloop's transports have the methods, but not the class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end]).lower()
            size = 0
            if (place := head.find(b"content-length:")) >= 0:
                size = int(head[place + 15 :].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + size:
                return
            # Every event has one; counting them is cheaper than parsing.
            events = self._buffer.count(b'"messageId"', end, end + 4 + size)
            del self._buffer[: end + 4 + size]
            self._answer(head, events)

    def _answer(self, head: bytes, events: int) -> None:
        assert self._transport is not None
        if head.startswith(b"get /count"):
            body = str(Counter.count).encode()
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
            )
            return
        Counter.count += events
        self._transport.write(OK)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Counter, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
