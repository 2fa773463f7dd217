"""Erased people taken out of a shard of the population: found by their names, and by their events.

A person's rows lie under the identifier of their root, so those are deleted at once. Events that
came by one of their identifiers may lie with somebody else, who was one with them, for as long as
that one's actor has not told of it; they are looked for through the whole shard, a slice a call.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from headwater.actors.population_calls import Sift, Sifted
from headwater.ports import Sql

PEOPLE = 500
"""Whose events one call looks through."""

_OWN = ("person", "bundle", "memberships", "lacking")

_NEXT = "SELECT max(person) FROM (SELECT person FROM person WHERE person > ? ORDER BY 1 LIMIT ?)"
# Each event's last text is the identifier that it came by.
_FOUND = """
SELECT person, number, heads, bodies FROM bundle WHERE person > ? AND person <= ?
AND EXISTS (SELECT 1 FROM json_each(?) AS one WHERE instr(bundle.bodies, one.value))
"""

_raw: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_via: msgspec.json.Decoder[tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw, str]] = (
    msgspec.json.Decoder(tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw, str])
)


def sift(sql: Sql, call: Sift) -> Sifted:
    """Take erased people out of some of the shard; the first slice also has their own rows."""
    rows = 0
    names = json.dumps(list(call.identifiers))
    if not call.after:
        for table in _OWN:
            rows += len(
                sql.execute(
                    f"DELETE FROM {table} WHERE person IN (SELECT value FROM json_each(?))"  # noqa: S608 - names above
                    " RETURNING 1",
                    (names,),
                )
            )
        sql.execute(
            "UPDATE backfill SET cursor = '' WHERE cursor IN (SELECT value FROM json_each(?))",
            (names,),
        )
    ((until,),) = sql.execute(_NEXT, (call.after, PEOPLE))
    if until is None:
        return Sifted(rows)
    wanted = json.dumps([f",{msgspec.json.encode(one).decode()}]" for one in call.identifiers])
    for person, number, heads, bodies in sql.execute(_FOUND, (call.after, until, wanted)):
        rows += _without(sql, (person, number), (heads, bodies), frozenset(call.identifiers))
    return Sifted(rows, str(until))


def _without(
    sql: Sql, key: tuple[str, int], texts: tuple[str, str], identifiers: frozenset[str]
) -> int:
    """Write a bundle anew without events that came by these; answer how many there were."""
    pairs = list(zip(*(_raw.decode(text) for text in texts), strict=True))
    kept = [pair for pair in pairs if _via.decode(pair[1])[3] not in identifiers]
    if len(kept) == len(pairs):
        return 0
    if kept:
        times = [int(_list(head)[0]) for head, _ in kept]
        left = [f"[{','.join(_text(pair[place]) for pair in kept)}]" for place in (0, 1)]
        sql.execute(
            "UPDATE bundle SET first = ?, last = ?, heads = ?, bodies = ?"
            " WHERE person = ? AND number = ?",
            (min(times), max(times), *left, *key),
        )
    else:
        sql.execute("DELETE FROM bundle WHERE person = ? AND number = ?", key)
    return len(pairs) - len(kept)


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).decode()


def _list(raw: msgspec.Raw) -> Sequence[Any]:
    found: list[Any] = msgspec.json.decode(raw)
    return found
