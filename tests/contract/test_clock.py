"""The `Clock` port, the same on every runtime."""

from __future__ import annotations

import time

from tests.contract.runtime import RuntimeClock


def test_now_is_in_milliseconds() -> None:
    """It answers whole milliseconds since 1970, between two readings of the system's."""
    before = int(time.time() * 1000)
    now = RuntimeClock().now()
    after = int(time.time() * 1000) + 1

    assert isinstance(now, int)
    assert before <= now <= after
    assert now > 1_700_000_000_000
