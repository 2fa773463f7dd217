"""Seeded runs of the edge's dispatcher over actors in databases of their own, under faults."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress

import pytest

from headwater.collect.arrival import Arrival
from headwater.dispatch.people import PeopleOverActors
from headwater.errors import Conflict, NotFound, Unavailable
from headwater.local.clock import SystemClock
from headwater.profiles.people import TimelineFilter
from headwater.workspace import DestinationConfig, IdentityRules, WorkspaceConfig
from tests.simulation.edge_world import EdgeWorld
from tests.simulation.network import Faults, Simulation
from tests.simulation.pipeline import SeededRandom
from tests.simulation.test_identity_network import FREE, TIGHT
from tests.simulation.world import WORKSPACE, Story

RUNS = 4
"""Blocks of seeds; `HEADWATER_SEEDS` sets how many runs each has."""

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "3"))


def configured(rules: IdentityRules) -> WorkspaceConfig:
    """Answer a workspace with these rules, that delivers everything to two destinations."""
    hook = {"url": "https://example.com/hook"}
    return WorkspaceConfig(
        WORKSPACE,
        version=3,
        identity=rules,
        destinations=tuple(DestinationConfig(f"d{n}", "webhook", f"hook {n}", hook) for n in "12"),
    )


def story(rng: random.Random) -> Story:
    """Answer a small world of identifiers that readers may name, in which people collide."""
    return Story(
        rng,
        {
            "user_id": [f"u{n}" for n in range(rng.randint(1, 4))],
            "email": [f"{n}@example.org" for n in range(rng.randint(1, 4))],
            "phone": [f"+4930123456{n}" for n in range(rng.randint(1, 3))],
            "anonymous_id": [f"a{n}" for n in range(rng.randint(1, 6))],
        },
    )


class Run:
    """One seed: clients that send until they are answered, readers, splits, and faults."""

    def __init__(self, seed: int, rules: IdentityRules, *, lake_after: int | None = None) -> None:
        self.world = EdgeWorld(seed, configured(rules), lake_after=lake_after)
        self.random = self.world.random
        self.sent: dict[str, Arrival] = {}
        self.unanswered: dict[str, list[Arrival]] = {}
        self.reads = 0

    @property
    def people(self) -> PeopleOverActors:
        """The reader."""
        return PeopleOverActors(
            self.world,
            self.world,
            self.world,
            clock=SystemClock(),
            random=SeededRandom(self.random),
        )

    async def play(self, *, splits: bool) -> None:
        """Let a story happen."""
        tale = story(self.random)
        for _ in range(self.random.randint(3, 20)):
            batch = [tale.event() for _ in range(self.random.randint(1, 4))]
            self.sent |= {event.message_id: event for event in batch}
            self.unanswered[batch[0].message_id] = batch
            self.world.spawn(self.client(batch))
            for _ in range(self.random.randint(0, 40)):
                await self.step()
            if splits and self.random.random() < 0.3:
                self.world.spawn(self.split())
            if self.random.random() < 0.2:
                self.again()
        # The way to the lake is long; faults are to strike there too.
        for _ in range(0 if self.world.lake_after is None else 300):
            await self.step()
        await self.calm()

    async def step(self) -> None:
        """Let one thing happen, and all that follows from it at once."""
        self.world.step()
        for _ in range(12):
            await asyncio.sleep(0)

    def again(self) -> None:
        """Clients repeat what was not answered."""
        for batch in list(self.unanswered.values()):
            self.world.spawn(self.client(batch))

    async def client(self, batch: list[Arrival]) -> None:
        """Send a batch; once it is answered, a read sees it."""
        try:
            await self.world.dispatcher().receive(self.world.current, batch)
        except Unavailable:
            return
        self.unanswered.pop(batch[0].message_id, None)
        event = self.random.choice(batch)
        with suppress(Unavailable):
            page = await self.people.timeline(
                WORKSPACE, event.identifiers[0], which=TimelineFilter(), limit=1000
            )
            assert page is not None, "whose event was answered is not known"
            seen = {one["messageId"] for one in page.events}
            assert event.message_id in seen, "an answered event cannot be read"
            self.reads += 1

    async def split(self) -> None:
        """Undo some merge."""
        known = sorted({name for event in self.sent.values() for name in event.identifiers})
        name = self.random.choice(known)
        with suppress(Unavailable, NotFound, Conflict):
            why = await self.people.explain(WORKSPACE, name)
            merges = [link.id for link in why.links if link.merged] if why else []
            if merges:
                await self.people.split(WORKSPACE, name, self.random.choice(merges))

    async def calm(self) -> None:
        """Let all faults end and everything settle; fails if it does not."""
        self.world.faults = Faults(0, 0, 0, 0)
        for _ in range(400):
            for _ in range(60):
                await self.step()
                if not self.world.ways:
                    break
            if self.world.ways:
                continue
            if self.unanswered:
                self.again()
            elif self.world.undone():
                self.world.alarm()
            elif self.world.queued or self.world.lake_queued:
                self.world.consume()
            elif not self.world.tasks:
                return
        raise AssertionError(f"it does not settle: {self.world.undone()} {list(self.unanswered)}")

    def check(self) -> None:
        """Check the people by the network's invariants, lanes and population by theirs."""
        simulation = Simulation(0, self.world.oracle.limits)
        simulation.sql = self.world.union()
        simulation.sent = self.sent
        simulation.oracle = self.world.oracle
        simulation.parted = self.world.parted
        simulation.check()
        self.world.check_lanes()
        self.world.check_population()


def run(seed: int, rules: IdentityRules, *, splits: bool, lake_after: int | None = None) -> Run:
    """Run one seed to its end and check it; a failure names the seed that replays it."""
    one = Run(seed, rules, lake_after=lake_after)
    errors: list[BaseException] = []

    async def whole() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: errors.append(context["exception"])
        )
        await one.play(splits=splits)

    try:
        asyncio.run(whole())
        assert not errors, errors
        one.check()
    except Exception as error:
        error.add_note(f"replay with: run({seed}, …, {splits=})")
        raise
    return one


@pytest.mark.parametrize("block", range(RUNS))
def test_faults_lose_nothing_and_make_the_oracles_people(block: int) -> None:
    """Whatever is lost, repeated, cut off or forgotten: people, timelines and lanes are right."""
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        run(seed, TIGHT.rules, splits=seed % 3 == 1)
        run(seed, FREE.rules, splits=False)


def test_the_faults_do_strike_and_reads_are_checked() -> None:
    """Each fault happens in ordinary runs, and most answers are read back."""
    runs = [run(seed, TIGHT.rules, splits=True) for seed in range(8)]
    struck = sum((one.world.struck for one in runs), Counter[str]())

    assert set(struck) == {"crash", "repeat", "drop", "lost answer", "reorder", "cut"}
    assert min(struck.values()) > 3
    assert sum(one.reads for one in runs) > 20


def test_a_seed_replays_exactly() -> None:
    """The same seed makes the same run, so that a failure can be studied."""
    first, second = (run(7, TIGHT.rules, splits=True) for _ in range(2))

    assert first.world.calls == second.world.calls
    assert first.world.stored == second.world.stored


def test_who_is_split_stays_so() -> None:
    """Splits happen in these runs; that they are never undone by evidence is checked in each."""
    parted = sum(len(run(seed, TIGHT.rules, splits=True).world.parted) for seed in range(12))

    assert parted > 3
