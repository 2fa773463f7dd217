"""Live events over actors: who follows, who stores, and what it costs where nobody follows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from headwater.actors import settings_calls, tail_calls
from headwater.actors.identity_calls import event_of
from headwater.actors.settings_calls import Noted, Watch
from headwater.actors.tail_calls import Follow, Followed, Show
from headwater.dispatch import tail_keeper
from headwater.dispatch.settings import FRESH
from headwater.dispatch.tail import BEHIND, TailOverActors, TailTeller
from headwater.dispatch.tail_keeper import LEASE, TailKeeper
from headwater.errors import Unavailable
from headwater.ports import CallFailed
from tests.simulation.world import WORKSPACE, arrival

STORED = [arrival(f"m{number}", "track", ("user_id:ada",)) for number in range(3)]


class World:
    """The settings' actor, the tail's, and the isolates' view of the first."""

    def __init__(self) -> None:
        self.time = 1_000_000
        self.calls: Counter[str] = Counter()
        self.failing = 0
        self.watched: dict[str, int] = {}
        self.keeper = TailKeeper(self, clock=self)
        self.tasks: list[asyncio.Task[None]] = []

    def now(self) -> int:
        return self.time

    def workspace(self, workspace: str) -> Any:
        return _Actor(self, "settings", self._watch)

    def tail(self, workspace: str) -> Any:
        assert workspace == WORKSPACE
        return _Actor(self, "tail", self.keeper.respond)

    def identity(self, name: str) -> Any:
        raise AssertionError(name)

    def lane(self, workspace: str, destination: str) -> Any:
        raise AssertionError(destination)

    def population(self, workspace: str, shard: int) -> Any:
        raise AssertionError(workspace)

    def job(self, workspace: str, job: str) -> Any:
        raise AssertionError((workspace, job))

    async def _watch(self, request: str) -> str:
        call = settings_calls.decode_call(request)
        assert isinstance(call, Watch)
        self.watched[call.workspace] = call.until
        return settings_calls.encode(Noted())

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    async def done(self) -> None:
        await asyncio.gather(*self.tasks)


class _Actor:
    def __init__(self, world: World, name: str, answer: Callable[[str], Any]) -> None:
        self._world = world
        self._name = name
        self._answer = answer

    async def call(self, request: str) -> str:
        self._world.calls[self._name] += 1
        await asyncio.sleep(0)
        if self._world.failing:
            self._world.failing -= 1
            raise CallFailed("lost")
        answer: str = await self._answer(request)
        return answer


class View:
    """What an isolate knows, until it looks."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.followed: frozenset[str] = frozenset()
        self.is_looking = False
        self.looks = 0

    async def refresh(self) -> None:
        self.looks += 1
        now = self._world.time
        self.followed = frozenset(one for one, until in self._world.watched.items() if until > now)


async def asked(world: World, after: int | None) -> Followed:
    """Answer what the tail's actor answers to who follows."""
    text = await world.keeper.respond(tail_calls.encode(Follow(WORKSPACE, after)))
    answer = tail_calls.decode_answer(text)
    assert isinstance(answer, Followed)
    return answer


async def shown(world: World, *some: Any) -> None:
    """Have events shown by the tail's actor."""
    await world.keeper.respond(tail_calls.encode(Show(list(map(event_of, some)))))


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never held")


async def test_a_follower_is_shown_what_another_isolate_stores() -> None:
    """In order, as it was stored, from the moment on that all know of it."""
    world = World()
    following = TailOverActors(world, View(world), clock=world).follow(WORKSPACE)
    beginning = asyncio.ensure_future(following.begun())
    await until(lambda: WORKSPACE in world.watched)
    assert not beginning.done(), "other isolates may not have looked yet"
    world.time += FRESH
    await beginning
    elsewhere = View(world)
    await elsewhere.refresh()
    teller = TailTeller(world, elsewhere, clock=world, later=world.later)

    teller.stored(WORKSPACE, STORED)

    assert [await anext(following) for _ in STORED] == STORED
    await world.done()
    await following.aclose()


async def test_nothing_is_called_where_nobody_follows() -> None:
    """Storing costs no call, and begins nothing that goes on."""
    world = World()
    view = View(world)
    await view.refresh()
    teller = TailTeller(world, view, clock=world, later=world.later)

    teller.stored(WORKSPACE, STORED)

    assert not world.calls
    assert not world.tasks


