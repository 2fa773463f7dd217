"""Audiences in the actors: whatever comes, in whatever order, members are whom conditions mean."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.actors import audiences as audience_actors
from headwater.actors import identity_reading
from headwater.actors.audience_rows import AudienceRows
from headwater.actors.identity import Policy
from headwater.actors.identity_network import Network
from headwater.actors.identity_state import Root, decode
from headwater.actors.identity_storage import Turn
from headwater.audiences.audience import Audience, ComputedTrait, EventFigure, text_of
from headwater.audiences.conditions import (
    And,
    AudienceCondition,
    Condition,
    EventCondition,
    EventSelector,
    Not,
    Or,
    Rolling,
)
from headwater.audiences.program import compile_program
from headwater.collect.arrival import Arrival
from headwater.profiles.resolution import Limits
from headwater.workspace import IdentifierType, IdentityRules
from tests.audiences import naive, strategies
from tests.simulation.world import WORKSPACE, database

EXAMPLES = int(os.environ.get("HEADWATER_EXAMPLES", "500"))

LIMITS = Limits(
    IdentityRules(types=tuple(IdentifierType(name, limit=100) for name in ("user_id", "email")))
)
COUNT = ComputedTrait(
    "trt_count",
    "count",
    "Count",
    text_of(EventFigure("count", EventSelector("A"), window=Rolling("2d"))),
)


class World:
    """A network, a clock, and audiences that come one after the other."""

    def __init__(self, zone: str) -> None:
        self.sql = database()
        self.zone = zone
        self.now = strategies.START
        self.number = 0
        self.version = 1
        self.audiences: list[Audience] = []
        self.features: dict[str, int] = {}
        self.policy = Policy(LIMITS, lambda _event: ())
        self.network = Network(lambda _workspace: self.policy)

    def add(self, condition: Condition) -> None:
        """Make one more audience, as the workspace's actor would."""
        self.version += 1
        id_ = f"a{len(self.audiences)}"
        self.audiences.append(Audience(id_, id_, id_, text_of(condition), since=self.version))
        program = compile_program(
            self.audiences, [COUNT], zone=self.zone, version=self.version, since=self.features
        )
        assert program is not None
        self.features = program.since
        self.policy = Policy(LIMITS, lambda _event: (), audiences=program)

    def receive(self, identifiers: tuple[str, ...], at: int, event: dict[str, Any]) -> None:
        """Let an event arrive; time has passed to where it could, or almost."""
        self.number += 1
        event = {**event, "messageId": f"m{self.number}"}
        kind = event["type"]
        arrival = Arrival(
            WORKSPACE, identifiers, event["messageId"], kind, at, self.now, json.dumps(event)
        )
        self.network.receive(self.sql, [arrival], now=self.now)

    def wake(self) -> None:
        """Let the timers that are due go off."""
        while audience_actors.due(self.sql, self.now, 1):
            self.network.wake(self.sql, self.now)

    def split(self, choice: int) -> None:
        """Undo one merge, if there is any."""
        merges = [
            (actor.partition("/")[2], edge.id)
            for actor, root in sorted(self.roots().items())
            for edge in root.edges
            if edge.merged
        ]
        if merges:
            identifier, link = merges[choice % len(merges)]
            self.network.split(self.sql, WORKSPACE, identifier, link, now=self.now)

    def roots(self) -> dict[str, Root]:
        """Answer everybody."""
        rows = self.sql.execute("SELECT actor, body FROM identity")
        states = {actor: decode(body) for actor, body in rows}
        return {actor: state for actor, state in states.items() if isinstance(state, Root)}

    def touch_everybody(self) -> None:
        """Back-fill: decide everything of everybody."""
        turn = Turn(self.sql)
        assert self.policy.audiences is not None
        turn.audiences.use(WORKSPACE, self.policy.audiences)
        self.network.revisit(self.sql, sorted(self.roots()), now=self.now)

    def members(self, actor: str) -> set[str]:
        """Answer the audiences that a person is in, as their actor has it."""
        return set(AudienceRows(self.sql).decided(actor).members)

    def history(self, actor: str) -> naive.History:
        """Answer a person's whole history, read off the events alone."""
        rows = self.sql.execute("SELECT timestamp, body FROM event WHERE actor = ?", (actor,))
        person = identity_reading.person(self.sql, WORKSPACE, actor.partition("/")[2])
        assert person is not None
        history = naive.History(
            self.zone,
            events=[(at, json.loads(body)) for at, body in rows],
            traits={
                name: trait.value
                for name, trait in person.traits.items()
                if trait.identifier != "computed"
            },
        )
        inside = naive.windowed(
            history, naive.selected(history, EventSelector("A")), Rolling("2d"), self.now
        )
        history.traits["count"] = len(inside or ())
        return history

    def check(self) -> None:
        """Everybody's memberships are what conditions say of their history, now."""
        for actor in self.roots():
            history = self.history(actor)
            for audience in self.audiences:  # in order, so those that they name come first
                if naive.truth(history, audience.condition, self.now):
                    history.members.add(audience.id)
            assert self.members(actor) == history.members, f"{actor} at {self.now}"
            told = Counter[str]()
            for _, event in sorted(history.events, key=lambda one: one[0]):
                if event["messageId"].startswith("audience:"):
                    told[event["properties"]["audience_id"]] += 1
        listed = self.sql.execute("SELECT audience, actor FROM audience_member")
        assert sorted(listed) == sorted(
            (audience, actor) for actor in self.roots() for audience in self.members(actor)
        )


