"""Makes a backup of a data folder, while its server runs or while none does.

The database is copied as of one moment, beside all that goes on (`VACUUM INTO`): the copy has no
deleted bytes in it. It counts once it was read back, described and renamed, whole.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from headwater import __version__
from headwater.local.backups import manifest as manifests
from headwater.local.backups.manifest import BackupDamaged, BackupManifest
from headwater.local.backups.register import Register, Registered, locked
from headwater.local.certificate import KEY_FILE
from headwater.local.data_directory import DataDirectoryError
from headwater.local.exports.files import settle
from headwater.local.lake import position as positions
from headwater.local.sql import FILE_NAME, open_reader
from headwater.local.told import Told
from headwater.ports import Clock, Sql

_MEBIBYTE = 1024 * 1024
_LOOK_EVERY = 0.2  # seconds

_HOLDS = {
    "workspaces": "SELECT count(*) FROM workspaces",
    "events": "SELECT count(*) FROM event WHERE actor <> '' AND instr(actor, '/=account:') = 0",
    "identifiers": "SELECT count(*) FROM identity WHERE instr(actor, '/=account:') = 0",
    "deliveries_waiting": "SELECT count(*) FROM delivery",
    "dead_letters": "SELECT count(*) FROM dead_letter",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: where, what it says of itself, and older ones that were deleted."""

    folder: Path
    manifest: BackupManifest
    deleted: tuple[Path, ...]


def make(
    data: Path, to: Path, *, clock: Clock, keep: int | None = None, tell: Callable[[Told], None]
) -> Made:
    """Make a backup in a folder of its own under `to`.

    Args:
        data: the data folder.
        to: is made where it is missing.
        clock: for the time of it, and its name.
        keep: so many backups of this data folder stay under `to`; older ones are deleted.
        tell: is told how far it is.

    Raises:
        DataDirectoryError: there is no database.
        RegisterBusy: another one is being made, or people are being erased.
        OSError: the folder cannot be written, or is full.
        sqlite3.Error: the database cannot be read.
        BackupDamaged: what was written could not be read back as it was.
    """
    data, to = data.absolute(), to.absolute()
    if not (data / FILE_NAME).exists():
        raise DataDirectoryError(f"{data} has no database to back up; say which with --data.")
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(data) as register:
        register.tidy()
        made_at = clock.now()
        entry = Registered(str(_free(to, made_at)), is_whole=False)
        register.add(entry)
        staged = entry.unfinished
        try:
            staged.mkdir(mode=0o700)
            _copy(data, staged, tell)
            manifest = describe(staged, made_at=made_at, tell=tell)
            manifests.write(staged, manifest)
            staged.replace(entry.folder)
            settle(to)
        except BaseException:
            register.tidy()
            raise
        register.add(Registered(entry.path))
        return Made(entry.folder, manifest, _drop_old(register, to, keep))


def _free(to: Path, made_at: int) -> Path:
    """Answer a folder that is not there yet, named after the time."""
    name = f"headwater-{datetime.fromtimestamp(made_at / 1000, UTC):%Y%m%dT%H%M%SZ}"
    found, number = to / name, 1
    while found.exists():
        number += 1
        found = to / f"{name}-{number}"
    return found


def _copy(data: Path, staged: Path, tell: Callable[[Told], None]) -> None:
    copy = staged / FILE_NAME
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(open_reader(data / FILE_NAME)) as sql:
        sql.execute("PRAGMA query_only = OFF")  # it would refuse this, which changes nothing here
        with _watched(copy, _size(sql), tell):
            sql.execute("VACUUM INTO ?", (str(copy),))
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    key = data / KEY_FILE
    if key.exists():
        manifests.copy(manifests.described(key), data, staged / KEY_FILE, lambda _: None)
        (staged / KEY_FILE).chmod(0o600)


def _size(sql: Sql) -> int:
    ((pages,),) = sql.execute("PRAGMA page_count")
    ((free,),) = sql.execute("PRAGMA freelist_count")
    ((size,),) = sql.execute("PRAGMA page_size")
    return int((pages - free) * size)


@contextmanager
def _watched(path: Path, total: int, tell: Callable[[Told], None]) -> Iterator[None]:
    """Tell now and then how large a file has become."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_EVERY):
            size = path.stat().st_size
            tell(Told("Copying (MiB)", size // _MEBIBYTE, max(total, size) // _MEBIBYTE))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()
    tell(Told("Copying (MiB)", total // _MEBIBYTE, total // _MEBIBYTE))


def describe(
    folder: Path, *, made_at: int, name: str = FILE_NAME, tell: Callable[[Told], None]
) -> BackupManifest:
    """Answer the manifest of a database and what lies beside it, after checking it.

    Args:
        folder: where they are.
        made_at: of when the database is (ms).
        name: of the database's file.
        tell: is told how far it is.

    Raises:
        BackupDamaged: SQLite finds mistakes in the database.
    """
    tell(Told("Checking", 0, 2))
    with closing(open_reader(folder / name)) as sql:
        check(sql, folder)
        at = positions.position(sql)
        holds = {name: int(sql.execute(query)[0][0]) for name, query in _HOLDS.items()}
    tell(Told("Checking", 1, 2))
    names = [one for one in (name, KEY_FILE) if (folder / one).exists()]
    manifest = BackupManifest(
        made_at=made_at,
        version=__version__,
        database=name,
        files=[manifests.described(folder / one) for one in names],
        holds=holds,
        lineage=at.lineage if at else None,
        position=at.position if at else 0,
    )
    tell(Told("Checking", 2, 2))
    return manifest


def check(sql: Sql, folder: Path) -> None:
    """Return where SQLite finds no mistake in a database; raise `BackupDamaged` where it does."""
    found = [row[0] for row in sql.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        raise BackupDamaged(f"The database of {folder} is damaged: {'; '.join(found)}.")


def _drop_old(register: Register, to: Path, keep: int | None) -> tuple[Path, ...]:
    if keep is None:
        return ()
    here = [one for one in register.all() if one.folder.parent == to]
    old = here[: max(0, len(here) - keep)]
    for one in old:
        register.add(Registered(one.path, is_whole=False))  # so that `tidy` ends what is begun
        if one.folder.is_dir():
            one.folder.replace(one.unfinished)
    register.tidy()
    return tuple(one.folder for one in old)
