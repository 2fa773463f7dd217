"""A server on loopback that does by a request's path what a contract needs of a server.

It keeps nothing between requests, so a test that runs elsewhere needs only its address.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

Head = tuple[str, str, dict[str, str]]


@contextmanager
def http_service() -> Iterator[str]:
    """Run it on a thread; give its address, without a slash at the end."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(_serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    serving = asyncio.all_tasks() - {asyncio.current_task()}
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
    await asyncio.sleep(0)  # lets transports say that they are closed


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await _answer(await _head(reader), reader, writer)
        writer.close()
    except asyncio.CancelledError:  # the end of the service, which waits for nobody
        writer.transport.abort()


async def _head(reader: asyncio.StreamReader) -> Head:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    return method, target, {name.lower(): value.strip() for name, _, value in pairs}


async def _answer(head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    method, target, headers = head
    parts = urlsplit(target)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    match parts.path.split("/")[1:]:
        case ["status", status]:
            _write(writer, status, {"location": asked["to"]} if "to" in asked else {}, b"told")
        case ["circle", count]:
            _write(writer, "307", {"location": f"/circle/{int(count) + 1}"}, b"")
        case ["endless"]:
            await _forever(writer, b"x" * 10_000, 0.0)
        case ["drip"]:
            await _forever(writer, b"x", 0.02)
        case ["silent"]:
            await asyncio.sleep(5)
        case ["hang-up"]:
            pass
        case ["no-http"]:
            writer.write(b"220 ready\r\n\r\n")
        case _:
            seen = {"method": method, "target": target, "headers": headers}
            told = json.dumps({**seen, "body": body.decode("latin-1")}).encode()
            _write(writer, "200", {"X-Answer": "Yes"}, told)
    with suppress(ConnectionError):
        await writer.drain()


def _write(writer: asyncio.StreamWriter, status: str, headers: dict[str, str], body: bytes) -> None:
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    length = "" if status in ("204", "304") else f"content-length: {len(body)}\r\n"
    head = f"HTTP/1.1 {status} As-asked\r\n{''.join(lines)}{length}connection: close\r\n\r\n"
    writer.write(head.encode("latin-1") + (body if length else b""))


async def _forever(writer: asyncio.StreamWriter, part: bytes, pause: float) -> None:
    writer.write(b"HTTP/1.1 500 Oh\r\nconnection: close\r\n\r\n")
    while True:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)
