"""Looking at everybody in a shard after audiences have changed, a slice at a time.

Each person is decided by their own actor; a slice that meets somebody twice changes nothing.
Should audiences change again before the end, it begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from headwater.ports import Sql


@dataclass(frozen=True, slots=True)
class Backfill:
    """How far a shard is. Times in milliseconds; `finished_at` is None while it is at work."""

    workspace: str
    version: int
    cursor: str
    done: int
    total: int
    started_at: int
    finished_at: int | None


def present(sql: Sql) -> Backfill | None:
    """Answer how far it is; None where audiences never changed."""
    rows = sql.execute(
        "SELECT workspace, version, cursor, done, total, started_at, finished_at FROM backfill"
    )
    return Backfill(*rows[0]) if rows else None


def newest(sql: Sql) -> int:
    """Answer for which version of audiences everybody is looked at; 0 where there is none."""
    rows = sql.execute("SELECT version FROM backfill")
    return int(rows[0][0]) if rows else 0


def begin(sql: Sql, workspace: str, version: int, *, now: int) -> None:
    """Have everybody looked at for this version, unless that has begun for it or a newer one."""
    if version <= newest(sql):
        return
    ((total,),) = sql.execute("SELECT count(*) FROM person WHERE gone = 0")
    sql.execute(
        "INSERT INTO backfill (id, workspace, version, cursor, done, total, started_at,"
        " finished_at) VALUES (1, ?, ?, '', 0, ?, ?, NULL) ON CONFLICT (id) DO UPDATE SET"
        " version = excluded.version, cursor = '', done = 0, total = excluded.total,"
        " started_at = excluded.started_at, finished_at = NULL",
        (workspace, version, total, now),
    )


def next_people(sql: Sql, *, limit: int, now: int) -> list[str]:
    """Answer the next people to look at, by their root identifiers; none where it is done."""
    found = present(sql)
    if found is None or found.finished_at is not None:
        return []
    rows = sql.execute(
        "SELECT person FROM person WHERE gone = 0 AND person > ? ORDER BY person LIMIT ?",
        (found.cursor, limit),
    )
    people = [row[0] for row in rows]
    if not people:
        sql.execute("UPDATE backfill SET finished_at = ?, total = done", (now,))
    return people


def looked_at(sql: Sql, people: list[str], version: int) -> None:
    """Note that the people that `next_people` answered have been looked at, for a version."""
    sql.execute(
        "UPDATE backfill SET cursor = ?, done = done + ?, total = max(total, done + ?)"
        " WHERE version = ?",
        (people[-1], len(people), len(people), version),
    )
