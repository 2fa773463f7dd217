"""Readers: what they see, and that they cannot write."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from headwater.errors import Unavailable
from headwater.local.readers import Readers
from headwater.local.sql import open_writer
from headwater.local.writer import Writer
from headwater.ports import Sql


def count(sql: Sql) -> int:
    """Answer how many events the job sees."""
    return int(sql.execute("SELECT count(*) FROM events")[0][0])


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    """A writer over a database with one table."""
    database = open_writer(tmp_path / "test.sqlite3")
    database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY)")
    writer = Writer(database)
    yield writer
    await writer.close()


@pytest.fixture
async def readers(tmp_path: Path, writer: Writer) -> AsyncIterator[Readers]:
    """Two reader threads beside that writer."""
    readers = Readers(tmp_path / "test.sqlite3", threads=2)
    yield readers
    await readers.close()


async def test_a_read_sees_every_answered_write(writer: Writer, readers: Readers) -> None:
    """After each awaited write, every reader thread counts it."""
    for number in range(1, 30):
        await writer.run(lambda sql: sql.execute("INSERT INTO events DEFAULT VALUES"))
        counts = await asyncio.gather(readers.run(count), readers.run(count))
        assert list(counts) == [number, number]


async def test_a_job_reads_one_moment(writer: Writer, readers: Readers) -> None:
    """A write that is committed between two reads of one job is not seen by the second."""
    read, written = threading.Event(), threading.Event()

    def twice(sql: Sql) -> tuple[int, int]:
        first = count(sql)
        read.set()
        assert written.wait(5)
        return first, count(sql)

    job = asyncio.create_task(readers.run(twice))
    await asyncio.to_thread(read.wait, 5)
    await writer.run(lambda sql: sql.execute("INSERT INTO events DEFAULT VALUES"))
    written.set()

    assert await job == (0, 0)
    assert await readers.run(count) == 1


async def test_a_job_that_writes_is_refused_and_harms_nothing(readers: Readers) -> None:
    """The error reaches the caller; the same thread reads on."""
    for _ in range(4):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await readers.run(lambda sql: sql.execute("DELETE FROM events"))

    assert await readers.run(count) == 0


async def test_connections_are_closed_for_a_moment(readers: Readers) -> None:
    """Who reads meanwhile waits, and goes on with a connection of its own."""
    await asyncio.gather(readers.run(count), readers.run(count))

    with readers.closed(patience=30) as closed:
        assert closed
        waiting = asyncio.create_task(readers.run(count))
        await asyncio.sleep(0.05)
        assert not waiting.done()

    assert await waiting == 0


async def test_a_long_job_is_not_disturbed(readers: Readers) -> None:
    """Its connection stays; others may read again at once."""
    begun, done = threading.Event(), threading.Event()

    def long(sql: Sql) -> int:
        begun.set()
        assert done.wait(60)
        return count(sql)

    job = asyncio.create_task(readers.run(long))
    await asyncio.to_thread(begun.wait, 60)
    with readers.closed(patience=0.01) as closed:
        assert not closed

    assert await readers.run(count) == 0
    done.set()
    assert await job == 0


async def test_closed_readers_refuse(readers: Readers) -> None:
    """After close a job is refused as `Unavailable`, not lost."""
    await readers.close()

    with pytest.raises(Unavailable):
        await readers.run(count)
