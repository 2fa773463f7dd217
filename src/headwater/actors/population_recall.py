"""Which events a shard of the population lacks, that their actor has let go.

A shard is told of events out of the actor's own rows. When a person gets the events of another, in
a merge or a split, those that only the lake has are in no row that moves along; so the shard keeps
in mind whose they are until it has been told of them out of the lake.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from headwater.ports import Sql


def note(
    sql: Sql,
    person: str,
    *,
    before: Collection[str],
    after: Collection[str],
    let_go: Collection[str],
) -> None:
    """Note what a person's change of identifiers brings that only the lake has.

    Args:
        sql: the shard's database.
        person: whose.
        before: the identifiers they held.
        after: those they hold.
        let_go: identifiers whose events the actor has let go, some or all.
    """
    if lost := set(before) - set(after):
        sql.execute(
            "DELETE FROM lacking WHERE person = ? AND via IN (SELECT value FROM json_each(?))",
            (person, json.dumps(sorted(lost))),
        )
    gained = (set(after) - set(before)) & set(let_go)
    if gained:
        sql.execute(
            "INSERT INTO lacking (person, via, after) SELECT ?, value, -1 FROM json_each(?) WHERE 1"
            " ON CONFLICT (person, via) DO UPDATE SET after = -1",
            (person, json.dumps(sorted(gained))),
        )


def lacks(sql: Sql, person: str) -> dict[str, int]:
    """Answer by which identifiers events are lacking, each to the last day that is not."""
    rows = sql.execute("SELECT via, after FROM lacking WHERE person = ? ORDER BY via", (person,))
    return dict(rows)


def told(sql: Sql, person: str, via: str, *, until: int | None) -> bool:
    """Note up to which day the shard has been told; None: of all. Answer whether that is news."""
    if until is None:
        statement = "DELETE FROM lacking WHERE person = ? AND via = ? RETURNING 1"
        return bool(sql.execute(statement, (person, via)))
    return bool(
        sql.execute(
            "UPDATE lacking SET after = ? WHERE person = ? AND via = ? AND after < ? RETURNING 1",
            (until, person, via, until),
        )
    )
