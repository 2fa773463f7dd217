"""Drives identity actors that share one database: a whole batch, and all talk, in one turn.

This is the local runtime's shortcut. Every step that it takes is one that the actors could take
by calls between databases; it takes them one after the other inside one transaction, so a batch
of events costs one commit however many people it touches or merges.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from headwater.actors import audience_gaps, audiences, identity
from headwater.actors.audience_gaps import Past
from headwater.actors.identity import Policy
from headwater.actors.identity_joining import order_join
from headwater.actors.identity_messages import Pull
from headwater.actors.identity_receiving import Received, let_through, publish
from headwater.actors.identity_splitting import split
from headwater.actors.identity_state import Forward, Root
from headwater.actors.identity_storage import Turn
from headwater.actors.identity_taking import take_here
from headwater.collect.arrival import Arrival
from headwater.commands import Command, Deliver
from headwater.errors import Conflict, NotFound
from headwater.ports import Sql

STEPS_A_TURN = 10_000
"""Steps of talk in one turn, so that nobody waits long for it; the rest is left to `sweep`.

A step is a request with its reply; of a page of events two count as one more.
"""

MEMBERS_A_TURN = 500
"""Members of an account that are looked at in the turn that changed its traits; the rest later."""


@dataclass(slots=True)
class Outcome:
    """What a turn stored, and what is to be done about it.

    Attributes:
        told: memberships that changed; the events that tell of them are among those stored.
        armed: the earliest timer that was set, in milliseconds.
    """

    stored: list[tuple[str, Arrival]] = field(default_factory=list)
    duplicates: int = 0
    commands: list[Command] = field(default_factory=list)
    told: list[audiences.Told] = field(default_factory=list)
    armed: int | None = None

    def add(self, received: Received) -> None:
        """Add what one workspace's actors have stored and ask for."""
        self.stored += received.stored
        self.duplicates += received.duplicates
        self.commands += received.commands
        self.told += received.told


