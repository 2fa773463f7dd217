"""A database restored from a backup and a lake shows what the server that is lost did."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from headwater.actors import erasing
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.registry import Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.collect.arrival import Arrival
from headwater.collect.times import write_time
from headwater.lake.keys import DAY
from headwater.local.backups.making import Made, make
from headwater.local.backups.manifest import BackupDamaged
from headwater.local.backups.register import Register
from headwater.local.backups.restoring import NO_LAKE, Restored, restore
from headwater.local.data_directory import DataDirectoryError
from headwater.local.lake.eraser import LakeEraser
from headwater.local.random import SystemRandom
from headwater.local.rebuild.plan import LakeUnknown
from headwater.local.sql import FILE_NAME, open_reader
from headwater.local.told import Told
from headwater.local.workspaces import LocalWorkspaces
from headwater.profiles.suppression import hash_of
from tests.local.lake.harness import NOW, SetClock, Shop, disturb, shop, tale
from tests.local.rebuild.cutting import cut_short
from tests.local.rebuild.everything import everything
from tests.simulation.world import WORKSPACE, Story, arrival

SEEDS = [*range(3), *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 40))]


def nobody(_told: Told) -> None:
    """Be told, and say nothing."""


async def back_up(one: Shop, base: Path) -> Made:
    """Make a backup of the shop in `first`, as its clock is now."""
    clock = SetClock(one.clock.time)
    return await asyncio.to_thread(make, base / "first", base / "backups", clock=clock, tell=nobody)


async def bring_back(made: Made, base: Path, *, lake: str | None = None) -> Restored:
    """Restore into `second`."""
    return await asyncio.to_thread(
        restore,
        made.folder,
        base / "second",
        lake=lake or str(base / "first" / "lake"),
        tell=nobody,
    )


def received(one: Arrival, now: int) -> Arrival:
    """Answer an event as if it had been received just now."""
    body = json.dumps(json.loads(one.body) | {"receivedAt": write_time(now)})
    return msgspec.structs.replace(one, received_at=now, body=body)


async def live(one: Shop, story: Story, twists: int) -> set[str]:
    """Let people come, merge and part; answer identifiers that were seen."""
    names = set[str]()
    for _ in range(twists):
        batch = [received(story.event(), one.clock.time) for _ in range(story.random.randint(1, 9))]
        await one.receive(*batch)
        names |= {name for each in batch for name in each.identifiers}
        await disturb(one, story.random)
        one.clock.time += story.random.choice([60_000, 20 * DAY])
    return names


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with an empty one for the first server."""
    (tmp_path / "first").mkdir()
    return tmp_path


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_came_since_the_backup_comes_out_of_the_lake(base: Path, seed: int) -> None:
    """Whatever was flushed, trimmed, merged or split before and after; nothing is flushed twice."""
    story = tale(seed)
    async with shop(base / "first", flush_events=7) as one:
        await one.lake.open()
        await one.receive(received(story.event(), one.clock.time))
        await one.lake.flush()
        names = await live(one, story, 5)
        made = await back_up(one, base)
        names |= await live(one, story, 5)
        await one.lake.flush()
        was = await everything(one.identities, names)
        messages = one.messages()
    await bring_back(made, base)
    (base / "second" / "lake").symlink_to(base / "first" / "lake")
    async with shop(base / "second") as two:
        two.clock.time = one.clock.time + DAY
        await two.lake.open()
        assert await everything(two.identities, names) == was
        await two.lake.flush()
        assert two.messages() == messages
        await two.receive(arrival("new", "track", (min(names),)))
        await two.lake.flush()
        assert two.messages() == sorted([*messages, "new"])


async def test_what_the_lake_never_got_stays_and_reaches_it(base: Path) -> None:
    """Events of the backup that were not flushed are restored, and flushed once by the restored."""
    async with shop(base / "first") as one:
        await one.receive(arrival("m1", "track", ("user_id:1",)))
        await one.lake.flush()
        await one.receive(arrival("m2", "track", ("user_id:1",)))
        await one.receive(arrival("m3", "track", ("user_id:2",)))
        made = await back_up(one, base)
    # The server dies, and what came after the flush with it.
    done = await bring_back(made, base)
    assert done.events == 0
    (base / "second" / "lake").symlink_to(base / "first" / "lake")
    for _ in range(2):
        async with shop(base / "second") as two:
            await two.lake.flush()
            assert two.messages() == ["m1", "m2", "m3"]
            assert sum(one.rows for one in two.lake.manifest_now(WORKSPACE).of("events")) == 3


