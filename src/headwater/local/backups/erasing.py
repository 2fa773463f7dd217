"""Takes erased people out of the backups that a data folder has made and still holds.

A backup's database is written anew beside the old one, and the manifest then names it instead;
whatever the manifest does not name is deleted. So each backup is whole at any moment, and one
that was cut short is done again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from headwater.actors import erasing
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.registry import Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.errors import Unavailable
from headwater.local.backups import manifest as manifests
from headwater.local.backups.making import describe
from headwater.local.backups.manifest import BackupDamaged, BackupManifest
from headwater.local.backups.register import RegisterBusy, Registered, locked
from headwater.local.erased_rows import erase_rows
from headwater.local.migrations import open_database
from headwater.local.sql import FILE_NAME, Database, open_reader
from headwater.local.told import Told
from headwater.ports import Random, Sql
from headwater.workspace import WorkspaceConfig


class BackupEraser:
    """Erases people of one workspace from backups. Its methods take long: call them in a thread.

    Args:
        data: the data folder.
        config: the workspace's present configuration.
    """

    def __init__(self, data: Path, config: WorkspaceConfig, *, random: Random) -> None:
        self._data = data
        self._config = config
        self._random = random

    def erase(
        self, people: ErasedPeople, *, now: int, suppress: bool = True
    ) -> list[dict[str, str]]:
        """Take people out of all backups; answer what was done with each.

        Args:
            people: who is erased.
            now: milliseconds.
            suppress: keep nothing of them either, should a backup be restored.

        Raises:
            Unavailable: a backup is being made, or cannot be written; it may be done again.
        """
        try:
            with locked(self._data) as register:
                register.tidy()
                tombstones = sorted(people.identifiers) if suppress else []
                return [self._reach(one, people, tombstones, now) for one in register.all()]
        except RegisterBusy as error:
            raise Unavailable(f"Backups cannot be reached just now: {error}") from error
        except OSError as error:
            raise Unavailable(f"A backup cannot be written: {error}") from error

    def _reach(
        self, one: Registered, people: ErasedPeople, tombstones: Sequence[str], now: int
    ) -> dict[str, str]:
        answer = {"backup": one.path}
        try:
            manifest = manifests.read(one.folder)
            done = self._erase_from(one.folder, manifest, people, tombstones, now)
        except BackupDamaged as error:
            return answer | {"answer": f"not reached: {error}"}
        return answer | {"answer": "people removed" if done else "holds nothing of theirs"}

    def _erase_from(
        self,
        folder: Path,
        manifest: BackupManifest,
        people: ErasedPeople,
        tombstones: Sequence[str],
        now: int,
    ) -> bool:
        _drop_unnamed(folder, manifest)
        with closing(open_reader(folder / manifest.database)) as sql:
            meant, has_others = together_then(sql, people)
            if not _has_any(sql, meant, self._config):
                return False
        name = _next_name(manifest.database)
        work = folder / f"{name}.part"
        shutil.copyfile(folder / manifest.database, work)
        with closing(open_database(work)) as database:
            with database.transaction():
                erase_rows(database, meant, self._config)
                registry = Registry(database, random=self._random)
                if tombstones and registry.workspace(people.workspace) is not None:
                    WorkspaceActor(database, people.workspace, random=self._random).suppress(
                        tombstones, now=now, reason="erased"
                    )
            _write_anew(database, folder / name)
        made = describe(folder, made_at=manifest.made_at, name=name, tell=_tell_nobody)
        manifests.write(
            folder, msgspec.structs.replace(made, has_gaps=manifest.has_gaps or has_others)
        )
        _drop_unnamed(folder, made)
        return True


def together_then(sql: Sql, people: ErasedPeople) -> tuple[ErasedPeople, bool]:
    """Answer people with whoever was one person with them then, and whether anybody was.

    Rows of a person cannot be told apart there by who it became later.
    """
    found = erasing.all_identifiers(sql, people.workspace, sorted(people.identifiers))
    all_of_them = people.identifiers.union(*found.values())
    return (
        ErasedPeople(people.workspace, all_of_them, people.messages),
        all_of_them != people.identifiers,
    )


def _has_any(sql: Sql, people: ErasedPeople, config: WorkspaceConfig) -> bool:
    """Tell whether a backup has a row that is theirs, or names them."""
    try:
        return any(erasing.remaining(sql, people, config, job="").values())
    except sqlite3.OperationalError:  # made by an older version: it lacks a table
        return True


def _next_name(present: str) -> str:
    """Answer a name that no database of this backup had before."""
    stem, _, ending = FILE_NAME.rpartition(".")
    number = present.removesuffix(f".{ending}").removeprefix(stem).removeprefix("-")
    return f"{stem}-{int(number or 1) + 1}.{ending}"


def _write_anew(database: Database, to: Path) -> None:
    """Write every page anew into a file of its own, without any deleted bytes."""
    to.touch(mode=0o600)
    database.execute("VACUUM INTO ?", (str(to),))
    with to.open("rb+") as file:
        os.fsync(file.fileno())


def _drop_unnamed(folder: Path, manifest: BackupManifest) -> None:
    named = {manifests.FILE, *(one.name for one in manifest.files)}
    for path in folder.iterdir():
        if path.name not in named:
            path.unlink()


def _tell_nobody(_told: Told) -> None:
    pass
