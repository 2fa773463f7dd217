"""Makes a data folder out of a backup, and brings it up to what the lake was given since."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from headwater.local.backups import manifest as manifests
from headwater.local.backups.making import check
from headwater.local.backups.manifest import BackupManifest
from headwater.local.backups.register import Registered, is_backup, locked
from headwater.local.certificate import KEY_FILE
from headwater.local.clock import SystemClock
from headwater.local.data_directory import DataDirectory
from headwater.local.lake import position as positions
from headwater.local.lake.position import last_event
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.rebuild import moving, staging
from headwater.local.rebuild.bringing import Bringing
from headwater.local.rebuild.plan import LakeRewritten, Plan, save
from headwater.local.rebuild.source import LakeSource
from headwater.local.sql import Database, open_writer
from headwater.local.told import Told
from headwater.ports import BucketFailure

NO_LAKE = "off"
"""Instead of a lake's address: what the backup has, and no more."""

_MEBIBYTE = 1024 * 1024
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `events` is how many came out of the lake."""

    manifest: BackupManifest
    events: int


def restore(
    backup: Path,
    folder: Path,
    *,
    lake: str,
    from_start: bool = False,
    tell: Callable[[Told], None],
) -> Restored:
    """Make a data folder out of a backup and the lake of its server.

    Args:
        backup: its folder.
        folder: must hold no database yet; one that an earlier run left unfinished is gone on with.
        lake: its address, or `NO_LAKE`.
        from_start: throw away what an unfinished run did.
        tell: is told how far it is.

    Raises:
        BackupDamaged: it is no backup, or not as it was made.
        DataDirectoryError: the folder cannot be used, or holds a database.
        LakeUnknown: it is not the lake of the backup's server.
        BucketFailure: the lake cannot be read.
        OSError: something cannot be read or written.
    """
    manifest = manifests.read(backup)
    digest = manifest.file(manifest.database).sha256
    with DataDirectory(folder) as directory:
        plan = None if from_start else staging.fresh(directory, lake, backup=digest)
        if plan is None:
            unfinished = staging.unfinished(directory)
            for _ in range(_TRIES):
                if from_start or not staging.can_go_on(unfinished, lake, backup=digest):
                    _take_copy(backup, manifest, unfinished, tell)
                try:
                    plan = _brought(unfinished, manifest, lake, folder, tell)
                    break
                except LakeRewritten:
                    from_start = True
            else:
                raise BucketFailure("The lake is rewritten again and again while it is read.")
            _take_key(backup, manifest, directory.path)
            _register(directory.path, backup)
            unfinished.replace(directory.database)
    return Restored(manifest, plan.events - plan.left_out)


def _take_copy(
    backup: Path, manifest: BackupManifest, unfinished: Path, tell: Callable[[Told], None]
) -> None:
    staging.discard(unfinished)
    one = manifest.file(manifest.database)
    copying = unfinished.with_name(f"{unfinished.name}.part")
    copying.touch(mode=0o600)
    done, total = 0, one.bytes // _MEBIBYTE

    def count(size: int) -> None:
        nonlocal done
        done += size
        tell(Told("Copying (MiB)", done // _MEBIBYTE, total))

    manifests.copy(one, backup, copying, count)
    tell(Told("Checking", 0, 1))
    with closing(open_writer(copying)) as sql:
        check(sql, backup)
        # The backup's server may have been rebuilt or restored itself: that is another story.
        sql.execute("DROP TABLE IF EXISTS bringing")
        sql.execute("DROP TABLE IF EXISTS bringing_repeated")
    tell(Told("Checking", 1, 1))
    copying.replace(unfinished)


def _brought(
    path: Path, manifest: BackupManifest, lake: str, folder: Path, tell: Callable[[Told], None]
) -> Plan:
    with closing(open_database(path)) as database:
        if lake == NO_LAKE:
            return _alone(database, manifest)
        source = LakeSource(lake, cache=folder / "lake-cache")
        bringing = Bringing(
            database,
            source,
            clock=SystemClock(),
            random=SystemRandom(),
            backup=manifest,
            tell=tell,
        )
        return bringing.bring()


def _alone(database: Database, manifest: BackupManifest) -> Plan:
    at = positions.position(database)
    plan = Plan(
        address=NO_LAKE,
        files={},
        lineage=at.lineage if at else "",
        backup=manifest.file(manifest.database).sha256,
        done=True,
        end=last_event(database),
        change=at.change if at else None,
    )
    with database.transaction():
        moving.cancel_jobs(database, now=SystemClock().now())
        save(database, plan)
    return plan


def _take_key(backup: Path, manifest: BackupManifest, data: Path) -> None:
    """Let certificates be signed by the same key as before."""
    if any(one.name == KEY_FILE for one in manifest.files) and not (data / KEY_FILE).exists():
        part = data / f"{KEY_FILE}.part"
        part.touch(mode=0o600)
        manifests.copy(manifest.file(KEY_FILE), backup, part, lambda _: None)
        part.replace(data / KEY_FILE)


def _register(data: Path, backup: Path) -> None:
    """Let erasing people reach the backup, and those that lie beside it."""
    backup = backup.absolute()
    with locked(data) as register:
        known = {one.path for one in register.all()}
        for one in sorted(backup.parent.iterdir()):
            if str(one) not in known and one.is_dir() and is_backup(one):
                register.add(Registered(str(one)))
