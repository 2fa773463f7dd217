"""An erasure between flushes, merges and moves of files, some of which take for ever, or die.

Whoever took rows from an actor, or out of a file, before the person was erased, may be about to
write them when the erasure ends. One seed makes one run.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextvars import ContextVar
from typing import Any

import msgspec
import pytest

from headwater.dispatch import lake_tending
from headwater.dispatch.intake import Dispatcher, Whereabouts
from headwater.dispatch.lake_flush import LakeFlush
from headwater.dispatch.lake_tending import LakeTending
from headwater.errors import HeadwaterError
from headwater.lake import files, merging, tending
from headwater.lake.catalogue import Catalogue
from headwater.lake.manifest import Manifest
from headwater.lake.parquet.reader import read
from headwater.ports import CallFailed, StoredObject
from tests.dispatch.erasing.world import ErasingWorld, W, event
from tests.lake.memory_bucket import MemoryBucket

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "16"))
GONE = "zqgone"
ALSO = "zqalso"
ANEW = "anew"
HOUR = 3_600_000
AT_ONCE = 6
"""Things that are under way at most; more than that never come to an end."""

OTHERS = ("stays", "other")

pace: ContextVar[int] = ContextVar("pace", default=100)
"""How soon what runs goes on, against everything else that waits."""


class FarBucket(MemoryBucket):
    """A bucket that takes its time, before and after it has done something."""

    def __init__(self, world: Between) -> None:
        super().__init__()
        self.world = world

    async def put(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        await self.world.way()
        stored = await super().put(key, data, only_if_absent=only_if_absent, cold=cold)
        await self.world.way()
        return stored

    async def get(self, key: str) -> bytes:
        await self.world.way()
        return await super().get(key)

    async def list(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        await self.world.way()
        found = await super().list(prefix, after=after)
        await self.world.way()
        return found

    async def delete(self, keys: Sequence[str]) -> None:
        await self.world.way()
        await super().delete(keys)
        await self.world.way()


class Between(ErasingWorld):
    """A world in which whatever is under way waits until the seed lets it go on.

    Attributes:
        comes_anew: whether the erased may, and do.
        crashes: how often something died.
        unanswered: messages of actors that wait for the lake, sent back or not yet consumed.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.at += 3 * 24 * HOUR  # the events' day is over
        self.bucket = FarBucket(self)
        self.is_far = False
        self.crashes = 0
        self.unanswered: list[str] = []
        self.ways: list[tuple[int, asyncio.Future[None]]] = []
        self.tasks: dict[asyncio.Task[None], None] = {}
        self.comes_anew = seed % 3 == 0
        self.sent = dict.fromkeys(OTHERS, 8)

    async def way(self) -> None:
        """Wait until the seed lets it go on."""
        if self.is_far:
            arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.ways.append((pace.get(), arrival))
            await arrival

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside everything else, at a pace of its own."""
        token = pace.set(self.rng.choice([1, 30, 100, 300]))
        task = asyncio.get_running_loop().create_task(work)
        pace.reset(token)
        self.tasks[task] = None
        task.add_done_callback(self.tasks.pop)
        return task

    async def step(self) -> None:
        """Let one thing go on."""
        self.ways = [one for one in self.ways if not one[1].done()]
        if self.ways:
            (place,) = self.rng.choices(range(len(self.ways)), [soon for soon, _ in self.ways])
            self.ways.pop(place)[1].set_result(None)
        self.at += self.rng.choice([0, 0, 0, 40, 900])
        for _ in range(8):
            await asyncio.sleep(0)

    # What happens beside the erasure.

    def actors(self) -> list[str]:
        """Answer the names of all identity actors."""
        return sorted(name for name in self.databases if "/" in name and " " not in name)

    async def bring(self, messages: list[str]) -> None:
        """Consume messages; whoever dies of it leaves them in the queue."""
        done = [False] * len(messages)
        flush = LakeFlush(self, self, self.bucket, self.settings, clock=self, random=self.random)
        try:
            done = await flush.consume(messages)
        finally:
            self.unanswered += [
                one for one, is_done in zip(messages, done, strict=True) if not is_done
            ]

    async def tend(self) -> None:
        """Be a trigger of cron."""
        await LakeTending(
            self.bucket, clock=self, random=self.random, settling=0, cold_days=1
        ).tend()

    async def come(self, name: str, *, config: Any) -> None:
        """Have an event of somebody come, in a request of its own."""
        self.sent[name] = number = self.sent.get(name, 100) + 1
        dispatcher = Dispatcher(self, self, whereabouts=Whereabouts(), later=self.waiting.append)
        try:
            await dispatcher.receive(config, [event(name, number, "user_id")])
        except (CallFailed, HeadwaterError):
            if name in OTHERS:
                raise

    async def returns(self, number: int, *, config: Any) -> None:
        """Have the erased come as somebody who was never here."""
        one = event(ANEW, number, "user_id", userId=f"{GONE}user_id")
        here = msgspec.structs.replace(one, identifiers=(f"user_id:{GONE}user_id",))
        dispatcher = Dispatcher(self, self, whereabouts=Whereabouts(), later=self.waiting.append)
        await dispatcher.receive(config, [here])

    async def work(self, job: str) -> None:
        """Do the steps of the job."""
        while (keeper := self.keeper(W, job)).wake_at() is not None:
            await keeper.work()

    def happen(self, old: Any) -> None:
        """Let something begin, or die."""
        match self.rng.randrange(12) if len(self.tasks) < AT_ONCE else 9:
            case 0 | 1 | 2:
                some = self.rng.sample(self.actors(), 2)
                self.spawn(self.bring([json.dumps({"actor": name}) for name in some]))
            case 3 if self.unanswered:
                batch, self.unanswered = self.unanswered[:3], self.unanswered[3:]
                self.spawn(self.bring(batch))
            case 4 | 5:
                self.spawn(self.tend())
            case 6 | 7:
                self.spawn(self.come(self.rng.choice(OTHERS), config=old))
            case 8:
                self.spawn(self.come(self.rng.choice((GONE, ALSO)), config=old))
            case 9 if self.tasks and not self.rng.randrange(20):
                self.crashes += 1
                self.rng.choice(list(self.tasks)).cancel()
            case _:
                pass


async def told(world: Between) -> None:
    """Have some people come, and all of it in the lake, in some files."""
    await world.prepare()
    for number in range(1, 7):
        for name in (GONE, ALSO, *OTHERS):
            kinds = ("user_id", "anonymous_id") if number < 3 else ("user_id",)
            await world.receive(event(name, number, *kinds))
        if number % 2 or world.rng.randrange(2):
            await world.flush()
    for name in (GONE, ALSO, *OTHERS):  # what the lake does not have yet
        await world.receive(event(name, 7, "user_id"), event(name, 8, "user_id"))


async def erased(world: Between) -> None:
    """Run one or two erasures to their ends, between everything else; then let that end, too."""
    old = await world.settings.newest(W)
    world.is_far = True
    for _ in range(world.rng.randrange(12)):
        world.happen(old)
        for _ in range(world.rng.randrange(30)):
            await world.step()
    world.is_far = False
    jobs = [(await world.erase(f"user_id:{GONE}user_id", suppress=not world.comes_anew)).id]
    if world.rng.randrange(2):
        jobs.append((await world.erase(f"user_id:{ALSO}user_id")).id)
    await worked_on(world, jobs, old)
    if world.comes_anew:
        config = await world.settings.newest(W)
        for number in range(3):
            world.spawn(world.returns(number, config=config))
    world.is_far = True
    while world.tasks:
        await world.step()
    world.is_far = False
    for job in jobs:
        assert (await world.jobs.job(W, job)).state == "done"
    if len(jobs) == 1:
        await world.erase(f"user_id:{ALSO}user_id")
        await world.finish()


async def worked_on(world: Between, jobs: list[str], old: Any) -> None:
    """Have jobs done, while everything else happens, too."""
    world.is_far = True
    doing = {job: world.spawn(world.work(job)) for job in jobs}
    for number in range(60_000):
        for job in [job for job, task in doing.items() if task.done()]:
            if world.keeper(W, job).wake_at() is None:
                del doing[job]
            else:
                doing[job] = world.spawn(world.work(job))  # it died
        if not doing:
            world.is_far = False
            return
        if number < 20_000 and not world.rng.randrange(12):
            world.happen(old)
        await world.step()
    raise AssertionError("the erasure never ends")


async def settled(world: Between) -> Manifest:
    """Bring to the lake what is not there yet; let cron clean up what the dead have left."""
    await world.settle()
    messages, world.unanswered = world.unanswered, []
    if messages:
        await world.bring(messages)
    await world.flush()
    assert not world.unanswered
    if world.crashes:
        world.at += HOUR + HOUR // 2
        await world.tend()
    return await Catalogue(world.bucket, W).refresh()


def check(world: Between, manifest: Manifest) -> None:
    """Check that nothing of the erased is left, and everything of others is in the lake, once."""
    for name in (f"{GONE}m", f"{GONE}property", f"{GONE}anonymous_id", ALSO):
        assert world.holding(name) == set()
    if not world.comes_anew:
        assert world.holding(GONE) == set()
    assert set(manifest.files) <= set(world.bucket.objects), "a file is lost that counts"
    found: Counter[str] = Counter()
    for one in manifest.of("events"):
        found.update(read(world.bucket.objects[one.key])["message_id"])
    expected = {
        message
        for name in world.actors()
        for (message,) in world.sql(name).execute(
            "SELECT message_id FROM event WHERE actor <> ''"
            if world.sql(name).execute("SELECT 1 FROM sqlite_master WHERE name = 'event'")
            else "SELECT 1 WHERE 0"
        )
    }
    assert len(expected) >= 16
    anew = {message for message in expected if message.startswith(ANEW)}
    assert len(anew) == (3 if world.comes_anew else 0)
    assert found == Counter(expected)


@pytest.mark.parametrize("block", range(4))
def test_nothing_is_left_whoever_is_late(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the erased, in no byte of the bucket; of others each event once; and it ends."""
    monkeypatch.setattr(merging, "SLICE_ROWS", 6)
    monkeypatch.setattr(files, "GROUP_ROWS", 3)
    for module in (tending, lake_tending):
        monkeypatch.setattr(module, "PILE", 3)

    async def tell(seed: int) -> None:
        world = Between(seed)
        await told(world)
        await erased(world)
        check(world, await settled(world))

    for seed in range(block * SEEDS // 4, (block + 1) * SEEDS // 4):
        try:
            asyncio.run(tell(seed))
        except BaseException as error:
            error.add_note(f"{seed=}")
            raise
