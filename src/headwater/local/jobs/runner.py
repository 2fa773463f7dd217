"""Works on kept jobs: of each kind some at a time, oldest first, from where a crash left it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from headwater.actors import jobs
from headwater.actors.jobs import Job, JobEnded, Order
from headwater.errors import HeadwaterError, NotFound, Unavailable
from headwater.local.readers import Readers
from headwater.local.writer import Writer
from headwater.ports import BucketFailure, Clock, Random, Sql

_logger = logging.getLogger(__name__)

_FIRST_PAUSE = 1.0  # seconds
_LONGEST_PAUSE = 60.0  # seconds


class RunningJob:
    """A job as the work sees it: what was asked for, where to go on, and whom to tell.

    Attributes:
        job: as it was when the work began, or went on after a crash.
    """

    def __init__(self, job: Job, writer: Writer, clock: Clock) -> None:
        self.job = job
        self._writer = writer
        self._clock = clock

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What was asked for."""
        return self.job.parameters

    @property
    def cursor(self) -> Any:
        """Where to go on; None where there is nothing yet."""
        return self.job.cursor

    async def note(
        self,
        done: int,
        *,
        total: int | None = None,
        cursor: Any = None,
        work: Callable[[Sql], None] | None = None,
    ) -> None:
        """Return once it is on the disk how far the job is.

        Args:
            done: units done so far.
            total: of how many, where that is known now.
            cursor: where to go on after a crash; JSON. Left out, it stays as it was.
            work: is run in the same transaction, so that it is done exactly if it is noted.

        Raises:
            JobEnded: it was cancelled; nothing was written.
            Unavailable: the disk failed, or the server is ending; nothing was written.
        """

        def write(sql: Sql) -> None:
            now = self._clock.now()
            jobs.note(sql, self.job.id, now=now, done=done, total=total, cursor=cursor)
            if work is not None:
                work(sql)

        await self._writer.run(write)


Work = Callable[[RunningJob], Awaitable[Mapping[str, Any]]]
"""Does one kind of job, and answers its result, which is JSON.

It is begun anew after a crash, with the cursor noted last. What it raises ends the job as failed,
but for `Unavailable` and `BucketFailure`, after which it is begun again in a while. A job that is
cancelled gets `asyncio.CancelledError`, as does one that the end of the server cuts short.
"""


