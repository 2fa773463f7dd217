"""Audiences in the identity actor: what events change, decided in the turn that stores them.

- `catch_up` before a turn's events: what time alone has flipped until now, in its order.
- `note` as they are stored: their features' states.
- `decide` once it is settled who is who: memberships, computed traits, the next timer.

A timer that goes off late finds the same flips at the same instants; one that goes off twice, or
for nothing, finds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from headwater.actors.audience_deciding import Deciding, Told
from headwater.actors.audience_history import build, missing, see, see_alone
from headwater.actors.audience_part import Part
from headwater.actors.audience_rows import PURPOSE, AudienceRows
from headwater.actors.identity_state import Root
from headwater.actors.identity_storage import Turn
from headwater.audiences.features import Seen
from headwater.audiences.feeding import Steps
from headwater.audiences.program import Program
from headwater.collect.arrival import Arrival
from headwater.ports import Sql

__all__ = ["Told", "catch_up", "decide", "due", "news", "next_timer", "note", "put_news", "wake"]

_Feed = tuple[str, Steps, Seen]
"""An event on its way into features: its identifier, the steps, and what they see of it."""

_OVERDUE = "SELECT 1 FROM timer WHERE at <= ? LIMIT 1"
_OVERDUE_OF = """
SELECT timer.actor FROM json_each(?) AS wanted
JOIN timer ON timer.actor = wanted.value AND timer.purpose = ? WHERE timer.at <= ?
"""


def next_timer(sql: Sql) -> int | None:
    """Answer when the first timer goes off, in milliseconds; None if none is set."""
    rows = sql.execute("SELECT min(at) FROM timer")
    return rows[0][0] if rows else None


def due(sql: Sql, now: int, limit: int) -> list[str]:
    """Answer actors whose timer has gone off, the longest waiting first."""
    rows = sql.execute(
        "SELECT actor FROM timer WHERE at <= ? AND purpose = ? ORDER BY at LIMIT ?",
        (now, PURPOSE, limit),
    )
    return [row[0] for row in rows]


def put_news(sql: Sql, account: str, member: str | None) -> None:
    """Note up to which member an account's news have been spread; None: to all."""
    if member is None:
        sql.execute("DELETE FROM account_news WHERE actor = ?", (account,))
        return
    sql.execute(
        "INSERT INTO account_news (actor, member) VALUES (?, ?)"
        " ON CONFLICT (actor) DO UPDATE SET member = excluded.member",
        (account, member),
    )


def news(sql: Sql) -> tuple[str, str] | None:
    """Answer an account whose news are still to be spread, and after which member."""
    rows = sql.execute("SELECT actor, member FROM account_news LIMIT 1")
    return (rows[0][0], rows[0][1]) if rows else None


def catch_up(turn: Turn, program: Program, actors: Iterable[str], now: int) -> list[Told]:
    """Let happen, before their events are stored, what these actors' timers are late for."""
    if not turn.sql.execute(_OVERDUE, (now,)):
        return []
    names = json.dumps(list(actors))
    late = [row[0] for row in turn.sql.execute(_OVERDUE_OF, (names, PURPOSE, now))]
    told: list[Told] = []
    for actor in late:
        told += wake(turn, program, actor, now)
    return told


def wake(turn: Turn, program: Program, actor: str, now: int) -> list[Told]:
    """Act on an actor's timer: every flip up to now, at its own instant, in order."""
    rows = turn.audiences
    root = turn.state(actor)
    if not isinstance(root, Root):
        rows.disarm(actor)
        return []
    if root.pending:  # it is decided when it is settled; then the timer is set anew
        rows.decided(actor).again = True
        rows.put_decided(actor)
        rows.disarm(actor)
        return []
    rows.disarm(actor)
    rows.put_decided(actor)
    deciding = Deciding(turn, program, actor, root, now)
    return deciding.pass_time()


def note(turn: Turn, program: Program, stored: Sequence[tuple[str, Arrival]], now: int) -> None:
    """Let a turn's new events into the states of their identifiers, and note what they touch."""
    feeds = program.feeds
    touched, fresh = turn.audiences.touched, turn.audiences.fresh
    default, by_account, by_trait = program.default, program.by_account, program.by_trait
    by_actor: dict[str, list[_Feed]] = {}
    for actor, arrival in stored:
        call = arrival.type
        if default and actor in fresh:
            touched.setdefault(actor, set()).update(default)
        if call == "group" and by_account:
            touched.setdefault(actor, set()).update(by_account)
        if not feeds.looks_at(call):
            continue
        event, at = feeds.read(arrival.body), arrival.timestamp
        steps = feeds.steps(event, at)
        if steps.each:
            seen = Seen(at, arrival.message_id, event, now)
            by_actor.setdefault(actor, []).append((arrival.identifiers[0], steps, seen))
        if call == "identify" and by_trait:
            for name in event.get("traits") or ():
                if name in by_trait:
                    touched.setdefault(actor, set()).update(by_trait[name])
    if by_actor:
        _let_in(turn, program, by_actor, now)


