"""Which backups a data folder has made and still holds, so that erasing people reaches them.

A file in the data folder. Whoever makes a backup, or erases people from some, holds a lock on it
meanwhile: a backup that was begun before people were erased is known before they are looked for.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from headwater.local.backups import manifest as manifests
from headwater.local.backups.manifest import BackupDamaged
from headwater.local.exports.files import settle

FILE = "backups.json"
_LOCK = "backups.lock"


class RegisterBusy(Exception):
    """Another backup is being made, or people are being erased from backups."""


class Registered(msgspec.Struct, frozen=True):
    """A backup.

    Attributes:
        path: of its folder, absolute.
        is_whole: it was made; otherwise it is being made, or was cut short.
    """

    path: str
    is_whole: bool = True

    @property
    def folder(self) -> Path:
        """Where it is."""
        return Path(self.path)

    @property
    def unfinished(self) -> Path:
        """Where it is while it is being made."""
        return self.folder.with_name(f".{self.folder.name}.unfinished")


class Register:
    """The backups of one data folder; open it with `locked`."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE

    def all(self) -> list[Registered]:
        """Answer them, in the order in which they were made."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[Registered])
        except FileNotFoundError:
            return []

    def add(self, one: Registered) -> None:
        """Note a backup; what was noted of the same folder before is replaced."""
        self._save([*(other for other in self.all() if other.path != one.path), one])

    def remove(self, path: str) -> None:
        """Forget a backup; it is not looked into any more."""
        self._save([one for one in self.all() if one.path != path])

    def tidy(self) -> None:
        """Delete what was cut short while it was made."""
        for one in self.all():
            if one.is_whole:
                continue
            shutil.rmtree(one.unfinished, ignore_errors=True)
            if is_backup(one.folder):  # it came into its place, and was not noted any more
                self.add(Registered(one.path))
            else:
                self.remove(one.path)

    def _save(self, found: list[Registered]) -> None:
        staged = self._path.with_suffix(".part")
        with staged.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        staged.replace(self._path)
        settle(self._path.parent)


def is_backup(folder: Path) -> bool:
    """Tell whether a folder holds a backup, as far as its manifest says so."""
    try:
        manifests.read(folder)
    except BackupDamaged:
        return False
    return True


@contextmanager
def locked(data: Path) -> Iterator[Register]:
    """Give a data folder's register, for one process at a time.

    Raises:
        RegisterBusy: another one has it.
        OSError: there is no such folder, or it cannot be written.
    """
    lock = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            # The kernel lets go of it when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RegisterBusy(
                "Another backup of this data folder is being made, or people are being erased; "
                "try again when that is done."
            ) from error
        yield Register(data)
    finally:
        os.close(lock)