async def test_who_is_looking_waits_for_what_it_sees() -> None:
    """Events that are stored while an isolate looks after a new follower are shown."""
    world = World()
    view = View(world)
    view.is_looking = True
    teller = TailTeller(world, view, clock=world, later=world.later)
    began = await asked(world, None)

    teller.stored(WORKSPACE, STORED)
    await asyncio.sleep(0)
    await view.refresh()
    view.is_looking = False
    await world.done()

    found = await asked(world, began.position)
    assert [event.message_id for event in found.events] == ["m0", "m1", "m2"]


async def test_what_is_stored_meanwhile_goes_with_the_next_call() -> None:
    """One call at a time is made of an isolate, however many requests store events."""
    world = World()
    view = View(world)
    began = await asked(world, None)
    await view.refresh()
    teller = TailTeller(world, view, clock=world, later=world.later)
    many = [arrival(f"m{number}", "track", ("user_id:ada",)) for number in range(BEHIND + 50)]
    before = world.calls["tail"]

    for one in many:
        teller.stored(WORKSPACE, [one])
    await world.done()

    found = await asked(world, began.position)
    assert [event.message_id for event in found.events] == [one.message_id for one in many[-1000:]]
    assert world.calls["tail"] - before <= BEHIND / 100 + 1


async def test_a_call_that_fails_is_made_again() -> None:
    """A follower goes on where it was; who shows events lets go of those."""
    world = World()
    world.failing = 1
    following = TailOverActors(world, View(world), clock=world).follow(WORKSPACE)
    beginning = asyncio.ensure_future(following.begun())
    await until(lambda: WORKSPACE in world.watched)
    world.time += FRESH
    await beginning
    view = View(world)
    await view.refresh()
    teller = TailTeller(world, view, clock=world, later=world.later)

    world.failing = 1
    teller.stored(WORKSPACE, STORED[:1])
    await world.done()
    teller.stored(WORKSPACE, STORED[1:])

    assert [await anext(following) for _ in STORED[1:]] == STORED[1:]
    await world.done()


async def test_an_isolate_that_cannot_look_follows_all_the_same() -> None:
    """It learns of its own follower when it next looks, as others do."""

    class Blind(View):
        async def refresh(self) -> None:
            raise Unavailable("no settings")

    world = World()
    following = TailOverActors(world, Blind(world), clock=world).follow(WORKSPACE)
    waiting = asyncio.ensure_future(anext(following))
    await until(lambda: WORKSPACE in world.watched)
    await shown(world, STORED[0])

    assert await waiting == STORED[0]


async def test_it_is_made_known_as_long_as_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again while a question waits; when nobody asks it lapses."""
    monkeypatch.setattr(tail_keeper, "RENEW", 1)
    world = World()
    began = await asked(world, None)
    assert world.watched[WORKSPACE] == world.time + LEASE
    waiting = asyncio.ensure_future(asked(world, began.position))

    while not waiting.done():
        world.time += LEASE - 1
        await until(lambda: waiting.done() or world.watched[WORKSPACE] == world.time + LEASE)
    found = await waiting

    assert found == Followed([], began.position, began.since)
    world.time += LEASE + 1
    assert (await asked(world, None)).since == world.time, "all have to learn of it anew"


async def test_the_settings_that_do_not_answer_are_told_again() -> None:
    """Until then nobody is said to know; no question fails of it."""
    world = World()
    world.failing = 1

    assert (await asked(world, None)).since is None
    assert (await asked(world, None)).since == world.time


async def test_who_is_far_behind_misses_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    """By number and by size; the newest is always held."""
    world = World()
    began = await asked(world, None)
    await shown(world, *(arrival(f"m{n}", "track", ("user_id:ada",)) for n in range(1_005)))
    found = await asked(world, began.position)
    assert [event.message_id for event in found.events] == [f"m{n}" for n in range(5, 1_005)]

    monkeypatch.setattr(tail_keeper, "LARGEST", 10)
    await shown(world, *STORED)
    small = await asked(world, found.position)
    assert [event.message_id for event in small.events] == ["m2"]


async def test_a_tail_that_begins_anew_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower of the object before is shown what the new one is told."""
    monkeypatch.setattr(tail_keeper, "WAIT", 0)
    world = World()
    began = await asked(world, None)
    world.time += 10
    world.keeper = TailKeeper(world, clock=world)
    await shown(world, STORED[0])

    found = await asked(world, began.position)

    assert [event.message_id for event in found.events] == ["m0"]
    assert not (await asked(world, found.position)).events
