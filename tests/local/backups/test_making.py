"""A backup is as of one moment, whole or not there, and known to who has to find it."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from headwater.local.backups import making
from headwater.local.backups import manifest as manifests
from headwater.local.backups.listing import listed
from headwater.local.backups.making import make
from headwater.local.backups.manifest import BackupDamaged
from headwater.local.backups.register import Register, RegisterBusy, Registered, locked
from headwater.local.command_line.application import application
from headwater.local.data_directory import DataDirectoryError
from headwater.local.migrations import open_database
from headwater.local.sql import FILE_NAME, open_reader
from headwater.local.told import Told
from tests.local.lake.harness import NOW, SetClock, shop
from tests.simulation.world import arrival


def nobody(_told: Told) -> None:
    """Be told, and say nothing."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with an empty database."""
    folder = tmp_path / "data"
    folder.mkdir()
    open_database(folder / FILE_NAME).close()
    return folder


async def test_a_backup_is_of_one_moment_while_events_arrive(tmp_path: Path) -> None:
    """All that was answered before it began is in it, and nothing of it in part."""
    async with shop(tmp_path) as one:
        await one.receive(*(arrival(f"m{n}", "track", ("user_id:1",)) for n in range(100)))
        await one.lake.flush()
        making_it = asyncio.create_task(
            asyncio.to_thread(make, tmp_path, tmp_path / "to", clock=one.clock, tell=nobody)
        )
        number = 100
        while not making_it.done():
            pair = [arrival(f"m{number + n}", "track", (f"user_id:{n}",)) for n in range(2)]
            await one.receive(*pair)
            number += 2
        made = await making_it
    with closing(open_reader(made.folder / FILE_NAME)) as sql:
        ((count,),) = sql.execute("SELECT count(*) FROM event")
    assert made.manifest.holds["events"] == count >= 100
    assert count % 2 == 0
    assert made.manifest.made_at == NOW
    assert made.manifest.position == 100
    assert made.folder.name == "headwater-20261123T101112Z"


def test_nobody_else_can_read_it(data: Path, tmp_path: Path) -> None:
    """It has keys in it, and personal data."""
    (data / "erasure-key").write_bytes(b"secret")
    made = make(data, tmp_path / "to", clock=SetClock(), tell=nobody)
    files = {one.name for one in made.folder.iterdir()}
    assert files == {FILE_NAME, "erasure-key", "manifest.json"}
    for path in (tmp_path / "to", made.folder):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for name in (FILE_NAME, "erasure-key"):
        assert stat.S_IMODE((made.folder / name).stat().st_mode) == 0o600


def test_what_failed_leaves_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a folder nor an entry; the error is told."""

    def fail(*_: object, **__: object) -> None:
        raise BackupDamaged("mistakes")

    with monkeypatch.context() as patched:
        patched.setattr(making, "check", fail)
        with pytest.raises(BackupDamaged):
            make(data, tmp_path / "to", clock=SetClock(), tell=nobody)
    assert list((tmp_path / "to").iterdir()) == []
    assert Register(data).all() == []
    with pytest.raises(DataDirectoryError, match="no database to back up"):
        make(tmp_path, tmp_path / "to", clock=SetClock(), tell=nobody)


def test_the_command_says_what_is_wrong_with_the_place(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file, or a full disk: where, and what to do; nothing is left there."""

    def full(*_: object) -> None:
        with closing(sqlite3.connect(":memory:")) as small:
            small.execute("PRAGMA max_page_count = 1")
            small.execute("CREATE TABLE more (than, fits)")

    def run(to: Path) -> tuple[int, str]:
        arguments = ["backup", "--data", str(data), "--to", str(to)]
        done = CliRunner().invoke(application, arguments)
        return done.exit_code, " ".join(done.output.split())

    (tmp_path / "file").write_text("")
    code, said = run(tmp_path / "file")
    assert (code, "is a file; give a folder for --to" in said) == (2, True)
    monkeypatch.setattr(making, "_copy", full)
    code, said = run(tmp_path / "to")
    assert (code, "/to is full: nothing is left of this backup there" in said) == (1, True)
    assert list((tmp_path / "to").iterdir()) == []


