"""Reads about memberships, over the shards of the population: the `Audiences` port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from headwater.audiences.audience import Audience
from headwater.audiences.conditions import Condition
from headwater.audiences.membership import Backfill, Member, Membership, Preview
from headwater.dispatch.parcels import Settings
from headwater.dispatch.people import PeopleOverActors
from headwater.dispatch.population import Shards
from headwater.dispatch.questions import asked_of, circumstances
from headwater.errors import NotFound
from headwater.ports import Clock
from headwater.questions.sql.conditions import people_who

_SAMPLED = 20
_LOOK_EVERY = 2.0
"""Seconds between two looks at a size that somebody follows."""


class AudiencesOverShards:
    """Answers what shards know of everybody, some seconds after it was decided."""

    def __init__(
        self, shards: Shards, people: PeopleOverActors, settings: Settings, *, clock: Clock
    ) -> None:
        self._shards = shards
        self._people = people
        self._settings = settings
        self._clock = clock

    async def count(self, workspace: str, audience: str) -> int:
        """Answer how many people are in an audience; see `Audiences.count`."""
        one = await self._audience(workspace, audience)
        return await self._count(workspace, one.id)

    async def members(
        self, workspace: str, audience: str, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[Member], str | None]:
        """Answer members in order; see `Audiences.members`."""
        one = await self._audience(workspace, audience)
        rows = await asked_of(
            self._shards,
            workspace,
            "SELECT person, since FROM memberships WHERE audience = ? AND person > ?"
            " ORDER BY person LIMIT ?",
            (one.id, cursor or "", limit + 1),
        )
        found = sorted((person, since) for part in rows for person, since in part)
        page = [Member(person, since) for person, since in found[:limit]]
        return page, page[-1].person if len(found) > limit else None

    async def check(
        self, workspace: str, audience: str, identifier: str, *, explain: bool = False
    ) -> Membership | None:
        """Answer whether a person is in an audience, by their own actor; see `Audiences.check`."""
        one = await self._audience(workspace, audience)
        return await self._people.membership(workspace, identifier, one.id, explain=explain)

    async def preview(self, workspace: str, condition: Condition) -> Preview:
        """Answer how many a condition is true of; see `Audiences.preview`."""
        config = await self._settings.config(workspace)
        place = circumstances(config, self._clock.now())
        who = people_who(condition, place, zone=config.time_zone)
        counted = await asked_of(
            self._shards,
            workspace,
            f"SELECT count(*), (SELECT count(*) FROM people) FROM ({who})",  # noqa: S608 - quoted
        )
        listed = await asked_of(
            self._shards,
            workspace,
            f"SELECT person FROM ({who}) ORDER BY person LIMIT {_SAMPLED}",  # noqa: S608 - quoted
        )
        people = sum(part[0][1] for part in counted)
        sample = sorted(row[0] for part in listed for row in part)[:_SAMPLED]
        return Preview(
            count=sum(part[0][0] for part in counted),
            is_exact=True,
            looked_at=people,
            people=people,
            sample=tuple(sample),
        )

    async def backfill(self, workspace: str) -> Backfill | None:
        """Answer how far all shards have got; see `Audiences.backfill`."""
        rows = await asked_of(
            self._shards, workspace, "SELECT done, total, started_at, finished_at FROM backfill"
        )
        found = [Backfill(*row) for part in rows for row in part]
        if not found:
            return None
        ends = [one.finished_at for one in found if one.finished_at is not None]
        return Backfill(
            done=sum(one.done for one in found),
            total=sum(one.total for one in found),
            started_at=min(one.started_at for one in found),
            finished_at=max(ends) if len(ends) == len(found) else None,
        )

    async def follow(self, workspace: str, audience: str) -> AsyncIterator[int]:
        """Answer an audience's size now and whenever it changes; see `Audiences.follow`."""
        one = await self._audience(workspace, audience)
        told: int | None = None
        while True:
            size = await self._count(workspace, one.id)
            if size != told:
                yield size
            told = size
            await asyncio.sleep(_LOOK_EVERY)

    async def _count(self, workspace: str, id_: str) -> int:
        rows = await asked_of(
            self._shards,
            workspace,
            "SELECT count(*) FROM memberships WHERE audience = ?",
            (id_,),
        )
        return sum(part[0][0] for part in rows)

    async def _audience(self, workspace: str, audience: str) -> Audience:
        for look in (self._settings.config, self._settings.newest):
            for one in (await look(workspace)).audiences:
                if audience in {one.id, one.key}:
                    return one
        raise NotFound(f"There is no audience {audience[:80]!r}; GET /v1/audiences lists them.")
