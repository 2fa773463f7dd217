"""Deleting people's rows from the tables that all actors share: found first, deleted in slices.

Every step may be repeated. The finding only reads; the deleting is told what was found, and does
no harm where that is gone already.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from headwater.actors.erased_people import ErasedPeople
from headwater.actors.identity import account_actor
from headwater.actors.identity_reading import root_actor
from headwater.actors.identity_state import Root, decode
from headwater.ports import Sql
from headwater.profiles.identifiers import IdentifierReader
from headwater.profiles.suppression import SuppressionCheck, hash_of
from headwater.workspace import Suppression, WorkspaceConfig

SLICE = 500
"""Rows that one transaction deletes, so that events do not wait long for it."""

_PAGE = 2_000

# Tables whose rows are an actor's own, but for its events.
_OWN = (
    "identity",
    "traits",
    "history",
    "audience_state",
    "audience_gap",
    "audience_member",
    "timer",
    "account_news",
)


def all_identifiers(sql: Sql, workspace: str, identifiers: Iterable[str]) -> dict[str, list[str]]:
    """Answer, for each identifier, all that its person holds; itself where nobody does."""
    found = {}
    for one in identifiers:
        root = root_actor(sql, workspace, one)
        held: set[str] = {one}
        if root is not None:
            ((body,),) = sql.execute("SELECT body FROM identity WHERE actor = ?", (root,))
            state = decode(body)
            if isinstance(state, Root):
                held |= {root.partition("/")[2], *state.ids}
        found[one] = sorted(held)
    return found


def own_rows(sql: Sql, people: ErasedPeople, *, limit: int = SLICE) -> list[int]:
    """Answer ids of some rows of `event` that are theirs, also in accounts' timelines."""
    first, last = account_actor(people.workspace, ""), f"{people.workspace}/=account;"
    rows = sql.execute(
        "SELECT id FROM event WHERE actor IN (SELECT value FROM json_each(?))"
        " UNION SELECT id FROM event WHERE actor > ? AND actor < ?"
        " AND via IN (SELECT value FROM json_each(?)) LIMIT ?",
        (_text(people.actors), first, last, _text(people.identifiers), limit),
    )
    return [row[0] for row in rows]


def group_messages(sql: Sql, people: ErasedPeople) -> list[str]:
    """Answer the ids of their calls that accounts know of."""
    rows = sql.execute(
        "SELECT DISTINCT message_id FROM event WHERE actor > ? AND actor < ?"
        " AND via IN (SELECT value FROM json_each(?))",
        (
            account_actor(people.workspace, ""),
            f"{people.workspace}/=account;",
            _text(people.identifiers),
        ),
    )
    return [row[0] for row in rows]


def delete_events(sql: Sql, ids: Sequence[int]) -> None:
    """Delete rows of `event`; the last one ever made stays empty, so that its id stays taken."""
    sql.execute(
        "UPDATE event SET actor = '', message_id = '', timestamp = 0, via = '', type = '',"
        " body = '' WHERE id IN (SELECT value FROM json_each(?))"
        " AND id = (SELECT max(id) FROM event)",
        (json.dumps(ids),),
    )
    sql.execute(
        "DELETE FROM event WHERE id IN (SELECT value FROM json_each(?)) AND actor <> ''",
        (json.dumps(ids),),
    )


def forget_buried(sql: Sql, identifiers: str) -> None:
    """Take the names off rows that only hold an id's place; `identifiers` is a JSON list.

    Versions before 2026-11-23 left them there.
    """
    sql.execute(
        "UPDATE event SET message_id = '', timestamp = 0, via = '', type = ''"
        " WHERE actor = '' AND via IN (SELECT value FROM json_each(?))",
        (identifiers,),
    )


