"""Reads and orders about people whose actors live in databases of their own: the `People` port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from headwater.actors.identity import account_actor
from headwater.actors.identity_calls import (
    Answer,
    Call,
    Merge,
    Parted,
    Split,
    Standing,
)
from headwater.actors.identity_looking_calls import (
    Locate,
    LookAccount,
    LookLinks,
    LookMembers,
    LookMembership,
    LookPast,
    LookPerson,
    LookTimeline,
    Past,
    Seen,
)
from headwater.audiences.membership import Membership
from headwater.dispatch import parcels
from headwater.dispatch.conversation import Conversation
from headwater.dispatch.exchange import Exchange
from headwater.dispatch.parcels import Settings
from headwater.dispatch.past_events import PastEvents
from headwater.dispatch.people_then import PeopleThen
from headwater.errors import NotFound, Unavailable
from headwater.ports import Actors, CallFailed, Clock, Queue, Random
from headwater.profiles import identifiers
from headwater.profiles.people import Account, Explanation, Person, TimelineFilter, TimelinePage

A = TypeVar("A", bound=Answer)

_HOPS = 100
_TRIES = 10


class PeopleOverActors:
    """Answers about people by asking their actors; what is unsettled is carried on first."""

    def __init__(
        self,
        actors: Actors,
        queue: Queue,
        settings: Settings,
        *,
        clock: Clock,
        random: Random,
        past: PastEvents | None = None,
    ) -> None:
        """Make it; `past` has the events that actors have let go, if there is a lake."""
        self._actors = actors
        self._queue = queue
        self._settings = settings
        self._clock = clock
        self._random = random
        self._past = past

    async def person(self, workspace: str, identifier: str) -> Person | None:
        """Answer the whole person; see `People.person`."""
        exchange = await self._exchange(workspace)
        name = identifiers.parse(exchange.config.identity, identifier)
        return (await self._look(exchange, name, LookPerson(name))).person

    async def person_at(self, workspace: str, identifier: str, at: int) -> Person | None:
        """Answer the person as they were at an instant; see `People.person_at`."""
        exchange = await self._exchange(workspace)
        name = identifiers.parse(exchange.config.identity, identifier)

        async def look(one: str, call: Call) -> Seen:
            return await self._look(exchange, one, call)

        return await PeopleThen(look, self._past).person(workspace, name, at)

    async def let_go(
        self, workspace: str, past: Past, days: Sequence[int]
    ) -> Sequence[Mapping[str, Any]]:
        """Answer a person's events that were received on some days, out of the lake, as rows.

        Raises:
            Unavailable: the lake does not answer, or there is none.
        """
        if self._past is None:
            raise Unavailable("Older events are in the lake, which is switched off.")
        exchange = await self._exchange(workspace)

        async def far(identifier: str) -> Past | None:
            return (await self._look(exchange, identifier, LookPast(identifier))).past

        return await self._past.rows(workspace, past, far=far, days=days)

    async def root(self, workspace: str, identifier: str) -> str | None:
        """Answer the root identifier of the person who holds one, normalised; None if nobody."""
        exchange = await self._exchange(workspace)
        found = (await self._look(exchange, identifier, Locate(identifier))).root
        return None if found is None else found.partition("/")[2]

    async def explain(self, workspace: str, identifier: str) -> Explanation | None:
        """Answer why these identifiers are one person; see `People.explain`."""
        exchange = await self._exchange(workspace)
        name = identifiers.parse(exchange.config.identity, identifier)
        return (await self._look(exchange, name, LookLinks(name))).links

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
        exchange = await self._exchange(workspace)
        name = identifiers.parse(exchange.config.identity, identifier)
        seen = await self._look(exchange, name, LookTimeline(name, which, limit, cursor))
        if seen.past is None:
            return seen.page
        if self._past is None:
            raise Unavailable("Older events are in the lake, which is switched off.")

        async def far(identifier: str) -> Past | None:
            return (await self._look(exchange, identifier, LookPast(identifier))).past

        return await self._past.timeline(
            workspace, seen.past, far=far, which=which, limit=limit, cursor=cursor
        )

    async def membership(
        self, workspace: str, identifier: str, audience: str, *, explain: bool
    ) -> Membership | None:
        """Answer whether a person is in an audience, by its id; see `Audiences.check`."""
        exchange = await self._exchange(workspace)
        name = identifiers.parse(exchange.config.identity, identifier)
        return (
            await self._look(exchange, name, LookMembership(name, audience, explain))
        ).membership

    async def merge(self, workspace: str, first: str, second: str) -> Person:
        """Make two people one; see `People.merge`."""
        exchange = await self._exchange(workspace)
        one, other = (identifiers.parse(exchange.config.identity, name) for name in (first, second))
        root, another = await self._root(exchange, one), await self._root(exchange, other)
        if root != another:
            order = Merge(one, other, f"merge-{self._random.uuid()}", self._clock.now())
            standing = await self._ask(exchange, root, order, Standing)
            await self._converse(exchange, root, standing)
        return await self._person(exchange, one)

    async def split(self, workspace: str, identifier: str, link: str) -> tuple[Person, Person]:
        """Undo one merge exactly; see `People.split`."""
        exchange = await self._exchange(workspace)
        root = await self._root(exchange, identifiers.parse(exchange.config.identity, identifier))
        order = Split(link, self._clock.now())
        parted = await self._ask(exchange, root, order, Parted)
        await self._converse(exchange, root, parted)
        kept, restored = (name.partition("/")[2] for name in (root, parted.restored))
        return await self._person(exchange, kept), await self._person(exchange, restored)

    async def account(self, workspace: str, group_id: str) -> Account | None:
        """Answer an account's profile; see `People.account`."""
        exchange = await self._exchange(workspace)
        actor = account_actor(workspace, group_id)
        return (await self._ask(exchange, actor, LookAccount(), Seen)).account

    async def account_members(
        self, workspace: str, group_id: str, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[str], str | None]:
        """Answer identifiers of members in order; see `People.account_members`."""
        exchange = await self._exchange(workspace)
        actor = account_actor(workspace, group_id)
        call = LookMembers(cursor or "", limit + 1)
        found = (await self._ask(exchange, actor, call, Seen)).members
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
        exchange = await self._exchange(workspace)
        actor = account_actor(workspace, group_id)
        call = LookTimeline(actor.partition("/")[2], which, limit, cursor)
        return (await self._ask(exchange, actor, call, Seen)).page

    async def _exchange(self, workspace: str) -> Exchange:
        try:
            return Exchange(self._actors, await self._settings.config(workspace))
        except CallFailed as error:
            raise Unavailable("The settings cannot be read now; ask again.") from error

    async def _root(self, exchange: Exchange, name: str) -> str:
        seen = await self._look(exchange, name, Locate(name))
        if seen.root is None:
            raise NotFound(f"Nobody is known by {name}.")
        return seen.root

    async def _person(self, exchange: Exchange, name: str) -> Person:
        person = (await self._look(exchange, name, LookPerson(name))).person
        if person is None:
            raise NotFound(f"Nobody is known by {name}.")
        return person

    async def _look(self, exchange: Exchange, name: str, call: Call) -> Seen:
        """Answer what the person's own actor shows, once nothing is left to be settled there."""
        actor = f"{exchange.workspace}/{name}"
        seen, tries = Seen(), _TRIES
        for _ in range(_HOPS):
            seen = await self._ask(exchange, actor, call, Seen)
            if seen.asks and tries:
                tries -= 1
                await self._converse(exchange, actor, seen)
            elif seen.moved is None:
                return seen
            if seen.moved is not None:
                actor = seen.moved
        raise Unavailable("This person is being merged or split; ask again in a moment.")

    async def _ask(self, exchange: Exchange, actor: str, call: Call, expected: type[A]) -> A:
        try:
            return await exchange.ask(actor, call, expected)
        except CallFailed as error:
            raise Unavailable("The actor of a person did not answer; ask again.") from error

    async def _converse(
        self, exchange: Exchange, actor: str, answer: Seen | Standing | Parted
    ) -> None:
        conversation = Conversation(exchange)
        conversation.note(actor, answer.asks)
        if isinstance(answer, Standing) and answer.parcel is not None:
            conversation.parcels.append(answer.parcel)
        try:
            await conversation.run()
            await parcels.send(exchange, self._queue, conversation.parcels)
        except CallFailed as error:
            raise Unavailable("The actor of a person did not answer; ask again.") from error
