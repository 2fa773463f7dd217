"""A database brought up to a lake shows what the lake's own server does."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from headwater.actors import erasing
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.workspace import WorkspaceActor
from headwater.errors import Conflict, NotFound
from headwater.local.lake.eraser import LakeEraser
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.rebuild.bringing import Bringing
from headwater.local.rebuild.plan import Plan
from headwater.local.rebuild.rebuild import rebuild
from headwater.local.rebuild.source import LakeSource
from headwater.local.sql import FILE_NAME
from headwater.local.workspaces import LocalWorkspaces
from headwater.profiles.suppression import SuppressionCheck
from tests.local.lake.harness import SetClock, Shop, disturb, shop, tale
from tests.local.rebuild.cutting import cut_short
from tests.local.rebuild.everything import everything
from tests.simulation.world import WORKSPACE, arrival

GROUPS = ("acme", "umbrella")
SEEDS = [*range(3), *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 40))]


def folders(base: Path) -> tuple[Path, Path, Path]:
    """Answer folders for the server that was, and those that are made."""
    made = base / "first", base / "second", base / "third"
    for folder in made:
        folder.mkdir()
    return made


async def bring(lake: Path, folder: Path, *, writes: bool = True) -> Plan:
    """Make a database in a folder out of a lake."""
    return await asyncio.to_thread(_bring, lake, folder, writes=writes)


def _bring(lake: Path, folder: Path, *, writes: bool) -> Plan:
    with closing(open_database(folder / FILE_NAME)) as database:
        source = LakeSource(str(lake), cache=folder / "cache")
        return Bringing(
            database, source, clock=SetClock(), random=SystemRandom(), writes=writes
        ).bring()


async def tell_a_tale(one: Shop, seed: int, *, twists: int = 8) -> list[str]:
    """Let random people come, join accounts, merge and part; answer every identifier."""
    story, names = tale(seed), set[str]()
    await one.lake.open()
    for twist in range(twists):
        batch = [story.event() for _ in range(story.random.randint(1, 9))]
        via = batch[0].identifiers[0]
        group = arrival(
            f"g{twist:03}",
            "group",
            (via,),
            groupId=story.random.choice(GROUPS),
            traits={"seats": twist},
        )
        await one.receive(*batch, group)
        names |= {name for each in batch for name in each.identifiers}
        await disturb(one, story.random)
    await one.lake.flush()
    return sorted(names)


@pytest.mark.parametrize("seed", SEEDS)
async def test_everybody_is_rebuilt(tmp_path: Path, seed: int) -> None:
    """After merges, splits, compaction and ageing; and what is then done has the same effect."""
    first, second, _third = folders(tmp_path)
    async with shop(first, flush_events=7) as one:
        names = await tell_a_tale(one, seed)
        was = await everything(one.identities, names, GROUPS)
        plan = await bring(first / "lake", second)
        assert plan.left_out == 0
        shutil.copytree(first / "lake", second / "lake")
        async with shop(second) as two:
            assert await everything(two.identities, names, GROUPS) == was
            assert await two.lake.flush() == 0
            chance = Random(seed)
            for _ in range(4):
                await _act(one, two, chance, names)
            await one.receive(arrival("new", "track", (names[0],)))
            await two.receive(arrival("new", "track", (names[0],)))
            assert await everything(two.identities, names, GROUPS) == await everything(
                one.identities, names, GROUPS
            )
            assert await two.lake.flush() == 1
            assert len(two.messages()) == len(set(two.messages()))


async def _act(one: Shop, two: Shop, chance: Random, names: list[str]) -> None:
    """Merge two people, or undo a merge, in both."""
    name = chance.choice(names)
    explained = await one.identities.explain(WORKSPACE, name)
    assert explained is not None
    merges = sorted(link.id for link in explained.links if link.merged)
    if merges and chance.random() < 0.7:
        link = chance.choice(merges)
        done = [await _outcome(each.identities.split, name, link) for each in (one, two)]
        assert done[0] == done[1]


async def _outcome(act: Any, *given: str) -> Any:
    try:
        return await act(WORKSPACE, *given)
    except (Conflict, NotFound) as error:
        return type(error)


async def test_a_message_that_two_people_had_stays_the_winners(tmp_path: Path) -> None:
    """When they become one there is one of it, and it is the same one."""
    first, second, _third = folders(tmp_path)
    async with shop(first) as one:
        await one.lake.open()
        for user in ("5", "6", "7"):
            await one.receive(
                arrival("dup", "track", (f"user_id:{user}",), event=f"of {user}", at=9000)
            )
        await one.lake.flush()
        await one.identities.merge(WORKSPACE, "user_id:7", "user_id:6")
        await one.lake.flush()
        await one.identities.merge(WORKSPACE, "user_id:6", "user_id:5")
        await one.lake.flush()
        names = ["user_id:5", "user_id:6", "user_id:7"]
        was = await everything(one.identities, names)
        assert len(was["user_id:7"][2]) == 1
        await bring(first / "lake", second)
        async with shop(second) as two:
            assert await everything(two.identities, names) == was


@pytest.mark.parametrize("cut", [1, 3, 4, 6])
async def test_a_rebuild_that_was_cut_short_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    """After any of its steps; it ends as one that was not."""
    first, second, _third = folders(tmp_path)
    async with shop(first, flush_events=5) as one:
        names = await tell_a_tale(one, 11)
        was = await everything(one.identities, names, GROUPS)
    with cut_short(monkeypatch, at=cut):
        await bring(first / "lake", second)
    await bring(first / "lake", second)
    async with shop(second) as two:
        assert await everything(two.identities, names, GROUPS) == was


async def test_what_is_whole_is_not_brought_again(tmp_path: Path) -> None:
    """A command that was killed as it ended may be given again."""
    first, second, _third = folders(tmp_path)
    async with shop(first, flush_events=5) as one:
        names = await tell_a_tale(one, 5)
        was = await everything(one.identities, names, GROUPS)
    plan = await bring(first / "lake", second)
    assert await bring(first / "lake", second) == plan
    async with shop(second) as two:
        assert await everything(two.identities, names, GROUPS) == was


async def test_a_lake_out_of_which_files_were_deleted_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was erased while a rebuild was cut short is not in what it makes in the end."""
    first, second, _third = folders(tmp_path)
    async with shop(first) as one:
        await one.lake.open()
        for user in ("1", "2"):
            await one.receive(arrival(f"m{user}", "track", (f"user_id:{user}",)))
        await one.lake.flush()

        def cut(_self: Bringing, _plan: Plan) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Bringing, "_number", cut)
            with pytest.raises(KeyboardInterrupt):
                await asyncio.to_thread(rebuild, str(first / "lake"), second, tell=print)
        await one.writer.run(lambda sql: sql.execute("DELETE FROM event WHERE message_id = 'm1'"))
        erased = ErasedPeople(WORKSPACE, {"user_id:1"})
        await one.writer.run(lambda sql: erasing.delete_actors(sql, erased))
        await LakeEraser(one.lake).erase(erased)
    made = await asyncio.to_thread(rebuild, str(first / "lake"), second, tell=print)
    assert made.events == 1
    async with shop(second) as two:
        assert await two.identities.person(WORKSPACE, "user_id:1") is None
        assert await two.identities.person(WORKSPACE, "user_id:2") is not None


