"""A few threads that read, each with its own read-only connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from headwater.errors import Unavailable
from headwater.local.sql import Database, open_reader
from headwater.ports import Sql

T = TypeVar("T")


class Readers:
    """Runs reading jobs beside the writer; a job sees every commit answered before it."""

    def __init__(self, path: Path, *, threads: int = 2) -> None:
        """Prepare the threads; `path` must be a database that a writer has made."""
        self._path = path
        self._own = threading.local()
        self._opened: list[Database] = []
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="headwater-reader")
        self._closed = False
        self._gate = threading.Condition()
        self._reading = 0
        self._shut = False

    async def run(self, job: Callable[[Sql], T]) -> T:
        """Answer the job's result; all that it reads is of one moment.

        Raises:
            Unavailable: the readers are closed.
            Exception: what the job raised; a statement that writes raises `sqlite3.Error`.
        """
        if self._closed:
            raise Unavailable("The server is shutting down; try again shortly.")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, job)

    async def close(self) -> None:
        """Finish what runs, and close the connections."""
        self._closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._pool.shutdown)
        while self._opened:
            self._opened.pop().close()

    @contextmanager
    def closed(self, *, patience: float) -> Iterator[bool]:
        """Have no connection open inside; jobs wait meanwhile. Not for the threads that read.

        Gives False, and nothing is closed, where a job took longer than `patience` seconds.
        """
        with self._gate:
            self._shut = True
            idle = self._gate.wait_for(lambda: self._reading == 0, patience)
            if idle:
                while self._opened:
                    self._opened.pop().close()
                self._own = threading.local()
        try:
            yield idle
        finally:
            with self._gate:
                self._shut = False
                self._gate.notify_all()

    def _read(self, job: Callable[[Sql], T]) -> T:
        with self._gate:
            self._gate.wait_for(lambda: not self._shut)
            self._reading += 1
        try:
            return self._answer(job)
        finally:
            with self._gate:
                self._reading -= 1
                self._gate.notify_all()

    def _answer(self, job: Callable[[Sql], T]) -> T:
        database: Database | None = getattr(self._own, "database", None)
        if database is None:
            self._own.database = database = open_reader(self._path)
            self._opened.append(database)
        # A snapshot begins with the first read after BEGIN: later than any answered commit.
        database.execute("BEGIN")
        try:
            return job(database)
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")
