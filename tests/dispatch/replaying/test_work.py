"""Events of the past sent to a destination out of the lake, whatever fails and dies meanwhile."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

from headwater.actors.workspace import WorkspaceActor
from headwater.dispatch.lake_tending import LakeTending
from headwater.lake.keys import DAY
from tests.dispatch.erasing.world import START, ErasingWorld, W, event, run
from tests.dispatch.exporting.test_events import DAYS, PEOPLE, told

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "6"))
ORDER: dict[str, Any] = {
    "where": None,
    "since": None,
    "until": None,
    "rate": 100_000,
    "dry_run": False,
    "with_audiences": False,
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that read little and portions that are small, so that there are many."""
    monkeypatch.setattr("headwater.dispatch.replaying.work.ROWS", 10)
    monkeypatch.setattr("headwater.dispatch.replaying.work.PORTION", 4)


async def new_destination(world: ErasingWorld, **changes: Any) -> str:
    """Add a destination that comes later than all events; answer its id."""
    world.at += 10 * DAY
    made = await world.settings.write(
        W,
        WorkspaceActor.create_destination,
        destination_type="webhook",
        name="Late",
        changes={"settings": {"url": "https://example.com/late"}, **changes},
        now=world.now(),
    )
    return str(made.id)


def in_lane(world: ErasingWorld, destination: str) -> list[tuple[str, str]]:
    """Answer person and message id of what waits for a destination, in order."""
    rows = world.sql(f"lane {W} {destination}").execute(
        "SELECT person, message_id FROM delivery ORDER BY id"
    )
    return [(person, message) for person, message in rows]


async def replayed(world: ErasingWorld, destination: str, **order: Any) -> Any:
    """Order a replay, have it done, and answer the job."""
    job = await world.order("replay", {**ORDER, "destination": destination, **order})
    await world.finish()
    world.failing = world.deadly = world.bucket.failing = 0
    return await world.jobs.job(W, job.id)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_each_event_is_in_the_lane_once_in_order(seed: int) -> None:
    """Calls and the bucket fail, and the job's object dies; files are merged in the middle."""

    async def tell() -> None:
        world = ErasingWorld(seed)
        await told(world)
        to = await new_destination(world)
        job = await world.order("replay", {**ORDER, "destination": to})
        if seed:
            world.failing = world.deadly = world.bucket.failing = 2
        steps = 0

        async def merge() -> None:
            nonlocal steps
            steps += 1
            if steps == 5 and seed % 2:
                failing, world.bucket.failing = world.bucket.failing, 0
                await tended(world)
                world.bucket.failing = failing

        await world.finish(after=merge)
        world.failing = world.deadly = world.bucket.failing = 0

        found = in_lane(world, to)
        assert len(found) == DAYS * PEOPLE * 3
        assert {*Counter(message for _, message in found).values()} == {1}
        for person in range(PEOPLE):
            own = [message for who, message in found if who == f"{W}/user_id:p{person}user_id"]
            numbers = [10 * day + part for day in range(DAYS) for part in range(3)]
            assert own == [f"p{person}m{number}" for number in numbers]
        ended = await world.jobs.job(W, job.id)
        assert ended.state == "done", ended.error
        assert (ended.done, ended.total) == (DAYS * PEOPLE * 3, DAYS * PEOPLE * 3)
        result = dict(ended.result or {})
        assert (result["sent"], result["left_out"]) == (DAYS * PEOPLE * 3, 0)
        assert result["first"] == START
        assert result["last"] == START + (DAYS - 1) * DAY + PEOPLE - 1

    run(tell())


async def tended(world: ErasingWorld) -> None:
    """Merge the lake's files, and delete at once what was replaced."""
    at, world.at = world.at, world.at + 10 * DAY
    before = {key for key in world.bucket.objects if key.startswith(f"{W}/events/")}
    tending = LakeTending(world.bucket, clock=world, random=world.random, settling=0, cold_days=365)
    await tending.tend(slices=100)
    after = {key for key in world.bucket.objects if key.startswith(f"{W}/events/")}
    if after != before:
        for key in before & after:
            world.bucket.objects.pop(key)
    world.at = at


