"""What a backup says of itself: `manifest.json` beside its files, by which it is checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from headwater.local.exports.files import settle

FILE = "manifest.json"
FORMAT = 1

_PIECE = 1024 * 1024


class BackupDamaged(Exception):
    """A backup is not what it was when it was made, or none at all."""


class BackupFile(msgspec.Struct, frozen=True):
    """A file of a backup; `sha256` in hexadecimal."""

    name: str
    bytes: int
    sha256: str


class BackupManifest(msgspec.Struct, frozen=True):
    """A backup.

    Attributes:
        format: of the backup; see `FORMAT`.
        made_at: all that was answered until then is in it (ms).
        version: of Headwater.
        database: the name of the one file that is the database.
        files: all files, but for the manifest.
        holds: how many there are, of what.
        lineage: the database's name for its numbers in the lake; None where it had none.
        position: up to which of them they were in the lake.
        has_gaps: erased people were taken out, and with them somebody who was one person with
            them when the backup was made; restoring takes these out of the lake.
    """

    made_at: int
    version: str
    database: str
    files: list[BackupFile]
    holds: dict[str, int]
    lineage: str | None
    position: int
    format: int = FORMAT
    has_gaps: bool = False

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(one.bytes for one in self.files)

    def file(self, name: str) -> BackupFile:
        """Answer what is said of a file; raise `BackupDamaged` where nothing is."""
        for one in self.files:
            if one.name == name:
                return one
        raise BackupDamaged(f"its manifest does not name {name}")


def read(folder: Path) -> BackupManifest:
    """Answer the manifest of the backup in a folder.

    Raises:
        BackupDamaged: there is none, or none that this version can read.
    """
    try:
        data = (folder / FILE).read_bytes()
        found = msgspec.json.decode(data, type=BackupManifest)
    except OSError as error:
        raise BackupDamaged(f"{folder} is no backup: {FILE}: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupDamaged(f"{folder} is no backup: {FILE}: {error}.") from error
    if found.format != FORMAT:
        raise BackupDamaged(
            f"{folder} was made by Headwater {found.version}, in a format that this version does "
            f"not know ({found.format}); restore it with that one."
        )
    if any(Path(one.name).name != one.name for one in found.files):
        raise BackupDamaged(f"{folder} is no backup: its manifest names files elsewhere.")
    return found


def write(folder: Path, manifest: BackupManifest) -> None:
    """Put a manifest into a folder, in place of the one that is there, if any."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    staged = folder / f".{FILE}"
    with staged.open("wb") as file:
        file.write(text + b"\n")
        file.flush()
        os.fsync(file.fileno())
    staged.replace(folder / FILE)
    settle(folder)


def described(path: Path, tell: Callable[[int], None] = lambda _: None) -> BackupFile:
    """Answer a file's description; `tell` is told of each piece that was read, in bytes."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            tell(len(piece))
    return BackupFile(path.name, size, digest.hexdigest())


def copy(one: BackupFile, folder: Path, to: Path, tell: Callable[[int], None]) -> None:
    """Copy a file out of a backup, and return once it is on the disk and known to be whole.

    Raises:
        BackupDamaged: it is not what the manifest says.
        OSError: it cannot be read, or written.
    """
    source = folder / one.name
    digest = hashlib.sha256()
    size = 0
    if not source.is_file():
        raise BackupDamaged(f"{folder} is damaged: {one.name} is not there.")
    with source.open("rb") as given, to.open("wb") as taken:
        while piece := given.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            taken.write(piece)
            tell(len(piece))
        taken.flush()
        os.fsync(taken.fileno())
    if (size, digest.hexdigest()) != (one.bytes, one.sha256):
        what = "its SHA-256 is another" if size == one.bytes else f"{size:,} of {one.bytes:,} bytes"
        raise BackupDamaged(
            f"{folder} is damaged: {one.name} is not as it was made ({what}). Take another backup."
        )
