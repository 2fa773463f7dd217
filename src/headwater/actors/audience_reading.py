"""What readers see of audiences, over the actors' shared database."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from headwater.actors import audience_gaps
from headwater.actors.audience_deciding import accounts, written_traits
from headwater.actors.audience_history import build
from headwater.actors.audience_part import Part
from headwater.actors.identity_state import Root, decode
from headwater.actors.identity_storage import Turn
from headwater.audiences.audience import Audience, ComputedTrait, text_of
from headwater.audiences.conditions import Condition
from headwater.audiences.evaluation import Person
from headwater.audiences.explaining import explain
from headwater.audiences.fitting import require_known
from headwater.audiences.membership import Backfill, Member, Membership
from headwater.audiences.program import (
    OWN_MESSAGES,
    CompiledAudience,
    Program,
    compile_program,
)
from headwater.ports import Sql
from headwater.profiles.people import Person as People
from headwater.profiles.people import Trait
from headwater.workspace import WorkspaceConfig

_LOOKED_THROUGH = 2000
"""Newest events of a person in which evidence is looked for."""


def count(sql: Sql, audience: str) -> int:
    """Answer how many people are in an audience."""
    rows = sql.execute("SELECT count(*) FROM audience_member WHERE audience = ?", (audience,))
    return int(rows[0][0])


def people(sql: Sql, workspace: str) -> int:
    """Answer how many people a workspace has at most; identifiers that were merged count too."""
    rows = sql.execute(
        "SELECT count(*) FROM identity WHERE actor > ? AND actor < ?",
        (f"{workspace}/", f"{workspace}0"),
    )
    return int(rows[0][0])


def memberships(sql: Sql, audiences: Iterable[str], actors: Iterable[str]) -> dict[str, set[str]]:
    """Answer in which of these audiences each of these actors is; who is in none is left out."""
    rows = sql.execute(
        "SELECT actor, audience FROM audience_member"
        " WHERE audience IN (SELECT value FROM json_each(?))"
        " AND actor IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(set(audiences))), json.dumps(sorted(set(actors)))),
    )
    found: dict[str, set[str]] = {}
    for actor, audience in rows:
        found.setdefault(actor, set()).add(audience)
    return found


def members(sql: Sql, audience: str, *, after: str, limit: int) -> list[Member]:
    """Answer members in order of their names, after the one named (`workspace/type:value`)."""
    rows = sql.execute(
        "SELECT actor, since FROM audience_member WHERE audience = ? AND actor > ?"
        " ORDER BY actor LIMIT ?",
        (audience, after, limit),
    )
    return [Member(actor.partition("/")[2], since) for actor, since in rows]


def backfill(sql: Sql, workspace: str) -> Backfill | None:
    """Answer how far the last change of audiences has got."""
    rows = sql.execute(
        "SELECT done, total, started_at, finished_at FROM backfills WHERE workspace = ?",
        (workspace,),
    )
    return Backfill(*rows[0]) if rows else None


def with_computed(sql: Sql, person: People | None, program: Program | None) -> People | None:
    """Answer a person with their computed traits; `timestamp` is when each last changed."""
    if person is None or program is None or not program.computed:
        return person
    actor = f"{person.workspace}/{person.id}"
    held = Turn(sql).audiences.decided(actor).computed
    computed = {
        key: Trait(held[id_][0], timestamp=held[id_][1], message_id=id_, identifier="computed")
        for key, id_ in program.computed.items()
        if id_ in held and held[id_][0] is not None
    }
    written = {name: one for name, one in person.traits.items() if name not in program.computed}
    return replace(person, traits=dict(sorted({**written, **computed}.items())))


def membership(
    sql: Sql,
    program: Program | None,
    audience: Audience,
    actor: str,
    *,
    now: int,
    config: WorkspaceConfig,
    with_clauses: bool,
) -> Membership:
    """Answer whether the person at a root's actor is in an audience, and why if that is asked."""
    turn = Turn(sql)
    decided = turn.audiences.decided(actor)
    since = decided.members.get(audience.id)
    clause = None
    if with_clauses and program is not None:
        ids = {name: one.id for one in config.audiences for name in (one.id, one.key)}
        person = _person(turn, program, actor, now)
        clause = explain(audience.condition, person, _happened(sql, actor), now, ids)
    return Membership(
        person=actor.partition("/")[2],
        audience=audience.id,
        member=since is not None,
        since=since,
        changes_at=decided.next.get(audience.id),
        clause=clause,
    )


