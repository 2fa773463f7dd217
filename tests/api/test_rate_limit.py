"""Token buckets by key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.api.rate_limit import RateLimiter
from headwater.errors import RateLimited


def passes(limiter: RateLimiter, *, events: int, now: int, key: str = "k", rate: int = 10) -> bool:
    """Tell whether a key may send so many events now."""
    try:
        limiter.take(key, events=events, rate=rate, now=now)
    except RateLimited:
        return False
    return True


def test_zero_is_no_limit() -> None:
    """A source without a rate is never refused, and takes no memory."""
    limiter = RateLimiter()

    assert all(passes(limiter, events=10_000, now=0, rate=0) for _ in range(100))


def test_a_second_holds_a_seconds_worth() -> None:
    """Ten events pass at once, the eleventh a tenth of a second later."""
    limiter = RateLimiter()

    assert all(passes(limiter, events=1, now=0) for _ in range(10))
    assert not passes(limiter, events=1, now=0)
    assert not passes(limiter, events=1, now=99)
    assert passes(limiter, events=1, now=100)


def test_a_batch_larger_than_the_bucket_passes_and_is_paid_for() -> None:
    """Otherwise it could never be sent."""
    limiter = RateLimiter()

    assert passes(limiter, events=100, now=0)
    assert not passes(limiter, events=1, now=9_000)
    assert passes(limiter, events=1, now=9_100)


@pytest.mark.parametrize(("events", "seconds"), [(10, 1), (25, 2), (100, 10), (100_000, 300)])
def test_the_wait_is_in_whole_seconds_that_sdks_accept(events: int, seconds: int) -> None:
    """Rounded up, at least one, at most the 300 that SDKs honour."""
    limiter = RateLimiter()
    limiter.take("k", events=events, rate=10, now=0)

    with pytest.raises(RateLimited) as raised:
        limiter.take("k", events=1, rate=10, now=0)

    assert raised.value.retry_after == seconds


def test_memory_is_bounded_by_forgetting_who_was_quiet_longest() -> None:
    """The busy key keeps its bucket."""
    limiter = RateLimiter(keys=3)
    assert passes(limiter, events=10, now=0, key="busy")

    for number in range(100):
        passes(limiter, events=1, now=0, key=f"other-{number}")
        assert not passes(limiter, events=1, now=0, key="busy")

    assert len(limiter._buckets) == 3


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    """Wall clocks are set now and then."""
    limiter = RateLimiter()
    limiter.take("k", events=10, rate=10, now=5_000)

    assert not passes(limiter, events=1, now=1_000)
    assert passes(limiter, events=1, now=1_100)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 500)), max_size=60))
def test_over_time_no_key_gets_more_than_its_rate(requests: list[tuple[int, int]]) -> None:
    """What passed before the last request is within the bucket and what time brought."""
    limiter = RateLimiter()
    now = passed = 0
    for events, pause in requests:
        now += pause
        if passes(limiter, events=events, now=now):
            assert passed < 10 + now / 100
            passed += events
