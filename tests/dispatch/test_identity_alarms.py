"""What identity objects' alarms have done: each part, whatever becomes of the others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from headwater.actors.identity_calls import Revisit
from headwater.actors.identity_object import IdentityObject
from headwater.dispatch.identity_alarms import IdentityAlarms
from headwater.dispatch.population import Shards
from headwater.ports import CallFailed, Sql
from headwater.workspace import WorkspaceConfig
from tests.dispatch.test_parcels import CalmWorld
from tests.simulation.edge_twins import Now
from tests.simulation.edge_world import nobody_follows
from tests.simulation.network import Faults
from tests.simulation.world import WORKSPACE, arrival

NAME = f"{WORKSPACE}/user_id:1"


class Impatient(IdentityObject):
    """An object that always has a merge to carry on."""

    def wants_waking(self, sql: Sql, *, now: int) -> bool:
        """Say that it has."""
        return True


class Dispatching:
    """A dispatcher that notes what it is asked, and fails where it is told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.asked: list[tuple[int, str, Any]] = []

    async def wake(self, config: WorkspaceConfig, actor: str, call: Any = None) -> list[Any]:
        """Note, and fail or not."""
        self.asked.append((config.version, actor, call))
        if self.fails:
            raise CallFailed("the other side is down")
        return []


class Settings:
    """Settings of which the isolate knows an older version."""

    async def config(self, workspace: str) -> WorkspaceConfig:
        """Answer what is known."""
        return WorkspaceConfig(workspace, version=1)

    async def newest(self, workspace: str) -> WorkspaceConfig:
        """Answer what is."""
        return WorkspaceConfig(workspace, version=4)


def alarms(world: CalmWorld, dispatching: Any, settings: Any = None) -> IdentityAlarms:
    """Answer the work of alarms in a world."""
    return IdentityAlarms(
        settings or world,
        world.known,
        dispatching,
        world,
        Shards(world),
        clock=Now(world),
        show=nobody_follows,
    )


async def people_of(world: CalmWorld) -> list[str]:
    """Answer who the shards have heard of."""
    rows = await Shards(world).rows(WORKSPACE, "SELECT person FROM people")
    return sorted(person for shard in rows for (person,) in shard)


def test_the_population_does_not_wait_for_a_merge_that_fails() -> None:
    """Its shard is told all the same, and the failure is the alarm's."""

    async def tell() -> tuple[list[str], list[str]]:
        world = CalmWorld(1, WorkspaceConfig(WORKSPACE, version=1), faults=Faults(0, 0, 0, 0))
        event = arrival("m1", "track", ("user_id:1",))
        await world.dispatcher().receive(world.current, [event])
        before = await people_of(world)
        of = Impatient(world.known)
        with pytest.raises(CallFailed):
            await alarms(world, Dispatching(fails=True)).act(NAME, of, world.databases[NAME])
        return before, await people_of(world)

    assert asyncio.run(tell()) == ([], ["user_id:1"])


def test_the_lake_is_told_first_and_once() -> None:
    """What waits for it is named in the queue, though what comes behind fails."""

    async def tell() -> int:
        config = WorkspaceConfig(WORKSPACE, version=1)
        world = CalmWorld(1, config, faults=Faults(0, 0, 0, 0), lake_after=0)
        await world.dispatcher().receive(config, [arrival("m1", "track", ("user_id:1",))])
        of = Impatient(world.known, lake_after=0)
        for _ in range(2):
            with pytest.raises(CallFailed):
                await alarms(world, Dispatching(fails=True)).act(NAME, of, world.databases[NAME])
        return len(world.lake_queued)

    assert asyncio.run(tell()) == 1


@pytest.mark.parametrize(("version", "by"), [(1, 1), (3, 4)])
def test_people_are_decided_by_no_older_audiences(version: int, by: int) -> None:
    """An isolate that knows an older version than is wanted looks for the newest."""
    dispatching = Dispatching()
    world = CalmWorld(1, WorkspaceConfig(WORKSPACE, version=1))

    asyncio.run(alarms(world, dispatching, Settings()).revisit("shop", "user_id:1", version))

    assert dispatching.asked == [(by, "shop/user_id:1", Revisit())]
