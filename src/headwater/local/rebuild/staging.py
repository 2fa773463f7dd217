"""A database under another name until it is whole: where it is, and whether to go on with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from headwater.local.data_directory import DataDirectory, DataDirectoryError
from headwater.local.rebuild.plan import Plan, finished, saved
from headwater.local.sql import open_reader

_UNFINISHED = ".unfinished"


def fresh(directory: DataDirectory, address: str, *, backup: str = "") -> Plan | None:
    """Answer how the database was made out of just this, if nothing was done with it since.

    So a command that was killed as it ended may be given again.
    """
    if not directory.database.exists():
        return None
    with closing(open_reader(directory.database)) as sql:
        return finished(sql, address, backup=backup)


def unfinished(directory: DataDirectory) -> Path:
    """Answer where the database is while it is not whole.

    Raises:
        DataDirectoryError: there is a whole one, or the log of one, which SQLite would take for
            the new one's.
    """
    name = directory.database.name
    for ending in ("", "-wal", "-shm", "-journal"):
        if directory.database.with_name(f"{name}{ending}").exists():
            what = "a database already" if not ending else f"{name}{ending} of another database"
            raise DataDirectoryError(
                f"{directory.path} has {what}; give another folder with --data, or move that away."
            )
    return directory.database.with_name(f"{name}{_UNFINISHED}")


def can_go_on(path: Path, address: str, *, backup: str = "") -> bool:
    """Tell whether an earlier run of the same kind has begun a database."""
    try:
        with closing(open_reader(path)) as sql:
            plan = saved(sql)
    except sqlite3.Error:
        return False
    return plan is not None and (plan.address, plan.backup) == (address, backup)


def discard(path: Path) -> None:
    """Delete what an earlier run has begun."""
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()