def test_what_a_kill_left_is_tidied_up(data: Path, tmp_path: Path) -> None:
    """Half a backup is deleted; one that had come into its place counts."""
    made = make(data, tmp_path / "to", clock=SetClock(), tell=nobody)
    register = Register(data)
    register.add(Registered(str(made.folder), is_whole=False))
    half = Registered(str(tmp_path / "to" / "half"), is_whole=False)
    half.unfinished.mkdir()
    (half.unfinished / FILE_NAME).write_bytes(b"half")
    register.add(half)

    found = listed(data)

    assert [(one.path, one.state) for one in found] == [(str(made.folder), "whole")]
    assert [one.name for one in (tmp_path / "to").iterdir()] == [made.folder.name]


def test_only_so_many_are_kept(data: Path, tmp_path: Path) -> None:
    """The newest of this data folder in this place; names of the same second differ."""
    made = [make(data, tmp_path / "to", clock=SetClock(), keep=2, tell=nobody) for _ in range(3)]
    elsewhere = make(data, tmp_path / "else", clock=SetClock(), keep=1, tell=nobody)
    assert [one.deleted for one in made] == [(), (), (made[0].folder,)]
    there = [one.path for one in listed(data) if one.state == "whole"]
    assert there == [str(one.folder) for one in (*made[1:], elsewhere)]
    assert not made[0].folder.exists()
    assert sorted((tmp_path / "to").iterdir()) == sorted(one.folder for one in made[1:])


def test_one_at_a_time(data: Path, tmp_path: Path) -> None:
    """While a backup is made, or people are erased from some, another is refused."""
    with locked(data), pytest.raises(RegisterBusy, match="try again"):
        make(data, tmp_path / "to", clock=SetClock(), tell=nobody)
    make(data, tmp_path / "to", clock=SetClock(), tell=nobody)


def test_the_list_tells_what_is_wrong(data: Path, tmp_path: Path) -> None:
    """A folder that is away is not there, a file that is cut short damages; forgetting asks."""
    first, second = (make(data, tmp_path / "to", clock=SetClock(), tell=nobody) for _ in range(2))
    with (second.folder / FILE_NAME).open("rb+") as file:
        file.truncate(100)
    first.folder.rename(tmp_path / "away")
    assert [one.state for one in listed(data)] == ["not there", "damaged"]
    with pytest.raises(DataDirectoryError, match="delete it first"):
        listed(data, forget=second.folder)
    with pytest.raises(DataDirectoryError, match="none of the backups"):
        listed(data, forget=tmp_path / "other")
    assert [one.path for one in listed(data, forget=first.folder)] == [str(second.folder)]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"format": 2}, "format that this version does not know"), ({"files": 1}, "is no backup")],
)
def test_a_manifest_of_another_kind_is_refused(
    data: Path, tmp_path: Path, change: dict[str, int], message: str
) -> None:
    """Made by a later version, or by something else."""
    made = make(data, tmp_path / "to", clock=SetClock(), tell=nobody)
    written = msgspec.to_builtins(made.manifest) | change
    (made.folder / "manifest.json").write_bytes(msgspec.json.encode(written))
    with pytest.raises(BackupDamaged, match=message):
        manifests.read(made.folder)


def test_a_manifest_cannot_name_files_elsewhere(data: Path, tmp_path: Path) -> None:
    """Restoring copies what it names, so it must not reach out of its folder."""
    made = make(data, tmp_path / "to", clock=SetClock(), tell=nobody)
    outside = msgspec.structs.replace(made.manifest.files[0], name="../../data/erasure-key")
    manifests.write(made.folder, msgspec.structs.replace(made.manifest, files=[outside]))
    with pytest.raises(BackupDamaged, match="files elsewhere"):
        manifests.read(made.folder)
