"""Erased people are in no byte of any backup that is held, and all others are."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from headwater.actors.erased_people import ErasedPeople
from headwater.actors.registry import Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.errors import Unavailable
from headwater.local.backups import erasing
from headwater.local.backups import manifest as manifests
from headwater.local.backups.erasing import BackupEraser
from headwater.local.backups.making import Made, make
from headwater.local.backups.register import Register, locked
from headwater.local.backups.restoring import restore
from headwater.local.random import SystemRandom
from headwater.local.sql import open_reader
from headwater.local.told import Told
from tests.local.lake.harness import CONFIG, NOW, Shop, shop
from tests.local.rebuild.everything import everything
from tests.simulation.world import WORKSPACE, arrival

GONE = ErasedPeople(WORKSPACE, {"user_id:canary-one"})


def nobody(_told: Told) -> None:
    """Be told, and say nothing."""


def eraser(data: Path) -> BackupEraser:
    """Answer what erases from the backups of a data folder."""
    return BackupEraser(data, CONFIG, random=SystemRandom())


async def two_people(one: Shop) -> None:
    """Let two people come."""
    await one.writer.run(
        lambda sql: Registry(sql, random=SystemRandom()).create_workspace(WORKSPACE, now=NOW)
    )
    for name in ("canary-one", "canary-two"):
        who = (f"user_id:{name}",)
        await one.receive(
            arrival(f"m-{name}", "track", who, properties={"deep": name}),
            arrival(f"i-{name}", "identify", who, traits={"name": name}),
            arrival(f"g-{name}", "group", who, groupId="acme", traits={"plan": "pro"}),
        )
    await one.lake.flush()


async def back_up(one: Shop, base: Path) -> Made:
    """Make a backup."""
    return await asyncio.to_thread(make, base, base / "to", clock=one.clock, tell=nobody)


def bytes_of(folder: Path) -> bytes:
    """Answer all bytes of all files of a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("suppress", [True, False])
async def test_erased_people_are_in_no_byte_of_a_backup(tmp_path: Path, suppress: bool) -> None:  # noqa: FBT001 - pytest's
    """Others are as they were; the backup can be restored, and the erased come anew if they may."""
    async with shop(tmp_path) as one:
        await two_people(one)
        was = await everything(one.identities, ["user_id:canary-two"])
        made = await back_up(one, tmp_path)
        assert b"canary-one" in bytes_of(made.folder)
        (answer,) = eraser(tmp_path).erase(GONE, now=NOW, suppress=suppress)
        assert answer == {"backup": str(made.folder), "answer": "people removed"}
    assert b"canary-one" not in bytes_of(made.folder)
    assert not manifests.read(made.folder).has_gaps
    restore(made.folder, tmp_path / "second", lake="off", tell=nobody)
    async with shop(tmp_path / "second") as two:
        assert await everything(two.identities, ["user_id:canary-two"]) == was
        assert await two.identities.person(WORKSPACE, "user_id:canary-one") is None
        found = await two.readers.run(
            lambda sql: WorkspaceActor(sql, WORKSPACE, random=SystemRandom()).suppressed(
                limit=9, only=["user_id:canary-one"]
            )
        )
        assert [each.reason for each in found] == (["erased"] if suppress else [])


async def test_a_second_erasing_finds_nothing_of_theirs(tmp_path: Path) -> None:
    """The backup stays as it is, and a missing one is named as not reached."""
    async with shop(tmp_path) as one:
        await two_people(one)
        made, other = [await back_up(one, tmp_path) for _ in range(2)]
    other.folder.rename(tmp_path / "away")
    first = eraser(tmp_path).erase(GONE, now=NOW)
    assert first[0]["answer"] == "people removed"
    assert first[1]["answer"].startswith(f"not reached: {other.folder} is no backup")
    before = bytes_of(made.folder)
    again = eraser(tmp_path).erase(GONE, now=NOW)
    assert again[0]["answer"] == "holds nothing of theirs"
    assert bytes_of(made.folder) == before
    (tmp_path / "away").rename(other.folder)
    assert eraser(tmp_path).erase(GONE, now=NOW)[1]["answer"] == "people removed"


async def test_who_was_one_with_them_comes_back_out_of_the_lake(tmp_path: Path) -> None:
    """A backup of then cannot tell the two apart: both go from it, and the lake has the other."""
    async with shop(tmp_path) as one:
        await two_people(one)
        await one.identities.merge(WORKSPACE, "user_id:canary-one", "user_id:canary-two")
        await one.lake.flush()
        made = await back_up(one, tmp_path)
        explained = await one.identities.explain(WORKSPACE, "user_id:canary-one")
        assert explained is not None
        (link,) = [each.id for each in explained.links if each.merged]
        await one.identities.split(WORKSPACE, "user_id:canary-one", link)
        await one.lake.flush()
        was = await everything(one.identities, ["user_id:canary-two"])
        eraser(tmp_path).erase(GONE, now=NOW)
    assert b"canary-one" not in bytes_of(made.folder)
    assert manifests.read(made.folder).has_gaps
    done = await asyncio.to_thread(
        restore, made.folder, tmp_path / "second", lake=str(tmp_path / "lake"), tell=nobody
    )
    assert done.events > 0
    async with shop(tmp_path / "second") as two:
        assert await everything(two.identities, ["user_id:canary-two"]) == was


@pytest.mark.parametrize("cut", ["_write_anew", "describe", "_drop_unnamed"])
async def test_an_erasing_that_was_cut_short_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    """The backup is whole in between."""
    async with shop(tmp_path) as one:
        await two_people(one)
        made = await back_up(one, tmp_path)
    real, calls = getattr(erasing, cut), 0

    def fail(*given: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if cut != "_drop_unnamed" or calls == 2:  # the first call tidies up
            raise KeyboardInterrupt
        return real(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(erasing, cut, fail)
        with pytest.raises(KeyboardInterrupt):
            eraser(tmp_path).erase(GONE, now=NOW)
    restore(made.folder, tmp_path / "second", lake="off", tell=nobody)
    eraser(tmp_path).erase(GONE, now=NOW)
    assert b"canary-one" not in bytes_of(made.folder)
    manifest = manifests.read(made.folder)
    assert {one.name for one in made.folder.iterdir()} == {
        "manifest.json",
        *(one.name for one in manifest.files),
    }
    with closing(open_reader(made.folder / manifest.database)) as sql:
        assert sql.execute("PRAGMA integrity_check") == [("ok",)]


async def test_erasing_waits_for_a_backup_that_is_being_made(tmp_path: Path) -> None:
    """It may have been begun before their rows were deleted."""
    async with shop(tmp_path) as one:
        await two_people(one)
        await back_up(one, tmp_path)
    with locked(tmp_path), pytest.raises(Unavailable, match="cannot be reached just now"):
        eraser(tmp_path).erase(GONE, now=NOW)
    assert len(Register(tmp_path).all()) == 1
