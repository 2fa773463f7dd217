"""Rows of a lake into a database's tables, many with each statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from headwater.actors.identity import account_actor
from headwater.actors.identity_state import decode
from headwater.actors.identity_storage import Turn
from headwater.local.rebuild.placing import Placing
from headwater.local.rebuild.source import IdentityFact, PastEvent
from headwater.ports import Sql

SCHEMA = """
CREATE TABLE IF NOT EXISTS bringing_repeated (
    actor TEXT NOT NULL, message_id TEXT NOT NULL, standing TEXT NOT NULL,
    position INTEGER NOT NULL, timestamp INTEGER NOT NULL, via TEXT NOT NULL,
    type TEXT NOT NULL, body TEXT NOT NULL
);
"""
"""What a database has more while it is being brought up."""

_STATE = """
INSERT INTO identity (actor, pending, body) VALUES (?, ?, ?)
ON CONFLICT (actor) DO UPDATE SET pending = excluded.pending, body = excluded.body
"""
_TRAITS = """
INSERT INTO traits (actor, via, body) VALUES (?, ?, ?)
ON CONFLICT (actor, via) DO UPDATE SET body = excluded.body
"""
_MEMBER = """
INSERT INTO member (actor, member, timestamp) VALUES (?, ?, ?)
ON CONFLICT (actor, member) DO UPDATE SET timestamp = excluded.timestamp
"""
_REPEATED = "INSERT INTO bringing_repeated VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

# Of each message the copy of the lowest standing stays; those of unknown standing come last.
_CHOSEN = """
INSERT INTO event (actor, message_id, timestamp, via, type, body)
SELECT actor, message_id, timestamp, via, type, body FROM (
    SELECT *, row_number() OVER (
        PARTITION BY actor, message_id ORDER BY standing = 'null', standing ->> 0, standing ->> 1,
        standing ->> 2, position
    ) AS place FROM bringing_repeated
) AS one WHERE place = 1 AND NOT EXISTS (
    SELECT 1 FROM event WHERE event.actor = one.actor AND event.message_id = one.message_id
)
"""

Stored = tuple[str, str, int, str, str, str]
"""A row of `event`: actor, message id, timestamp, via, type, body."""


def write_identity(sql: Sql, workspace: str, facts: Sequence[IdentityFact]) -> None:
    """Put facts in force; `history` is left, as all that it stands for comes as events."""
    rows: dict[str, list[tuple[str, str, int | str]]] = {"traits": [], "member": []}
    states: list[tuple[str, int, str]] = []
    for _, kind, name, key, body in facts:
        actor = f"{workspace}/{name}"
        if kind == "state":
            if body is None:
                sql.execute("DELETE FROM identity WHERE actor = ?", (actor,))
            else:
                states.append((actor, int(decode(body).pending), body))
        elif kind == "suppression":
            write_suppression(sql, workspace, name, body)
        elif kind in rows and key is not None:
            if body is None:
                column = "via" if kind == "traits" else "member"
                sql.execute(
                    f"DELETE FROM {kind} WHERE actor = ? AND {column} = ?",  # noqa: S608 - names above
                    (actor, key),
                )
            else:
                rows[kind].append((actor, key, body if kind == "traits" else int(body)))
    for statement, found in ((_TRAITS, rows["traits"]), (_MEMBER, rows["member"])):
        if found:
            sql.execute_many(statement, found)
    if states:
        sql.execute_many(_STATE, states)


def write_suppression(sql: Sql, workspace: str, hash_: str, body: str | None) -> None:
    """Put a suppression in force, or lift it; one under another salt says nothing here."""
    if body is None:
        sql.execute("DELETE FROM suppressions WHERE workspace = ? AND hash = ?", (workspace, hash_))
        return
    one = json.loads(body)
    sql.execute(
        "INSERT OR IGNORE INTO suppression_salts (workspace, salt) VALUES (?, ?)",
        (workspace, one["salt"]),
    )
    sql.execute(
        "INSERT INTO suppressions (workspace, hash, type, reason, created_at)"
        " SELECT workspace, ?, ?, ?, ? FROM suppression_salts WHERE workspace = ? AND salt = ?"
        " ON CONFLICT (workspace, hash) DO UPDATE SET reason = excluded.reason",
        (hash_, one["type"], one["reason"], one["created_at"], workspace, one["salt"]),
    )


def write_events(
    sql: Sql,
    placing: Placing,
    events: Iterable[PastEvent],
    *,
    repeated: frozenset[str],
) -> int:
    """Store events with who has their identifier now; answer how many are nobody's.

    Those with a message id that several have wait until all are there; see `choose`.
    """
    rows: list[Stored] = []
    waiting = []
    left_out = 0
    for one in events:
        actor = placing.actor(one.via)
        if actor is None:
            left_out += 1
        elif one.message_id in repeated:
            standing = json.dumps(placing.standing(actor, one.person))
            row = (actor, one.message_id, standing, one.position, one.timestamp, one.via)
            waiting.append((*row, one.type, one.body))
        else:
            rows.append((actor, one.message_id, one.timestamp, one.via, one.type, one.body))
    if waiting:
        sql.execute_many(_REPEATED, waiting)
    Turn(sql).add(rows)
    return left_out


def choose(sql: Sql) -> None:
    """Store one of each event that came more than once to who is one person now."""
    sql.execute(_CHOSEN)
    sql.execute("DELETE FROM bringing_repeated")


def write_account_copies(
    sql: Sql, workspace: str, events: Iterable[PastEvent], *, untold: frozenset[tuple[str, str]]
) -> None:
    """Store the copies of group calls that accounts keep."""
    rows: dict[tuple[str, str], Stored] = {}
    for one in events:
        if one.type == "group":
            actor = account_actor(workspace, str(json.loads(one.body).get("groupId")))
            key = (actor, one.message_id)
            if key not in untold:
                rows.setdefault(
                    key, (actor, one.message_id, one.timestamp, one.via, "group", one.body)
                )
    turn = Turn(sql)
    known = turn.known(list(rows))
    turn.add([row for key, row in rows.items() if key not in known])
