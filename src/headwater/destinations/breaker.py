"""A circuit breaker: after several failures in a row a lane stops knocking, and probes instead.

closed ──(threshold failures in a row, or credentials refused)──► open
open ──(its time is over)──► half-open: one attempt is let through
half-open ──(it succeeds)──► closed      half-open ──(it fails)──► open, twice as long
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """All times in milliseconds; each doubles from its first to its longest.

    Attributes:
        threshold: failures in a row that open it.
        open_first: how long it first stays open.
        open_longest: how long it stays open at most.
        pause_first: the same after refused credentials, which rarely mend by themselves.
        pause_longest: the same.
    """

    threshold: int = 5
    open_first: int = 5_000
    open_longest: int = 300_000
    pause_first: int = 300_000
    pause_longest: int = 3_600_000


@dataclass(frozen=True, slots=True)
class Breaker:
    """The breaker at one moment; each event answers the next value."""

    policy: BreakerPolicy = field(default_factory=BreakerPolicy)
    failures: int = 0
    trips: int = 0
    until: int | None = None
    probing: bool = False
    reason: str | None = None

    def state(self, now: int) -> BreakerState:
        """Answer the state at a moment in milliseconds."""
        if self.until is None:
            return "closed"
        return "open" if now < self.until else "half_open"

    def admits(self, now: int) -> bool:
        """Answer whether an attempt may start."""
        state = self.state(now)
        return state == "closed" or (state == "half_open" and not self.probing)

    def started(self, now: int) -> Breaker:
        """An attempt starts; when half-open it is the probe."""
        return replace(self, probing=True) if self.state(now) == "half_open" else self

    def abandoned(self) -> Breaker:
        """An attempt ended without telling anything about the destination."""
        return replace(self, probing=False)

    def succeeded(self) -> Breaker:
        """The destination answered as a working one does."""
        return Breaker(self.policy)

    def failed(self, now: int, reason: str) -> Breaker:
        """The destination did not work."""
        if self.state(now) == "open":
            # A straggler that started before it opened: it tells nothing new.
            return self
        failures = self.failures + 1
        if self.until is None and failures < self.policy.threshold:
            return replace(self, failures=failures)
        length = _doubled(self.policy.open_first, self.trips, self.policy.open_longest)
        return self._open(now, length, reason)

    def paused(self, now: int, reason: str) -> Breaker:
        """The destination refused the credentials."""
        if self.state(now) == "open":
            return replace(self, reason=reason)
        length = _doubled(self.policy.pause_first, self.trips, self.policy.pause_longest)
        return self._open(now, length, reason)

    def _open(self, now: int, length: int, reason: str) -> Breaker:
        return replace(
            self,
            failures=self.failures + 1,
            trips=self.trips + 1,
            until=now + length,
            probing=False,
            reason=reason,
        )


def _doubled(first: int, times: int, longest: int) -> int:
    return int(min(longest, first * 2 ** min(times, 40)))
