"""Audiences on one machine: their timers, looking at everybody anew, and what readers ask."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any

from headwater.actors import (
    audience_backfill,
    audience_gaps,
    audience_reading,
    audiences,
    identity_reading,
)
from headwater.actors.identity_network import Network, Outcome
from headwater.audiences.audience import Audience
from headwater.audiences.conditions import Condition
from headwater.audiences.membership import Backfill, Member, Membership, Preview
from headwater.errors import HeadwaterError, NotFound
from headwater.local.audience_counts import Counts
from headwater.local.audience_past import AudiencePast
from headwater.local.identities import Identities
from headwater.local.readers import Readers
from headwater.local.stored import Stored
from headwater.local.writer import Writer
from headwater.ports import Clock, Sql
from headwater.workspace import WorkspaceConfig

_logger = logging.getLogger(__name__)

_A_WAKE = 200
"""People whose timers are acted on in one job, so that requests need not wait long."""

_A_SLICE = 50
"""People who are looked at anew in one job."""

_A_LOOK = 500
"""People who are looked at in one read of a preview."""

_PATIENCE = 5.0
"""Seconds after which a preview reckons the rest."""

_SAMPLED = 20


class LocalAudiences:
    """The `Audiences` port, and the tasks behind it. Used on the event loop's thread alone."""

    def __init__(
        self,
        writer: Writer,
        readers: Readers,
        identities: Identities,
        *,
        config: Callable[[str], WorkspaceConfig | None],
        clock: Clock,
        counts: Counts,
        past: AudiencePast | None = None,
    ) -> None:
        """Prepare; `past` reads what only the lake has of people, None where there is no lake."""
        self._writer = writer
        self._readers = readers
        self._identities = identities
        self._config = config
        self._clock = clock
        self._counts = counts
        self._past = past
        self._sooner = asyncio.Event()
        self._changed = asyncio.Event()
        self._changed.set()

    def committed(self, notes: list[Any]) -> None:
        """Hear what a commit has changed."""
        for note in notes:
            if isinstance(note, Stored):
                self._counts.changed(note.audiences)
                if note.armed is not None:
                    self._sooner.set()
            elif isinstance(note, WorkspaceConfig):
                self._changed.set()

    def close(self) -> None:
        """End all that is followed, because the server drains."""
        self._counts.close()

    async def keep_time(self, every: float = 1.0) -> None:
        """Wake people when their timers go off; look every so many seconds for overdue ones."""
        while True:
            wait = every
            try:
                wait = min(every, await self._wake_all())
            except HeadwaterError as error:  # the disk, or the end: the next look will tell
                _logger.warning("Timers wait: %s", error.code)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._sooner.wait(), wait)
            self._sooner.clear()

    async def _wake_all(self) -> float:
        """Act on all timers that have gone off; answer the seconds until the next one does."""
        while True:
            at, news = await self._readers.run(_next)
            now = self._clock.now()
            if news:
                await self._run(lambda network, sql, now: network.spread(sql, now=now))
            elif at is None:
                return 3600.0
            elif at > now:
                return (at - now) / 1000 + 0.0005
            else:
                await self._run(lambda network, sql, now: network.wake(sql, now, _A_WAKE))

    async def keep_complete(self, every: float = 10.0) -> None:
        """Look at everybody whenever audiences have changed, a slice between other work.

        Every so many seconds, see also to those of whom the lake has events to be let in.
        """
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), every)
            self._changed.clear()
            try:
                for workspace in await self._readers.run(audience_backfill.unfinished):
                    await self._look_through(workspace)
                await self.let_in()
            except HeadwaterError as error:
                _logger.warning("Looking at everybody waits: %s", error.code)
                await asyncio.sleep(1.0)
                self._changed.set()

    async def _look_through(self, workspace: str) -> None:
        while workspace in await self._readers.run(audience_backfill.unfinished):
            await self._run(
                lambda network, sql, now: audience_backfill.look_on(
                    sql,
                    network,
                    workspace,
                    now=now,
                    limit=_A_SLICE,
                    waits=self._past is not None,
                )
            )
            await self.let_in()
            await asyncio.sleep(0)  # requests that have come in meanwhile go first

    async def let_in(self) -> None:
        """Let in what the lake has of people that newer conditions have not seen.

        Raises:
            Unavailable: the lake does not answer; whoever waits for it is seen to later.
        """
        if self._past is None:
            return
        after: str | None = ""
        while after is not None:
            after = await self._let_in_after(self._past, after)

    async def _let_in_after(self, past: AudiencePast, after: str) -> str | None:
        """See to the next people; answer the last of them, None where there were none.

        Whom more of went to the lake meanwhile is seen to the next time.
        """
        actors = await self._readers.run(
            lambda sql: audience_gaps.wanted(sql, after=after, limit=_A_SLICE)
        )
        if not actors:
            return None
        found = await past.read(actors)
        await self._run(lambda network, sql, now: network.fill(sql, found, now=now))
        return actors[-1]

    async def _run(self, work: Callable[[Network, Sql, int], Outcome | None]) -> None:
        await self._identities.run(work)

    async def count(self, workspace: str, audience: str) -> int:
        """Answer how many people are in an audience now; see `Audiences.count`."""
        one = self._audience(workspace, audience)
        return await self._readers.run(lambda sql: audience_reading.count(sql, one.id))

    async def members(
        self, workspace: str, audience: str, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[Member], str | None]:
        """Answer members in order; see `Audiences.members`."""
        one = self._audience(workspace, audience)
        after = f"{workspace}/{cursor}" if cursor else ""
        found = await self._readers.run(
            lambda sql: audience_reading.members(sql, one.id, after=after, limit=limit + 1)
        )
        page = found[:limit]
        return page, page[-1].person if len(found) > limit else None

    async def check(
        self, workspace: str, audience: str, identifier: str, *, explain: bool = False
    ) -> Membership | None:
        """Answer whether a person is in an audience; see `Audiences.check`."""
        one, config = self._audience(workspace, audience), self._required(workspace)
        policy = self._identities.policy(workspace)
        name, now = self._identities.normalised(workspace, identifier), self._clock.now()

        def read(sql: Sql) -> Membership | None:
            actor = identity_reading.root_actor(sql, workspace, name)
            if actor is None:
                return None
            return audience_reading.membership(
                sql,
                policy.audiences,
                one,
                actor,
                now=now,
                config=config,
                with_clauses=explain and one.enabled,
            )

        return await self._readers.run(read)

    async def preview(self, workspace: str, condition: Condition) -> Preview:
        """Answer how many a condition is true of; see `Audiences.preview`."""
        config, now = self._required(workspace), self._clock.now()
        looking = audience_reading.begin_preview(condition, config.computed_traits, config)
        people = await self._readers.run(lambda sql: audience_reading.people(sql, workspace))
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        while not looking.is_done and loop.time() < until:
            await self._readers.run(
                lambda sql: audience_reading.look_on(
                    sql, looking, workspace, now=now, limit=_A_LOOK, sampled=_SAMPLED
                )
            )
        count = looking.found
        if not looking.is_done:
            count = round(looking.found * people / max(looking.looked_at, 1))
        return Preview(
            count=count,
            is_exact=looking.is_done and looking.sees_all,
            looked_at=looking.looked_at,
            people=max(people, looking.looked_at) if not looking.is_done else looking.looked_at,
            sample=tuple(looking.sample),
        )

    async def backfill(self, workspace: str) -> Backfill | None:
        """Answer how far the last change has got; see `Audiences.backfill`."""
        return await self._readers.run(lambda sql: audience_reading.backfill(sql, workspace))

    async def follow(self, workspace: str, audience: str) -> AsyncIterator[int]:
        """Answer an audience's size now and whenever it changes; see `Audiences.follow`."""
        one = self._audience(workspace, audience)
        changes = self._counts.follow(one.id)
        try:
            yield await self.count(workspace, one.id)
            async for _ in changes:
                yield await self.count(workspace, one.id)
        finally:
            await changes.aclose()

    def _audience(self, workspace: str, audience: str) -> Audience:
        for one in self._required(workspace).audiences:
            if audience in {one.id, one.key}:
                return one
        raise NotFound(f"There is no audience {audience[:80]!r}; GET /v1/audiences lists them.")

    def _required(self, workspace: str) -> WorkspaceConfig:
        return self._config(workspace) or WorkspaceConfig(workspace)


def _next(sql: Sql) -> tuple[int | None, bool]:
    return audiences.next_timer(sql), audiences.news(sql) is not None
