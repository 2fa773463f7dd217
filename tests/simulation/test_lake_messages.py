"""How often actors let the lake know that something waits, while it cannot be taken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from headwater.actors.identity_object import PATIENCE
from headwater.actors.lake_watch import AGAIN
from headwater.ports import BucketFailure, CallFailed, StoredObject
from tests.simulation.edge_twins import FarBucket, IdentityTwin
from tests.simulation.edge_world import EdgeWorld
from tests.simulation.network import Faults
from tests.simulation.test_edge_world import configured
from tests.simulation.test_identity_network import TIGHT
from tests.simulation.world import WORKSPACE, arrival

ADA = f"{WORKSPACE}/user_id:ada"
OTHER = f"{WORKSPACE}/anonymous_id:a"


class Silent(IdentityTwin):
    """An actor that does not answer."""

    async def call(self, request: str) -> str:
        """Fail."""
        raise CallFailed("no answer")


class AbsentBucket(FarBucket):
    """A bucket that does not answer while `is_absent`."""

    is_absent = True

    async def list(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        """List what is there, or fail."""
        if self.is_absent:
            raise BucketFailure("no answer")
        return await super().list(prefix, after=after)


class Hours(EdgeWorld):
    """A world whose alarms go off every half minute, and whose queue counts what it gets."""

    def __init__(self) -> None:
        super().__init__(1, configured(TIGHT.rules), faults=Faults(0, 0, 0, 0), lake_after=0)
        self.silent: set[str] = set()
        self.told: list[str] = []

    def identity(self, name: str) -> IdentityTwin:
        """Answer an identity actor, unless it is to be silent."""
        return Silent(self, name) if name in self.silent else super().identity(name)

    async def send(self, topic: str, messages: Sequence[str]) -> None:
        """Put messages into the queue."""
        await super().send(topic, messages)
        if topic == "lake":
            self.told += messages

    async def pass_time(self, until: int, each: Callable[[], Awaitable[None]]) -> None:
        """Let half minutes go by: something happens, alarms go off, the queue is consumed."""
        while self.now < until:
            self.now += PATIENCE
            self.spawn(self._once(each))
            await self._quiet()
            for _ in range(len(self.alarms)):
                self.alarm()
            await self._quiet()
            for _ in range(10):
                self.consume()
            await self._quiet()

    async def _once(self, each: Callable[[], Awaitable[None]]) -> None:
        await each()

    async def _quiet(self) -> None:
        while self.tasks:
            ways, self.ways = self.ways, []
            for way in ways:
                way.set_result(None)
            await asyncio.sleep(0)


async def nothing() -> None:
    """Be idle."""


def test_a_person_who_settles_for_long_is_not_told_of_again_and_again() -> None:
    """No message waits while nothing could be taken; once they have settled, it all is."""

    async def story() -> Hours:
        world = Hours()
        world.silent = {OTHER}

        async def meets() -> None:
            both = ("user_id:ada", "anonymous_id:a")
            await world.dispatcher().receive(world.current, [arrival("m1", "track", both)])

        await world.pass_time(world.now + 1, meets)
        await world.pass_time(world.now + AGAIN // 2, nothing)
        assert world.told == world.lake_queued == [], "half an hour in which it is of no use"
        world.silent = set()
        await world.pass_time(world.now + 5 * PATIENCE, nothing)
        return world

    world = asyncio.run(story())

    assert len(world.told) == 2, "one for each of the two who met"
    assert [row["message_id"] for row in world.lake()[0]] == ["m1"]
    assert world.lake_queued == []


def test_an_absent_lake_is_told_once_an_hour_of_who_is_active() -> None:
    """However often their alarms go off meanwhile; when it is back it gets everything, once."""

    async def story() -> Hours:
        world = Hours()
        world.bucket = AbsentBucket(world)
        number = 0

        async def acts() -> None:
            nonlocal number
            number += 1
            event = arrival(f"m{number}", "track", ("user_id:ada",))
            await world.dispatcher().receive(world.current, [event])

        await world.pass_time(world.now + AGAIN - PATIENCE, acts)
        assert len(world.told) == 1
        await world.pass_time(world.now + AGAIN, acts)
        assert len(world.told) == 2
        world.bucket.is_absent = False
        await world.pass_time(world.now + 5 * PATIENCE, nothing)
        return world

    world = asyncio.run(story())

    found = [row["message_id"] for row in world.lake()[0]]
    assert sorted(found) == sorted(f"m{number}" for number in range(1, len(found) + 1))
    assert len(found) == 2 * AGAIN // PATIENCE - 1
    assert world.lake_queued == []
