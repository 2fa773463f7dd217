"""People on one machine: the `Intake` and `People` ports over the writer and the readers.

All identity actors share the one database, so a whole turn of requests, what they merge and what
they hand to the delivery lanes is one transaction (see actors/identity_network.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import Protocol, TypeVar

from headwater.actors import audience_reading, identity_reading, identity_timeline
from headwater.actors.identity import Policy, account_actor
from headwater.actors.identity_network import Network, Outcome
from headwater.actors.rejected_events import RejectedEvents
from headwater.collect.arrival import Arrival
from headwater.collect.intake import Rejection
from headwater.errors import HeadwaterError, NotFound
from headwater.local.lake.person_then import PeopleThen
from headwater.local.policies import Policies
from headwater.local.readers import Readers
from headwater.local.stored import Stored, carry_out
from headwater.local.writer import Writer
from headwater.ports import Clock, Random, Sql
from headwater.profiles import identifiers
from headwater.profiles.people import (
    Account,
    Explanation,
    Person,
    TimelineFilter,
    TimelinePage,
)
from headwater.profiles.suppression import SuppressionCheck
from headwater.workspace import WorkspaceConfig

T = TypeVar("T")

_logger = logging.getLogger(__name__)


class Past(Protocol):
    """Answers what reaches back further than the database does."""

    async def timeline(
        self,
        workspace: str,
        name: str,
        *,
        which: TimelineFilter,
        limit: int,
        cursor: str | None,
    ) -> TimelinePage | None:
        """Answer one page; `name` is a normalised identifier. See `People.timeline`."""
        ...

    async def person(self, workspace: str, name: str, at: int) -> Person | None:
        """Answer who held an identifier, normalised, at an instant. See `People.person_at`."""
        ...


class Identities:
    """Stores events with their people, and answers about people."""

    def __init__(
        self,
        writer: Writer,
        readers: Readers,
        *,
        config: Callable[[str], WorkspaceConfig | None],
        clock: Clock,
        random: Random,
        journal: bool = False,
        past: Past | None = None,
    ) -> None:
        """Open the lane that events come in by.

        `config` answers a workspace's present configuration; `journal` is whether to write down
        what changes, for the lake; `past` answers what reaches into the lake.
        """
        self._past = past
        self._writer = writer
        self._readers = readers
        self._policies = Policies(config)
        self._network = Network(self._policies, journal=journal, past=past is not None)
        self._clock = clock
        self._random = random
        self._lane = writer.coalesce(self._store)

    def receive(self, config: WorkspaceConfig, arrivals: Sequence[Arrival]) -> Awaitable[None]:
        """Return, when awaited, once every arrival is committed; see `Intake.receive`.

        Whoever was suppressed since `config` was in force is left out here, at once: so nothing
        of them is submitted after the configuration that says so was published.
        """
        present = self._policies.config(config.workspace)
        if present.version != config.version and (check := SuppressionCheck(present)):
            arrivals = [one for one in arrivals if not check.covers(one.identifiers)]
        return self._lane.submit(arrivals, weight=len(arrivals))

    async def reject(self, workspace: str, source: str, rejections: Sequence[Rejection]) -> None:
        """Return once the refused events are committed; see `Intake.reject`."""
        now = self._clock.now()

        def keep(sql: Sql) -> None:
            RejectedEvents(sql, workspace, random=self._random).keep_rejected(
                source, rejections, now=now
            )

        await self._writer.run(keep, weight=len(rejections))

    async def run(self, work: Callable[[Network, Sql, int], Outcome | None]) -> None:
        """Have the actors do something of their own accord, and carry out what they ask for."""
        now = self._clock.now()

        def job(sql: Sql) -> None:
            outcome = work(self._network, sql, now)
            if outcome is not None:
                self._carry_out(sql, outcome)

        await self._writer.run(job)

    def policy(self, workspace: str) -> Policy:
        """Answer a workspace's rules as they are now."""
        return self._policies(workspace)

    def normalised(self, workspace: str, identifier: str) -> str:
        """Answer an identifier as events' are written; raise `BadRequest` for what is none."""
        return self._normalised(workspace, identifier)

    async def sweep(self) -> None:
        """Carry on the merges and splits that a crash cut short; see `Network.sweep`."""
        await self._writer.run(
            lambda sql: self._carry_out(sql, self._network.sweep(sql, now=self._clock.now()))
        )

    async def keep_settled(self, every: float = 1.0) -> None:
        """Look every so many seconds whether a full turn left something, and carry it on."""
        while True:
            try:
                while await self._readers.run(identity_reading.any_unsettled):
                    await self.sweep()
                    await asyncio.sleep(0.01)
            except HeadwaterError as error:  # the disk, or the end: the next look will tell
                _logger.warning("Merges wait to be carried on: %s", error.code)
            await asyncio.sleep(every)

    async def person(self, workspace: str, identifier: str) -> Person | None:
        """Answer the whole person; see `People.person`."""
        return await self._read(workspace, identifier, self._seen)

    def _seen(self, sql: Sql, workspace: str, identifier: str) -> Person | None:
        person = identity_reading.person(sql, workspace, identifier)
        return audience_reading.with_computed(sql, person, self._policies(workspace).audiences)

    def _required(self, sql: Sql, workspace: str, identifier: str) -> Person:
        person = self._seen(sql, workspace, identifier)
        if person is None:
            raise NotFound(f"Nobody is known by {identifier}.")
        return person

    async def person_at(self, workspace: str, identifier: str, at: int) -> Person | None:
        """Answer the person as they were at an instant; see `People.person_at`."""
        name = await self._settled(workspace, identifier)
        past = PeopleThen(self._readers, None) if self._past is None else self._past
        return await past.person(workspace, name, at)

    async def explain(self, workspace: str, identifier: str) -> Explanation | None:
        """Answer why these identifiers are one person; see `People.explain`."""
        return await self._read(workspace, identifier, identity_reading.explain)

    async def timeline(
        self,
        workspace: str,
        identifier: str,
        *,
        which: TimelineFilter,
        limit: int,
        cursor: str | None = None,
    ) -> TimelinePage | None:
        """Answer one page of a person's events; see `People.timeline`."""
        if self._past is not None:
            name = await self._settled(workspace, identifier)
            return await self._past.timeline(
                workspace, name, which=which, limit=limit, cursor=cursor
            )

        def read(sql: Sql, workspace: str, identifier: str) -> TimelinePage | None:
            actor = identity_reading.root_actor(sql, workspace, identifier)
            if actor is None:
                return None
            return identity_timeline.timeline(sql, actor, which=which, limit=limit, cursor=cursor)

        return await self._read(workspace, identifier, read)

    async def merge(self, workspace: str, first: str, second: str) -> Person:
        """Make two people one; see `People.merge`."""
        one, other = self._normalised(workspace, first), self._normalised(workspace, second)
        order = f"merge-{self._random.uuid()}"
        now = self._clock.now()

        def merge(sql: Sql) -> Person:
            outcome = self._network.merge(sql, workspace, one, other, order=order, at=now)
            self._carry_out(sql, outcome)
            return self._required(sql, workspace, one)

        return await self._writer.run(merge)

    async def split(self, workspace: str, identifier: str, link: str) -> tuple[Person, Person]:
        """Undo one merge exactly; see `People.split`."""
        name, now = self._normalised(workspace, identifier), self._clock.now()

        def split(sql: Sql) -> tuple[Person, Person]:
            stays, restored, outcome = self._network.split(sql, workspace, name, link, now=now)
            self._carry_out(sql, outcome)
            return (
                self._required(sql, workspace, stays),
                self._required(sql, workspace, restored),
            )

        return await self._writer.run(split)

    async def account(self, workspace: str, group_id: str) -> Account | None:
        """Answer an account's profile; see `People.account`."""
        return await self._readers.run(
            lambda sql: identity_reading.account(sql, workspace, group_id)
        )

    async def account_members(
        self, workspace: str, group_id: str, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[str], str | None]:
        """Answer identifiers of members in order; see `People.account_members`."""
        found = await self._readers.run(
            lambda sql: identity_reading.members(
                sql, workspace, group_id, after=cursor or "", limit=limit + 1
            )
        )
        page = found[:limit]
        return page, page[-1] if len(found) > limit else None

    async def account_timeline(
        self,
        workspace: str,
        group_id: str,
        *,
        which: TimelineFilter,
        limit: int,
        cursor: str | None = None,
    ) -> TimelinePage | None:
        """Answer the group calls that shaped an account; see `People.account_timeline`."""

        def read(sql: Sql) -> TimelinePage | None:
            if identity_reading.account(sql, workspace, group_id) is None:
                return None
            return identity_timeline.timeline(
                sql, account_actor(workspace, group_id), which=which, limit=limit, cursor=cursor
            )

        return await self._readers.run(read)

    async def _read(
        self, workspace: str, identifier: str, read: Callable[[Sql, str, str], T | None]
    ) -> T | None:
        """Read about a person, after what a crash left of their merges was carried on."""
        name = await self._settled(workspace, identifier)
        return await self._readers.run(lambda sql: read(sql, workspace, name))

    async def _settled(self, workspace: str, identifier: str) -> str:
        """Answer an identifier normalised, once nothing of its person is left to be done."""
        name = self._normalised(workspace, identifier)
        if await self._readers.run(lambda sql: identity_reading.unsettled(sql, workspace, name)):
            await self.sweep()
        return name

    def _normalised(self, workspace: str, identifier: str) -> str:
        return identifiers.parse(self._policies.config(workspace).identity, identifier)

    def _store(self, sql: Sql, batches: list[Sequence[Arrival]]) -> Sequence[None]:
        """Store what all waiting requests brought, in one turn of the actors."""
        arrivals = list(chain.from_iterable(batches))
        outcome = self._network.receive(sql, arrivals, now=self._clock.now())
        self._carry_out(sql, outcome)
        return [None] * len(batches)

    def _carry_out(self, sql: Sql, outcome: Outcome) -> None:
        """Hand commands to the lanes' tables, in the transaction that decided them."""
        destinations = carry_out(sql, outcome.commands, self._clock.now())
        if outcome.stored or outcome.duplicates or destinations or outcome.armed is not None:
            self._writer.publish(
                Stored(
                    tuple(outcome.stored),
                    outcome.duplicates,
                    frozenset(destinations),
                    frozenset(told.audience for told in outcome.told),
                    outcome.armed,
                )
            )
