"""Which identities of the database are to go to the lake: those that changed, or all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from headwater.actors.identity_changes import Changes, noted
from headwater.actors.identity_rows import IdentityRow, changed_rows
from headwater.ports import Sql


def changed(sql: Sql, *, after: int) -> tuple[int, list[IdentityRow]]:
    """Answer the number of the last change, and the rows that changed since, as they are now."""
    last, changes = noted(sql, after=after)
    return last, [*changed_rows(sql, changes), *_suppressions(sql, changes)]


def _suppressions(sql: Sql, changes: Changes) -> Iterator[IdentityRow]:
    found = {
        (workspace, hash_): body
        for workspace, hash_, body in sql.execute(
            f"SELECT workspace, hash, {_SUPPRESSION} FROM json_each(?) AS wanted"  # noqa: S608 - below
            " JOIN suppressions ON workspace = wanted.value ->> 0 AND hash = wanted.value ->> 1"
            " JOIN suppression_salts USING (workspace)",
            (json.dumps(changes.suppressions),),
        )
    }
    for workspace, hash_ in changes.suppressions:
        yield "suppression", f"{workspace}/{hash_}", None, found.get((workspace, hash_))


_SUPPRESSION = (
    "json_object('type', suppressions.type, 'reason', reason, 'created_at', created_at,"
    " 'salt', salt)"
)


_PAGES = (
    ("state", "SELECT id, actor, NULL, body FROM identity WHERE id > ? ORDER BY id LIMIT ?"),
    ("traits", "SELECT id, actor, via, body FROM traits WHERE id > ? ORDER BY id LIMIT ?"),
    ("history", "SELECT id, actor, via, body FROM history WHERE id > ? ORDER BY id LIMIT ?"),
)
_MEMBERS = """
SELECT actor, member, CAST(timestamp AS TEXT) FROM member
WHERE (actor, member) > (?, ?) ORDER BY actor, member LIMIT ?
"""


_SUPPRESSED = f"""
SELECT workspace, hash, {_SUPPRESSION} FROM suppressions JOIN suppression_salts USING (workspace)
WHERE (workspace, hash) > (?, ?) ORDER BY workspace, hash LIMIT ?
"""  # noqa: S608 - texts of this file


def everything(sql: Sql, *, page: int) -> Iterator[list[IdentityRow]]:
    """Answer all rows of the identity tables and suppressions, so many at a time."""
    for kind, statement in _PAGES:
        after = 0
        while rows := sql.execute(statement, (after, page)):
            after = rows[-1][0]
            yield [(kind, actor, key, body) for _, actor, key, body in rows]
    last = ("", "")
    while rows := sql.execute(_MEMBERS, (*last, page)):
        last = (rows[-1][0], rows[-1][1])
        yield [("member", actor, member, body) for actor, member, body in rows]
    last = ("", "")
    while rows := sql.execute(_SUPPRESSED, (*last, page)):
        last = (rows[-1][0], rows[-1][1])
        yield [("suppression", f"{name}/{hash_}", None, body) for name, hash_, body in rows]


def last_change(sql: Sql) -> int:
    """Answer the number of the last change there is; 0 where there is none."""
    highest: int = sql.execute("SELECT coalesce(max(id), 0) FROM change")[0][0]
    return highest
