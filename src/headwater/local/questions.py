"""Questions on one machine: DuckDB over the lake and what is not in it yet, beside the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headwater.errors import BadRequest, Conflict, Unavailable
from headwater.local.lake.keeper import LakeKeeper
from headwater.local.lake.replaced import TRIES, FilesReplaced
from headwater.local.question_tables import QuestionTables, computed_of
from headwater.ports import Clock
from headwater.questions.answers.ask import ask
from headwater.questions.asking import Circumstances
from headwater.questions.question import Question
from headwater.questions.sql.duckdb import DuckDB
from headwater.questions.table import Table
from headwater.workspace import WorkspaceConfig

if TYPE_CHECKING:
    import duckdb

MOST_ROWS = 1_000_000
"""Rows that one query of a question may answer."""


class TooSlow(BadRequest):
    """The question took too long."""

    code = "question_too_slow"


class LocalQuestions:
    """Answers questions in threads of its own, so that neither events nor readers wait."""

    def __init__(
        self,
        lake: LakeKeeper | None,
        database: Path,
        *,
        clock: Clock,
        config: Callable[[str], WorkspaceConfig | None],
        seconds: float,
        threads: int = 2,
    ) -> None:
        """Prepare.

        Args:
            lake: what knows all events; None where it is switched off.
            database: path of the one that memberships and accounts are read from.
            clock: tells what `today` is.
            config: a workspace's present configuration.
            seconds: how long a question may take.
            threads: how many questions are answered at once; others wait.
        """
        self._lake = lake
        self._database = database
        self._clock = clock
        self._config = config
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="headwater-question")
        self._closed = False

    async def answer(self, workspace: str, question: Question) -> Table:
        """Answer a question; every event that was answered before is counted.

        Raises:
            BadRequest: it cannot be asked, is too slow, or its answer is too large.
            Conflict: the lake is switched off.
            Unavailable: the server is ending, or the lake cannot be read.
        """
        if self._lake is None:
            raise Conflict(
                "Questions are answered out of the lake, which is switched off here; start the "
                "server without 'lake = off'."
            )
        if self._closed:
            raise Unavailable("The server is shutting down; try again shortly.")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._answer, self._lake, workspace, question)

    async def close(self) -> None:
        """Let what runs come to its end, within its time."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)

    def _answer(self, lake: LakeKeeper, workspace: str, question: Question) -> Table:
        """Answer a question; once more where files were deleted while they were read."""
        for _ in range(TRIES - 1):
            with suppress(FilesReplaced):
                return self._answer_once(lake, workspace, question)
        return self._answer_once(lake, workspace, question)

    def _answer_once(self, lake: LakeKeeper, workspace: str, question: Question) -> Table:
        with lake.relation(workspace) as connection, in_time(connection, self._seconds):
            config = self._config(workspace) or WorkspaceConfig(workspace)
            ids = {name: one.id for one in config.audiences for name in (one.id, one.key)}
            tables = QuestionTables(
                connection,
                self._database,
                workspace=workspace,
                audiences=set(ids.values()),
                computed=computed_of(config),
            )
            # Told the time after the connection was opened, which sees all that was stored before.
            now = self._clock.now()
            asking = ask(question, Circumstances(DuckDB(), now, config.time_zone, audiences=ids))
            try:
                query = next(asking)
                while True:
                    tables.provide(query.sql)
                    query = asking.send([_rows(connection, query.sql)])
            except StopIteration as done:
                table: Table = done.value
                return table


@contextmanager
def in_time(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what takes too long, and say so."""
    import duckdb  # noqa: PLC0415 - a server that is asked nothing can spare it

    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise TooSlow(
            f"The question took longer than {seconds:g} seconds. Ask of a shorter range, or raise "
            "the setting question_seconds."
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise TooSlow(
            "The question needs more memory than it may have. Ask of a shorter range, or with "
            "fewer steps or values."
        ) from error
    finally:
        timer.cancel()


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Sequence[Sequence[Any]]:
    rows: Sequence[Sequence[Any]] = connection.execute(sql).fetchmany(MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise BadRequest(
            f"The answer has more than {MOST_ROWS:,} rows; ask for a longer interval, fewer "
            "values or a shorter range."
        )
    return rows
