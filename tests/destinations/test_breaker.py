"""The circuit breaker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.destinations.breaker import Breaker, BreakerPolicy

POLICY = BreakerPolicy(threshold=3)


def opened(now: int = 0) -> Breaker:
    """A breaker that has just opened."""
    breaker = Breaker(POLICY)
    for _ in range(3):
        breaker = breaker.failed(now, "503")
    return breaker


def test_opens_after_failures_in_a_row() -> None:
    """A success in between starts the count anew."""
    breaker = (
        Breaker(POLICY).failed(0, "x").failed(0, "x").succeeded().failed(0, "x").failed(0, "x")
    )

    assert breaker.state(0) == "closed"
    assert breaker.failed(0, "503").state(0) == "open"
    assert breaker.failed(0, "503").reason == "503"


def test_is_half_open_when_its_time_is_over() -> None:
    """Then it lets one attempt through, and no second."""
    breaker = opened()

    assert not breaker.admits(4_999)
    assert breaker.state(5_000) == "half_open"
    assert breaker.admits(5_000)
    assert not breaker.started(5_000).admits(5_000)


def test_probe_that_succeeds_closes_it() -> None:
    """And all is as at the start."""
    assert opened().started(5_000).succeeded() == Breaker(POLICY)


def test_probe_that_fails_opens_it_for_longer() -> None:
    """Each time twice as long, five minutes at most."""
    breaker, now, lengths = opened(), 0, []
    for _ in range(10):
        assert breaker.until is not None
        lengths.append(breaker.until - now)
        now = breaker.until
        breaker = breaker.started(now).failed(now, "503")

    assert lengths[:4] == [5_000, 10_000, 20_000, 40_000]
    assert lengths[-1] == 300_000


def test_stragglers_do_not_prolong_it() -> None:
    """What had started before it opened fails without changing it."""
    assert opened().failed(10, "late") == opened()


def test_probe_that_tells_nothing_may_be_repeated() -> None:
    """An attempt that was abandoned leaves the breaker half-open."""
    assert opened().started(5_000).abandoned().admits(5_000)


def test_refused_credentials_open_it_at_once_and_for_longer() -> None:
    """One refusal is enough, as the next attempt would be refused as well."""
    breaker = Breaker(POLICY).paused(0, "401")

    assert breaker.until == 300_000
    assert breaker.started(300_000).paused(300_000, "401").until == 900_000
    assert breaker.started(300_000).succeeded().state(300_000) == "closed"


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["start", "succeed", "fail", "pause", "abandon"]), st.integers(0, 9000)
    )
)


@given(_STEPS)
def test_is_never_stuck(steps: list[tuple[str, int]]) -> None:
    """Whatever happens, it admits an attempt in time, unless a probe is on its way."""
    breaker, now = Breaker(POLICY), 0
    for step, passed in steps:
        now += passed
        breaker = {
            "start": breaker.started(now),
            "succeed": breaker.succeeded(),
            "fail": breaker.failed(now, "x"),
            "pause": breaker.paused(now, "x"),
            "abandon": breaker.abandoned(),
        }[step]

    assert breaker.probing or breaker.admits(now + POLICY.pause_longest)