def delete_actors(sql: Sql, people: ErasedPeople) -> dict[str, int]:
    """Delete all other rows that are theirs; answer how many of each table."""
    deleted = {}
    actors, identifiers = _text(people.actors), _text(people.identifiers)
    for table in _OWN:
        count = _count(sql, table, "actor", actors)
        if count:
            sql.execute(
                f"DELETE FROM {table} WHERE actor IN (SELECT value FROM json_each(?))",  # noqa: S608 - names above
                (actors,),
            )
            deleted[table] = count
    found = sql.execute(
        "DELETE FROM member WHERE actor > ? AND actor < ?"
        " AND member IN (SELECT value FROM json_each(?)) RETURNING 1",
        (account_actor(people.workspace, ""), f"{people.workspace}/=account;", identifiers),
    )
    deleted["member"] = len(found)
    _delete_passing(sql, people, actors, identifiers)
    return deleted


def _delete_passing(sql: Sql, people: ErasedPeople, actors: str, identifiers: str) -> None:
    """Delete what names them only for a while: orders of delivery, cursors, noted changes."""
    forget_buried(sql, identifiers)
    sql.execute(
        "DELETE FROM delivery_order WHERE loser IN (SELECT value FROM json_each(?1))"
        " OR winner IN (SELECT value FROM json_each(?1))",
        (actors,),
    )
    sql.execute(
        "UPDATE account_news SET member = '' WHERE member IN (SELECT value FROM json_each(?))",
        (identifiers,),
    )
    # Begun anew where it was under way, which does no harm.
    sql.execute(
        "UPDATE backfills SET cursor = '' WHERE cursor IN (SELECT value FROM json_each(?))",
        (_text(people.actors | people.identifiers),),
    )
    for id_, body in sql.execute("SELECT id, body FROM change ORDER BY id"):
        changes = json.loads(body)
        if people.are_named(changes):
            kept = {
                name: [one for one in names if not people.are_named(one)]
                for name, names in changes.items()
            }
            sql.execute("UPDATE change SET body = ? WHERE id = ?", (json.dumps(kept), id_))


def mentions(sql: Sql, people: ErasedPeople) -> list[str]:
    """Answer the actors of others whose state names them."""
    found = []
    for actor, body in _pages(sql, "identity", "id, actor, body", people.workspace):
        if actor not in people.actors and people.scrubbed(body) is not None:
            found.append(actor)
    return found


def forget_mentions(sql: Sql, people: ErasedPeople, actors: Sequence[str]) -> None:
    """Take what names them out of other actors' states."""
    for actor in actors:
        for (body,) in sql.execute("SELECT body FROM identity WHERE actor = ?", (actor,)):
            scrubbed = people.scrubbed(body)
            if scrubbed is not None:
                sql.execute("UPDATE identity SET body = ? WHERE actor = ?", (scrubbed, actor))


def _pages(sql: Sql, table: str, columns: str, workspace: str) -> Iterator[tuple[str, str]]:
    after = 0
    while rows := sql.execute(
        f"SELECT {columns} FROM {table} WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 - names of this file
        (after, _PAGE),
    ):
        after = rows[-1][0]
        for _, name, body in rows:
            if name.startswith(f"{workspace}/"):
                yield name, body


def deliveries_of(
    sql: Sql, table: str, people: ErasedPeople, config: WorkspaceConfig
) -> tuple[list[int], dict[int, str]]:
    """Answer the ids of deliveries (or dead letters) that are theirs.

    And those that are of somebody else, but named by them, to the name to give them: of a person
    who was one with them once.
    """
    theirs: list[int] = []
    renamed: dict[int, str] = {}
    after: int | None = 0
    while after is not None:
        found, named, after = some_deliveries_of(sql, table, people, config, after=after)
        theirs += found
        renamed |= named
    return theirs, renamed


def some_deliveries_of(
    sql: Sql, table: str, people: ErasedPeople, config: WorkspaceConfig, *, after: int
) -> tuple[list[int], dict[int, str], int | None]:
    """Answer what `deliveries_of` does, of some rows behind an id, and the last of those; or None.

    None: there were no more.
    """
    reader = IdentifierReader(config.identity)
    theirs, renamed = [], {}
    rows = sql.execute(
        f"SELECT id, person, body FROM {table} WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 - `delivery` or `dead_letter`
        (after, _PAGE),
    )
    for id_, person, body in rows:
        if not person.startswith(f"{people.workspace}/"):
            continue
        found = reader.read(json.loads(body))
        if people.identifiers.intersection(found) or (person in people.actors and not found):
            theirs.append(id_)
        elif person in people.actors:
            renamed[id_] = f"{people.workspace}/{found[0]}"
    return theirs, renamed, rows[-1][0] if len(rows) == _PAGE else None


