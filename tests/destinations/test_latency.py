"""Percentiles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.destinations.latency import Latency


def test_nothing_yet() -> None:
    """Without a duration there is no percentile."""
    assert Latency().percentile(0.5) is None


def test_percentiles_are_durations_that_occurred() -> None:
    """Of 1 to 100, half are 50 at most and 99 of 100 are 99 at most."""
    latency = Latency()
    for number in range(100, 0, -1):
        latency.add(float(number))

    assert [latency.percentile(share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]


def test_only_the_latest_count() -> None:
    """An old trouble is forgotten."""
    latency = Latency(latest=2)
    for seconds in (9.0, 1.0, 2.0):
        latency.add(seconds)

    assert latency.percentile(1.0) == 2.0


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50), st.floats(0, 1))
def test_share_is_not_exceeded(durations: list[float], share: float) -> None:
    """At least that share of the durations is no longer than the percentile."""
    latency = Latency()
    for seconds in durations:
        latency.add(seconds)

    bound = latency.percentile(share)

    assert bound is not None
    assert sum(seconds <= bound for seconds in durations) >= share * len(durations)
