"""One destination's lane as the edge keeps it: what passes, what is stored, and in which order."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import Awaitable, Callable, Sequence

import pytest

from headwater.actors.lane_calls import (
    Configure,
    Enqueue,
    LaneCall,
    LaneEnvelope,
    ShowStatus,
    StatusShown,
    decode_answer,
    encode,
)
from headwater.commands import Command, Deliver, Rekey
from headwater.destinations.lane_status import LaneStatus
from headwater.dispatch import lane_keeper
from headwater.dispatch.lane_keeper import LaneKeeper
from headwater.local.sql import Database
from headwater.ports import HttpFailure, HttpRequest, HttpResponse
from headwater.workspace import DestinationConfig

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = DestinationConfig(
    "d1", "webhook", "Hook", {"url": "https://example.com/hook", "secret": SECRET}
)
OK = HttpResponse(200)


class Time:
    """A clock and a random source that a test moves."""

    def __init__(self, seed: int = 0) -> None:
        self.at = 1_000_000
        self.random = random.Random(seed)

    def now(self) -> int:
        """Answer the time."""
        return self.at

    def uuid(self) -> str:
        """Answer something new."""
        return f"{self.random.getrandbits(128):032x}"

    def uniform(self) -> float:
        """Answer a number."""
        return self.random.random()


class Receiver:
    """The destination: remembers what came, and answers as a test says."""

    def __init__(self, answer: Callable[[], Awaitable[HttpResponse]]) -> None:
        self.answer = answer
        self.came: list[str] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Take one request; only what is answered 200 has come."""
        response = await self.answer()
        if response.status == OK.status:
            self.came += message_ids(request)
        return response


def message_ids(request: HttpRequest) -> list[str]:
    """Answer the ids of the events in a webhook's request, in their order."""
    body = json.loads(request.body)
    return [one["messageId"] for one in body.get("batch", [body])]


class Edge:
    """A Durable Object's part: it wraps a keeper, and may forget it."""

    def __init__(self, answer: Callable[[], Awaitable[HttpResponse]], *, seed: int = 0) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.time = Time(seed)
        self.receiver = Receiver(answer)
        self.config = HOOK
        self.works: set[asyncio.Task[None]] = set()
        self.alarm: int | None = None
        self.keeper = self.made()

    def made(self) -> LaneKeeper:
        """Answer a keeper over what is stored."""
        return LaneKeeper(
            Database(self.connection), http=self.receiver, clock=self.time, random=self.time
        )

    def evict(self) -> None:
        """Throw the object out of memory, with all that it does."""
        for work in self.works:
            work.cancel()
        self.keeper = self.made()

    async def call(self, call: LaneCall) -> LaneStatus | None:
        """Make a call as `LaneDO` does."""
        envelope = LaneEnvelope("acme", "d1", 1, call, self.config)
        keeper = self.keeper
        answer, ids = keeper.respond(encode(envelope))
        self.ring(keeper.wake_at())
        self.begin(keeper)
        await keeper.settled(ids)
        self.ring(keeper.wake_at())
        shown = decode_answer(answer)
        return shown.status if isinstance(shown, StatusShown) else None

    async def enqueue(self, *commands: Command) -> None:
        """Have events delivered."""
        await self.call(Enqueue(list(commands)))

    def begin(self, keeper: LaneKeeper) -> None:
        """Let it work beside the calls."""

        async def work() -> None:
            self.ring(await keeper.work())

        task = asyncio.get_running_loop().create_task(work())
        self.works.add(task)
        task.add_done_callback(self.works.discard)

    def ring(self, at: int | None) -> None:
        """Set the alarm, unless it is set for earlier."""
        if at is not None and (self.alarm is None or at < self.alarm):
            self.alarm = at

    async def dry(self) -> None:
        """Let alarms go off until nothing waits."""
        for _ in range(2_000):
            while self.works:
                await asyncio.gather(*self.works, return_exceptions=True)
            if not self.stored():
                return
            assert self.alarm is not None, "something waits, and nobody will look"
            self.time.at, self.alarm = max(self.time.at, self.alarm), None
            self.begin(self.keeper)
        raise AssertionError("it does not run dry")

    def stored(self) -> list[str]:
        """Answer what waits in the database."""
        rows = self.connection.execute("SELECT message_id FROM delivery ORDER BY id")
        return [row[0] for row in rows]

    def changes(self) -> int:
        """Answer how many rows were written so far."""
        return self.connection.total_changes


def deliver(message: str, person: str = "p") -> Deliver:
    """Answer the command to deliver an event."""
    return Deliver("acme", "d1", person, message, json.dumps({"messageId": message}))


async def at_once() -> HttpResponse:
    """Answer 200."""
    return OK


def failing_once() -> Callable[[], Awaitable[HttpResponse]]:
    """Answer a service that answers 503 to its first request, and 200 to all others."""
    answers = [HttpResponse(503)]

    async def answer() -> HttpResponse:
        return answers.pop() if answers else OK

    return answer


def test_what_is_taken_at_once_is_never_stored() -> None:
    """The call is answered when the events are there, at one row written for each request."""

    async def scenario() -> None:
        edge = Edge(at_once)
        await edge.call(Configure())
        await edge.enqueue(deliver("m0"))
        before = edge.changes()
        for number in range(1, 11):
            await edge.enqueue(*(deliver(f"m{number}-{part}") for part in range(5)))

        assert len(edge.receiver.came) == 51
        assert edge.changes() - before == 10
        status = await edge.call(ShowStatus())
        assert status is not None
        assert (status.delivered, status.waiting, edge.alarm) == (51, 0, None)

    asyncio.run(scenario())