def delete_deliveries(sql: Sql, table: str, ids: Sequence[int], renamed: Mapping[int, str]) -> None:
    """Delete deliveries or dead letters, and give others their new names."""
    gone = json.dumps(ids)
    if table == "delivery":
        sql.execute(
            "UPDATE delivery_lane SET waiting = waiting - (SELECT count(*) FROM delivery"
            " WHERE id IN (SELECT value FROM json_each(?)) AND id >> 40 = number)",
            (gone,),
        )
    sql.execute(
        f"DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608 - see above
        (gone,),
    )
    if renamed:
        names = json.dumps([[id_, name] for id_, name in renamed.items()])
        sql.execute(
            f"UPDATE {table} SET person = (SELECT value ->> 1 FROM json_each(?1)"  # noqa: S608 - see above
            f" WHERE value ->> 0 = {table}.id)"
            " WHERE id IN (SELECT value ->> 0 FROM json_each(?1))",
            (names,),
        )


def rejected_of(sql: Sql, people: ErasedPeople, config: WorkspaceConfig) -> list[int]:
    """Answer ids of refused events any text of which is one of their identifiers."""
    hashes = frozenset(hash_of("erasing", one) for one in people.identifiers)
    check = SuppressionCheck(
        WorkspaceConfig(
            config.workspace, identity=config.identity, suppression=Suppression("erasing", hashes)
        )
    )
    rows = sql.execute(
        "SELECT id, body, message FROM rejected_events WHERE workspace = ?", (people.workspace,)
    )
    return [id_ for id_, body, _ in rows if check.names_any(base64.b64decode(body))]


def jobs_of(sql: Sql, people: ErasedPeople, *, but: str) -> list[str]:
    """Answer ids of jobs that have ended and name them."""
    rows = sql.execute(
        "SELECT id, parameters, cursor, result, error FROM job"
        " WHERE workspace = ? AND id <> ? AND ended_at IS NOT NULL",
        (people.workspace, but),
    )
    return [
        row[0]
        for row in rows
        if any(people.are_named(text) or _holds(text, people) for text in row[1:] if text)
    ]


def _holds(text: str, people: ErasedPeople) -> bool:
    return any(one in text for one in people.identifiers)


def delete_texts(sql: Sql, workspace: str, *, rejected: Sequence[int], jobs: Sequence[str]) -> None:
    """Delete refused events and jobs."""
    sql.execute(
        "DELETE FROM rejected_events WHERE workspace = ? AND id IN"
        " (SELECT value FROM json_each(?))",
        (workspace, json.dumps(rejected)),
    )
    sql.execute("DELETE FROM job WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(jobs),))


def remaining(
    sql: Sql, people: ErasedPeople, config: WorkspaceConfig, *, job: str
) -> dict[str, int]:
    """Answer how many rows of each table are theirs or name them: none, once they are erased."""
    actors, identifiers = _text(people.actors), _text(people.identifiers)
    found = {table: _count(sql, table, "actor", actors) for table in _OWN}
    found["event"] = len(own_rows(sql, people, limit=1_000_000))
    ((buried,),) = sql.execute(
        "SELECT count(*) FROM event WHERE actor = '' AND via IN (SELECT value FROM json_each(?))",
        (identifiers,),
    )
    found["event"] += int(buried)
    found["member"] = _count(sql, "member", "member", identifiers)
    found["other_states"] = len(mentions(sql, people))
    for table in ("delivery", "dead_letter"):
        theirs, renamed = deliveries_of(sql, table, people, config)
        found[table] = len(theirs) + len(renamed)
    found["rejected_events"] = len(rejected_of(sql, people, config))
    found["job"] = len(jobs_of(sql, people, but=job))
    return found


def _count(sql: Sql, table: str, column: str, values: str) -> int:
    rows = sql.execute(
        f"SELECT count(*) FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608 - names of this file
        (values,),
    )
    return int(rows[0][0])


def _text(values: Iterable[Any]) -> str:
    return json.dumps(sorted(values))