async def test_without_a_lake_it_is_as_it_was_backed_up(base: Path) -> None:
    """And a second run, as after a kill at the very end, finds it done."""
    async with shop(base / "first") as one:
        await one.receive(arrival("m1", "track", ("user_id:1",)))
        was = await everything(one.identities, ["user_id:1"])
        made = await back_up(one, base)
        await one.receive(arrival("m2", "track", ("user_id:1",)))
    for _ in range(2):
        assert (await bring_back(made, base, lake=NO_LAKE)).events == 0
    async with shop(base / "second") as two:
        assert await everything(two.identities, ["user_id:1"]) == was
        await two.receive(arrival("m3", "track", ("user_id:1",)))
    with pytest.raises(DataDirectoryError, match="has a database already"):
        await bring_back(made, base, lake=NO_LAKE)


@pytest.mark.parametrize("parted", [False, True])
async def test_who_was_erased_since_the_backup_does_not_return(base: Path, parted: bool) -> None:  # noqa: FBT001 - pytest's
    """Nor do events under his identifiers, where he was one with somebody then; the other does."""
    random = SystemRandom()
    async with shop(base / "first") as one:
        await one.writer.run(
            lambda sql: Registry(sql, random=random).create_workspace(WORKSPACE, now=NOW)
        )
        for user in ("1", "2"):
            name = f"user_id:{user}"
            await one.receive(
                arrival(f"m{user}", "track", (name,)),
                arrival(f"i{user}", "identify", (name,), traits={"n": user}),
                arrival(f"g{user}", "group", (name,), groupId="acme", traits={"of": user}),
            )
        if parted:
            await one.identities.merge(WORKSPACE, "user_id:1", "user_id:2")
        await one.lake.flush()
        made = await back_up(one, base)
        if parted:
            explained = await one.identities.explain(WORKSPACE, "user_id:1")
            assert explained is not None
            (link,) = [each.id for each in explained.links if each.merged]
            await one.identities.split(WORKSPACE, "user_id:1", link)
        await one.lake.flush()
        erased = ErasedPeople(WORKSPACE, {"user_id:1"}, {"g1"})
        while ids := await one.readers.run(lambda sql: erasing.own_rows(sql, erased)):
            await one.writer.run(lambda sql, ids=ids: erasing.delete_events(sql, ids))  # type: ignore[misc] # bound now
        await one.writer.run(lambda sql: erasing.delete_actors(sql, erased))
        await one.writer.run(lambda sql: erasing.forget_mentions(sql, erased, ["w/user_id:2"]))
        await one.lake.flush()
        await LakeEraser(one.lake).erase(erased)
        was = await everything(one.identities, ["user_id:1", "user_id:2"])
        assert was["user_id:1"][0] is None
    await bring_back(made, base)
    with closing(open_reader(base / "second" / FILE_NAME)) as sql:
        actor = WorkspaceActor(sql, WORKSPACE, random=random)
        suppression = actor.suppression()
        assert suppression.hashes == {hash_of(suppression.salt, "user_id:1")}
        assert sql.execute("SELECT 1 FROM traits WHERE via = 'user_id:1'") == []
        assert sql.execute("SELECT 1 FROM member WHERE member = 'user_id:1'") == []
        assert sql.execute("SELECT 1 FROM event WHERE via = 'user_id:1'") == []
    (base / "second" / "lake").symlink_to(base / "first" / "lake")
    async with shop(base / "second") as two:
        now = await everything(two.identities, ["user_id:1", "user_id:2"])
        assert now["user_id:1"] == was["user_id:1"]
        assert now["user_id:2"][0] == was["user_id:2"][0]
        assert now["user_id:2"][2] == was["user_id:2"][2]


