"""Looking at everybody after audiences have changed: a slice at a time, taken up after a crash.

Whoever is active meanwhile is decided by their own events; a slice that meets them finds nothing
left to do. Should audiences change again before the end, it begins anew.
"""

from __future__ import annotations

from headwater.actors.audience_gaps import any_wanted
from headwater.actors.identity_network import Network, Outcome
from headwater.ports import Sql

_PEOPLE = "actor > ? AND actor < ?"


def unfinished(sql: Sql) -> list[str]:
    """Answer the workspaces in which not everybody has been looked at."""
    rows = sql.execute("SELECT workspace FROM backfills WHERE finished_at IS NULL")
    return [row[0] for row in rows]


def look_on(
    sql: Sql, network: Network, workspace: str, *, now: int, limit: int, waits: bool = False
) -> Outcome:
    """Look at the next people of a workspace; its backfill is finished once nobody is left.

    With `waits` it is not finished before the lake's events of all of them were let in.
    """
    version, cursor, total = sql.execute(
        "SELECT version, cursor, total FROM backfills WHERE workspace = ?", (workspace,)
    )[0]
    first, last = f"{workspace}/", f"{workspace}0"  # the sign after a slash
    if total < 0:
        total = sql.execute(
            f"SELECT count(*) FROM identity WHERE {_PEOPLE}",  # noqa: S608 - a constant
            (first, last),
        )[0][0]
        sql.execute(
            "UPDATE backfills SET total = ?, started_at = ? WHERE workspace = ?",
            (total, now, workspace),
        )
    rows = sql.execute(
        f"SELECT actor FROM identity WHERE {_PEOPLE} ORDER BY actor LIMIT ?",  # noqa: S608 - same
        (max(cursor, first), last, limit),
    )
    actors = [row[0] for row in rows]
    outcome = network.revisit(sql, actors, now=now)
    sql.execute(
        "UPDATE backfills SET cursor = ?, done = done + ?, total = max(total, done + ?),"
        " finished_at = ? WHERE workspace = ? AND version = ?",
        (
            actors[-1] if actors else cursor,
            len(actors),
            len(actors),
            now if len(actors) < limit and not (waits and any_wanted(sql, workspace)) else None,
            workspace,
            version,
        ),
    )
    return outcome
