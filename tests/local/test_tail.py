"""Live events: who sees what, and what a slow reader misses."""

from __future__ import annotations

import asyncio

from headwater.collect.arrival import Arrival
from headwater.local.tail import LiveTail


def arrival(message_id: str, workspace: str = "default") -> Arrival:
    """Make an arrival with nothing in it but its name."""
    return Arrival(workspace, ("user_id:1",), message_id, "track", 0, 0, "{}")


async def test_a_follower_sees_its_workspace_from_now_on() -> None:
    """Events before the call, and of other workspaces, are not shown."""
    tail = LiveTail()
    tail.show([arrival("before")])
    follower = tail.follow("default")
    tail.show([arrival("other", "shop"), arrival("mine")])
    tail.close()

    assert [event.message_id async for event in follower] == ["mine"]


async def test_a_waiting_follower_is_woken() -> None:
    """An iteration that waits goes on with the next event."""
    tail = LiveTail()
    waiting = asyncio.create_task(anext(tail.follow("default")))
    await asyncio.sleep(0)
    tail.show([arrival("a")])

    assert (await waiting).message_id == "a"


async def test_a_slow_follower_misses_the_oldest() -> None:
    """A reader that is too far behind loses old events, and the newest are there."""
    tail = LiveTail()
    follower = tail.follow("default")
    tail.show([arrival(str(number)) for number in range(1500)])
    tail.close()
    seen = [event.message_id async for event in follower]

    assert seen[-1] == "1499"
    assert len(seen) == 999


async def test_a_closed_follower_gets_nothing_more() -> None:
    """After aclose the tail forgets the reader, and its iteration ends."""
    tail = LiveTail()
    follower = tail.follow("default")
    await follower.aclose()
    tail.show([arrival("late")])

    assert [event async for event in follower] == []


async def test_following_a_closed_tail_ends_at_once() -> None:
    """When the server drains, a new reader is not kept waiting."""
    tail = LiveTail()
    tail.close()

    assert [event async for event in tail.follow("default")] == []
