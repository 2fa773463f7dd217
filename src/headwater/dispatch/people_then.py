"""A person as they were at an instant, out of the actors that hold them now, and the lake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from headwater.actors.identity_bonds import Neighbourhood
from headwater.actors.identity_calls import (
    Call,
)
from headwater.actors.identity_looking_calls import (
    LookBonds,
    LookEvents,
    LookPast,
    Past,
    Seen,
)
from headwater.actors.identity_past import past_event
from headwater.dispatch.past_events import PastEvents
from headwater.errors import Unavailable
from headwater.lake.event_rows import join_body
from headwater.lake.keys import DAY
from headwater.profiles.past import PastEvent, person_of
from headwater.profiles.people import Person

Look = Callable[[str, Call], Awaitable[Seen]]
"""Shows what the actor answers that holds an identifier, once nothing of it is unsettled."""

_TRIES = 5


class _Changed(Exception):
    """Who is who has changed while it was read."""


class PeopleThen:
    """Answers who people were."""

    def __init__(self, look: Look, past: PastEvents | None) -> None:
        """Prepare; `past` has the events that actors have let go, if there is a lake."""
        self._look = look
        self._past = past

    async def person(self, workspace: str, name: str, at: int) -> Person | None:
        """Answer the person who held an identifier, normalised, at an instant in milliseconds.

        None where nobody did. Computed traits are left out: what they were is not kept.

        Raises:
            Unavailable: the lake is needed for it and does not answer, or people are merged and
                split faster than they can be read.
        """
        for _ in range(_TRIES):
            try:
                return await self._person(workspace, name, at)
            except _Changed:
                continue
        raise Unavailable("This person is being merged or split; ask again in a moment.")

    async def _person(self, workspace: str, name: str, at: int) -> Person | None:
        neighbourhood = Neighbourhood(name)
        while (one := neighbourhood.wanted()) is not None:
            neighbourhood.give((await self._look(one, LookBonds(one))).bonds)
        then = neighbourhood.then(workspace, at)
        if then is None:
            return None
        events: list[PastEvent] = []
        for actor, names in neighbourhood.holders(then).items():
            here, past = await self._events(actor, names, at)
            events += here
            events += await self._let_go(workspace, past, names, at)
        # Of a day that was let go the actor may still have some.
        once = {(event.message_id, event.timestamp, event.via): event for event in events}
        return person_of(then, once.values(), at)

    async def _events(self, actor: str, names: list[str], at: int) -> tuple[list[PastEvent], Past]:
        """Answer what the actor has of these identifiers, and what the lake has."""
        events: list[PastEvent] = []
        after = 0
        while True:
            seen = await self._look(names[0], LookEvents(names[0], names, after, at))
            if seen.root != actor or seen.events is None or seen.past is None:
                raise _Changed
            events += seen.events.events
            if seen.events.after is None:
                return events, seen.past
            after = seen.events.after

    async def _let_go(
        self, workspace: str, past: Past, names: list[str], at: int
    ) -> list[PastEvent]:
        days = [day for day in past.days if day * DAY <= at]
        if not days:
            return []
        if self._past is None:
            raise Unavailable("Older events are in the lake, which is switched off.")

        async def far(identifier: str) -> Past | None:
            return (await self._look(identifier, LookPast(identifier))).past

        held = frozenset(names)
        rows = await self._past.rows(workspace, past, far=far, days=days)
        return [_event(row) for row in rows if row["via"] in held]


def _event(row: Mapping[str, Any]) -> PastEvent:
    return past_event(row["via"], row["type"], row["timestamp"], row["message_id"], join_body(row))
