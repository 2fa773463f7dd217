"""How events shape their person: what `receive` stores, and what it then has to ask of others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import msgspec

from headwater.actors import audiences
from headwater.actors.identity_state import AccountUpdate, Forward, Link, Root
from headwater.actors.identity_storage import Turn
from headwater.audiences.program import Program
from headwater.collect.arrival import Arrival
from headwater.commands import Command, Deliver
from headwater.destinations.routing import Gate, lets_through
from headwater.profiles import traits
from headwater.profiles.resolution import Limits, type_of
from headwater.workspace import EventType

REFUSAL_MEMORY = 24 * 3600 * 1000
"""For how long (ms) a refused link is not asked for again: a shared device asks all day."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A workspace's rules, as the actors of that workspace need them.

    Attributes:
        routes: an event to the ids of the destinations that get it.
        routed: the types of the events that `routes` may send anywhere; of others it is not asked.
        audiences: the workspace's audiences and computed traits; None where it has none.
        gates: of destinations that get events of some people alone, which; see `let_through`.
    """

    limits: Limits
    routes: Callable[[Mapping[str, Any]], tuple[str, ...]]
    routed: Collection[str] = frozenset(get_args(EventType))
    audiences: Program | None = None
    gates: Mapping[str, Gate] = field(default_factory=dict)


@dataclass(slots=True)
class Received:
    """What became of a batch.

    Attributes:
        moved: arrivals that belong to another actor, and its name.
        stored: arrivals that are new, each with its actor.
        duplicates: how many were known already.
        told: memberships that changed; the events that tell of them are among those stored.
    """

    moved: list[tuple[str, Arrival]] = field(default_factory=list)
    stored: list[tuple[str, Arrival]] = field(default_factory=list)
    duplicates: int = 0
    commands: list[Command] = field(default_factory=list)
    told: list[audiences.Told] = field(default_factory=list)


def receive(
    turn: Turn, policy: Policy, calls: Sequence[tuple[str, Arrival]], *, now: int | None = None
) -> Received:
    """Store events at their actors: (actor, arrival) in the order of each person's events.

    `now` is in milliseconds; left out, it is when the last of them was received. Audiences are
    decided by `audiences.decide`, once it is settled who is who.
    """
    received = Received()
    turn.load(actor for actor, _ in calls)
    program = policy.audiences
    if program is not None and calls:
        now = max(arrival.received_at for _, arrival in calls) if now is None else now
        turn.audiences.use(calls[0][1].workspace, program)
        told = audiences.catch_up(turn, program, (actor for actor, _ in calls), now)
        publish(turn, policy, told, received)
    here = _addressed(turn, policy, calls, received)
    new = _store(turn, here, received)
    turn.load_traits(
        (actor, arrival.identifiers[0]) for actor, _, arrival in new if arrival.type == "identify"
    )
    turn.load(
        f"{arrival.workspace}/{identifier}"
        for _, root, arrival in new
        if len(arrival.identifiers) > 1
        for identifier in arrival.identifiers[1:]
        if identifier not in root.ids
    )
    for actor, root, arrival in new:
        _apply(turn, actor, root, arrival)
        if arrival.type in policy.routed:
            received.commands += [
                _deliver(destination, actor, arrival)
                for destination in policy.routes(arrival.event)
            ]
    if program is not None and now is not None:
        audiences.note(turn, program, [(actor, arrival) for actor, _, arrival in new], now)
    return received


def _store(
    turn: Turn, here: Sequence[tuple[str, Root, Arrival]], received: Received
) -> list[tuple[str, Root, Arrival]]:
    """Store the calls whose messages are not known yet; answer them."""
    fresh = turn.audiences.fresh  # of whom nothing can be known
    known = turn.known(
        [(actor, arrival.message_id) for actor, _, arrival in here if actor not in fresh]
    )
    new: list[tuple[str, Root, Arrival]] = []
    rows: list[tuple[str, str, int, str, str, str]] = []
    for call in here:
        actor, _, arrival = call
        key = (actor, arrival.message_id)
        if key in known:
            received.duplicates += 1
            continue
        known.add(key)
        new.append(call)
        via, type_ = arrival.identifiers[0], arrival.type
        rows.append((*key, arrival.timestamp, via, type_, arrival.body))
        received.stored.append((actor, arrival))
    turn.add(rows)
    return new


def publish(turn: Turn, policy: Policy, told: Sequence[audiences.Told], received: Received) -> None:
    """Store the events that tell of memberships with their people, and have them delivered."""
    turn.add(
        [
            (
                one.actor,
                one.arrival.message_id,
                one.arrival.timestamp,
                one.arrival.identifiers[0],
                one.arrival.type,
                one.arrival.body,
            )
            for one in told
        ]
    )
    received.told += told
    for one in told:
        received.stored.append((one.actor, one.arrival))
        if one.arrival.type in policy.routed:
            received.commands += [
                _deliver(destination, one.actor, one.arrival)
                for destination in policy.routes(one.arrival.event)
            ]


def let_through(turn: Turn, policy: Policy, commands: Sequence[Command]) -> list[Command]:
    """Answer commands without deliveries to destinations that do not get them of this person.

    What counts is in which audiences the person is by now: call it once they are decided.
    """
    if not policy.gates:
        return list(commands)
    return [
        one
        for one in commands
        if not isinstance(one, Deliver)
        or (gate := policy.gates.get(one.destination)) is None
        or lets_through(gate, msgspec.json.decode(one.body), _memberships(turn, policy, one.person))
    ]


def _memberships(turn: Turn, policy: Policy, actor: str) -> Container[str]:
    if policy.audiences is None:
        return ()
    for _ in range(1000):
        state = turn.state(actor)
        if not isinstance(state, Forward):
            break
        actor = state.to
    turn.audiences.load([actor])
    return turn.audiences.decided(actor).members


def _addressed(
    turn: Turn, policy: Policy, calls: Sequence[tuple[str, Arrival]], received: Received
) -> list[tuple[str, Root, Arrival]]:
    """Answer the calls that are at their person's actor; a fresh actor becomes a root."""
    here: list[tuple[str, Root, Arrival]] = []
    for actor, arrival in calls:
        via = arrival.identifiers[0]
        state = turn.state(actor)
        if state is None:
            rank = policy.limits.rank(type_of(via))
            state = Root(standing=(rank, arrival.received_at, via), ids={via: {}})
            turn.put(actor, state)
            turn.audiences.fresh.add(actor)
        elif via in state.departed:
            received.moved.append((state.departed[via], arrival))
            continue
        elif isinstance(state, Forward):
            received.moved.append((state.to, arrival))
            continue
        if isinstance(state, Root):
            here.append((actor, state, arrival))
    return here


