"""Tells which backups a data folder holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from headwater.collect.times import write_time
from headwater.local.backups import manifest as manifests
from headwater.local.backups.manifest import BackupDamaged
from headwater.local.backups.register import Registered, locked
from headwater.local.data_directory import DataDirectoryError


@dataclass(frozen=True, slots=True)
class Listed:
    """A backup; `state` is `whole`, `not there` or `damaged`."""

    path: str
    state: str
    made_at: str | None
    bytes: int
    holds: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Answer it as JSON values."""
        return asdict(self)


def listed(data: Path, *, forget: Path | None = None) -> list[Listed]:
    """Answer the backups of a data folder, after forgetting one, if any is named.

    Raises:
        DataDirectoryError: there is no such folder, or it has no such backup.
        RegisterBusy: a backup is being made just now.
    """
    if not data.is_dir():
        raise DataDirectoryError(f"There is no data folder {data}; say which with --data.")
    with locked(data) as register:
        register.tidy()
        if forget is not None:
            path = str(forget.absolute())
            if path not in {one.path for one in register.all()}:
                raise DataDirectoryError(f"{path} is none of the backups of {data}.")
            if forget.is_dir():
                raise DataDirectoryError(
                    f"{path} is there; delete it first, or erasing people would pass it over."
                )
            register.remove(path)
        return [_listed(one) for one in register.all()]


def _listed(one: Registered) -> Listed:
    if not one.folder.is_dir():
        return Listed(one.path, "not there", None, 0, {})
    try:
        found = manifests.read(one.folder)
        sizes = [(one.folder / file.name).stat().st_size for file in found.files]
    except (BackupDamaged, OSError):
        sizes, found = [], None
    if found is None or sizes != [file.bytes for file in found.files]:
        return Listed(one.path, "damaged", None, 0, {})
    return Listed(one.path, "whole", write_time(found.made_at), found.bytes, found.holds)