class JobRunner:
    """Takes orders for jobs, and works on them while the server runs."""

    def __init__(
        self,
        kinds: Mapping[str, Work],
        *,
        writer: Writer,
        readers: Readers,
        clock: Clock,
        random: Random,
        at_once: Mapping[str, int] | None = None,
    ) -> None:
        """Begin with what an earlier server left, inside a running event loop.

        `kinds` is what each kind of job does; `at_once` how many of a kind are worked on at a
        time, where that is more than one.
        """
        self._kinds = kinds
        self._writer = writer
        self._readers = readers
        self._clock = clock
        self._random = random
        self._news = {kind: asyncio.Event() for kind in kinds}
        self._working: dict[str, asyncio.Task[Mapping[str, Any]]] = {}
        loop = asyncio.get_running_loop()
        self._taken: dict[str, set[str]] = {kind: set() for kind in kinds}
        self._tasks = [
            loop.create_task(self._keep_working(kind), name=f"jobs {kind}")
            for kind in kinds
            for _ in range((at_once or {}).get(kind, 1))
        ]

    async def start(
        self,
        workspace: str,
        kind: str,
        parameters: Mapping[str, Any],
        *,
        unit: str = "events",
        key: str | None = None,
    ) -> Job:
        """Store an order and answer the job: a new one, or the one that counts under its key.

        Raises:
            NotFound: this server does nothing of that kind.
            Unavailable: it cannot be stored at the moment.
        """
        if kind not in self._kinds:
            raise NotFound(f"There are no jobs of the kind {kind[:80]!r} here.")
        order = Order(
            id=f"job_{self._random.uuid().replace('-', '')[:20]}",
            workspace=workspace,
            kind=kind,
            parameters=parameters,
            unit=unit,
            key=key,
        )
        made = await self._writer.run(lambda sql: jobs.create(sql, order, now=self._clock.now()))
        self._news[kind].set()
        return made

    async def job(self, workspace: str | None, id_: str) -> Job:
        """Answer a job of a workspace, or of any; raise `NotFound` where there is none."""
        return await self._readers.run(lambda sql: jobs.job(sql, id_, workspace=workspace))

    async def jobs(
        self,
        workspace: str,
        *,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        limit: int = 100,
        before: int | None = None,
    ) -> list[Job]:
        """Answer a workspace's jobs, the latest first."""
        return await self._readers.run(
            lambda sql: jobs.jobs(
                sql, workspace, kinds=kinds, states=states, limit=limit, before=before
            )
        )

    async def cancel(self, workspace: str, id_: str) -> Job:
        """Have nothing more done about a job, and answer it; raise `NotFound`.

        It returns once the work has ended, and has tidied up behind itself.
        """
        now = self._clock.now()
        ended = await self._writer.run(
            lambda sql: jobs.cancel(sql, id_, workspace=workspace, now=now)
        )
        task = self._working.get(id_)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        return ended

    async def release(self, id_: str) -> None:
        """Let the next order with a job's key be a job of its own."""
        await self._writer.run(lambda sql: jobs.release(sql, id_))

    async def stop(self) -> None:
        """Cut short what runs; it goes on after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_working(self, kind: str) -> None:
        news, taken = self._news[kind], self._taken[kind]
        while True:
            news.clear()
            try:
                found = await self._readers.run(
                    lambda sql: jobs.following(sql, kind, besides=[*taken])
                )
                if found is not None:
                    await self._work_on_alone(found)
                    continue
            except HeadwaterError as error:  # the disk, or the end: the next look will tell
                _logger.warning("Jobs of the kind %s wait: %s", kind, error.code)
                await asyncio.sleep(_FIRST_PAUSE)
                continue
            await news.wait()

    async def _work_on_alone(self, found: Job) -> None:
        """Work on a job, unless somebody else does since it was looked up."""
        taken = self._taken[found.kind]
        if found.id not in taken:
            taken.add(found.id)
            try:
                await self._work_on(found)
            finally:
                taken.discard(found.id)

    async def _work_on(self, found: Job) -> None:
        """Work on a job until it has ended."""
        pause = _FIRST_PAUSE
        while True:
            try:
                begun = await self._writer.run(
                    lambda sql: jobs.begin(sql, found.id, now=self._clock.now())
                )
                await self._finish(begun, await self._result(begun))
            except JobEnded:
                return
            except (Unavailable, BucketFailure) as error:
                message = str(error)
                _logger.warning("Job %s is held up, and tried again: %s", found.id, message)
                await self._hold_up(found, message)
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
            except HeadwaterError as error:
                await self._fail(found, error.message)
                return
            except Exception as error:
                _logger.exception("Job %s failed.", found.id)
                await self._fail(
                    found,
                    f"A mistake in the server ({type(error).__name__}); its log has more about "
                    f"{found.id}.",
                )
                return
            else:
                return

    async def _result(self, begun: Job) -> Mapping[str, Any]:
        """Answer what the work answers; raise `JobEnded` where it was cancelled."""
        running = RunningJob(begun, self._writer, self._clock)

        async def work() -> Mapping[str, Any]:
            return await self._kinds[begun.kind](running)

        task = self._working[begun.id] = asyncio.get_running_loop().create_task(work())
        try:
            await asyncio.wait([task])
            if task.cancelled():
                raise JobEnded(f"Job {begun.id} was cancelled.")
            return task.result()
        finally:
            del self._working[begun.id]
            if not task.done():  # the server ends
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task

    async def _finish(self, found: Job, result: Mapping[str, Any]) -> None:
        await self._writer.run(
            lambda sql: jobs.finish(sql, found.id, result, now=self._clock.now())
        )

    async def _hold_up(self, found: Job, message: str) -> None:
        with suppress(Unavailable):
            await self._writer.run(
                lambda sql: jobs.hold_up(sql, found.id, message, now=self._clock.now())
            )

    async def _fail(self, found: Job, message: str) -> None:
        await self._writer.run(lambda sql: jobs.fail(sql, found.id, message, now=self._clock.now()))
