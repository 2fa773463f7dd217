"""The schemas of all actors, in the one file that they share on this runtime."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from headwater import __version__
from headwater.actors.migrations import Migration, is_ledger_there, migrate, noted
from headwater.errors import Conflict
from headwater.local.sql import Database, open_writer

# Package and file of each schema text, oldest first. Add at the end; never edit one that shipped.
SCHEMAS: tuple[tuple[str, str], ...] = (
    ("headwater.actors", "registry.sql"),
    ("headwater.actors", "workspace.sql"),
    ("headwater.actors", "identity.sql"),
    ("headwater.actors", "deliveries.sql"),
    ("headwater.local", "readiness.sql"),
    ("headwater.actors", "identity_lake.sql"),
    ("headwater.local.lake", "position.sql"),
    ("headwater.actors", "audiences.sql"),
    ("headwater.actors", "jobs.sql"),
    ("headwater.actors", "workspace_audiences.sql"),
    ("headwater.actors", "workspace_words.sql"),
    ("headwater.actors", "suppressions.sql"),
    ("headwater.actors", "erasures.sql"),
    ("headwater.actors", "audience_state.sql"),
    ("headwater.actors", "audience_gaps.sql"),
    ("headwater.actors", "regulations.sql"),
    ("headwater.actors", "workspace_people.sql"),
    ("headwater.actors", "suppression_erased.sql"),
    ("headwater.actors", "workspace_told.sql"),
    ("headwater.local.lake", "known_by.sql"),
)


def schema_texts() -> list[Migration]:
    """Read the schema texts out of the installed package."""
    return [
        Migration(f"{package}/{name}", resources.files(package).joinpath(name).read_text("utf-8"))
        for package, name in SCHEMAS
    ]


def open_database(path: Path) -> Database:
    """Open the database file for writing, with every schema in place.

    Raises:
        sqlite3.Error: the file cannot be opened, is not a database, or a migration failed.
        Conflict: a newer version of Headwater has written it.
    """
    database = open_writer(path)
    try:
        schemas = schema_texts()
        _refuse_what_is_newer(database, path, schemas)
        migrate(database, schemas)
    except BaseException:
        database.close()
        raise
    return database


def _refuse_what_is_newer(database: Database, path: Path, schemas: list[Migration]) -> None:
    """Raise `Conflict` where the ledger names what this version has not: it could do harm there."""
    if not is_ledger_there(database):
        return
    unknown = sorted(noted(database) - {each.name for each in schemas})
    if unknown:
        raise Conflict(
            f"The database {path} was written by a newer version of Headwater: it holds "
            f"{unknown[0]!r}, which version {__version__} does not know. Run that version, or "
            "restore a backup that this one made into another folder."
        )