def test_a_dry_run_counts_and_sends_nothing() -> None:
    """The same numbers as what is sent then, by the condition and the destination's own rules."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        to = await new_destination(world, filter="event = 'part 1' or event = 'part 2'")
        order = {"where": "name <> 'part 2'", "since": START + DAY}

        counted = await replayed(world, to, dry_run=True, **order)
        assert in_lane(world, to) == []
        done = await replayed(world, to, **order)

        assert {**counted.result, "dry_run": False} == done.result
        assert counted.result["dry_run"] is True
        assert (done.result["sent"], done.result["left_out"]) == (14, 14)
        assert {message[-1] for _, message in in_lane(world, to)} == {"1"}

    run(tell())


def test_nothing_is_added_while_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens now does not wait long; once there is room it goes on where it was."""
    monkeypatch.setattr("headwater.actors.lane_replaying.MOST_WAITING", 5)

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        to = await new_destination(world)
        job = await world.order("replay", {**ORDER, "destination": to})
        sent: list[tuple[str, str]] = []
        most = 0

        async def deliver() -> None:
            nonlocal most
            waiting = in_lane(world, to)
            most = max(most, len(waiting))
            sent.extend(waiting)
            lane = world.sql(f"lane {W} {to}")
            lane.execute("DELETE FROM delivery")
            lane.execute("UPDATE delivery_lane SET waiting = 0")

        for _ in range(3):
            await world.keeper(W, job.id).work()
        assert len(in_lane(world, to)) <= 5 + 4
        await world.finish(after=deliver)
        await deliver()

        assert most <= 5 + 4
        assert len({*sent}) == len(sent) == DAYS * PEOPLE * 3

    run(tell())


def test_only_those_whom_the_destination_is_for() -> None:
    """A destination may be for the people of an audience alone; nobody else is sent to it."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        made = await world.settings.write(
            W,
            WorkspaceActor.create_audience,
            key="planned",
            name="Planned",
            definition='{"type":"trait","path":"plan","operator":"exists"}',
            now=world.now(),
        )
        await world.receive(event("p1", 99, "user_id", type="identify", traits={"plan": "pro"}))
        to = await new_destination(world, people={"*": [made.id]})

        done = await replayed(world, to)

        assert done.state == "done", done.error
        assert {person for person, _ in in_lane(world, to)} == {f"{W}/user_id:p1user_id"}
        assert done.result["sent"] == DAYS * 3
        assert done.result["left_out"] == DAYS * (PEOPLE - 1) * 3

    run(tell())


def test_the_suppressed_are_not_sent() -> None:
    """Nothing of theirs is let in any more, though the lake still has it."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        to = await new_destination(world)
        await world.settings.write(
            W, WorkspaceActor.suppress, ["user_id:p1user_id"], now=world.now(), reason="asked"
        )

        await replayed(world, to)

        assert len(in_lane(world, to)) == DAYS * (PEOPLE - 1) * 3
        assert not [one for one in in_lane(world, to) if "p1user_id" in one[0]]

    run(tell())


def test_one_that_is_removed_ends_it_and_one_that_is_off_holds_it_up() -> None:
    """The job says which."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        to = await new_destination(world)
        job = await world.order("replay", {**ORDER, "destination": to})
        await world.settings.write(W, WorkspaceActor.update_destination, to, {"enabled": False})
        for _ in range(3):
            await world.keeper(W, job.id).work()
        held = await world.jobs.job(W, job.id)
        assert (held.state, "switched off" in (held.error or "")) == ("running", True)

        await world.settings.write(W, WorkspaceActor.delete_destination, to)
        await world.finish()

        ended = await world.jobs.job(W, job.id)
        assert (ended.state, "was removed" in (ended.error or "")) == ("failed", True)

    run(tell())