IDENTIFIERS = ["user_id:1", "user_id:2", "email:a@x.org", "email:b@x.org"]

identifiers = st.lists(st.sampled_from(IDENTIFIERS), min_size=1, max_size=2, unique=True).map(
    lambda many: tuple(sorted(many, key=IDENTIFIERS.index))
)


lively = st.builds(
    EventCondition,
    st.sampled_from([EventSelector("A"), EventSelector("B"), EventSelector(call="any")]),
    st.sampled_from(["at_least", "at_most", "exactly"]),
    st.integers(0, 3),
    st.none() | st.builds(Rolling, strategies.durations),
)
conditions = strategies.conditions | lively | lively.map(Not)


@st.composite
def tales(draw: st.DrawFn) -> World:
    """A world in which things have happened, checked as they did."""
    world = World(draw(st.sampled_from(strategies.ZONES)))
    world.add(draw(conditions))
    for _ in range(draw(st.integers(2, 14))):
        match draw(st.sampled_from(["event"] * 8 + ["wait"] * 4 + ["split", "audience", "trait"])):
            case "event":
                _, event = draw(strategies.events())
                at = world.now - draw(st.sampled_from([0, 0, 0, 1, 3, 24, 48])) * strategies.HOUR
                world.now += draw(st.sampled_from([0, 1, 3, 24])) * strategies.HOUR
                if draw(st.booleans()):
                    world.wake()
                world.receive(draw(identifiers), at, event)
            case "trait":
                traits = draw(
                    st.dictionaries(st.sampled_from(["t", "u"]), strategies.values, max_size=2)
                )
                event = {"type": "identify", "traits": traits, "context": {}, "properties": {}}
                world.receive(draw(identifiers), world.now, event)
            case "wait":
                _wait(world, draw(st.sampled_from(["flip", "flip", "hour", "day", "week"])))
            case "split":
                world.wake()
                world.split(draw(st.integers(0, 5)))
            case "audience":
                world.wake()
                other = AudienceCondition("a0", member=draw(st.booleans()))
                world.add(Or((draw(conditions), And((draw(conditions), other)))))
                for _ in range(draw(st.integers(0, 2))):  # live before it is back-filled
                    _, event = draw(strategies.events())
                    world.receive(draw(identifiers), world.now, event)
                world.touch_everybody()
        world.wake()
        world.check()
    return world


def _wait(world: World, how: str) -> None:
    """Let time pass; to the next flip, with a look just before it, or past several."""
    flip = audience_actors.next_timer(world.sql)
    if how == "flip" and flip is not None:
        before = max(world.now, flip - 1000)
        world.now = before
        world.check()
        world.now = max(flip - 1, world.now)
        world.check()
        world.now = max(flip, world.now)
        world.wake()
        world.check()
        world.now += 1000
    else:
        world.now += {"hour": 1, "flip": 5, "day": 24, "week": 7 * 24}[how] * strategies.HOUR


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tales())
def test_members_are_whom_conditions_mean(world: World) -> None:
    """After every step: late events, merges, splits, timers on time and late, new audiences."""
    world.wake()
    world.check()