class Network:
    """All identity actors of one database.

    Args:
        policy: a workspace's name to its rules, as they are now.
        journal: whether each turn writes down what it changed, for the lake.
        past: whether what the lake alone has of people is let in, by `fill`.
    """

    def __init__(
        self, policy: Callable[[str], Policy], *, journal: bool = False, past: bool = False
    ) -> None:
        self._policy = policy
        self._journal = journal
        self._past = past

    def receive(self, sql: Sql, arrivals: Sequence[Arrival], *, now: int | None = None) -> Outcome:
        """Store events, each with its person, and settle who is who; in the given order.

        `now` is in milliseconds; left out, it is when the last event was received.
        """
        if now is None:
            now = max((arrival.received_at for arrival in arrivals), default=0)
        turn, outcome = self._turn(sql), Outcome()
        for workspace, calls in _by_workspace(arrivals).items():
            found = self._resolve(turn, calls)
            outcome.add(identity.receive(turn, self._policy(workspace), found, now=now))
        self._settle(turn, turn.roots(), outcome, now)
        return outcome

    def wake(self, sql: Sql, now: int, limit: int = 200) -> Outcome:
        """Act on timers that have gone off; none is left when nobody was woken.

        Answers what was stored, as of events; see `audiences.wake`.
        """
        turn, outcome = self._turn(sql), Outcome()
        for actor in audiences.due(sql, now, limit):
            policy = self._used(turn, actor.partition("/")[0])
            if policy.audiences is None:
                turn.audiences.disarm(actor)
                continue
            received = Received()
            publish(turn, policy, audiences.wake(turn, policy.audiences, actor, now), received)
            outcome.add(received)
        self._let_through(turn, outcome)
        turn.flush()
        return outcome

    def revisit(self, sql: Sql, actors: Sequence[str], *, now: int) -> Outcome:
        """Decide everything anew of these people, as where an audience is new; others are left."""
        turn, outcome = self._turn(sql), Outcome()
        for workspace in {actor.partition("/")[0] for actor in actors}:
            self._used(turn, workspace)
        turn.load(actors)
        turn.audiences.load(actors)
        for actor in actors:
            policy = self._policy(actor.partition("/")[0])
            if policy.audiences is not None and isinstance(turn.state(actor), Root):
                received = Received()
                publish(turn, policy, audiences.wake(turn, policy.audiences, actor, now), received)
                outcome.add(received)
        self._let_through(turn, outcome)
        turn.flush()
        return outcome

    def fill(self, sql: Sql, found: Sequence[Past], *, now: int) -> Outcome:
        """Let in what the lake has of people, and decide everything of them; see `Past`."""
        turn, outcome = self._turn(sql), Outcome()
        turn.load(one.actor for one in found)
        turn.audiences.load(one.actor for one in found)
        for one in found:
            policy = self._used(turn, one.actor.partition("/")[0])
            if policy.audiences is None:
                turn.audiences.close_gap(one.actor)
                continue
            received = Received()
            publish(turn, policy, audience_gaps.fill(turn, policy.audiences, one, now), received)
            outcome.add(received)
        self._let_through(turn, outcome)
        turn.flush()
        outcome.armed = turn.audiences.armed
        return outcome

    def merge(
        self, sql: Sql, workspace: str, first: str, second: str, *, order: str, at: int
    ) -> Outcome:
        """Make the people of two identifiers one, as an order by the name of `order`.

        Raises:
            NotFound: one of the two identifies nobody.
        """
        turn = self._turn(sql)
        self._used(turn, workspace)
        actor = self._known_root(turn, workspace, first)
        other = self._known_root(turn, workspace, second)
        outcome = Outcome()
        if actor != other:
            order_join(turn, actor, first, second, order=order, at=at)
            self._settle(turn, [actor], outcome, at)
        return outcome

    def split(
        self, sql: Sql, workspace: str, identifier: str, link: str, *, now: int = 0
    ) -> tuple[str, str, Outcome]:
        """Undo a merge; answer the identifiers of the root that stays and of the one restored.

        `now` is in milliseconds: when memberships are said to have changed.

        Raises:
            NotFound: nobody is known by the identifier, or they have no such merge.
            Conflict: they are being merged or split just now.
        """
        turn, outcome = self._turn(sql), Outcome()
        self._used(turn, workspace)
        actor = self._known_root(turn, workspace, identifier)
        outcome.commands += self._converse(turn, [actor])
        restored = split(turn, actor, link, at=now)
        self._settle(turn, [actor, restored], outcome, now)
        return actor.partition("/")[2], restored.partition("/")[2], outcome

    def sweep(self, sql: Sql, limit: int = 1000, *, now: int = 0) -> Outcome:
        """Carry on what a crash or a full turn left; nothing is left when it stores nothing."""
        rows = sql.execute("SELECT actor FROM identity WHERE pending = 1 LIMIT ?", (limit,))
        turn, outcome = self._turn(sql), Outcome()
        if rows:
            for workspace in {actor.partition("/")[0] for (actor,) in rows}:
                self._used(turn, workspace)
            self._settle(turn, [row[0] for row in rows], outcome, now)
        return outcome

    def _turn(self, sql: Sql) -> Turn:
        return Turn(sql, journal=self._journal, past=self._past)

    def _used(self, turn: Turn, workspace: str) -> Policy:
        """Answer a workspace's rules, by which the turn works from here on."""
        policy = self._policy(workspace)
        turn.audiences.use(workspace, policy.audiences)
        return policy

    def _settle(self, turn: Turn, actors: list[str], outcome: Outcome, now: int) -> None:
        """Settle who is who, decide what that and the events have touched, and write it all."""
        outcome.commands += self._converse(turn, actors)
        for account in list(turn.audiences.accounts):
            self._spread(turn, account, after="")
        self._decide(turn, actors, outcome, now)

    def _spread(self, turn: Turn, account: str, *, after: str) -> None:
        """Have audiences of an account's members decided, since its traits changed: some now."""
        policy = self._used(turn, account.partition("/")[0])
        places = policy.audiences.by_account if policy.audiences is not None else []
        if not places:
            if after:
                audiences.put_news(turn.sql, account, None)
            return
        members = turn.members(account, after, MEMBERS_A_TURN)
        for member in members:
            actor = follow(turn, f"{account.partition('/')[0]}/{member}")
            turn.audiences.touched.setdefault(actor, set()).update(places)
        more = len(members) == MEMBERS_A_TURN
        audiences.put_news(turn.sql, account, members[-1] if more else None)

    def spread(self, sql: Sql, *, now: int) -> Outcome | None:
        """Carry on deciding members of accounts whose traits changed; None where none is left."""
        waiting = audiences.news(sql)
        if waiting is None:
            return None
        turn, outcome = self._turn(sql), Outcome()
        self._spread(turn, waiting[0], after=waiting[1])
        self._decide(turn, [], outcome, now)
        return outcome

    def _decide(self, turn: Turn, actors: list[str], outcome: Outcome, now: int) -> None:
        touched = turn.audiences.unsettled(actors)
        for workspace in {actor.partition("/")[0] for actor in touched}:
            policy = self._policy(workspace)
            if policy.audiences is not None:
                of_it = [actor for actor in touched if actor.startswith(f"{workspace}/")]
                received = Received()
                told = audiences.decide(turn, policy.audiences, of_it, now)
                publish(turn, policy, told, received)
                outcome.add(received)
        self._let_through(turn, outcome)
        turn.flush()
        outcome.armed = turn.audiences.armed

    def _let_through(self, turn: Turn, outcome: Outcome) -> None:
        """Take away deliveries of people whose events a destination does not get."""
        for workspace in {one.workspace for one in outcome.commands if isinstance(one, Deliver)}:
            policy = self._policy(workspace)
            if policy.gates:
                outcome.commands = let_through(turn, policy, outcome.commands)

    def _known_root(self, turn: Turn, workspace: str, identifier: str) -> str:
        actor = follow(turn, f"{workspace}/{identifier}")
        if not isinstance(turn.state(actor), Root):
            raise NotFound(f"Nobody is known by {identifier}.")
        return actor

    def _resolve(
        self, turn: Turn, calls: Sequence[tuple[str, Arrival]]
    ) -> list[tuple[str, Arrival]]:
        """Answer each arrival with the actor of its person, a hop of all of them at a time."""
        reached = {actor: actor for actor, _ in calls}
        moving = list(reached)
        for _ in range(100):
            turn.load(reached[actor] for actor in moving)
            onward = {
                actor: step
                for actor in moving
                if (step := hop(turn, reached[actor], actor.partition("/")[2])) is not None
            }
            if not onward:
                return [(reached[actor], arrival) for actor, arrival in calls]
            reached.update(onward)
            moving = list(onward)
        raise Conflict("Identifiers forward to each other without end.")

    def _converse(self, turn: Turn, actors: Iterable[str]) -> list[Command]:
        """Carry requests and replies between actors until none has anything to ask."""
        commands: list[Command] = []
        waiting = deque(actors)
        steps = 0
        while waiting and steps < STEPS_A_TURN:
            actor = waiting.popleft()
            policy = self._policy(actor.partition("/")[0])
            for request in identity.requests(turn, policy, actor):
                steps += 1
                if isinstance(request, Pull):
                    steps += take_here(turn, actor, request) // 2
                else:
                    reply = identity.answer(turn, policy, request)
                    commands += identity.settle(turn, actor, reply)
                asked = turn.state(request.to)
                if isinstance(asked, Root) and asked.pending and request.to not in waiting:
                    waiting.append(request.to)
            state = turn.state(actor)
            if isinstance(state, Root) and state.pending:
                waiting.append(actor)
                steps += 1
        return commands


def hop(turn: Turn, actor: str, identifier: str) -> str | None:
    """Answer where an actor sends whoever comes by an identifier; None if they are there."""
    state = turn.state(actor)
    if state is None:
        return None
    if identifier in state.departed:
        return state.departed[identifier]
    return state.to if isinstance(state, Forward) else None


def follow(turn: Turn, actor: str) -> str:
    """Answer the actor at the end of the forwards from this one."""
    identifier = actor.partition("/")[2]
    for _ in range(1000):
        onward = hop(turn, actor, identifier)
        if onward is None:
            return actor
        actor = onward
    raise Conflict("Identifiers forward to each other without end.")


def _by_workspace(arrivals: Sequence[Arrival]) -> dict[str, list[tuple[str, Arrival]]]:
    grouped: dict[str, list[tuple[str, Arrival]]] = {}
    for arrival in arrivals:
        actor = f"{arrival.workspace}/{arrival.identifiers[0]}"
        grouped.setdefault(arrival.workspace, []).append((actor, arrival))
    return grouped
