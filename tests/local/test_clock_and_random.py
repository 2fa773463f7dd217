"""The machine's clock and randomness keep their ports' promises."""

from __future__ import annotations

import time
import uuid

from headwater.local.clock import SystemClock
from headwater.local.random import SystemRandom


def test_now_is_in_milliseconds() -> None:
    """The clock answers whole milliseconds since 1970, between two readings of the system's."""
    before = int(time.time() * 1000)
    now = SystemClock().now()
    after = int(time.time() * 1000) + 1

    assert isinstance(now, int)
    assert before <= now <= after


def test_uuids_are_canonical_version_4_and_distinct() -> None:
    """Every UUID reads back as the same text, with RFC 9562's version and variant."""
    random = SystemRandom()
    drawn = [random.uuid() for _ in range(1000)]

    assert len(set(drawn)) == 1000
    for text in drawn:
        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122


def test_uniform_is_within_its_bounds_and_spread() -> None:
    """Numbers lie in [0, 1) and fall into every tenth of it."""
    random = SystemRandom()
    drawn = [random.uniform() for _ in range(2000)]

    assert all(0 <= number < 1 for number in drawn)
    assert {int(number * 10) for number in drawn} == set(range(10))