async def test_a_rebuilt_database_and_its_lake_agree_or_begin_anew(tmp_path: Path) -> None:
    """With the lake it came from nothing is flushed twice; a new lake gets all of it."""
    first, second, third = folders(tmp_path)
    async with shop(first) as one:
        names = await tell_a_tale(one, 3)
        events = len(one.messages())
    await bring(first / "lake", second)
    async with shop(second) as two:
        await two.lake.open()
        await two.lake.flush()
        assert len(two.messages()) == events
        was = await everything(two.identities, names, GROUPS)
    await bring(second / "lake", third)
    async with shop(third) as three:
        assert await everything(three.identities, names, GROUPS) == was


async def test_a_lake_that_was_only_read_gets_only_what_comes_after(tmp_path: Path) -> None:
    """Whether the server begins with it, or comes to it from a lake of its own; each event once."""
    first, second, third = folders(tmp_path)
    async with shop(first) as one:
        await tell_a_tale(one, 5)
        await one.lake.flush()
        events = len(one.messages())
    for folder, in_between in ((second, False), (third, True)):
        await bring(first / "lake", folder, writes=False)
        if in_between:
            async with shop(folder) as other:
                await other.lake.flush()
                assert _stored(other) == events
            shutil.rmtree(folder / "lake")
        shutil.copytree(first / "lake", folder / "lake")
        for more in (1, 2):
            async with shop(folder) as two:
                await two.receive(arrival(f"after-{more}", "track", ("user_id:1",)))
                await two.lake.flush()
                assert _stored(two) == len(two.messages()) == events + more


def _stored(one: Shop) -> int:
    return sum(each.rows for each in one.lake.manifest_now(WORKSPACE).of("events"))


async def test_who_was_erased_or_suppressed_does_not_come_back(tmp_path: Path) -> None:
    """Tombstones and suppressions are in force in what is made of the lake; lifted ones are not.

    Those of before the lake began are there too, and the salt, without which they say nothing.
    """
    first, second, _ = folders(tmp_path)
    async with shop(first) as one:
        calls = LocalWorkspaces(one.writer, one.readers, random=SystemRandom())

        async def suppress(*names: str, reason: str = "suppressed") -> None:
            await calls.write(WORKSPACE, WorkspaceActor.suppress, names, now=7, reason=reason)

        await suppress("user_id:early")
        await one.lake.flush()
        await suppress("user_id:gone", "email:gone@x.org", reason="erased")
        await suppress("user_id:lifted")
        await one.lake.flush()
        await calls.write(WORKSPACE, WorkspaceActor.unsuppress, ["user_id:lifted"])
        await one.receive(arrival("m1", "track", ("user_id:kept",)))
        await one.lake.flush()
        had = await calls.read(WORKSPACE, WorkspaceActor.suppressed, limit=10)
    await bring(first / "lake", second)

    with closing(open_database(second / FILE_NAME)) as database:
        actor = WorkspaceActor(database, WORKSPACE, random=SystemRandom())
        check = SuppressionCheck(actor.config())
        assert actor.suppressed(limit=10) == had
    names = ["user_id:early", "user_id:gone", "email:gone@x.org", "user_id:lifted", "user_id:kept"]
    assert [check.covers([name]) for name in names] == [True, True, True, False, False]
