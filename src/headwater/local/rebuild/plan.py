"""How far a database is on its way to what a lake has; kept in the database itself."""

from __future__ import annotations

import msgspec

from headwater.lake.manifest import LakeFile
from headwater.lake.schema import EVENTS
from headwater.local.lake import position as positions
from headwater.local.lake.position import last_event
from headwater.ports import Sql

HOUR = 3600 * 1000
"""In milliseconds."""


class LakeRewritten(Exception):
    """Files that were to be read are deleted: people were erased, or it was long ago.

    What was read before may be of somebody who is erased now, so all of it is to begin anew.
    """


class LakeUnknown(Exception):
    """A lake is not that of the server which a backup was made of."""


_TABLE = """
CREATE TABLE IF NOT EXISTS bringing (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1), body TEXT NOT NULL
)
"""


class Plan(msgspec.Struct, omit_defaults=True):
    """How far a database is on its way, and where to.

    Attributes:
        address: of the lake.
        files: of each workspace, as they were when it began.
        lineage: the database's name for its numbers from now on.
        after: changes up to this one are in the database.
        received_from: events that were received before it are (ms); 0 where none is.
        backup: SHA-256 of the database that it is a copy of, if any.
        has_gaps: people were taken out of that; they may be in the lake.
        is_lake_newer: whoever was known to the database when its backup was made, and flushed
            then, must be in the lake, unless he was erased since.
        last: the last event that was in the database at the start.
        flushed: up to which of those the lake has them.
        identified: workspaces whose identities are in.
        moved: rows that were there lie where they belong.
        file: number of the file of events that is next.
        offset: rows of it that are in.
        events: that were put in.
        left_out: events that are nobody's.
        chosen: of each message that several had, one is in.
        done: everything is in, and numbered; the lake's files are forgotten.
        end: the last event there was then.
        change: up to which change it had reached the lake then.
    """

    address: str
    files: dict[str, list[LakeFile]]
    lineage: str
    after: int = 0
    received_from: int = 0
    backup: str = ""
    has_gaps: bool = False
    is_lake_newer: bool = False
    last: int = 0
    flushed: int = 0
    identified: list[str] = []
    moved: bool = False
    file: int = 0
    offset: int = 0
    events: int = 0
    left_out: int = 0
    chosen: bool = False
    done: bool = False
    end: int = 0
    change: int | None = None

    def events_files(self) -> list[tuple[str, LakeFile]]:
        """Answer the files that may have events which are not in, with their workspaces."""
        return [
            (workspace, one)
            for workspace, files in sorted(self.files.items())
            for one in files
            if one.table == EVENTS.name
            and one.day is not None
            and (one.day + 1) * 24 * HOUR > self.received_from
        ]


def saved(sql: Sql) -> Plan | None:
    """Answer the plan that a database has; None where it has none."""
    if not sql.execute("SELECT 1 FROM sqlite_schema WHERE name = 'bringing'"):
        return None
    rows = sql.execute("SELECT body FROM bringing")
    return msgspec.json.decode(rows[0][0], type=Plan) if rows else None


def save(sql: Sql, plan: Plan) -> None:
    """Keep a plan in its database; inside a transaction."""
    sql.execute(_TABLE)
    body = msgspec.json.encode(plan).decode()
    sql.execute("INSERT OR REPLACE INTO bringing (only_one, body) VALUES (1, ?)", (body,))


def finished(sql: Sql, address: str, *, backup: str = "") -> Plan | None:
    """Answer how a database was made, if so and nothing was done with it since; else None.

    Args:
        sql: the database.
        address: of the lake that it was made out of.
        backup: SHA-256 of the database that it was a copy of.
    """
    plan = saved(sql)
    if plan is None or not plan.done or (plan.address, plan.backup) != (address, backup):
        return None
    at = positions.position(sql)
    reached = ("", None) if at is None else (at.lineage, at.change)
    is_untouched = reached == (plan.lineage, plan.change) and last_event(sql) == plan.end
    return plan if is_untouched else None
