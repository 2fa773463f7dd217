"""One person's audiences and computed traits, decided at one instant after the other."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headwater.actors.audience_events import membership_event
from headwater.actors.audience_history import build
from headwater.actors.audience_part import Part
from headwater.actors.identity_state import Account as AccountState
from headwater.actors.identity_state import Root
from headwater.actors.identity_storage import Turn
from headwater.audiences.evaluation import Person, settled_from
from headwater.audiences.program import Compiled, CompiledAudience, CompiledTrait, Program
from headwater.collect.arrival import Arrival
from headwater.profiles import traits

_MOST_FLIPS = 10_000
"""Instants that one wake passes at most; the timer is set anew for the rest."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event that tells of a membership, and the actor of whom."""

    actor: str
    arrival: Arrival
    audience: str
    entered: bool


class Deciding:
    """One person in one turn."""

    def __init__(self, turn: Turn, program: Program, actor: str, root: Root, now: int) -> None:
        self._turn = turn
        self._rows = turn.audiences
        self._program = program
        self._actor = actor
        self._root = root
        self._now = now
        self._told: list[Told] = []
        self._unknown: frozenset[int] = frozenset()
        self._decided = self._rows.decided(actor)
        self._person = Person(
            program,
            self._rows.parts(actor),
            written_traits(turn, actor),
            lambda: accounts(turn, actor, root),
            self._decided.members,
            {id_: held[0] for id_, held in self._decided.computed.items()},
        )
        self._know()

    def pass_time(self) -> list[Told]:
        """Let time pass up to now: at each instant that was noted, decide what it was noted for."""
        decided = self._decided
        if decided.again or decided.version < self._program.newest:
            return self.touched(())
        for _ in range(_MOST_FLIPS):
            at = min(decided.next.values(), default=None)
            if at is None or at > self._now:
                break
            due = [id_ for id_, when in decided.next.items() if when <= at]
            for id_ in due:
                del decided.next[id_]
            by_id = self._program.by_id
            self._decide((by_id[id_].place for id_ in due if id_ in by_id), at)
        self._rows.put_decided(self._actor)
        return self._told

    def touched(self, places: Iterable[int]) -> list[Told]:
        """Decide what was touched, now; and everything, where that is due."""
        decided = self._decided
        wanted = set(places)
        is_fresh = self._actor in self._rows.fresh
        if decided.again or (decided.version < self._program.newest and not is_fresh):
            wanted |= self._everything()
        elif is_fresh:
            # Written although nothing is decided, so that it is known next time.
            decided.version = self._program.version
            self._rows.put_decided(self._actor)
        if wanted:
            self._decide(wanted, self._now)
        if decided.again or decided.inherited:
            decided.again, decided.inherited = False, []
            self._rows.put_decided(self._actor)
        return self._told

    def _everything(self) -> set[int]:
        """Answer all that may be other than of somebody of whom nothing is known."""
        program, decided = self._program, self._decided
        self._complete()
        wanted = set(program.default)
        for part in self._rows.parts(self._actor).values():
            for feature in part.features:
                wanted.update(program.by_feature.get(feature, ()))
        for name in self._person.traits:
            wanted.update(program.by_trait.get(name, ()))
        if any(self._root.ids.values()):
            wanted.update(program.by_account)
        for id_ in (*decided.members, *decided.inherited, *decided.computed, *decided.next):
            if id_ in program.by_id:
                wanted.add(program.by_id[id_].place)
        if decided.version < program.newest and self._rows.is_stored(self._actor):
            self._rows.put_decided(self._actor)
        decided.version = program.version
        self._know()
        if self._unknown:
            self._rows.open_gap(self._actor)
        return wanted

    def _know(self) -> None:
        """Look what cannot be decided, since the lake has events that were not let in yet."""
        lacking = self._rows.lacking(self._actor)
        self._unknown = frozenset() if lacking is None else self._program.unknown_since(lacking)

    def _complete(self) -> None:
        """See to it that every identifier's part is of this version."""
        rows, program = self._rows, self._program
        parts = rows.parts(self._actor)
        building = {
            (self._actor, via): parts.get(via) or Part(0)
            for via in self._root.ids
            if via not in parts or parts[via].version < program.newest
        }
        if not building:
            return
        before = {key: part.version for key, part in building.items()}
        for key in build(self._turn.sql, program, building, self._now):
            rows.put_part(*key, building[key])
        rows.note_gaps(building, before)
        self._person.look_again()
        # Noted, so that identifiers without events need not be looked for again.
        rows.put_decided(self._actor)

    def _decide(self, places: Iterable[int], at: int) -> None:
        """Decide in order; what is decided may touch what comes later in it.

        Most audiences that an event touches stay as they are: these are left as soon as that is
        known.
        """
        seen = set(places) | self._unknown
        waiting = sorted(seen - self._unknown)
        order, person = self._program.order, self._person
        members, noted_at = self._decided.members, self._decided.next
        while waiting:
            one = order[heapq.heappop(waiting)]
            if isinstance(one, CompiledTrait):
                touched = self._decide_trait(one, at)
            else:
                id_ = one.id
                truth, change = one.check(person, at)
                noted = noted_at.get(id_)
                if noted is not change:
                    self._look_again(one, truth, change, at)
                if truth is (id_ in members) and (truth or id_ not in self._decided.inherited):
                    continue
                touched = self._turn_over(one, at, entered=truth)
            for place in touched:
                if place not in seen:
                    seen.add(place)
                    heapq.heappush(waiting, place)

    def _turn_over(self, one: CompiledAudience, at: int, *, entered: bool) -> Iterable[int]:
        """Let the person enter an audience, or leave it; answer what that touches."""
        decided, id_ = self._decided, one.id
        if entered:
            decided.members[id_] = at
            self._rows.join(id_, self._actor, at)
        else:
            decided.members.pop(id_, None)
            self._rows.leave(id_, self._actor)
        arrival = membership_event(
            one.audience,
            self._actor,
            self._root,
            entered=entered,
            at=at,
            number=decided.told,
            now=self._now,
        )
        decided.told += 1
        self._told.append(Told(self._actor, arrival, id_, entered))
        self._rows.put_decided(self._actor)
        return self._program.by_audience.get(id_, ())

    def _decide_trait(self, one: CompiledTrait, at: int) -> Iterable[int]:
        decided, id_ = self._decided, one.id
        value, change = one.value(self._person, at)
        self._look_again(one, value, change, at)
        if _same(value, self._person.computed.get(id_)):
            return ()
        if value is None:
            self._person.computed.pop(id_, None)
        else:
            self._person.computed[id_] = value
        # One that has no value any more keeps when that was.
        decided.computed[id_] = (value, at)
        self._rows.put_decided(self._actor)
        return self._program.by_trait.get(one.trait.key, ())

    def _look_again(self, one: Compiled, value: Any, change: int | None, at: int) -> None:
        """Note when to look again at what has this value now, and may change then.

        An earlier instant that is noted already, and still to come, stands: to be woken for
        nothing costs less than to work out at every event when exactly it will flip.
        """
        noted = self._decided.next.get(one.id)
        if change is None:
            if noted is not None and noted <= at:
                del self._decided.next[one.id]
        elif noted is None or noted <= at or change < noted:
            ask = one.value if isinstance(one, CompiledTrait) else one.check
            flip = settled_from((value, change), ask, self._person)[1]
            if flip is None:
                self._decided.next.pop(one.id, None)
            else:
                self._decided.next[one.id] = flip
            if flip != noted:
                self._rows.put_decided(self._actor)


def _same(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def accounts(turn: Turn, actor: str, root: Root) -> list[tuple[str, dict[str, Any]]]:
    """Answer the accounts that a person is in: id and traits."""
    workspace = actor.partition("/")[0]
    found: list[tuple[str, dict[str, Any]]] = []
    for group in sorted({group for held in root.ids.values() for group in held}):
        state = turn.state(f"{workspace}/=account:{group}")
        held = state.traits if isinstance(state, AccountState) else {}
        found.append((group, {name: stamped[0] for name, stamped in held.items()}))
    return found


def written_traits(turn: Turn, actor: str) -> Mapping[str, Any]:
    """Answer a person's traits but computed ones, read when they are first asked for."""
    return _Traits(turn, actor)


class _Traits(Mapping[str, Any]):
    """A person's written traits, read when first asked for."""

    def __init__(self, turn: Turn, actor: str) -> None:
        self._turn, self._actor = turn, actor
        self._read: dict[str, Any] | None = None

    def _all(self) -> dict[str, Any]:
        if self._read is None:
            parts = (part for _, part in self._turn.all_traits(self._actor))
            self._read = {name: held[0] for name, held in traits.fold(parts).items()}
        return self._read

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
