"""People as of then, out of actors that change while they are read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headwater.actors.identity_bonds import Bonds
from headwater.actors.identity_calls import (
    Call,
)
from headwater.actors.identity_history import Span
from headwater.actors.identity_looking_calls import (
    LookBonds,
    LookEvents,
    Past,
    PastPage,
    Seen,
)
from headwater.dispatch.people_then import PeopleThen
from headwater.errors import Unavailable
from headwater.profiles.past import PastEvent

ADA, ACTOR = "user_id:ada", "w/user_id:ada"
AT = 5_000


class Actor:
    """One person's actor, whose events come one a page; `before` is done before each answer."""

    def __init__(self, events: int, before: Callable[[Actor, Call], None] | None = None) -> None:
        self.root = ACTOR
        self.events = events
        self.days: dict[int, Span] = {}
        self.asked: list[Call] = []
        self._before = before

    async def look(self, _name: str, call: Call) -> Seen:
        """Answer what the actor answers."""
        self.asked.append(call)
        if self._before is not None:
            self._before(self, call)
        if isinstance(call, LookBonds):
            return Seen(bonds=Bonds(self.root, [ADA], {ADA: (0, 1_000, ADA)}, [], []))
        assert isinstance(call, LookEvents)
        number = call.after + 1
        event = PastEvent(ADA, "track", number, f"m{number}", number, {}, None)
        page = PastPage([event], number if number < self.events else None)
        return Seen(root=self.root, past=Past([ADA], [], self.days), events=page)


async def test_pages_follow_each_other_to_the_last() -> None:
    """Each begins after the one before, and all of them count."""
    actor = Actor(3)

    person = await PeopleThen(actor.look, None).person("w", ADA, AT)

    assert person is not None
    assert person.counts == {"track": 3}
    pages = [call for call in actor.asked if isinstance(call, LookEvents)]
    assert [(call.after, call.at) for call in pages] == [(0, AT), (1, AT), (2, AT)]


async def test_a_merge_in_between_has_all_of_it_read_anew() -> None:
    """What was read of the person before is not mixed with what they are now."""

    def merged(actor: Actor, call: Call) -> None:
        if isinstance(call, LookEvents) and call.after == 1:
            actor.root = "w/user_id:bob"

    actor = Actor(3, merged)

    person = await PeopleThen(actor.look, None).person("w", ADA, AT)

    assert person is not None
    assert person.counts == {"track": 3}
    assert sum(isinstance(call, LookBonds) for call in actor.asked) == 2


async def test_who_never_comes_to_rest_is_asked_for_later() -> None:
    """The reader is told to ask again, and is not kept for ever."""

    def restless(actor: Actor, call: Call) -> None:
        if isinstance(call, LookEvents):
            actor.root += "x"

    with pytest.raises(Unavailable, match="merged or split"):
        await PeopleThen(Actor(1, restless).look, None).person("w", ADA, AT)


async def test_what_only_the_lake_has_needs_the_lake() -> None:
    """Days before the instant are needed, later ones are not."""
    actor = Actor(1)
    actor.days = {1: Span(3, 1, 1)}
    assert await PeopleThen(actor.look, None).person("w", ADA, AT) is not None

    actor.days = {0: Span(3, 1, 1)}
    with pytest.raises(Unavailable, match="switched off"):
        await PeopleThen(actor.look, None).person("w", ADA, AT)
