"""Thousands of seeded runs of the identity network under faults, against a plain oracle."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable

import pytest

from headwater.actors import identity_joining
from headwater.profiles.resolution import Limits
from headwater.workspace import IdentifierType, IdentityRules
from tests.simulation.network import Simulation
from tests.simulation.world import Story

FREE = Limits(
    IdentityRules(
        types=tuple(
            IdentifierType(name, limit=1000)
            for name in ("user_id", "email", "phone", "anonymous_id")
        ),
        max_merges=1000,
    )
)
TIGHT = Limits(
    IdentityRules(
        types=(
            IdentifierType("user_id", limit=1),
            IdentifierType("email", limit=2),
            IdentifierType("phone", limit=1),
            IdentifierType("anonymous_id", limit=3),
        ),
        max_merges=4,
    )
)
RUNS = 40
"""Blocks of seeds; `HEADWATER_SEEDS` sets how many runs each has."""

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "25"))


def story(rng: random.Random) -> Story:
    """Answer a small world, in which people collide often."""
    return Story(
        rng,
        {
            "user_id": [str(n) for n in range(rng.randint(1, 4))],
            "email": [f"{n}@x.org" for n in range(rng.randint(1, 4))],
            "phone": [f"+4912345{n}" for n in range(rng.randint(1, 3))],
            "anonymous_id": [f"a{n}" for n in range(rng.randint(1, 6))],
        },
    )


def run(seed: int, limits: Limits, *, splits: bool) -> Simulation:
    """Run one seed to its end and check it; a failure names the seed that replays it."""
    simulation = Simulation(seed, limits)
    rng = simulation.random
    tale = story(rng)
    try:
        for _ in range(rng.randint(5, 40)):
            simulation.send(tale.event())
            for _ in range(rng.randint(0, 25)):
                simulation.step()
            if splits and rng.random() < 0.15:
                simulation.split()
        simulation.calm()
        simulation.check()
    except Exception as error:
        error.add_note(
            f"replay with: run({seed}, {'FREE' if limits is FREE else 'TIGHT'}, {splits=})"
        )
        raise
    return simulation


def components(simulation: Simulation) -> set[frozenset[str]]:
    """Answer the connected components of all links that events carried."""
    sets: dict[str, set[str]] = {}
    for event in simulation.sent.values():
        ids = [name for name in event.identifiers if event.type != "alias"]
        together = set(ids).union(*(sets.get(name, {name}) for name in ids)) if ids else set()
        for name in together:
            sets[name] = together
    return {frozenset(part) for part in sets.values()}


@pytest.mark.parametrize("block", range(RUNS))
def test_faults_lose_nothing_and_make_the_oracles_people(block: int) -> None:
    """Whatever is reordered, repeated, dropped or cut, nothing is lost and people are right."""
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        run(seed, TIGHT, splits=seed % 2 == 1)
        run(seed, FREE, splits=seed % 4 == 1)


def test_without_limits_people_are_the_connected_components() -> None:
    """Where no limit bites and nobody is split, order and faults do not matter at all."""
    for seed in range(300):
        simulation = run(seed, FREE, splits=False)
        if any(event.type == "alias" for event in simulation.sent.values()):
            continue  # an alias to an unknown user id joins nothing, by design
        people = {
            frozenset(state.ids) for state in simulation.states().values() if hasattr(state, "ids")
        }

        assert people == components(simulation)


def test_a_seed_replays_exactly() -> None:
    """The same seed makes the same run, step by step, so that a failure can be studied."""
    first, second = run(7, TIGHT, splits=True), run(7, TIGHT, splits=True)

    assert first.calls == second.calls
    assert first.sql.execute("SELECT * FROM identity") == second.sql.execute(
        "SELECT * FROM identity"
    )


def test_the_faults_do_strike() -> None:
    """Each fault happens in ordinary runs: the simulation is not fooling itself."""
    struck = sum((run(seed, TIGHT, splits=True).struck for seed in range(20)), Counter())

    assert set(struck) == {"crash", "repeat", "drop", "reorder", "cut"}
    assert min(struck.values()) > 10


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("hear", lambda *_: None),
        ("_blocked", lambda *_: None),
    ],
)
def test_a_broken_rule_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: Callable[..., object]
) -> None:
    """Take one rule away and some seed fails: the checks would notice."""
    monkeypatch.setattr(identity_joining, name, broken)

    with pytest.raises(AssertionError):
        run_all(range(1, 2000, 2))


def run_all(seeds: range) -> None:
    """Run tight worlds with splits, up to the first that fails."""
    for seed in seeds:
        run(seed, TIGHT, splits=True)
