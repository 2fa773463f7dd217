"""The server's side of the sandbox: makes a scene, starts a process for an order, ends it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from headwater.api.services import SqlAnswer
from headwater.errors import BadRequest, Conflict
from headwater.local.lake.replaced import TRIES, FilesReplaced
from headwater.local.sandbox import snapshot
from headwater.local.sandbox.orders import (
    Answer,
    Check,
    Checked,
    Counted,
    Days,
    Events,
    Found,
    Order,
    Page,
    Progress,
    Query,
    Refused,
    Scene,
    Selection,
)

if TYPE_CHECKING:
    import duckdb

A = TypeVar("A", bound=Answer)

Relation = Callable[[str], "AbstractContextManager[duckdb.DuckDBPyConnection]"]

Complete = Callable[["duckdb.DuckDBPyConnection", str], None]

MOST_BYTES = 32 * 1024**2
"""Size of the text that one query may answer."""

_LONGEST_LINE = 64 * 1024**2
_AT_ONCE = 2  # processes of queries that people wait for
_KEPT_VARIABLES = ("PATH", "PYTHONPATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT")

_logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()
_answers = msgspec.json.Decoder(Answer)


class SqlRefused(BadRequest):
    """The SQL cannot be run."""

    code = "invalid_sql"


class Sandbox:
    """Runs SQL that people wrote over a workspace's events, where it can do no harm."""

    def __init__(
        self,
        relation: Relation | None,
        folder: Path,
        *,
        seconds: float,
        memory: int = 1024**3,
        complete: Complete = lambda _connection, _workspace: None,
    ) -> None:
        """Prepare.

        Args:
            relation: gives a workspace's views, as `LakeKeeper.relation` does; None where the
                lake is switched off.
            folder: for what queries need beside memory; emptied now.
            seconds: how long a query that somebody waits for may take.
            memory: bytes that one may use.
            complete: lets a workspace's `people` have what the lake does not know of them.
        """
        self._relation = relation
        self._complete = complete
        self._folder = folder
        self._seconds = seconds
        self._memory = memory
        self._turns = asyncio.Semaphore(_AT_ONCE)
        shutil.rmtree(folder, ignore_errors=True)  # what a crash left

    async def query(self, workspace: str, sql: str, *, limit: int) -> SqlAnswer:
        """Answer what one SELECT finds, `limit` rows at most; what was answered before is seen.

        Raises:
            SqlRefused: it is not one statement that reads what is here, or took too long.
            Conflict: the lake is switched off.
            Unavailable: the lake cannot be read.
        """
        found = await self._now(
            workspace, sql, lambda scene: Query(scene, sql, limit, MOST_BYTES), Found
        )
        return SqlAnswer(found.columns, bytes(found.rows), truncated=found.truncated)

    async def check(self, workspace: str, where: str | None) -> None:
        """Return where events can be selected by a condition; raises as `query` does."""
        text, selection = f"events {where or ''}", Selection(where=where)
        await self._now(workspace, text, lambda scene: Check(scene, selection), Checked)

    async def _now(
        self, workspace: str, text: str, order: Callable[[Scene], Order], expected: type[A]
    ) -> A:
        """Answer an order that somebody waits for; once more where a file was deleted under it."""
        async with self._turns:
            for _ in range(TRIES - 1):
                with contextlib.suppress(FilesReplaced):
                    async with self.scene(workspace, text) as scene:
                        return await self.ask(order(scene), expected, seconds=self._seconds)
            async with self.scene(workspace, text) as scene:
                return await self.ask(order(scene), expected, seconds=self._seconds)

    async def days(self, scene: Scene, selection: Selection) -> Counted:
        """Answer on which days selected events were received, and how many; as `ask`."""
        return await self.ask(Days(scene, selection), Counted)

    async def page(
        self, scene: Scene, selection: Selection, *, after: tuple[int, str, str] | None, limit: int
    ) -> Events:
        """Answer the next selected events, in the order of their receipt; as `ask`."""
        return await self.ask(Page(scene, selection, after, limit), Events)

    @asynccontextmanager
    async def scene(self, workspace: str, text: str) -> AsyncIterator[Scene]:
        """Give what a text of SQL may name, as of now, for as long as this is open.

        Raises:
            Conflict: the lake is switched off.
            Unavailable: it cannot be read.
        """
        if self._relation is None:
            raise Conflict(
                "This reads the lake, which is switched off here; start the server without "
                "'lake = off'."
            )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            taken = asyncio.to_thread(self._taken, self._relation, workspace, text, folder)
            yield await _to_its_end(taken)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _taken(self, relation: Relation, workspace: str, text: str, folder: Path) -> Scene:
        with relation(workspace) as connection:
            if "people" in text.lower():
                self._complete(connection, workspace)
            return snapshot.take(connection, text, folder, memory=self._memory)

    async def ask(
        self,
        order: Order,
        expected: type[A],
        *,
        seconds: float | None = None,
        tell: Callable[[float], None] = lambda _fraction: None,
    ) -> A:
        """Answer what a process of its own answers to an order.

        Args:
            order: whose scene is open.
            expected: what it is answered with.
            seconds: after which it is ended; None: it may take its time.
            tell: is told how far it is, from 0 to 1.

        Raises:
            SqlRefused: it cannot be done, or took too long.
            FilesReplaced: what it reads has gone; a new scene has it elsewhere.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "headwater.local.sandbox.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            cwd=order.scene.scratch,
        )
        try:
            async with asyncio.timeout(seconds):
                answer = await _answer(process, order, tell)
        except TimeoutError as error:
            raise SqlRefused(
                f"It took longer than {seconds:g} seconds. Ask of a shorter range or for fewer "
                "columns, or raise the setting sql_seconds.",
                code="sql_too_slow",
            ) from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if isinstance(answer, Refused):
            if answer.code == "unreadable":
                _logger.warning("Files of the lake could not be read: %s", answer.message)
                raise FilesReplaced
            raise SqlRefused(answer.message, code=answer.code)
        assert isinstance(answer, expected)  # noqa: S101 - the answer to this order
        return answer


async def _to_its_end(work: Coroutine[Any, Any, Scene]) -> Scene:
    """Answer what a thread answers; where this is cancelled, not before the thread has ended.

    It writes into a folder that is deleted next.
    """
    working = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait((working,))
        raise


async def _answer(
    process: asyncio.subprocess.Process, order: Order, tell: Callable[[float], None]
) -> Answer:
    assert process.stdin is not None  # noqa: S101 - made with pipes
    assert process.stdout is not None  # noqa: S101 - made with pipes
    with contextlib.suppress(OSError):  # it ended already: its answer, or none, tells why
        process.stdin.write(_encoder.encode(order) + b"\n")
        await process.stdin.drain()
    while (line := await process.stdout.readline()).endswith(b"\n"):
        answer: Answer = _answers.decode(line)
        if not isinstance(answer, Progress):
            return answer
        tell(answer.fraction)
    # Killed by the kernel for its memory, or by a fault of DuckDB's that this text has found.
    return Refused(
        "sql_too_large",
        "The query's process ended before it answered; most likely it needed more memory than "
        "it may have. Ask of a shorter range, or for fewer columns.",
    )