def _let_in(
    turn: Turn,
    program: Program,
    by_actor: Mapping[str, list[_Feed]],
    now: int,
) -> None:
    rows = turn.audiences
    rows.load(by_actor)
    lacking: dict[str, list[_Feed]] = {}
    for actor, feeds in by_actor.items():  # a person at a time: see audience_rows.py
        if _is_complete(rows, program, actor, feeds):
            _let_in_of(rows, program, actor, feeds, {})
        else:
            lacking[actor] = feeds
    if lacking:
        built = _build(turn, program, lacking, now)
        for actor, feeds in lacking.items():
            _let_in_of(rows, program, actor, feeds, built)


def _is_complete(rows: AudienceRows, program: Program, actor: str, feeds: list[_Feed]) -> bool:
    """Tell whether an actor's identifiers have parts of this version; new ones get theirs."""
    decided = rows.decided(actor)
    if actor in rows.fresh:
        decided.version = program.version  # of somebody new, all that is not noted is as it is
    parts, newest, is_complete = decided.parts, program.newest, True
    for via, _, _ in feeds:
        part = parts.get(via)
        if part is None and decided.version >= newest:
            parts[via] = Part(program.version)
        elif part is None or part.version < newest:
            is_complete = False
    return is_complete


def _build(
    turn: Turn, program: Program, lacking: Mapping[str, list[_Feed]], now: int
) -> dict[tuple[str, str], frozenset[str]]:
    """Bring the parts of these actors' identifiers to this version.

    Answers which features were made from the events stored, among which are those of this turn.
    """
    rows = turn.audiences
    building: dict[tuple[str, str], Part] = {}
    built: dict[tuple[str, str], frozenset[str]] = {}
    for actor, feeds in lacking.items():
        for via in {via for via, _, _ in feeds}:
            part = rows.parts(actor).get(via)
            if part is None or part.version < program.newest:
                building[actor, via] = Part(0) if part is None else part
                built[actor, via] = missing(program, part)
    before = {key: part.version for key, part in building.items()}
    build(turn.sql, program, building, now)
    for (actor, via), part in building.items():
        rows.put_part(actor, via, part)
    rows.note_gaps(building, before)
    return built


def _let_in_of(
    rows: AudienceRows,
    program: Program,
    actor: str,
    feeds: list[_Feed],
    built: Mapping[tuple[str, str], frozenset[str]],
) -> None:
    """Let one person's events in, and note whom that touches."""
    parts, touched = rows.parts(actor), rows.touched.get(actor)
    has_changed, is_one = False, len(parts) == 1
    for via, steps, event in feeds:
        part = parts[via]
        done = built.get((actor, via)) if built else None
        places: Collection[int] | None
        if done is None:
            if is_one:
                places = see_alone(part, steps.only, event)
            else:
                others = [one.features for one in parts.values() if one is not part]
                places = see(part, steps.each, event, others)
        else:
            # Of what was made anew, what holds nothing is as of somebody unknown; and whoever
            # was decided otherwise before is decided in everything.
            see(part, [step for step in steps.each if step[0] not in done], event)
            of = program.by_feature
            places = [one for id_ in part.features for one in of.get(id_, ())] or None
        if places is not None:
            has_changed = True
            if places:
                touched = rows.touched.setdefault(actor, set()) if touched is None else touched
                touched.update(places)
    if has_changed and touched is None:
        rows.release(actor)
    elif has_changed:
        rows.put_decided(actor)


def decide(turn: Turn, program: Program, actors: Iterable[str], now: int) -> list[Told]:
    """Decide what events of this turn have touched, of those actors that are settled."""
    rows = turn.audiences
    wanted = [actor for actor in dict.fromkeys(actors) if _is_settled(turn, actor)]
    rows.load(wanted)
    told: list[Told] = []
    for actor in wanted:
        deciding = Deciding(turn, program, actor, turn.root(actor), now)
        told += deciding.touched(rows.touched.pop(actor, set()))
    return told


def _is_settled(turn: Turn, actor: str) -> bool:
    root = turn.state(actor)
    if not isinstance(root, Root):
        return False
    if root.pending:
        rows = turn.audiences
        rows.decided(actor).again = True
        rows.put_decided(actor)
        return False
    return True
