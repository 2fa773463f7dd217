"""When deliveries are tried again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.destinations.retry import RetryPolicy

HOUR = 3_600_000


def test_ceiling_doubles_up_to_the_longest() -> None:
    """With the largest draw the waits are 1, 2, 4 … seconds, and an hour from then on."""
    waits = [RetryPolicy().wait(failures, 1.0) for failures in range(1, 15)]

    assert waits[:5] == [1000, 2000, 4000, 8000, 16_000]
    assert waits[12:] == [HOUR, HOUR]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_jitter_is_full(failures: int, draw: float) -> None:
    """A wait lies anywhere between nothing and the ceiling, in proportion to the draw."""
    policy = RetryPolicy()
    ceiling = policy.wait(failures, 1.0)

    assert policy.wait(failures, draw) == int(draw * ceiling)


@given(st.integers(1, 100), st.floats(0, 1), st.floats(0, 1e9))
def test_retry_after_is_the_least(failures: int, draw: float, asked: float) -> None:
    """What the destination asks for is waited at least, as far as a day."""
    assert RetryPolicy().wait(failures, draw, asked=asked) >= min(int(asked * 1000), 24 * HOUR)


def test_is_given_up_by_age_or_attempts() -> None:
    """After three days, or too many attempts, an event is given up, with the reason."""
    policy = RetryPolicy(max_attempts=10)

    assert policy.exhausted(9, 72 * HOUR - 1) is None
    assert policy.exhausted(1, 72 * HOUR) == "not delivered within 72 hours"
    assert policy.exhausted(10, 0) == "not delivered in 10 attempts"
