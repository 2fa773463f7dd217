"""The rows of the identity tables that were noted as changed, as they are now: for the lake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from headwater.actors.identity_changes import Changes
from headwater.ports import Sql

IdentityRow = tuple[str, str, str | None, str | None]
"""kind, actor with its workspace, key, body; the body is None where there is no row any more."""

_encoder = msgspec.json.Encoder()


def changed_rows(sql: Sql, changes: Changes) -> Iterable[IdentityRow]:
    """Answer what the named rows hold now."""
    states = _found(
        sql,
        "SELECT actor, '', identity.body FROM json_each(?) AS wanted"
        " JOIN identity ON actor = wanted.value",
        changes.states,
    )
    for actor in changes.states:
        yield "state", actor, None, states.get((actor, ""))
    for kind, keys in (
        ("traits", changes.traits),
        ("history", changes.history),
    ):
        found = _found(
            sql,
            f"SELECT actor, via, {kind}.body FROM json_each(?) AS wanted JOIN {kind}"  # noqa: S608 - names above
            " ON actor = wanted.value ->> 0 AND via = wanted.value ->> 1",
            keys,
        )
        for key in keys:
            yield kind, *key, found.get(key)
    members = _found(
        sql,
        "SELECT actor, member, CAST(timestamp AS TEXT) FROM json_each(?) AS wanted"
        " JOIN member ON actor = wanted.value ->> 0 AND member = wanted.value ->> 1",
        changes.members,
    )
    for key in changes.members:
        yield "member", *key, members.get(key)


def _found(sql: Sql, statement: str, keys: Sequence[Any]) -> dict[tuple[str, str], str]:
    if not keys:
        return {}
    wanted = _encoder.encode(keys).decode()
    return {(row[0], row[1]): row[2] for row in sql.execute(statement, (wanted,))}
