"""Erasing at one identity actor that has a database of its own: found, emptied, forgotten.

Locally all actors share their tables, and `erasing` deletes rows there. Here the actors of an
erased person are emptied whole, and those of others are asked to forget what they know of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from headwater.actors import erasing
from headwater.actors.emptying import empty
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.identity_changes import Changes
from headwater.actors.identity_erasing_calls import Emptied, Empty, Forget, Forgotten, Traced
from headwater.actors.identity_own_storage import reached
from headwater.actors.identity_state import Forward, Root, State, decode
from headwater.actors.identity_tombstone import tombstone
from headwater.actors.migrations import is_applied, migrate
from headwater.actors.schemas import IDENTITY, migrations
from headwater.ports import Sql

_MOST_NAMED = 5_000

_COUNTED = ("event", "traits", "history", "audience_state", "timer", "outbox")

_UNBORN = """
UPDATE event SET origin = CASE WHEN id <= ?1 THEN 0 ELSE origin END, born = NULL
WHERE substr(born, instr(born, ' ') + 1) IN (SELECT value FROM json_each(?2))
"""


def trace(sql: Sql, actor: str, identifiers: Sequence[str]) -> Traced:
    """Answer what an erasure of these identifiers has to know of an actor."""
    workspace, _, own = actor.partition("/")
    people = ErasedPeople(workspace, identifiers)
    if own.startswith("="):
        return Traced(is_empty=False, messages=erasing.group_messages(sql, people))
    rows = sql.execute("SELECT body FROM identity WHERE actor = ?", (actor,))
    if not rows:
        return Traced()
    ((body,),) = rows
    state = decode(body)
    named = {*_names(json.loads(body), workspace)} - people.identifiers
    return Traced(
        is_empty=False,
        identifiers=sorted(state.ids) if isinstance(state, Root) else [],
        to=state.to if isinstance(state, Forward) else None,
        groups=_groups(state),
        named=sorted(named)[:_MOST_NAMED],
    )


def empty_whole(sql: Sql, actor: str, call: Empty) -> Emptied:
    """Empty an actor's database but for the note that it was; call it outside a unit of work.

    Where somebody else is left there after a split, only what names the erased goes.
    """
    found = sql.run(lambda: _looked_at(sql, actor, call))
    here = set(found.identifiers)
    if here and here.isdisjoint(call.identifiers):
        return Emptied(sql.run(lambda: forget(sql, actor, Forget(call.identifiers)).rows))
    ahead = found.to is not None and found.to.partition("/")[2] not in call.identifiers
    if here - set(call.identifiers) or (ahead and not call.is_settled):
        return Emptied(is_done=False)
    below = max(call.below, sql.run(lambda: _tombstone_of(sql)))
    rows = sql.run(lambda: _counted(sql))

    def note() -> None:
        migrate(sql, migrations(IDENTITY))
        sql.execute("INSERT OR REPLACE INTO erased (only_one, version) VALUES (1, ?)", (below,))

    empty(sql)
    sql.run(note)
    return Emptied(rows)


def forget(sql: Sql, actor: str, call: Forget) -> Forgotten:
    """Forget at an account, or at somebody else's actor, what it knows of erased people."""
    workspace = actor.partition("/")[0]
    people = ErasedPeople(workspace, call.identifiers, call.messages)
    rows: dict[str, int] = {}
    if actor.partition("/")[2].startswith("="):
        while ids := erasing.own_rows(sql, people):
            erasing.delete_events(sql, ids)
            rows["event"] = rows.get("event", 0) + len(ids)
        rows["member"] = len(
            sql.execute(
                "DELETE FROM member WHERE actor = ?"
                " AND member IN (SELECT value FROM json_each(?)) RETURNING 1",
                (actor, json.dumps(sorted(people.identifiers))),
            )
        )
    for (body,) in sql.execute("SELECT body FROM identity WHERE actor = ?", (actor,)):
        scrubbed = people.scrubbed(body)
        if scrubbed is not None:
            erasing.forget_mentions(sql, people, [actor])
            rows["mentions"] = 1
    _forget_in_passing(sql, people)
    return Forgotten({name: count for name, count in rows.items() if count})


def _forget_in_passing(sql: Sql, people: ErasedPeople) -> None:
    """Forget where events were born, and changes that the lake was to hear of.

    An event that the lake has not noted yet may be taken there a second time for it.
    """
    held = reached(sql)
    erasing.forget_buried(sql, json.dumps(sorted(people.identifiers)))
    actors = json.dumps(sorted(people.actors))
    sql.execute(_UNBORN, (held.position, actors))
    kept = Changes(
        states=[one for one in held.changed.states if one not in people.actors],
        traits=[one for one in held.changed.traits if not people.are_named(list(one))],
        members=[one for one in held.changed.members if not people.are_named(list(one))],
        history=[one for one in held.changed.history if not people.are_named(list(one))],
        suppressions=held.changed.suppressions,
    )
    if kept != held.changed:
        sql.execute("UPDATE lake_reached SET changed = ?", (msgspec.json.encode(kept).decode(),))


def _looked_at(sql: Sql, actor: str, call: Empty) -> Traced:
    if not is_applied(sql, "identity.sql"):
        return Traced()
    migrate(sql, migrations(IDENTITY))
    return trace(sql, actor, call.identifiers)


def _counted(sql: Sql) -> dict[str, int]:
    if not is_applied(sql, "identity.sql"):
        return {}
    counts = {
        table: int(sql.execute(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - names above
        for table in _COUNTED
    }
    # One without an actor holds the place of events that moved away.
    counts["event"] = int(sql.execute("SELECT count(*) FROM event WHERE actor <> ''")[0][0])
    return {table: count for table, count in counts.items() if count}


def _tombstone_of(sql: Sql) -> int:
    return (tombstone(sql) or 0) if is_applied(sql, "identity_erased.sql") else 0


def _groups(state: State) -> list[str]:
    person = state.frozen if isinstance(state, Forward) else state
    if not isinstance(person, Root):
        return []
    found = {group for groups in person.ids.values() for group in groups}
    return sorted(found | {update.group for update in person.accounts})


def _names(value: Any, workspace: str) -> Iterator[str]:
    """Answer what may be an identifier, in every text of a state.

    Rather one too many: whoever is asked to forget somebody they do not know changes nothing.
    """
    if isinstance(value, str):
        for text in (value, value.partition(" ")[2]):
            name = text.removeprefix(f"{workspace}/")
            name = name.rpartition("#")[0] or name
            if ":" in name and len(name) < 1_000 and not name.startswith(("{", "[", "=")):
                yield name
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _names(key, workspace)
            yield from _names(one, workspace)
    elif isinstance(value, list):
        for one in value:
            yield from _names(one, workspace)