async def test_who_was_suppressed_since_the_backup_stays_so(base: Path) -> None:
    """And who was let in again is let in: as of the last flush of the lake."""
    random = SystemRandom()
    async with shop(base / "first") as one:
        await one.writer.run(
            lambda sql: Registry(sql, random=random).create_workspace(WORKSPACE, now=NOW)
        )
        workspaces = LocalWorkspaces(one.writer, one.readers, random=random)
        await workspaces.write(WORKSPACE, WorkspaceActor.suppress, ["user_id:1"], now=NOW)
        await one.lake.flush()
        made = await back_up(one, base)
        await workspaces.write(WORKSPACE, WorkspaceActor.unsuppress, ["user_id:1"])
        await workspaces.write(WORKSPACE, WorkspaceActor.suppress, ["user_id:2"], now=NOW)
        await one.lake.flush()
        now = await workspaces.read(WORKSPACE, WorkspaceActor.suppression)
    await bring_back(made, base)
    with closing(open_reader(base / "second" / FILE_NAME)) as sql:
        restored = WorkspaceActor(sql, WORKSPACE, random=random).suppression()
    assert restored == now
    assert restored.hashes == {hash_of(now.salt, "user_id:2")}


async def test_a_lake_that_nothing_ever_came_to_is_no_hindrance(base: Path) -> None:
    """A server that dies before its first flush; what its backup has reaches the lake, once."""
    async with shop(base / "first") as one:
        await one.receive(arrival("m1", "track", ("user_id:1",)))
        made = await back_up(one, base)
    (base / "first" / "lake").mkdir(exist_ok=True)
    await bring_back(made, base)
    (base / "second" / "lake").symlink_to(base / "first" / "lake")
    for _ in range(2):
        async with shop(base / "second") as two:
            await two.lake.flush()
            assert two.messages() == ["m1"]
            assert sum(one.rows for one in two.lake.manifest_now(WORKSPACE).of("events")) == 1


async def test_another_lake_is_refused(base: Path) -> None:
    """Everybody would seem to be erased."""
    async with shop(base / "first") as one:
        await one.receive(arrival("m1", "track", ("user_id:1",)))
        await one.lake.flush()
        made = await back_up(one, base)
    (base / "other").mkdir()
    async with shop(base / "other") as other:
        await other.receive(arrival("m1", "track", ("user_id:2",)))
        await other.lake.flush()
    for lake in (base / "other" / "lake", base / "nothing"):  # the second has no workspace
        with pytest.raises(LakeUnknown, match="knows nothing of the server"):
            await bring_back(made, base, lake=str(lake))
    assert not (base / "second" / FILE_NAME).exists()


async def test_a_damaged_backup_is_refused(base: Path) -> None:
    """A byte that changed, or a file that is cut short or gone, is told; nothing is made of it."""
    async with shop(base / "first") as one:
        await one.receive(arrival("m1", "track", ("user_id:1",)))
        made = await back_up(one, base)
    database = made.folder / FILE_NAME
    whole = database.read_bytes()
    for damaged in (whole[:-1], whole[:5000] + b"x" + whole[5001:]):
        database.write_bytes(damaged)
        with pytest.raises(BackupDamaged, match="is not as it was made"):
            await bring_back(made, base, lake=NO_LAKE)
    database.unlink()
    with pytest.raises(BackupDamaged, match="is not there"):
        await bring_back(made, base, lake=NO_LAKE)
    (made.folder / "manifest.json").write_text("{}")
    with pytest.raises(BackupDamaged, match="is no backup"):
        await bring_back(made, base, lake=NO_LAKE)
    assert not (base / "second" / FILE_NAME).exists()


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
async def test_a_restore_that_was_cut_short_goes_on(
    base: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    """After any of its steps; it ends as one that was not."""
    story = tale(4)
    async with shop(base / "first", flush_events=7) as one:
        await one.receive(received(story.event(), one.clock.time))
        await one.lake.flush()
        names = await live(one, story, 3)
        made = await back_up(one, base)
        names |= await live(one, story, 3)
        await one.lake.flush()
        was = await everything(one.identities, names)
    with cut_short(monkeypatch, at=cut):
        await bring_back(made, base)
    first = await bring_back(made, base)
    assert await bring_back(made, base) == first
    assert [one.path for one in Register(base / "second").all()] == [str(made.folder)]
    (base / "second" / "lake").symlink_to(base / "first" / "lake")
    async with shop(base / "second") as two:
        await two.lake.open()
        assert await everything(two.identities, names) == was


async def test_the_log_of_another_database_is_not_taken_for_the_restored_ones(base: Path) -> None:
    """SQLite would mix the two; whoever has lost the database alone is told to move it away."""
    async with shop(base / "first") as one:
        made = await back_up(one, base)
    (base / "second").mkdir()
    (base / "second" / f"{FILE_NAME}-wal").write_bytes(b"left behind")
    with pytest.raises(DataDirectoryError, match="-wal of another database"):
        await bring_back(made, base, lake=NO_LAKE)
