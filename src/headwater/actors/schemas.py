"""Which schema texts an actor with a database of its own needs, oldest first.

Add at the end; never edit one that shipped.
"""

from __future__ import annotations

from importlib import resources

from headwater.actors.identity_storage import SCHEMAS
from headwater.actors.migrations import Migration

IDENTITY = (*SCHEMAS, "outbox.sql", "identity_reached.sql", "identity_erased.sql")
NEEDLESS_ALONE = frozenset({"identity_pending"})
"""Indexes that find an actor among many: in a database of its own they are a row more to write."""
SETTINGS = (
    "registry.sql",
    "workspace.sql",
    "workspace_audiences.sql",
    "daily_salt.sql",
    "workspace_words.sql",
    "suppressions.sql",
    "erasures.sql",
    "regulations.sql",
    "workspace_people.sql",
    "jobs.sql",
    "erasure_keys.sql",
    "suppression_erased.sql",
    "workspace_told.sql",
)
LANE = ("deliveries.sql", "lane_settings.sql", "lane_replays.sql")
POPULATION = ("population.sql", "population_recall.sql")
JOB = ("job_order.sql",)


def migrations(names: tuple[str, ...]) -> list[Migration]:
    """Read these schema texts out of the package."""
    files = resources.files(__package__)
    return [Migration(name, files.joinpath(name).read_text("utf-8")) for name in names]
