"""The writer: one commit for many, each job alone in its failure, durable before the answer."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import BadRequest, Unavailable
from headwater.local.sql import Database, open_writer
from headwater.local.writer import TurnReport, Writer
from headwater.ports import Sql, SqlValue


class Recording(Database):
    """A database that counts commits, and fails statements on demand as a bad disk would."""

    def __init__(self, path: Path) -> None:
        real = open_writer(path)
        super().__init__(real._connection)
        self.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, body TEXT)")
        self.commits = 0
        self.failing: dict[str, sqlite3.Error] = {}

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        if failure := getattr(self, "failing", {}).get(sql):
            raise failure
        if sql == "COMMIT":
            self.commits += 1
        return super().execute(sql, params)


def insert(id_: int, body: str = "") -> Callable[[Sql], int]:
    """Make a job that stores one event and answers its id."""

    def job(sql: Sql) -> int:
        sql.execute("INSERT INTO events VALUES (?, ?)", (id_, body))
        return id_

    return job


def insert_all(sql: Sql, items: list[int]) -> list[int]:
    """Store an event for each item."""
    for item in items:
        insert(item)(sql)
    return items


def stored(path: Path) -> list[int]:
    """Answer the ids that another connection sees."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT id FROM events ORDER BY id").fetchall()
    connection.close()
    return [row[0] for row in rows]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "test.sqlite3"


@pytest.fixture
def database(path: Path) -> Recording:
    """A database with one table, whose disk can be made to fail."""
    return Recording(path)


@pytest.fixture
async def writer(database: Recording) -> AsyncIterator[Writer]:
    """A writer over it."""
    writer = Writer(database)
    yield writer
    await writer.close()


class Held:
    """Keeps the writer inside a job, so that what is submitted meanwhile makes up one turn."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._inside, self._go = threading.Event(), threading.Event()

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._writer.run(self._job))
        await asyncio.to_thread(self._inside.wait, 5)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(0)  # let what was just made into tasks get into the queue
        self._go.set()
        await self._task

    def _job(self, _sql: Sql) -> None:
        self._inside.set()
        assert self._go.wait(5)


async def test_a_job_is_answered_and_stored(path: Path, writer: Writer) -> None:
    """The result comes back, and another connection sees the row."""
    assert await writer.run(insert(1)) == 1
    assert stored(path) == [1]


async def test_jobs_that_wait_share_one_commit(
    path: Path, writer: Writer, database: Recording
) -> None:
    """A hundred jobs that queued up behind another are one transaction."""
    async with Held(writer):
        tasks = [asyncio.create_task(writer.run(insert(id_))) for id_ in range(100)]
    before = database.commits
    results = await asyncio.gather(*tasks)

    assert results == list(range(100))
    assert stored(path) == results
    assert database.commits - before <= 1


async def test_a_job_that_raises_is_undone_alone(path: Path, writer: Writer) -> None:
    """Its caller gets the exception; its neighbours of the same turn stand."""

    def bad(sql: Sql) -> None:
        insert(99)(sql)
        raise BadRequest("no")

    async with Held(writer):
        tasks = [
            asyncio.create_task(writer.run(job)) for job in (insert(1), bad, insert(1), insert(2))
        ]
    first, refused, twice, second = await asyncio.gather(*tasks, return_exceptions=True)

    assert (first, second) == (1, 2)
    assert isinstance(refused, BadRequest)
    assert isinstance(twice, sqlite3.IntegrityError)
    assert stored(path) == [1, 2]


async def test_a_caller_that_went_away_does_no_harm(path: Path, writer: Writer) -> None:
    """A cancelled request's job is written all the same, and others are answered."""
    async with Held(writer):
        gone = asyncio.create_task(writer.run(insert(1)))
        stays = asyncio.create_task(writer.run(insert(2)))
        await asyncio.sleep(0)
        gone.cancel()

    assert await stays == 2
    assert stored(path) == [1, 2]


async def test_a_lane_gathers_items_into_one_call(path: Path, writer: Writer) -> None:
    """The handler sees all waiting items at once, and each caller gets its own result."""
    calls: list[list[int]] = []

    def handler(sql: Sql, items: list[int]) -> list[str]:
        calls.append(list(items))
        insert_all(sql, items)
        return [f"stored {item}" for item in items]

    lane = writer.coalesce(handler)
    async with Held(writer):
        tasks = [lane.submit(item) for item in range(5)]

    assert await asyncio.gather(*tasks) == [f"stored {item}" for item in range(5)]
    assert calls == [[0, 1, 2, 3, 4]]
    assert stored(path) == [0, 1, 2, 3, 4]


