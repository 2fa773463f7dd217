"""How far a database is on its way to what a lake has; kept in the database itself."""

from __future__ import annotations

import msgspec

from headwater.lake.manifest import LakeFile
from headwater.lake.schema import EVENTS
from headwater.local.lake import position as positions
from headwater.local.lake.tail import last_event
from headwater.ports import Sql

HOUR = 3600 * 1000
"""In milliseconds."""


class Plan(msgspec.Struct, omit_defaults=True):
    """How far a database is on its way, and where to.

    Attributes:
        address: of the lake.
        files: of each workspace, as they were when it began.
        lineage: the database's name for its numbers from now on.
        after: changes up to this one are in the database.
        received_from: events that were received before it are (ms); 0 where none is.
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
    """

    address: str
    files: dict[str, list[LakeFile]]
    lineage: str
    after: int = 0
    received_from: int = 0
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


def finished(sql: Sql, address: str) -> Plan | None:
    """Answer how a database came out of a lake, if nothing was done with it since; else None."""
    if not sql.execute("SELECT 1 FROM sqlite_schema WHERE name = 'bringing'"):
        return None
    rows = sql.execute("SELECT body FROM bringing")
    plan = msgspec.json.decode(rows[0][0], type=Plan) if rows else None
    if plan is None or not plan.done or plan.address != address:
        return None
    at = positions.position(sql)
    untouched = at is not None and (at.lineage, at.change) == (plan.lineage, None)
    return plan if untouched and last_event(sql) == plan.end else None
