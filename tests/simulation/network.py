"""A simulated network of identity actors: each call may be reordered, repeated, dropped or cut.

One seed makes one run; a failing seed replays exactly. Actors keep their state in SQLite; all
else (messages under way, what a client remembers) is in memory and lost in a crash. Messages are
turned into bytes and back, as between Durable Objects.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from headwater.actors import identity
from headwater.actors.identity import Policy
from headwater.actors.identity_messages import Join, Reply, Request
from headwater.actors.identity_network import hop
from headwater.actors.identity_splitting import split
from headwater.actors.identity_state import Forward, Root, decode
from headwater.actors.identity_storage import Turn
from headwater.collect.arrival import Arrival
from headwater.errors import Conflict
from headwater.profiles.resolution import Limits, type_of
from tests.simulation.oracle import Oracle
from tests.simulation.world import WORKSPACE, Crash, database


@dataclass
class Send:
    """A client's event on its way to an actor; the client repeats it until it is answered."""

    actor: str
    arrival: Arrival


@dataclass
class Ask:
    """A request from one actor to another."""

    request: Request


@dataclass
class Return:
    """A reply on its way back to who asked."""

    actor: str
    reply: Reply


Message = Send | Ask | Return


def copied(message: Message) -> Message:
    """Answer the message as it comes out at the other end of a wire."""
    if isinstance(message, Ask):
        encoded = msgspec.json.encode(message.request)
        return Ask(msgspec.json.decode(encoded, type=Request))
    if isinstance(message, Return):
        encoded = msgspec.json.encode(message.reply)
        decoded: Reply = msgspec.json.decode(encoded, type=Reply)
        return Return(message.actor, decoded)
    return message


@dataclass
class Faults:
    """How often, of a hundred deliveries, each fault strikes."""

    drop: int = 10
    repeat: int = 15
    cut: int = 5
    crash: int = 2