async def test_a_poison_item_fails_only_itself(path: Path, writer: Writer) -> None:
    """When the combined call raises, its writes are undone and each item is tried alone."""

    def handler(sql: Sql, items: list[int]) -> list[int]:
        insert_all(sql, items)
        if 3 in items:
            raise BadRequest("three")
        return items

    lane = writer.coalesce(handler)
    async with Held(writer):
        tasks = [lane.submit(item) for item in range(5)]
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert results[:3] == [0, 1, 2]
    assert isinstance(results[3], BadRequest)
    assert results[4] == 4
    assert stored(path) == [0, 1, 2, 4]


@pytest.mark.parametrize("poison_comes", ["first", "second"])
async def test_a_poison_item_leaves_what_else_is_in_its_turn(
    path: Path, writer: Writer, poison_comes: str
) -> None:
    """Another lane and a job of the same turn are stored, whichever of the lanes was first."""

    def poisoned(sql: Sql, items: list[int]) -> list[int]:
        insert_all(sql, items)
        if 3 in items:
            raise BadRequest("three")
        return items

    def other(sql: Sql, items: list[int]) -> list[int]:
        return insert_all(sql, items)

    lane, well = writer.coalesce(poisoned), writer.coalesce(other)
    async with Held(writer):
        beside: list[Awaitable[int]] = [well.submit(10)] if poison_comes == "second" else []
        tasks = [lane.submit(item) for item in (3, 4)]
        beside += [well.submit(11), asyncio.ensure_future(writer.run(insert(12)))]
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(results[0], BadRequest)
    assert results[1] == 4
    assert await asyncio.gather(*beside) == stored(path)[1:]


async def test_a_handler_with_too_few_results_is_an_error(path: Path, writer: Writer) -> None:
    """A handler that answers the wrong number of results answers nobody, and stores nothing."""

    def handler(sql: Sql, items: list[int]) -> list[int]:
        insert_all(sql, items)
        return []

    with pytest.raises(RuntimeError, match="0 results for 1 items"):
        await writer.coalesce(handler).submit(1)
    assert stored(path) == []


async def test_hooks_hear_what_was_committed(writer: Writer) -> None:
    """A hook gets the notes of the jobs that stand, once a turn, before the callers go on."""
    heard: list[list[str]] = []
    writer.after_commit(heard.append)

    def note(text: str, *, fail: bool = False) -> Callable[[Sql], None]:
        def job(_sql: Sql) -> None:
            writer.publish(text)
            if fail:
                raise BadRequest("no")

        return job

    async with Held(writer):
        tasks = [
            asyncio.create_task(writer.run(note(text, fail=text == "b")))
            for text in ("a", "b", "c")
        ]
    await asyncio.gather(*tasks, return_exceptions=True)

    assert heard == [["a", "c"]]


async def test_a_hook_that_raises_harms_nobody(writer: Writer) -> None:
    """The callers of the turn are answered although a hook failed."""

    def bad(_notes: list[Any]) -> None:
        raise KeyError

    writer.after_commit(bad)

    await writer.run(lambda _sql: writer.publish("x"))
    assert await writer.run(insert(1)) == 1


async def test_over_the_bound_work_is_refused_at_once(database: Recording) -> None:
    """What no longer fits is told to come back; what waits is still done."""
    writer = Writer(database, bound=10)
    async with Held(writer):
        nine = asyncio.create_task(writer.run(insert(1), weight=9))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await writer.run(insert(2))

    assert refused.value.retry_after == 1
    assert await nine == 1
    assert await writer.run(insert(3)) == 3
    await writer.close()


async def test_what_is_heavier_than_the_bound_gets_in_when_nothing_waits(
    database: Recording,
) -> None:
    """A batch over the bound is not refused for ever."""
    writer = Writer(database, bound=10)

    assert await writer.run(insert(1), weight=1000) == 1
    assert writer.depth == 0
    await writer.close()


async def test_a_turn_stops_at_its_weight(database: Recording) -> None:
    """A long queue is cut into several commits, so that its first callers are answered first."""
    turns: list[TurnReport] = []
    writer = Writer(database, turn=10, observe=turns.append)
    async with Held(writer):
        tasks = [asyncio.create_task(writer.run(insert(id_), weight=5)) for id_ in range(4)]
    await asyncio.gather(*tasks)
    await writer.close()

    assert [(turn.jobs, turn.weight, turn.failed) for turn in turns] == [
        (1, 1, False),
        (2, 10, False),
        (2, 10, False),
    ]


