"""What readers see of identity actors that share one database: people, timelines, accounts.

Reads follow forwards, and see what was committed before them. Of a person whose merge a crash
has cut short they see what has been pulled so far; a runtime carries such merges on before it
reads (`unsettled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec.structs import astuple

from headwater.actors.identity import account_actor
from headwater.actors.identity_history import History, Span
from headwater.actors.identity_network import follow
from headwater.actors.identity_state import NEVER, Groups, Root, Stamp
from headwater.actors.identity_state import Account as AccountState
from headwater.actors.identity_storage import Turn
from headwater.ports import Sql
from headwater.profiles import traits
from headwater.profiles.people import (
    Account,
    Explanation,
    Identifier,
    Link,
    Person,
    Refusal,
    Trait,
)


class _Figures(NamedTuple):
    """What arrived under one identifier, of one type. Times in milliseconds."""

    via: str
    type: str
    events: int
    first: int
    last: int


def unsettled(sql: Sql, workspace: str, identifier: str) -> bool:
    """Tell whether this person still has something to ask of other actors."""
    turn = Turn(sql)
    state = turn.state(follow(turn, f"{workspace}/{identifier}"))
    return isinstance(state, Root) and state.pending


def any_unsettled(sql: Sql) -> bool:
    """Tell whether anybody has something to ask of other actors."""
    return bool(sql.execute("SELECT 1 FROM identity WHERE pending = 1 LIMIT 1"))


def root_actor(sql: Sql, workspace: str, identifier: str) -> str | None:
    """Answer the actor that holds the person with this identifier; None if there is nobody."""
    turn = Turn(sql)
    actor = follow(turn, f"{workspace}/{identifier}")
    return actor if isinstance(turn.state(actor), Root) else None


@dataclass(frozen=True, slots=True)
class Holding:
    """Where the events of a person lie.

    Attributes:
        actor: whose rows those are that are here.
        identifiers: those that the person holds; each event of theirs came by one of them.
        known_as: every root that one of these identifiers may ever have belonged to: the lake's
            files have each event under the root of when they were written.
        days: days since 1970 that have events which only the lake holds.
    """

    actor: str
    identifiers: frozenset[str]
    known_as: frozenset[str]
    days: Mapping[int, Span]


def holding(sql: Sql, workspace: str, identifier: str) -> Holding | None:
    """Answer where the events of the person with this identifier lie; None if there is nobody."""
    turn = Turn(sql)
    actor = follow(turn, f"{workspace}/{identifier}")
    root = turn.state(actor)
    if not isinstance(root, Root):
        return None
    days: dict[int, Span] = {}
    for _, one in turn.history(actor):
        for day, span in one.days.items():
            days[day] = days[day].with_all(span) if day in days else span
    return Holding(
        actor=actor,
        identifiers=frozenset(root.ids),
        known_as=frozenset(_ever_together(turn, workspace, root)) if days else frozenset(root.ids),
        days=days,
    )


def _ever_together(turn: Turn, workspace: str, root: Root) -> set[str]:
    """Answer the identifiers that were ever one person with these, as far as splits tell.

    A split leaves a block on both sides; whoever was on the far side may hold the root that the
    two once had together.
    """
    found = set(root.ids)
    waiting = [*root.blocked]
    seen = set(waiting)
    while waiting:
        other = turn.state(follow(turn, f"{workspace}/{waiting.pop()}"))
        if isinstance(other, Root):
            found |= set(other.ids)
            new = [far for far in other.blocked if far not in seen and far not in found]
            seen.update(new)
            waiting += new
    return found


def person(sql: Sql, workspace: str, identifier: str) -> Person | None:
    """Answer the whole person with this identifier; None if there is nobody."""
    turn = Turn(sql)
    actor = follow(turn, f"{workspace}/{identifier}")
    root = turn.state(actor)
    if not isinstance(root, Root):
        return None
    history = turn.history(actor)
    figures = _figures(sql, actor, history)
    first = min([*_stamps(sql, _FIRST, actor), *(one.first for _, one in history)], default=NEVER)
    last = max([*_stamps(sql, _LAST, actor), *(one.last for _, one in history)], default=NEVER)
    return Person(
        id=actor.partition("/")[2],
        workspace=workspace,
        identifiers=_identifiers(root, figures),
        traits=_traits(turn, actor),
        groups=_groups(root.ids.values()),
        counts=_counts(figures),
        first_seen=first[0],
        last_seen=last[0],
        first_message_id=first[1],
        last_message_id=last[1],
    )


def _figures(sql: Sql, actor: str, history: list[tuple[str, History]]) -> list[_Figures]:
    """Answer the figures of the events that are here, and of those that only the lake has."""
    rows = sql.execute(
        "SELECT via, type, count(*), min(timestamp), max(timestamp)"
        " FROM event WHERE actor = ? GROUP BY via, type",
        (actor,),
    )
    return [_Figures(*row) for row in rows] + [
        _Figures(via, kind, *astuple(span))
        for via, one in history
        for kind, span in one.types.items()
    ]


_FIRST = """
SELECT timestamp, message_id FROM event WHERE actor = ?
ORDER BY timestamp, message_id LIMIT 1
"""
_LAST = """
SELECT timestamp, message_id FROM event WHERE actor = ?
ORDER BY timestamp DESC, message_id DESC LIMIT 1
"""


def _stamps(sql: Sql, statement: str, actor: str) -> list[Stamp]:
    return [(row[0], row[1]) for row in sql.execute(statement, (actor,))]


def _identifiers(root: Root, figures: list[_Figures]) -> tuple[Identifier, ...]:
    """Answer identifiers by name; one that nothing arrived under is as old as its first link."""
    linked: dict[str, int] = {}
    for edge in root.edges:
        for name in (edge.first, edge.second):
            linked[name] = min(edge.at, linked.get(name, edge.at))
    answer = []
    for name in sorted(root.ids):
        kind, _, value = name.partition(":")
        own = [one for one in figures if one.via == name]
        since = linked.get(name, root.standing[1])
        answer.append(
            Identifier(
                type=kind,
                value=value,
                first_seen=min((one.first for one in own), default=since),
                last_seen=max((one.last for one in own), default=since),
                events=sum(one.events for one in own),
            )
        )
    return tuple(answer)


def _traits(turn: Turn, actor: str) -> dict[str, Trait]:
    """Fold the traits of all identifiers; the one that wrote last says where a trait came by."""
    parts = turn.all_traits(actor)
    came_by = {(name, stamped[2]): via for via, part in parts for name, stamped in part.items()}
    return {
        name: Trait(
            value=value,
            timestamp=timestamp,
            message_id=message_id,
            identifier=came_by[name, message_id],
        )
        for name, (value, timestamp, message_id) in sorted(
            traits.fold(part for _, part in parts).items()
        )
        if value is not None
    }


def _groups(every: Iterable[Groups]) -> dict[str, int]:
    groups: dict[str, int] = {}
    for part in every:
        for group, stamp in part.items():
            groups[group] = max(groups.get(group, stamp[0]), stamp[0])
    return dict(sorted(groups.items()))


def _counts(figures: list[_Figures]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in figures:
        counts[one.type] = counts.get(one.type, 0) + one.events
    return dict(sorted(counts.items()))


def explain(sql: Sql, workspace: str, identifier: str) -> Explanation | None:
    """Answer why a person's identifiers are one person; None if there is nobody."""
    turn = Turn(sql)
    actor = follow(turn, f"{workspace}/{identifier}")
    root = turn.state(actor)
    if not isinstance(root, Root):
        return None
    return Explanation(
        person=actor.partition("/")[2],
        links=tuple(
            Link(
                id=edge.id,
                identifiers=(edge.first, edge.second),
                merged=edge.merged,
                reason=edge.reason,
                message_id=edge.message_id,
                at=edge.at,
            )
            for edge in root.edges
        ),
        refused=tuple(
            Refusal(
                identifiers=(refused.first, refused.second),
                reason=refused.reason,
                message_id=refused.message_id,
                at=refused.at,
            )
            for refused in root.refused
        ),
    )


def account(sql: Sql, workspace: str, group_id: str) -> Account | None:
    """Answer a group's own profile; None if no group call named it."""
    state = Turn(sql).state(account_actor(workspace, group_id))
    if not isinstance(state, AccountState):
        return None
    return Account(
        id=group_id,
        workspace=workspace,
        traits={
            name: Trait(value=value, timestamp=at, message_id=message, identifier=group_id)
            for name, (value, at, message) in sorted(state.traits.items())
            if value is not None
        },
        first_seen=state.first[0],
        last_seen=state.last[0],
    )


def members(sql: Sql, workspace: str, group_id: str, *, after: str, limit: int) -> list[str]:
    """Answer the identifiers of an account's members in order, after the one named."""
    rows: list[tuple[Any, ...]] = sql.execute(
        "SELECT member FROM member WHERE actor = ? AND member > ? ORDER BY member LIMIT ?",
        (account_actor(workspace, group_id), after, limit),
    )
    return [row[0] for row in rows]
