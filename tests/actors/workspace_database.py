"""An in-memory database with the workspaces' schemas, and randomness that repeats."""

from __future__ import annotations

import random
import uuid
from importlib import resources

from headwater.actors.migrations import Migration, migrate
from tests.databases import Database, empty_database


def workspace_database() -> Database:
    """Answer an empty database in which `workspace.sql` and `registry.sql` have been applied."""
    database = empty_database()
    files = resources.files("headwater.actors")
    migrate(
        database,
        [
            Migration(name, files.joinpath(name).read_text("utf-8"))
            for name in (
                "workspace.sql",
                "workspace_audiences.sql",
                "workspace_words.sql",
                "registry.sql",
                "suppressions.sql",
                "suppression_erased.sql",
                "erasures.sql",
                "regulations.sql",
                "workspace_people.sql",
                "workspace_told.sql",
            )
        ],
    )
    return database


class SeededRandom:
    """`Random` that draws the same again from the same seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def uniform(self) -> float:
        return self._random.random()