async def test_an_observer_that_raises_does_not_stop_the_writer(database: Recording) -> None:
    """Metrics that break do not break writing."""

    def observe(_turn: TurnReport) -> None:
        raise KeyError

    writer = Writer(database, observe=observe)

    assert [await writer.run(insert(1)), await writer.run(insert(2))] == [1, 2]
    await writer.close()


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "SAVEPOINT job", "COMMIT"])
async def test_a_disk_failure_answers_nobody_200(
    path: Path, writer: Writer, database: Recording, statement: str
) -> None:
    """Where a turn cannot begin or commit, its callers get `Unavailable`; the next one works."""
    heard: list[list[str]] = []
    writer.after_commit(heard.append)

    def job(sql: Sql) -> None:
        insert(1)(sql)
        writer.publish("one")

    async with Held(writer):
        tasks = [asyncio.create_task(writer.run(one)) for one in (job, insert(2))]
        await asyncio.sleep(0)
    # The held job's own commit has passed by now or fails with the rest: both are a failed disk.
    await asyncio.gather(*tasks)
    database.failing = {statement: sqlite3.OperationalError("disk I/O error")}
    failed = await asyncio.gather(
        writer.run(insert(3)), writer.run(insert(4)), return_exceptions=True
    )
    database.failing = {}

    assert [type(error) for error in failed] == [Unavailable, Unavailable]
    assert await writer.run(insert(5)) == 5
    assert stored(path) == [1, 2, 5]
    assert heard == [["one"]]


async def test_a_job_that_cannot_be_undone_sinks_its_turn(
    path: Path, writer: Writer, database: Recording
) -> None:
    """If the savepoint cannot be rolled back, half a job must not be committed with the others."""

    def bad(sql: Sql) -> None:
        insert(99)(sql)
        raise BadRequest("no")

    async with Held(writer):
        tasks = [asyncio.create_task(writer.run(job)) for job in (insert(1), bad, insert(2))]
        await asyncio.sleep(0)
        database.failing = {"ROLLBACK TO job": sqlite3.OperationalError("disk I/O error")}
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in results] == [Unavailable] * 3
    assert stored(path) == []


async def test_a_full_disk_is_unavailable_until_there_is_room(
    path: Path, writer: Writer, database: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    """A real SQLITE_FULL: nobody is told 200 in vain, and what was answered before is kept.

    The log says it in a line each time, as that may be all day, on the same disk.
    """
    database.execute("PRAGMA max_page_count = 40")
    answered: list[int] = []
    refused = 0
    for id_ in range(100):
        try:
            answered.append(await writer.run(insert(id_, "x" * 8000)))
        except Unavailable:
            refused += 1
    assert stored(path) == answered
    assert 0 < len(answered) < 40
    assert refused == 100 - len(answered)
    assert len(caplog.records) >= 1
    for record in caplog.records:
        assert "database or disk is full" in record.getMessage()
        assert record.exc_info is None

    database.execute("PRAGMA max_page_count = 4000")
    assert await writer.run(insert(1000, "x" * 8000)) == 1000
    assert stored(path) == [*answered, 1000]


async def test_a_full_disk_in_one_job_sinks_the_turn_and_no_more(
    path: Path, writer: Writer, database: Recording
) -> None:
    """SQLite gives up the whole transaction when the disk is full: no neighbour is told 200."""
    database.execute("PRAGMA max_page_count = 40")
    async with Held(writer):
        jobs = [insert(1), insert(2, "x" * 400_000), insert(3)]
        tasks = [asyncio.create_task(writer.run(job)) for job in jobs]
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in results] == [Unavailable] * 3
    assert stored(path) == []
    assert await writer.run(insert(4)) == 4


async def test_close_drains_and_then_refuses(path: Path, database: Recording) -> None:
    """What waits at close is finished; what comes after is told to try again."""
    writer = Writer(database)
    async with Held(writer):
        tasks = [asyncio.create_task(writer.run(insert(id_))) for id_ in range(20)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(writer.close())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await writer.run(insert(100))
    await closing

    assert await asyncio.gather(*tasks) == list(range(20))
    assert stored(path) == list(range(20))


KILLED = """
import asyncio, sys
from pathlib import Path
from headwater.local.sql import open_writer
from headwater.local.writer import Writer

async def main():
    database = open_writer(Path(sys.argv[1]))
    database.execute("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, body TEXT)")
    writer = Writer(database)
    async def one(id_):
        await writer.run(lambda sql: sql.execute("INSERT INTO events VALUES (?, ?)", (id_, "x")))
        print(id_, flush=True)
    for start in range(0, 1_000_000, 20):
        await asyncio.gather(*(one(start + offset) for offset in range(20)))

asyncio.run(main())
"""


@pytest.mark.parametrize("answers", [1, 37, 400])
def test_what_was_answered_survives_sigkill(path: Path, answers: int) -> None:
    """A process killed right after an answer leaves every answered job in the file."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    answered = {int(process.stdout.readline()) for _ in range(answers)}
    process.kill()
    answered |= {
        int(line) for line in process.stdout.read().splitlines(keepends=True) if "\n" in line
    }
    process.wait()
    process.stdout.close()

    assert len(answered) >= answers
    assert answered <= set(stored(path))
