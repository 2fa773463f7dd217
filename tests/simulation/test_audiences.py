"""Seeded runs of the identity network with audiences on: members are whom conditions mean."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from headwater.actors import audience_moving, audiences
from headwater.actors.audience_rows import AudienceRows
from headwater.actors.identity_receiving import Received, publish
from headwater.actors.identity_state import Root
from headwater.actors.identity_storage import Turn
from headwater.audiences.audience import Audience, ComputedTrait, EventFigure, text_of
from headwater.audiences.conditions import EventSelector
from headwater.audiences.program import compile_program
from headwater.profiles.resolution import Limits
from tests.audiences.naive import History, truth
from tests.simulation.network import Simulation
from tests.simulation.test_identity_network import FREE, TIGHT, story
from tests.simulation.world import WORKSPACE, Crash

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "25"))

LATELY = {"type": "rolling", "last": "15s"}
CONDITIONS: list[dict[str, Any]] = [
    {"type": "event", "event": {"call": "track"}, "count": 3},
    {"type": "event", "event": {"call": "any"}, "count": 2, "window": LATELY},
    {"type": "event", "event": {"call": "page"}, "comparison": "exactly", "count": 0},
    {
        "type": "event",
        "event": {"call": "any"},
        "comparison": "at_most",
        "window": {"type": "since_event", "event": {"call": "identify"}},
    },
    {
        "type": "sequence",
        "steps": [
            {"event": {"call": "page"}},
            {"event": {"call": "track"}, "within": "9s", "without": [{"call": "identify"}]},
        ],
        "window": {"type": "rolling", "last": "40s"},
    },
    {"type": "trait", "path": "n", "operator": "greater_than", "value": 12},
    {"type": "trait", "path": "tracks", "operator": "at_least", "value": 2},
    {
        "type": "or",
        "conditions": [
            {"type": "audience", "audience": "a1", "member": False},
            {"type": "occurrence", "which": "last", "event": {"call": "page"}, "window": LATELY},
        ],
    },
]
TRACKS = ComputedTrait(
    "t", "tracks", "Tracks", text_of(EventFigure("count", EventSelector(call="track")))
)
PROGRAM = compile_program(
    [
        Audience(f"a{number}", f"a{number}", "A", json.dumps(condition))
        for number, condition in enumerate(CONDITIONS)
    ],
    [TRACKS],
    zone="UTC",
    version=1,
    since={},
)
assert PROGRAM is not None


class WithAudiences(Simulation):
    """A network that decides audiences at the end of every call, as runtimes do, and has timers."""

    def __init__(self, seed: int, limits: Limits) -> None:
        super().__init__(seed, limits)
        self.policy = replace(self.policy, audiences=PROGRAM)
        self.now: int = 0

    def begin(self, turn: Turn) -> None:
        """Work with the audiences."""
        turn.audiences.use(WORKSPACE, PROGRAM)

    def finish(self, turn: Turn) -> None:
        """Decide whoever was touched, or waits to be."""
        assert PROGRAM is not None
        touched = turn.audiences.unsettled(self.roots())
        told = audiences.decide(turn, PROGRAM, touched, self.now)
        publish(turn, self.policy, told, Received())

    def roots(self) -> list[str]:
        """Answer the actors that hold people."""
        return [actor for actor, state in self.states().items() if isinstance(state, Root)]

    def wake(self) -> None:
        """Let timers fire, those of audiences too: on time, late or never again before the end."""
        super().wake()
        if self.random.random() < 0.5:
            self.pass_time()

    def pass_time(self) -> None:
        """Act on timers that have gone off, as far as no call is cut short."""
        assert PROGRAM is not None
        program = PROGRAM
        for actor in audiences.due(self.sql, self.now, 100):

            def act(turn: Turn, actor: str = actor) -> None:
                told = audiences.wake(turn, program, actor, self.now)
                publish(turn, self.policy, told, Received())

            with suppress(Crash):
                self.call(act)

    def calm(self) -> None:
        """Let everything settle, timers included."""
        super().calm()
        faults, self.faults = self.faults, replace(self.faults, cut=0)
        while audiences.due(self.sql, self.now, 1):
            self.pass_time()
        self.faults = faults

    def check_members(self) -> None:
        """Everybody is in the audiences that the oracle says, and nobody else is."""
        expected = {actor: self.meant(actor) for actor in self.roots()}
        rows = AudienceRows(self.sql)
        assert {actor: set(rows.decided(actor).members) for actor in expected} == expected
        listed = self.sql.execute("SELECT audience, actor FROM audience_member")
        assert sorted(listed) == sorted(
            (audience, actor) for actor, own in expected.items() for audience in own
        )

    def meant(self, actor: str) -> set[str]:
        """Answer the audiences of a person, by the events that were sent."""
        own = set(self.root(actor).ids)
        sent = [one for one in self.sent.values() if one.identifiers[0] in own]
        history = History("UTC", [(one.timestamp, one.event) for one in sent])
        traits = [one for one in sent if one.type == "identify"]
        if traits:
            history.traits["n"] = max(one.timestamp for one in traits) // 1000
        history.traits["tracks"] = sum(one.type == "track" for one in sent)
        assert PROGRAM is not None
        for number in range(len(CONDITIONS)):
            audience = PROGRAM.by_id[f"a{number}"].audience  # type: ignore[union-attr]  # it is one
            if truth(history, audience.condition, self.now):
                history.members.add(audience.id)
        return history.members

    def check(self) -> None:
        """Check the network, of which events that tell of audiences are no part."""
        self.check_members()
        told = self.sql.execute("SELECT DISTINCT actor FROM event WHERE message_id LIKE 'aud%'")
        assert {actor for (actor,) in told} <= set(self.roots())
        self.sql.execute("DELETE FROM event WHERE message_id LIKE 'audience:%'")
        super().check()


def run(seed: int, limits: Limits, *, splits: bool) -> WithAudiences:
    """Run one seed to its end and check it; a failure names the seed that replays it."""
    simulation = WithAudiences(seed, limits)
    rng = simulation.random
    tale = story(rng)
    try:
        for _ in range(rng.randint(5, 30)):
            simulation.send(tale.event())
            simulation.now = max(simulation.now, tale.number * 1000 + rng.choice([0, 1, 7000]))
            for _ in range(rng.randint(0, 25)):
                simulation.step()
            if splits and rng.random() < 0.15:
                simulation.split()
        for _ in range(3):
            simulation.calm()
            simulation.check_members()
            simulation.now += rng.choice([1, 4000, 15_000])
        simulation.calm()
        simulation.check()
    except Exception as error:
        error.add_note(
            f"replay with: run({seed}, {'FREE' if limits is FREE else 'TIGHT'}, {splits=})"
        )
        raise
    return simulation


@pytest.mark.parametrize("block", range(4))
def test_members_are_right_whatever_happens_to_calls(block: int) -> None:
    """Merges and splits whose calls are reordered, repeated, dropped or cut, with timers late."""
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        run(seed, TIGHT if seed % 2 else FREE, splits=seed % 4 < 2)


def test_states_that_are_lost_on_the_way_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what a page brings of audiences: some seed fails, so the checks would notice."""
    monkeypatch.setattr(audience_moving, "take_over", lambda *_: None)

    with pytest.raises(AssertionError):
        run_all(range(40))


def run_all(seeds: range) -> None:
    """Run worlds without limits, up to the first that fails."""
    for seed in seeds:
        run(seed, FREE, splits=False)