def _apply(turn: Turn, actor: str, root: Root, arrival: Arrival) -> None:
    """Let one new event shape its person: links, traits, groups.

    Most events shape nothing: they are their own row, and the person's is left as it is.
    """
    via = arrival.identifiers[0]
    if via not in root.ids:
        # It forwards here, but word of that has not come back yet.
        root.ids[via] = {}
        turn.put(actor, root)
    if len(arrival.identifiers) > 1 and _link(root, arrival):
        turn.put(actor, root)
    if arrival.type == "identify":
        written = arrival.event.get("traits")
        stamp = (arrival.timestamp, arrival.message_id)
        if written and traits.write(turn.traits(actor, via), written, stamp):
            turn.put_traits(actor, via)
    elif arrival.type == "group":
        _group(root, arrival, via)
        turn.put(actor, root)


def _link(root: Root, arrival: Arrival) -> bool:
    """Note which identifiers of the event are not this person's yet; tell whether any is."""
    before = len(root.links)
    previous = str(arrival.event.get("previousId")) if arrival.type == "alias" else None
    for second in arrival.identifiers[1:]:
        if second in root.ids or any(link.target == second for link in root.links):
            continue
        if root.talk and root.talk.link.target == second:
            continue
        kind, _, value = second.partition(":")
        alias = value == previous
        if not alias and _refused_lately(root, second, arrival.received_at):
            continue
        root.links.append(
            Link(
                first=arrival.identifiers[0],
                second=second,
                reason="alias" if alias else "event",
                message_id=arrival.message_id,
                at=arrival.received_at,
                target=second,
                # An alias does not say of which type its earlier id is. As a user id it is taken
                # only if somebody is known by it.
                only_known=alias and kind == "user_id",
            )
        )
    return len(root.links) > before


def _refused_lately(root: Root, second: str, now: int) -> bool:
    return any(
        refused.second == second and now - refused.at < REFUSAL_MEMORY for refused in root.refused
    )


def _group(root: Root, arrival: Arrival, via: str) -> None:
    """Put the person in a group, and have the account told."""
    event = arrival.event
    group = str(event["groupId"])
    stamp = (arrival.timestamp, arrival.message_id)
    groups = root.ids[via]
    groups[group] = max(groups.get(group, stamp), stamp)
    root.accounts.append(
        AccountUpdate(
            group=group,
            member=via,
            message_id=arrival.message_id,
            timestamp=arrival.timestamp,
            traits=dict(event.get("traits") or {}),
            body=arrival.body,
        )
    )


def _deliver(destination: str, actor: str, arrival: Arrival) -> Deliver:
    return Deliver(
        workspace=arrival.workspace,
        destination=destination,
        person=actor,
        message_id=arrival.message_id,
        body=arrival.body,
    )
