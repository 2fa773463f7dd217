"""The `Random` port, the same on every runtime and in simulations."""

from __future__ import annotations

import uuid

import pytest

from headwater.ports import Random
from tests.actors.workspace_database import SeededRandom
from tests.contract.runtime import RuntimeRandom


@pytest.fixture(params=[RuntimeRandom, SeededRandom], ids=["runtime", "seeded"])
def random(request: pytest.FixtureRequest) -> Random:
    """The runtime's own, and the one that repeats."""
    made: Random = request.param()
    return made


def test_uuids_are_canonical_version_4_and_distinct(random: Random) -> None:
    """Every UUID reads back as the same text, with RFC 9562's version and variant."""
    drawn = [random.uuid() for _ in range(1000)]

    assert len(set(drawn)) == 1000
    for text in drawn:
        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122


def test_numbers_are_within_their_bounds_and_spread(random: Random) -> None:
    """They lie in [0, 1) and fall into every tenth of it."""
    drawn = [random.uniform() for _ in range(2000)]

    assert all(0 <= number < 1 for number in drawn)
    assert {int(number * 10) for number in drawn} == set(range(10))


def test_two_of_the_system_differ() -> None:
    """Nobody can tell what comes next from what came before."""
    assert RuntimeRandom().uuid() != RuntimeRandom().uuid()
    assert RuntimeRandom().uniform() != RuntimeRandom().uniform()