def test_what_fails_is_stored_and_sent_again_in_its_order() -> None:
    """After a 503 the call is answered, and the alarm sends it before what came later."""

    async def scenario() -> None:
        edge = Edge(failing_once())
        await edge.call(Configure())
        await edge.enqueue(deliver("m1"), deliver("n1", "q"))
        assert edge.stored() == ["m1", "n1"]
        await edge.enqueue(deliver("m2"), deliver("o1", "r"))
        await edge.dry()

        assert [one for one in edge.receiver.came if one.startswith("m")] == ["m1", "m2"]
        assert sorted(edge.receiver.came) == ["m1", "m2", "n1", "o1"]

    asyncio.run(scenario())


def test_what_takes_long_is_stored_before_the_call_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slow destination holds nobody up, and what it has not answered survives the object."""
    monkeypatch.setattr(lane_keeper, "PROMPT", 0.05)

    async def scenario() -> None:
        slow = asyncio.Event()

        async def answer() -> HttpResponse:
            await slow.wait()
            return OK

        edge = Edge(answer)
        await edge.call(Configure())
        await edge.enqueue(deliver("m1"))
        assert edge.stored() == ["m1"]
        assert edge.alarm is not None
        await edge.enqueue(deliver("m2"))  # at once: it is known to be slow
        assert edge.stored() == ["m1", "m2"]
        edge.evict()
        slow.set()
        await edge.dry()
        assert edge.receiver.came == ["m1", "m2"]

    asyncio.run(scenario())


def test_a_lane_that_is_switched_off_keeps_what_comes() -> None:
    """Its work ends at once, though something waits; switched on, it goes out."""

    async def scenario() -> None:
        edge = Edge(at_once)
        edge.config = DestinationConfig("d1", "webhook", "Hook", HOOK.settings, enabled=False)
        async with asyncio.timeout(10):
            await edge.call(Configure())
            await edge.enqueue(deliver("m1"))
            while edge.works:
                await asyncio.gather(*edge.works)
        assert (edge.receiver.came, edge.stored()) == ([], ["m1"])

    asyncio.run(scenario())


def test_a_merge_orders_what_passes() -> None:
    """What the loser did and waits in memory goes before what the winner does."""

    async def scenario() -> None:
        edge = Edge(failing_once())
        await edge.call(Configure())
        await edge.enqueue(
            deliver("m1", "acme/loser"),
            Rekey("acme/loser", "acme/winner"),
            deliver("m2", "acme/winner"),
        )
        await edge.dry()

        assert edge.receiver.came == ["m1", "m2"]

    asyncio.run(scenario())


class Unsteady:
    """A destination that fails now and then, until it is mended."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.fails = True

    async def answer(self) -> HttpResponse:
        """Answer after a while, or fail."""
        for _ in range(self._rng.randrange(4)):
            await asyncio.sleep(0)
        if self.fails and self._rng.random() < 0.25:
            if self._rng.random() < 0.5:
                raise HttpFailure("the connection failed")
            return HttpResponse(503)
        return OK


class Handover:
    """What a queue does for one person: one parcel after the other, each until it is answered."""

    def __init__(self, edge: Edge, rng: random.Random, person: str, messages: Sequence[str]):
        self._edge = edge
        self._rng = rng
        self._person = person
        self._messages = messages
        self.call: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Hand over everything; a call that died with its object is made again."""
        waiting = list(self._messages)
        while waiting:
            size = self._rng.randint(1, 3)
            commands = [deliver(message, self._person) for message in waiting[:size]]
            self.call = asyncio.get_running_loop().create_task(self._edge.enqueue(*commands))
            try:
                await self.call
            except asyncio.CancelledError:
                continue
            waiting = waiting[size:]

    def die(self) -> None:
        """Let the call that is under way fail."""
        if self.call is not None:
            self.call.cancel()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_fails_each_person_keeps_their_order_and_nothing_is_lost(seed: int) -> None:
    """Failures, evictions and repeats: all come, each person's first arrivals in order."""
    people = {f"p{number}": [f"p{number}-{at}" for at in range(12)] for number in range(4)}
    came = asyncio.run(unsteadily_delivered(seed, people))

    first = {message: at for at, message in reversed(list(enumerate(came)))}
    assert set(first) == {message for messages in people.values() for message in messages}
    for messages in people.values():
        own = [first[message] for message in messages]
        assert own == sorted(own)


async def unsteadily_delivered(seed: int, people: dict[str, list[str]]) -> list[str]:
    """Answer what came, in its order, after all was handed over and all trouble ended."""
    rng = random.Random(seed)
    destination = Unsteady(rng)
    edge = Edge(destination.answer, seed=seed)
    await edge.call(Configure())
    handovers = [Handover(edge, rng, *one) for one in people.items()]
    running = [asyncio.get_running_loop().create_task(one.run()) for one in handovers]
    while any(not one.done() for one in running):
        for _ in range(rng.randrange(8)):
            await asyncio.sleep(0)
        edge.time.at += rng.randrange(2_000)
        if rng.random() < 0.1:
            edge.evict()
            for one in handovers:
                one.die()
    destination.fails = False
    await edge.dry()
    return edge.receiver.came