class Simulation:
    """One run of the network under one seed."""

    def __init__(self, seed: int, limits: Limits, *, faults: Faults | None = None) -> None:
        self.random = random.Random(seed)
        self.limits = limits
        self.policy = Policy(limits, lambda _event: ())
        self.faults = faults or Faults()
        self.now: int | None = None
        self.sql = database()
        self.oracle = Oracle(limits)
        self.messages: list[Message] = []
        self.unanswered: dict[str, Arrival] = {}
        self.answered: dict[str, Arrival] = {}
        self.sent: dict[str, Arrival] = {}
        self.calls = 0
        self.struck: Counter[str] = Counter()
        self.parted: list[tuple[str, str]] = []

    # What the world does.

    def send(self, event: Arrival) -> None:
        """Let a client send an event."""
        self.sent[event.message_id] = event
        self.unanswered[event.message_id] = event
        self.messages.append(Send(f"{WORKSPACE}/{event.identifiers[0]}", event))

    def step(self) -> None:
        """Let one thing happen: a message arrives, is lost or comes twice; or all is forgotten."""
        chance = self.random.randrange(100)
        if chance < self.faults.crash:
            self.struck["crash"] += 1
            self.messages.clear()
        elif not self.messages or chance < 12:
            self.wake()
        else:
            place = self.random.randrange(len(self.messages))
            message = self.messages[place]
            fault = self.random.randrange(100)
            repeated = fault < self.faults.repeat
            dropped = not repeated and fault < self.faults.repeat + self.faults.drop
            self.struck["repeat"] += repeated
            self.struck["drop"] += dropped
            self.struck["reorder"] += place > 0
            if not repeated:
                self.messages.pop(place)
            if not dropped:
                self.deliver(copied(message))

    def wake(self) -> None:
        """Let timers fire: clients repeat what was not answered, actors what they still want."""
        for event in list(self.unanswered.values()):
            if self.random.random() < 0.3:
                self.messages.append(Send(f"{WORKSPACE}/{event.identifiers[0]}", event))
        for (actor,) in self.sql.execute("SELECT actor FROM identity WHERE pending = 1"):
            if self.random.random() < 0.5:
                self.pump(actor)

    def pump(self, actor: str) -> None:
        """Let one actor send what it wants of others."""
        with suppress(Crash):
            wanted = self.call(lambda turn: identity.requests(turn, self.policy, actor))
            self.messages.extend(Ask(request) for request in wanted)

    def call(self, work: Callable[[Turn], Any]) -> Any:
        """Run one call in one actor: all of it is committed, or nothing."""
        self.calls += 1

        def step() -> Any:
            turn = Turn(self.sql)
            self.begin(turn)
            answer = work(turn)
            self.finish(turn)
            turn.flush()
            if self.random.randrange(100) < self.faults.cut:
                self.struck["cut"] += 1
                raise Crash
            return answer

        return self.sql.run(step)

    def begin(self, turn: Turn) -> None:
        """Do what else a runtime does before each call: nothing."""

    def finish(self, turn: Turn) -> None:
        """Do what else a runtime does in each call's transaction: nothing."""

    def deliver(self, message: Message) -> None:
        """Let a message arrive; what it causes goes on its way."""
        try:
            match message:
                case Send():
                    self._deliver_event(message)
                case Ask():
                    self._deliver_request(message.request)
                case Return():
                    self.call(lambda turn: identity.settle(turn, message.actor, message.reply))
                    self.pump(message.actor)
        except Crash:
            if self.random.random() < 0.3:
                self.messages.clear()

    def _deliver_event(self, message: Send) -> None:
        event = message.arrival
        received = self.call(
            lambda turn: identity.receive(turn, self.policy, [(message.actor, event)], now=self.now)
        )
        if received.moved:
            self.messages.append(Send(received.moved[0][0], event))
            self.pump(message.actor)  # what redirects may be waiting to hand over a split's half
            return
        if event.message_id in self.unanswered:
            del self.unanswered[event.message_id]
            self.answered[event.message_id] = event
            self.check_readable(event)
        self.pump(message.actor)

    def _deliver_request(self, request: Request) -> None:
        repeated = False
        if isinstance(request, Join):
            state = self.state(request.to)
            heard = state.heard.get(request.actor) if state else None
            repeated = bool(heard and heard[0] >= request.number)
        reply = self.call(lambda turn: identity.answer(turn, self.policy, request))
        if isinstance(request, Join) and not repeated:
            self.oracle.decided(request, reply)
        self.messages.append(Return(request.actor, reply))
        state = self.state(request.to)
        if isinstance(state, Root) and state.pending and self.random.random() < 0.5:
            self.pump(request.to)

    def calm(self) -> None:
        """Let all faults end and everything settle; fails if it does not."""
        faults, self.faults = self.faults, Faults(0, 0, 0, 0)
        for _ in range(100_000):
            if self.messages:
                place = self.random.randrange(len(self.messages))
                self.deliver(copied(self.messages.pop(place)))
            elif self.unanswered or self._pending():
                for event in self.unanswered.values():
                    self.messages.append(Send(f"{WORKSPACE}/{event.identifiers[0]}", event))
                for actor in self._pending():
                    self.pump(actor)
            else:
                self.faults = faults
                return
        raise AssertionError(f"it does not settle: {self._pending()} {list(self.unanswered)}")

    def split(self) -> None:
        """Undo one merge of somebody who is settled, if there is one."""
        choices = [
            (actor, edge.id)
            for actor, state in sorted(self.states().items())
            if isinstance(state, Root) and not state.pending
            for edge in state.edges
            if edge.merged
        ]
        if not choices:
            return
        actor, link = self.random.choice(choices)
        before = set(self.root(actor).ids)
        try:
            self.call(lambda turn: split(turn, actor, link, at=0))
        except (Crash, Conflict):
            return
        root = self.root(actor)
        stays = set(root.ids)
        self.oracle.parted(stays, before - stays)
        self.parted.append(next((far, near) for far, near in root.blocked.items() if far in before))

    # What can be seen.

    def states(self) -> dict[str, Any]:
        """Answer every actor's state."""
        return {
            actor: decode(body)
            for actor, body in self.sql.execute("SELECT actor, body FROM identity")
        }

    def state(self, actor: str) -> Any:
        """Answer one actor's state."""
        return Turn(self.sql).state(actor)

    def root(self, actor: str) -> Root:
        """Answer one actor's person."""
        return Turn(self.sql).root(actor)

    def _pending(self) -> list[str]:
        return [row[0] for row in self.sql.execute("SELECT actor FROM identity WHERE pending = 1")]

    def check_readable(self, event: Arrival) -> None:
        """A read after an answer sees the event, or is told whose rows it must wait for."""
        turn = Turn(self.sql)
        actor, name = f"{WORKSPACE}/{event.identifiers[0]}", event.identifiers[0]
        seen = [actor]
        while (onward := hop(turn, actor, name)) is not None:
            actor = onward
            if actor in seen:  # a half that is not yet adopted: a reader waits for the split
                halves = [turn.root(one) for one in seen if isinstance(turn.state(one), Root)]
                assert any(half.leaving for half in halves), "forwards run in a circle"
                return
            seen.append(actor)
        assert event.message_id in self._visible(turn, actor), "an answered event cannot be read"

    def _visible(self, turn: Turn, actor: str) -> set[str]:
        """Answer the messages of a person, those that it has yet to pull included."""
        names = [actor]
        state = turn.state(actor)
        if isinstance(state, Root):
            for parcel in state.imports:
                names += [parcel, parcel.rpartition("#")[0]]
        talk = state.talk if isinstance(state, Root) else None
        if talk:  # it may have frozen already, without the asker having heard
            names.append(talk.to)
            asked = turn.state(talk.to)
            frozen = asked.frozen if isinstance(asked, Forward) else None
            for parcel in frozen.imports if frozen else ():
                names += [parcel, parcel.rpartition("#")[0]]
        rows = self.sql.execute(
            "SELECT message_id FROM event JOIN json_each(?) AS name ON event.actor = name.value",
            (json.dumps(names),),
        )
        return {row[0] for row in rows}

    # What must be true once all is calm.

    def check(self) -> None:
        """Check every invariant of a settled network."""
        states = self.states()
        roots = {actor: state for actor, state in states.items() if isinstance(state, Root)}
        self._check_forwards(states)
        self._check_events(roots)
        self._check_persons(roots)
        for far, near in self.parted:
            assert far not in self.oracle.of(near), "evidence undid a split"
        held = Counter(row[0] for row in self.sql.execute("SELECT actor FROM event"))
        assert set(held) <= set(roots), "rows are left where no person is"

    def _check_forwards(self, states: dict[str, Any]) -> None:
        for actor, state in states.items():
            seen, name = {actor}, actor.partition("/")[2]
            turn = Turn(self.sql)
            assert not (isinstance(state, Forward) and state.frozen), "a frozen person is left"
            at = actor
            while (onward := hop(turn, at, name)) is not None:
                assert onward not in seen, "forwards run in a circle"
                seen.add(onward)
                at = onward
            root = states[at]
            assert isinstance(root, Root), "a forward does not reach a root"
            assert name in root.ids, "an identifier reaches a person who does not hold it"

    def _check_events(self, roots: dict[str, Root]) -> None:
        rows = self.sql.execute("SELECT message_id, actor, via FROM event")
        stored = Counter(row[0] for row in rows)
        assert set(stored) == set(self.sent), "events are missing, or were never sent"
        assert max(stored.values(), default=1) == 1, "an event is stored twice"
        for message_id, actor, via in rows:
            assert via == self.sent[message_id].identifiers[0]
            assert via in roots[actor].ids, "an event is with a person of other identifiers"

    def _check_persons(self, roots: dict[str, Root]) -> None:
        mine = {frozenset(root.ids) for root in roots.values()}
        known = {identifier for root in roots.values() for identifier in root.ids}
        theirs = {frozenset(self.oracle.of(identifier)) for identifier in known}
        assert mine == theirs, f"persons differ from the oracle's: {mine ^ theirs}"
        for root in roots.values():
            assert len(root.edges) == len(root.ids) - 1, "the evidence is no tree"
            if not self.oracle.orders:
                counts = Counter(map(type_of, root.ids))
                assert all(counts[name] <= self.limits.of(name) for name in counts)
