"""Parcels on their way from actors to lanes: what is too large for a message, too."""

from __future__ import annotations

import asyncio

from headwater.actors import outbox
from headwater.commands import Deliver
from headwater.workspace import DestinationConfig, WorkspaceConfig
from tests.simulation.edge_world import EdgeWorld
from tests.simulation.network import Faults
from tests.simulation.world import WORKSPACE, arrival

HOOK = DestinationConfig("d", "webhook", "hook", {"url": "https://example.com/hook"})


class CalmWorld(EdgeWorld):
    """The simulated edge, in which nothing fails or waits."""

    async def way(self) -> None:
        """Arrive at once."""
        await asyncio.sleep(0)


async def delivered(*sizes: int) -> tuple[list[str], list[int]]:
    """Send one event of each size; answer what reached the lane, and how large messages were."""
    config = WorkspaceConfig(WORKSPACE, version=1, destinations=(HOOK,))
    world = CalmWorld(1, config, faults=Faults(0, 0, 0, 0))
    messages: list[int] = []
    consume = world.consumer

    async def counted(batch: list[str]) -> list[bool]:
        messages.extend(len(message.encode()) for message in batch)
        return await consume(batch)

    world.consumer = counted
    for number, size in enumerate(sizes):
        traits = {"note": "\N{SNOWMAN}" * (size // 3)}
        event = arrival(f"m{number}", "identify", ("user_id:large",), traits=traits)
        await world.dispatcher().receive(config, [event])
    while world.tasks or world.queued:
        world.consume()
        await asyncio.sleep(0)
    (commands,) = world.lanes.values()
    assert outbox.waiting_since(world.databases[f"{WORKSPACE}/user_id:large"]) is None
    return [one.message_id for one in commands if isinstance(one, Deliver)], messages


def test_what_fits_travels_in_the_message() -> None:
    """The actor is asked for nothing."""
    came, messages = asyncio.run(delivered(3_000))

    assert came == ["m0"]
    assert messages[0] > 3_000


def test_what_is_too_large_for_a_message_is_fetched_from_its_actor() -> None:
    """In its order among the others; nothing waits for ever behind it."""
    came, messages = asyncio.run(delivered(100, 500_000, 700_000, 200))

    assert came == ["m0", "m1", "m2", "m3"]
    assert max(messages) < 120_000
