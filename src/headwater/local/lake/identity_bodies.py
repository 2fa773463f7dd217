"""States and traits of a workspace's people out of the database, as they are stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from headwater.ports import Sql

Bodies = list[tuple[str, str]]
"""Identifier that names the actor, and the JSON text of its state or of some of its traits."""

_PAGE = 20_000

_EVERY = """
SELECT actor, body FROM {table} WHERE actor > ? AND actor < ? ORDER BY actor LIMIT ?
"""
_THESE = """
SELECT actor, body FROM json_each(?) AS wanted JOIN {table} ON actor = wanted.value
"""


def everybody(sql: Sql, workspace: str) -> Iterator[tuple[Bodies, Bodies]]:
    """Answer the states and the traits of all actors, so many at a time."""
    before, behind = f"{workspace}/", f"{workspace}0"  # "0" is what follows "/"
    while rows := sql.execute(_EVERY.format(table="identity"), (before, behind, _PAGE)):
        actors = [row[0] for row in rows]
        before = actors[-1]
        yield _short(workspace, rows), _short(workspace, _of(sql, "traits", actors))


def these(sql: Sql, workspace: str, names: Sequence[str]) -> Iterator[tuple[Bodies, Bodies]]:
    """Answer the states and the traits of some actors; those that have none are left out."""
    for start in range(0, len(names), _PAGE):
        actors = [f"{workspace}/{name}" for name in names[start : start + _PAGE]]
        states, traits = _of(sql, "identity", actors), _of(sql, "traits", actors)
        yield _short(workspace, states), _short(workspace, traits)


def _of(sql: Sql, table: str, actors: Sequence[str]) -> Bodies:
    found = sql.execute(_THESE.format(table=table), (json.dumps(actors),))
    return [(row[0], row[1]) for row in found]


def _short(workspace: str, rows: Sequence[tuple[str, str]]) -> Bodies:
    return [(actor[len(workspace) + 1 :], body) for actor, body in rows]
