"""One job in a database of its own, worked on step by step: what a Durable Object holds.

An alarm has it do the next step, and what came of that is stored before the one after. What dies
in the middle of a step does the same step again. When the job has ended, the database is emptied:
what was asked for may name people.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from headwater.actors.emptying import empty
from headwater.actors.job_calls import Begin, Done, Stop, decode_call, encode
from headwater.actors.jobs import JobEnded
from headwater.actors.migrations import is_applied, migrate
from headwater.actors.schemas import JOB, migrations
from headwater.actors.workspace import WorkspaceActor
from headwater.dispatch.settings import SettingsOverActors
from headwater.errors import HeadwaterError, NotFound, Unavailable
from headwater.lake.manifest import OutOfDate
from headwater.ports import BucketFailure, CallFailed, Clock, ObjectMissing, Sql

FIRST_PAUSE = 1_000
LONGEST_PAUSE = 60_000
"""Milliseconds after which a step that could not be done is tried again; at first, and at most."""

_PASSING = (Unavailable, CallFailed, BucketFailure, ObjectMissing, OutOfDate)
"""What is over in a while."""

_logger = logging.getLogger(__name__)


class Stage(NamedTuple):
    """How far a job is after a step.

    Attributes:
        body: what the next step is told; JSON.
        done: units that are done, of `total`.
        at: when to go on, in milliseconds; 0 is at once.
        result: what came of the job, once it has ended.
    """

    body: str
    done: int
    total: int
    at: int = 0
    result: Mapping[str, Any] | None = None


class Work(Protocol):
    """Does one kind of job, a step at a time; each may be repeated."""

    def opening(self, parameters: Mapping[str, Any]) -> str:
        """Answer what the first step is told, from what was asked for."""
        ...

    async def step(self, workspace: str, job: str, body: str) -> Stage:
        """Do the next step.

        What it raises ends the job as failed, but for what is over in a while.
        """
        ...

    async def give_up(self, workspace: str, job: str) -> None:
        """Remove what the job has made: it was cancelled, or failed."""
        ...


class JobKeeper:
    """A job, over a database that holds nothing yet, or its order.

    Args:
        sql: the database.
        works: by the kind of job, makes what does it.
        settings: where everybody sees how the job goes.
        clock: tells when to try again.
    """

    def __init__(
        self,
        sql: Sql,
        works: Mapping[str, Callable[[], Work]],
        settings: SettingsOverActors,
        *,
        clock: Clock,
    ) -> None:
        self._sql = sql
        self._works = works
        self._settings = settings
        self._clock = clock
        self._pause = FIRST_PAUSE
        self._next: int | None = None
        self._is_working = False

    def respond(self, request: str) -> str:
        """Answer a call, both as JSON texts; see job_calls.py."""
        match decode_call(request):
            case Begin() as order:
                self._sql.run(lambda: self._take(order))
            case Stop():
                self._end()
        return encode(Done(is_working=self._is_working))

    def wake_at(self) -> int | None:
        """Answer when to go on, in milliseconds; None where there is nothing left to do."""
        if self._order() is None:
            return None
        return self._clock.now() if self._next is None else self._next

    async def work(self) -> None:
        """Do the next step, or note why it cannot be done now."""
        found = self._order()
        if found is None or self._is_working:
            return
        workspace, job, kind, body = found
        self._is_working = True
        try:
            await self._step(workspace, job, kind, body)
            self._pause = FIRST_PAUSE
        except _PASSING as error:
            _logger.warning("A job of the kind %s is held up: %s", kind, error)
            self._next = self._clock.now() + self._pause
            self._pause = min(LONGEST_PAUSE, 2 * self._pause)
            await self._tell(workspace, WorkspaceActor.hold_up_job, job, _words(error))
        except Exception as error:
            # Over the wire an error keeps its code, not its class.
            if getattr(error, "code", None) != JobEnded.code:
                _logger.exception("A job of the kind %s failed", kind)
                await self._tell(workspace, WorkspaceActor.fail_job, job, _words(error))
            self._end()
            await self._give_up(workspace, job, kind)
        finally:
            self._is_working = False

    async def _step(self, workspace: str, job: str, kind: str, body: str) -> None:
        opening = msgspec.json.decode(body, type=_Opening)
        now = self._clock.now()
        try:
            shown = await self._settings.read(workspace, WorkspaceActor.job, job)
        except NotFound:
            shown = await self._settings.write(
                workspace,
                WorkspaceActor.open_job,
                job,
                kind,
                opening.shown,
                unit=opening.unit,
                now=now,
                key=opening.key,
            )
            if shown.id != job:
                raise JobEnded(f"{shown.id} is the same order.") from None
        done, total = shown.done, shown.total
        await self._settings.write(
            workspace, WorkspaceActor.note_job, job, done=done, total=total, now=now
        )
        work = self._works[kind]()
        told = opening.told or work.opening(opening.parameters)
        stage = await work.step(workspace, job, told)
        if stage.result is None:
            kept = msgspec.structs.replace(opening, told=stage.body, parameters={})
            self._sql.run(lambda: self._note(kept))
            self._next = stage.at or None  # else at once
        now = self._clock.now()
        await self._settings.write(
            workspace, WorkspaceActor.note_job, job, done=stage.done, total=stage.total, now=now
        )
        if stage.result is not None:
            result = dict(stage.result)
            await self._settings.write(workspace, WorkspaceActor.finish_job, job, result, now=now)
            self._end()

    async def _give_up(self, workspace: str, job: str, kind: str) -> None:
        try:
            shown = await self._settings.read(workspace, WorkspaceActor.job, job)
            if shown.state != "done":  # that may have been noted, though nobody heard of it
                await self._works[kind]().give_up(workspace, job)
        except (*_PASSING, HeadwaterError) as error:  # whoever sweeps finds it
            _logger.warning("What a job of the kind %s has made is still there: %s", kind, error)

    async def _tell(
        self, workspace: str, method: Callable[..., None], job: str, words: str
    ) -> None:
        try:
            await self._settings.write(workspace, method, job, words, now=self._clock.now())
        except (HeadwaterError, CallFailed) as error:
            _logger.warning("How a job goes could not be noted: %s", error)

    def _take(self, order: Begin) -> None:
        migrate(self._sql, migrations(JOB))
        opening = _Opening(order.parameters, order.shown, order.unit, key=order.key)
        self._sql.execute(
            "INSERT OR IGNORE INTO job_order (only_one, workspace, job, kind, body)"
            " VALUES (1, ?, ?, ?, ?)",
            (order.workspace, order.job, order.kind, msgspec.json.encode(opening).decode()),
        )

    def _note(self, kept: _Opening) -> None:
        if self._order() is not None:  # else it was stopped meanwhile
            body = msgspec.json.encode(kept).decode()
            self._sql.execute("UPDATE job_order SET body = ?", (body,))

    def _order(self) -> tuple[str, str, str, str] | None:
        if not is_applied(self._sql, "job_order.sql"):
            return None
        rows = self._sql.execute("SELECT workspace, job, kind, body FROM job_order")
        return (rows[0][0], rows[0][1], rows[0][2], rows[0][3]) if rows else None

    def _end(self) -> None:
        empty(self._sql)
        self._next = None


class _Opening(msgspec.Struct):
    """What is stored of a job: what was asked for, and what the next step is told."""

    parameters: dict[str, Any]
    shown: dict[str, Any]
    unit: str
    told: str = ""
    key: str | None = None


def _words(error: Exception) -> str:
    if isinstance(error, HeadwaterError):
        return error.message
    return str(error) or type(error).__name__
