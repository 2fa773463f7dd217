"""The least that durable ingest can do: parse, validate, insert one row an event, fsync.

The same models as the collector's, the same uvicorn settings, the same SQLite settings, and a
writer thread that commits what waits together. No identity, no profile, no timeline, no outbox.
"""

from __future__ import annotations

import argparse
import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from pydantic import TypeAdapter

from headwater.collect.events import Event
from scripts.bench.echo import ANSWER, HEADERS, Message, Receive, Send, read_body
from scripts.bench.uvicorn_settings import serve

Row = tuple[str, str]
Waiting = tuple[list[Row], Callable[[], object]]

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 8192",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 268435456",
)


class Writer:
    """Inserts rows on its own thread; all that waits shares one commit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    async def insert(self, rows: list[Row]) -> None:
        """Return once the rows are on the disk."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        tell = _resolver(loop, done)
        self._waiting.put((rows, tell))
        await done

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        for pragma in PRAGMAS:
            connection.execute(pragma)
        connection.execute("CREATE TABLE events (message_id TEXT PRIMARY KEY, body TEXT NOT NULL)")
        while (first := self._waiting.get()) is not None:
            taken = [first]
            while not self._waiting.empty():
                more = self._waiting.get()
                if more is None:
                    self._waiting.put(None)
                    break
                taken.append(more)
            connection.execute("BEGIN IMMEDIATE")
            for rows, _ in taken:
                connection.executemany("INSERT OR IGNORE INTO events VALUES (?, ?)", rows)
            connection.execute("COMMIT")
            for _, tell in taken:
                tell()
        connection.close()


def _resolver(loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> Callable[[], object]:
    return lambda: loop.call_soon_threadsafe(done.set_result, None)


class _Cut(msgspec.Struct):
    batch: list[msgspec.Raw]


_cut = msgspec.json.Decoder(_Cut).decode
_parse = msgspec.json.Decoder().decode
_validate = TypeAdapter(Event).validator.validate_python


def rows_of(body: bytes) -> list[Row]:
    """Answer message id and JSON text of each event of a batch, parsed and validated.

    Cut and parsed as the collector does it, then given to pydantic whole (which the collector
    asks only about what is not plainly right), and stored as the text that came.
    """
    rows = []
    for raw in _cut(body).batch:
        event = _validate(_parse(raw))
        rows.append((event["messageId"], str(raw, "utf-8")))
    return rows


def make_app(path: Path) -> Any:
    """Answer the ASGI app; its writer starts with the server."""
    writers: list[Writer] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(writers, path, receive, send)
            return
        await writers[0].insert(rows_of(await read_body(receive)))
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": ANSWER})

    return app


async def _live(writers: list[Writer], path: Path, receive: Receive, send: Send) -> None:
    await receive()
    writers.append(Writer(path))
    await send({"type": "lifespan.startup.complete"})
    await receive()
    writers.pop().close()
    await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of the database")
    arguments = parser.parse_args()
    serve(make_app(arguments.data / "floor.sqlite3"), port=arguments.port)


if __name__ == "__main__":
    main()
