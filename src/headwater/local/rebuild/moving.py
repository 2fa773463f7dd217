"""Rows that a restored database has already: put where they belong now, known again, renumbered."""

from __future__ import annotations

import json
from collections.abc import Sequence

from headwater.actors import identity_history
from headwater.actors.identity_storage import Turn
from headwater.local.rebuild.placing import Placing
from headwater.local.rebuild.source import IdentityFact, PastEvent
from headwater.ports import Sql

_NOT_RESUMED = ("export", "replay")  # an erasure is: it may be done again

_HELD = """
SELECT DISTINCT actor, via FROM {table} WHERE actor <> '' AND instr(actor, '/=account:') = 0
"""
_DROP_TWICE = """
DELETE FROM event WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY actor, message_id ORDER BY id) AS place
        FROM event WHERE actor IN (SELECT value FROM json_each(?))
    ) WHERE place > 1
)
"""


def last_change(sql: Sql) -> int:
    """Answer the number of the last change that this database ever noted."""
    rows = sql.execute("SELECT seq FROM sqlite_sequence WHERE name = 'change'")
    return int(rows[0][0]) if rows else 0


def move_rows(sql: Sql) -> None:
    """Put events, and what is kept of events, where the present states say that they belong.

    What has become nobody's is deleted: the lake knows of nobody there, as after an erasure.
    """
    placings: dict[str, Placing] = {}
    gained: set[str] = set()
    for table in ("event", "history"):
        for actor, via in sql.execute(_HELD.format(table=table)):
            workspace = actor.partition("/")[0]
            placing = placings.setdefault(workspace, Placing(sql, workspace))
            to = placing.actor(via)
            if to == actor:
                continue
            if to is None:
                sql.execute(f"DELETE FROM {table} WHERE actor = ? AND via = ?", (actor, via))  # noqa: S608 - names above
            elif table == "history":
                _move_history(sql, actor, via, to=to)
            else:
                gained.add(to)
                sql.execute(
                    "UPDATE event SET actor = ? WHERE actor = ? AND via = ?", (to, actor, via)
                )
    sql.execute(_DROP_TWICE, (json.dumps(sorted(gained)),))


def _move_history(sql: Sql, actor: str, via: str, *, to: str) -> None:
    turn = Turn(sql)
    history = dict(turn.history(actor))[via]
    sql.execute("DELETE FROM history WHERE actor = ? AND via = ?", (actor, via))
    turn.add_history(to, via, identity_history.decode(identity_history.encode(history)))


def unknown(sql: Sql, placing: Placing, events: Sequence[PastEvent]) -> list[PastEvent]:
    """Answer those events that are not here."""
    keys = {(placing.actor(one.via) or "", one.message_id) for one in events}
    known = Turn(sql).known(sorted(keys))
    return [one for one in events if (placing.actor(one.via) or "", one.message_id) not in known]


def newer(
    sql: Sql, workspace: str, facts: Sequence[IdentityFact], after: int
) -> list[IdentityFact]:
    """Answer those facts that are newer than a change, or of an actor that is not here."""
    names = json.dumps([f"{workspace}/{one.actor}" for one in facts if one.change <= after])
    here = {
        row[0]
        for row in sql.execute(
            "SELECT actor FROM identity WHERE actor IN (SELECT value FROM json_each(?))", (names,)
        )
    }
    return [one for one in facts if one.change > after or f"{workspace}/{one.actor}" not in here]


def cancel_jobs(sql: Sql, *, now: int) -> None:
    """Cancel what was under way when the backup was made: it has ended, or never will."""
    sql.execute(
        "UPDATE job SET state = 'cancelled', ended_at = ?, updated_at = ?, error ="
        " 'The server was restored from a backup that was made while this was under way.'"
        " WHERE ended_at IS NULL AND kind IN (SELECT value FROM json_each(?))",
        (now, now, json.dumps(_NOT_RESUMED)),
    )


def renumber(sql: Sql, *, above: int, until: int, end: int) -> None:
    """Move events with an id in (above, until] behind the last one, as if they had come last.

    So everything up to `end` is in the lake, and everything behind it is not.
    """
    shift = end - above
    if until > above:
        sql.execute(
            "UPDATE event SET origin = origin + ? WHERE origin > ? AND origin <= ?",
            (shift, above, until),
        )
        # From the highest on, so that no number is taken yet.
        ids = [
            row[0]
            for row in sql.execute(
                "SELECT id FROM event WHERE id > ? AND id <= ? ORDER BY id DESC", (above, until)
            )
        ]
        sql.execute_many(
            "INSERT INTO event (id, actor, message_id, timestamp, via, type, body, origin)"
            " SELECT ?, actor, message_id, timestamp, via, type, body, origin FROM event"
            " WHERE id = ?",
            [(one + shift, one) for one in ids],
        )
        sql.execute("DELETE FROM event WHERE id > ? AND id <= ?", (above, until))
