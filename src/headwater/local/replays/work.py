"""Sends events of the past to one destination, by its lane, beside what happens now.

They go as they were stored, with their message ids, in the order of their receipt. Nothing of it
is stored again, so no audience, trait or journey sees it. Which of them are in the lane is noted
in the transaction that puts them there: after a crash none is missing and none comes twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import msgspec

from headwater.actors import audience_reading, deliveries
from headwater.audiences.program import OWN_MESSAGES
from headwater.commands import Deliver
from headwater.destinations.routing import Router, lets_through
from headwater.errors import Conflict, Unavailable
from headwater.lake import keys
from headwater.local.jobs.runner import RunningJob
from headwater.local.readers import Readers
from headwater.local.sandbox.orders import Event, Selection
from headwater.local.sandbox.sandbox import Sandbox
from headwater.ports import Clock, Sql
from headwater.workspace import WorkspaceConfig

KIND = "replay"

MOST_WAITING = 500
"""While more wait in the lane, nothing is added: so few does what happens now wait behind.

With a portion that is just being added that makes at most twice as many.
"""

PORTION = 500
"""Events that are put into the lane at a time, at most."""

PAGE = 10_000
"""Events that are read at a time."""

_LOOK_EVERY = 0.05  # seconds, for room in the lane
_SCENE_SECONDS = 600.0  # after which it is looked anew what lies where, and who is who


class Cursor(msgspec.Struct, frozen=True):
    """How far a replay is.

    Attributes:
        received_before: what was received later (ms) is not part of it.
        days: those that have selected events, in order; the first is being worked on.
        after: the last event that was dealt with on that day.
        sent: events put into the lane so far; of a dry run: that would be.
        left_out: selected events that the destination's own rules keep from it.
        first: time of the earliest event that was sent.
        last: of the latest.
    """

    received_before: int
    days: list[int]
    after: tuple[int, str, str] | None = None
    sent: int = 0
    left_out: int = 0
    first: int | None = None
    last: int | None = None


class Replaying:
    """The work of jobs of the kind `replay`."""

    def __init__(
        self,
        sandbox: Sandbox,
        readers: Readers,
        *,
        config: Callable[[str], WorkspaceConfig | None],
        clock: Clock,
        wake: Callable[[Iterable[str]], None],
    ) -> None:
        """Prepare; `wake` is told the destinations whose lanes have something new."""
        self._sandbox = sandbox
        self._readers = readers
        self._config = config
        self._clock = clock
        self._wake = wake

    async def __call__(self, job: RunningJob) -> Mapping[str, Any]:
        """Send the events that a job selects; see `Work`."""
        cursor = await self._begun(job)
        while cursor.days:
            cursor = await self._some(job, cursor)
        return {
            "sent": cursor.sent,
            "left_out": cursor.left_out,
            "first": cursor.first,
            "last": cursor.last,
            "dry_run": job.parameters["dry_run"],
        }

    async def _begun(self, job: RunningJob) -> Cursor:
        """Answer how far the job is; a new one is counted first."""
        if job.cursor is not None:
            return msgspec.convert(job.cursor, Cursor)
        now = self._clock.now() + 1
        where = job.parameters["where"]
        async with self._sandbox.scene(job.job.workspace, f"events {where or ''}") as scene:
            counted = await self._sandbox.days(scene, _selection(job.parameters, None, now))
        cursor = Cursor(now, [day for day, *_ in counted.days])
        total = sum(events for _, events, _, _ in counted.days)
        await job.note(0, total=total, cursor=msgspec.to_builtins(cursor))
        return cursor

    async def _some(self, job: RunningJob, cursor: Cursor) -> Cursor:
        """Deal with what one scene shows for a while; answer how far that came."""
        until = asyncio.get_running_loop().time() + _SCENE_SECONDS
        async with aclosing(self._pages(job, cursor)) as pages:
            async for day, page in pages:
                cursor = await self._page(job, cursor, page)
                if len(page) < PAGE:
                    rest = [one for one in cursor.days if one != day]
                    cursor = msgspec.structs.replace(cursor, days=rest, after=None)
                if asyncio.get_running_loop().time() > until:
                    break
        return cursor

    async def _pages(
        self, job: RunningJob, cursor: Cursor
    ) -> AsyncGenerator[tuple[int, list[Event]], None]:
        """Answer days and pages of their events, all out of one scene."""
        where = job.parameters["where"]
        async with self._sandbox.scene(job.job.workspace, f"events {where or ''}") as scene:
            after = cursor.after
            for day in cursor.days:
                selection = _selection(job.parameters, day, cursor.received_before)
                while True:
                    found = await self._sandbox.page(scene, selection, after=after, limit=PAGE)
                    yield day, found.events
                    if len(found.events) < PAGE:
                        break
                    after = _place(found.events[-1])
                after = None

    async def _page(self, job: RunningJob, cursor: Cursor, page: Sequence[Event]) -> Cursor:
        """Send a page of events, a portion at a time, no faster than was asked for."""
        rate, dry_run = job.parameters["rate"], job.parameters["dry_run"]
        loop = asyncio.get_running_loop()
        size = len(page) if dry_run else max(1, min(PORTION, rate // 5))
        for start in range(0, len(page), max(1, size)):
            portion, began = page[start : start + size], loop.time()
            wanted = await self._wanted(job, portion)
            if not dry_run:
                await self._wait_for_room(job)
            cursor = _after(cursor, portion, wanted)
            commands = [] if dry_run else [_delivery(job, one) for one in wanted]
            await self._put(job, cursor, commands)
            if commands:
                await asyncio.sleep(max(0.0, began + len(commands) / rate - loop.time()))
        return cursor

    async def _wanted(self, job: RunningJob, portion: Sequence[Event]) -> list[Event]:
        """Answer the events that the destination gets by its rules as they are now."""
        destination = job.parameters["destination"]
        config = self._config(job.job.workspace)
        own = [one for one in config.destinations if one.id == destination] if config else []
        if config is None or not own:
            raise Conflict(f"The destination {destination} was removed.")
        if not own[0].enabled:
            raise Unavailable(f"The destination {destination} is switched off; the replay waits.")
        router = Router(replace(config, destinations=tuple(own)))
        events = [(one, msgspec.json.decode(one.body)) for one in portion]
        routed = [(one, event) for one, event in events if router.destinations(event)]
        gate = router.gates.get(destination)
        if gate is None or not routed:
            return [one for one, _ in routed]
        workspace = job.job.workspace
        audiences = frozenset[str]().union(*gate.values())
        actors = [f"{workspace}/{one.person}" for one, _ in routed]
        members = await self._readers.run(
            lambda sql: audience_reading.memberships(sql, audiences, actors)
        )
        return [
            one
            for (one, event), actor in zip(routed, actors, strict=True)
            if lets_through(gate, event, members.get(actor, ()))
        ]

    async def _wait_for_room(self, job: RunningJob) -> None:
        """Return once so few wait in the lane that what happens now is not held up for long."""
        key = job.job.workspace, job.parameters["destination"]
        while await self._readers.run(lambda sql: deliveries.waiting(sql, *key)) > MOST_WAITING:  # noqa: ASYNC110 - it is told by the database
            await asyncio.sleep(_LOOK_EVERY)

    async def _put(self, job: RunningJob, cursor: Cursor, commands: Sequence[Deliver]) -> None:
        now = self._clock.now()

        def enqueue(sql: Sql) -> None:
            deliveries.enqueue(sql, commands, now)

        done = cursor.sent + cursor.left_out
        await job.note(done, cursor=msgspec.to_builtins(cursor), work=enqueue)
        if commands:
            self._wake([job.parameters["destination"]])


def _selection(parameters: Mapping[str, Any], day: int | None, received_before: int) -> Selection:
    return Selection(
        where=parameters["where"],
        since=parameters["since"],
        until=parameters["until"],
        received_from=None if day is None else day * keys.DAY,
        received_before=received_before
        if day is None
        else min((day + 1) * keys.DAY, received_before),
        own_messages=parameters["with_audiences"],
        leave_out=OWN_MESSAGES,
    )


def _place(event: Event) -> tuple[int, str, str]:
    return event.received_at, event.message_id, event.via


def _after(cursor: Cursor, portion: Sequence[Event], wanted: Sequence[Event]) -> Cursor:
    """Answer how far a replay is once a portion was dealt with."""
    times = [one.received_at for one in wanted]
    return msgspec.structs.replace(
        cursor,
        after=_place(portion[-1]),
        sent=cursor.sent + len(wanted),
        left_out=cursor.left_out + len(portion) - len(wanted),
        first=min([*times, *([] if cursor.first is None else [cursor.first])], default=None),
        last=max([*times, *([] if cursor.last is None else [cursor.last])], default=None),
    )


def _delivery(job: RunningJob, event: Event) -> Deliver:
    workspace = job.job.workspace
    return Deliver(
        workspace,
        job.parameters["destination"],
        f"{workspace}/{event.person}",
        event.message_id,
        event.body,
    )