def _person(turn: Turn, program: Program, actor: str, now: int) -> Person:
    """Answer a person as conditions see them; what is not kept of their events yet is read."""
    root = turn.root(actor)
    parts = dict(turn.audiences.parts(actor))
    missing = {
        (actor, via): _copy(parts.get(via))
        for via in root.ids
        if via not in parts or parts[via].version < program.newest
    }
    build(turn.sql, program, missing, now)
    parts.update({via: part for (_, via), part in missing.items()})
    decided = turn.audiences.decided(actor)
    return Person(
        program,
        parts,
        written_traits(turn, actor),
        lambda: accounts(turn, actor, root),
        set(decided.members),
        {id_: held[0] for id_, held in decided.computed.items()},
    )


def _copy(part: Part | None) -> Part:
    return Part(0) if part is None else Part(part.version, dict(part.features))


def _happened(sql: Sql, actor: str) -> list[tuple[int, str, dict[str, object]]]:
    rows = sql.execute(
        "SELECT timestamp, message_id, body FROM event WHERE actor = ?"
        " ORDER BY timestamp DESC, message_id DESC LIMIT ?",
        (actor, _LOOKED_THROUGH),
    )
    return [
        (at, message_id, json.loads(body))
        for at, message_id, body in rows
        if not message_id.startswith(OWN_MESSAGES)  # is nothing that conditions look at
    ]


@dataclass(slots=True)
class Looking:
    """A preview under way: how far everybody was looked at, and who was found.

    `sees_all`: nobody yet had events in the lake alone that the condition might look at.
    """

    program: Program
    cursor: int = 0
    looked_at: int = 0
    found: int = 0
    sample: list[str] = field(default_factory=list)
    is_done: bool = False
    sees_all: bool = True


def begin_preview(
    condition: Condition, traits: Iterable[ComputedTrait], config: WorkspaceConfig
) -> Looking:
    """Answer a preview that has looked at nobody yet.

    Raises:
        ConditionError: the condition names an audience that is not there.
    """
    audience = Audience("preview", "preview", "Preview", text_of(condition))
    ids = {name: one.id for one in config.audiences for name in (one.id, one.key)}
    require_known(condition, ids)
    program = compile_program(
        [audience], [], zone=config.time_zone, version=1, since={}, audience_ids=ids
    )
    assert program is not None  # noqa: S101 - it has one audience, which is enabled
    program.computed = {trait.key: trait.id for trait in traits if trait.enabled}
    return Looking(program)


def look_on(
    sql: Sql, looking: Looking, workspace: str, *, now: int, limit: int, sampled: int
) -> None:
    """Look at the next people of a preview."""
    rows = sql.execute(
        "SELECT id, actor, body FROM identity WHERE id > ? ORDER BY id LIMIT ?",
        (looking.cursor, limit),
    )
    turn, check = Turn(sql), looking.program.order[0]
    assert isinstance(check, CompiledAudience)  # noqa: S101 - see begin_preview
    roots = [
        actor
        for _, actor, body in rows
        if actor.startswith(f"{workspace}/") and isinstance(decode(body), Root)
    ]
    turn.load(roots)
    turn.audiences.load(roots)
    turn.audiences.forget_parts(roots)
    if looking.program.features and any(audience_gaps.histories(sql, roots).values()):
        looking.sees_all = False
    for actor in roots:
        looking.looked_at += 1
        if check.check(_person(turn, looking.program, actor, now), now)[0]:
            looking.found += 1
            if len(looking.sample) < sampled:
                looking.sample.append(actor.partition("/")[2])
    looking.is_done = len(rows) < limit
    looking.cursor = rows[-1][0] if rows else looking.cursor
