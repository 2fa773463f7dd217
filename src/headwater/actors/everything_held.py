"""All that the tables which actors share hold on people, beside their events: found, not changed.

It is what `erasing` would delete, as values that go to JSON.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from headwater.actors import erasing, outbox
from headwater.actors.erased_people import ErasedPeople
from headwater.collect.times import write_time
from headwater.commands import Deliver
from headwater.ports import Sql
from headwater.profiles.identifiers import IdentifierReader
from headwater.workspace import WorkspaceConfig

Held = Mapping[str, list[dict[str, Any]]]
"""What kind of thing, to each of them as JSON."""

_MOST = 2_000
"""Ids of one statement."""

_LANE_PLACES = 1 << 40


def everything_held(sql: Sql, people: ErasedPeople, config: WorkspaceConfig) -> Held:
    """Answer what is held on people, by the kinds that docs/export.md lists; times in ISO 8601.

    Of what others' states say of them only the number is answered, under `mentioned_by_others`:
    those states are other people's data.
    """
    lanes = dict(sql.execute("SELECT number, destination FROM delivery_lane"))
    waiting, _ = erasing.deliveries_of(sql, "delivery", people, config)
    given_up, _ = erasing.deliveries_of(sql, "dead_letter", people, config)
    return {
        **held_by_actors(sql, people),
        "deliveries": list(deliveries_held(sql, waiting, lanes)),
        "dead_letters": list(dead_letters_held(sql, given_up, lanes)),
        "refused_events": list(
            refused_held(sql, people.workspace, erasing.rejected_of(sql, people, config))
        ),
        "jobs": list(jobs_held(sql, people)),
        "mentioned_by_others": [{"states": len(erasing.mentions(sql, people))}],
    }


def held_by_actors(sql: Sql, people: ErasedPeople) -> Held:
    """Answer what their own actors hold, and what accounts' actors hold of them."""
    return {
        "identity": list(_identity(sql, people)),
        "kept_for_audiences": list(_kept_for_audiences(sql, people)),
        "accounts": list(_accounts(sql, people)),
        "timers": list(_timers(sql, people)),
    }


def _identity(sql: Sql, people: ErasedPeople) -> Iterator[dict[str, Any]]:
    actors = json.dumps(sorted(people.actors))
    for actor, body in sql.execute(
        "SELECT actor, body FROM identity WHERE actor IN (SELECT value FROM json_each(?))"
        " ORDER BY actor",
        (actors,),
    ):
        yield {"kind": "state", "identifier": _short(actor), "body": json.loads(body)}
    for kind in ("traits", "history"):
        for actor, via, body in sql.execute(
            f"SELECT actor, via, body FROM {kind}"  # noqa: S608 - names above
            " WHERE actor IN (SELECT value FROM json_each(?)) ORDER BY actor, via",
            (actors,),
        ):
            yield {
                "kind": kind,
                "identifier": _short(actor),
                "came_by": via,
                "body": json.loads(body),
            }


def _kept_for_audiences(sql: Sql, people: ErasedPeople) -> Iterator[dict[str, Any]]:
    for actor, body in sql.execute(
        "SELECT actor, body FROM audience_state"
        " WHERE actor IN (SELECT value FROM json_each(?)) ORDER BY actor",
        (json.dumps(sorted(people.actors)),),
    ):
        yield {"identifier": _short(actor), "body": json.loads(body)}


def _accounts(sql: Sql, people: ErasedPeople) -> Iterator[dict[str, Any]]:
    prefix = f"{people.workspace}/=account:"
    for actor, member, at in sql.execute(
        "SELECT actor, member, timestamp FROM member WHERE actor > ? AND actor < ?"
        " AND member IN (SELECT value FROM json_each(?)) ORDER BY actor, member",
        (prefix, prefix[:-1] + ";", json.dumps(sorted(people.identifiers))),
    ):
        yield {"account": actor[len(prefix) :], "member": member, "since": _time(at)}


def _timers(sql: Sql, people: ErasedPeople) -> Iterator[dict[str, Any]]:
    for actor, purpose, at in sql.execute(
        "SELECT actor, purpose, at FROM timer WHERE actor IN (SELECT value FROM json_each(?))"
        " ORDER BY at",
        (json.dumps(sorted(people.actors)),),
    ):
        yield {"identifier": _short(actor), "purpose": purpose, "at": _time(at)}


def deliveries_held(
    sql: Sql, ids: Iterable[int], lanes: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    """Answer deliveries that wait, by their ids; `lanes` has destinations by number."""
    for row in _by_id(sql, "delivery", "enqueued_at, attempts, next_at, body", ids):
        yield {
            "destination": lanes.get(row[0] // _LANE_PLACES),
            "enqueued_at": _time(row[1]),
            "attempts": row[2],
            "next_at": _time(row[3]) if row[3] else None,
            "event": json.loads(row[4]),
        }


def dead_letters_held(
    sql: Sql, ids: Iterable[int], lanes: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    """Answer deliveries that were given up, by their ids; `lanes` as for `deliveries_held`."""
    columns = "lane, reason, status, response, attempts, enqueued_at, died_at, body"
    for row in _by_id(sql, "dead_letter", columns, ids):
        yield {
            "id": row[0],
            "destination": lanes.get(row[1]),
            "reason": row[2],
            "status": row[3],
            "response": row[4],
            "attempts": row[5],
            "enqueued_at": _time(row[6]),
            "given_up_at": _time(row[7]),
            "event": json.loads(row[8]),
        }


def refused_held(sql: Sql, workspace: str, ids: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Answer refused events, by their ids."""
    for id_, source, received_at, code, message, body in sql.execute(
        "SELECT id, source, received_at, code, message, body FROM rejected_events"
        " WHERE workspace = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (workspace, json.dumps(sorted(ids))),
    ):
        yield {
            "id": id_,
            "source": source,
            "received_at": _time(received_at),
            "code": code,
            "message": message,
            "body": base64.b64decode(body).decode("utf-8", "replace"),
        }


def jobs_held(sql: Sql, people: ErasedPeople) -> Iterator[dict[str, Any]]:
    """Answer orders that name them."""
    for id_, kind, state, created_at, parameters, result in sql.execute(
        "SELECT id, kind, state, created_at, parameters, result FROM job WHERE workspace = ?"
        " ORDER BY number",
        (people.workspace,),
    ):
        if people.are_named(parameters) or people.are_named(result):
            yield {"id": id_, "kind": kind, "state": state, "ordered_at": _time(created_at)}


def outbox_held(sql: Sql, people: ErasedPeople, config: WorkspaceConfig) -> list[dict[str, Any]]:
    """Answer deliveries that an actor of theirs has not handed on yet."""
    reader = IdentifierReader(config.identity)
    found = []
    for at, commands in outbox.waiting(sql):
        for one in commands:
            if not isinstance(one, Deliver):
                continue
            event = json.loads(one.body)
            named = reader.read(event)
            if people.identifiers.intersection(named) or (
                one.person in people.actors and not named
            ):
                found.append(
                    {
                        "destination": one.destination,
                        "enqueued_at": _time(at),
                        "attempts": 0,
                        "next_at": None,
                        "event": event,
                    }
                )
    return found


def _by_id(sql: Sql, table: str, columns: str, ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), _MOST):
        yield from sql.execute(
            f"SELECT id, {columns} FROM {table}"  # noqa: S608 - names of this file
            " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(wanted[start : start + _MOST]),),
        )


def _short(actor: str) -> str:
    return actor.partition("/")[2]


def _time(milliseconds: int) -> str | None:
    try:
        return write_time(milliseconds)
    except ValueError:  # outside of the calendar
        return None
