"""A data folder made out of a lake; it appears whole, and can be gone on with after a crash."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from headwater.actors.registry import DEFAULT_WORKSPACE, Registry
from headwater.local.clock import SystemClock
from headwater.local.data_directory import DataDirectory
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.rebuild import staging
from headwater.local.rebuild.bringing import Bringing
from headwater.local.rebuild.plan import LakeRewritten, Plan
from headwater.local.rebuild.source import LakeSource
from headwater.local.told import Told
from headwater.ports import BucketFailure

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made.

    Attributes:
        left_out: events that are nobody's by the lake's own identities.
    """

    workspaces: tuple[str, ...]
    events: int
    left_out: int


def rebuild(
    address: str,
    folder: Path,
    *,
    from_start: bool = False,
    writes: bool = True,
    tell: Callable[[Told], None],
) -> Rebuilt:
    """Make a data folder whose server shows every person as the lake's own did.

    Args:
        address: of the lake.
        folder: must hold no database yet; one that an earlier run left unfinished is gone on with.
        from_start: throw away what an unfinished run did.
        writes: let the lake know of the database, so that its server can go on writing it; else
            nothing is written there, and the server needs a lake of its own.
        tell: is told how far it is.

    Raises:
        DataDirectoryError: the folder cannot be used, or holds a database.
        BucketFailure: the lake cannot be read.
    """
    with DataDirectory(folder) as directory:
        if not from_start and (plan := staging.fresh(directory, address)) is not None:
            return _told(plan)
        source = LakeSource(address, cache=folder / "lake-cache")
        for _ in range(_TRIES):
            unfinished = staging.unfinished(directory)
            if from_start or not staging.can_go_on(unfinished, address):
                staging.discard(unfinished)
            try:
                plan = _brought(unfinished, source, tell, writes=writes)
            except LakeRewritten:
                from_start = True
                continue
            unfinished.replace(directory.database)
            return _told(plan)
    raise BucketFailure("The lake is rewritten again and again while it is read.")


def _brought(path: Path, source: LakeSource, tell: Callable[[Told], None], *, writes: bool) -> Plan:
    random, clock = SystemRandom(), SystemClock()
    with closing(open_database(path)) as database:
        plan = Bringing(
            database, source, clock=clock, random=random, tell=tell, writes=writes
        ).bring()
        registry = Registry(database, random=random)
        for name in sorted(plan.files):
            # The first start makes the default one, with keys to tell.
            if name != DEFAULT_WORKSPACE and registry.workspace(name) is None:
                registry.create_workspace(name, now=clock.now())
    return plan


def _told(plan: Plan) -> Rebuilt:
    return Rebuilt(tuple(sorted(plan.files)), plan.events - plan.left_out, plan.left_out)
