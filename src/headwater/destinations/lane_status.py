"""What people see of a lane."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.destinations.breaker import BreakerState


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """One destination's lane at one moment.

    Attributes:
        workspace: whose destination it is.
        destination: its id; `type` and `name` as in its configuration.
        enabled: events of one that is switched off are kept, and not sent.
        breaker: `closed` while it works, `open` while it is not tried, `half_open` at a probe.
        problem: why it is not working now, for people; None while it is.
        in_flight: requests on their way.
        waiting: events that are not delivered yet, those in flight and in retry included.
        retrying: of those, the ones that failed before.
        lag: seconds since the oldest of them was committed; 0 where none waits.
        dead_letters: events that were given up and can be replayed.
        delivered: events delivered since the destination was made.
        failed: events given up since then.
        last_outcome: `delivered`, `retry`, `rejected` or `credentials_refused`; None before any.
        last_reason: what the destination answered, unless it was delivered.
        last_outcome_at: milliseconds.
        next_attempt_at: milliseconds; None where nothing waits for a time.
        response_p50: seconds that half of the latest responses took at most; None before any.
        response_p99: the same for 99 of 100.
        delay_p50: seconds from commit to delivery, likewise.
        delay_p99: the same for 99 of 100.
    """

    workspace: str
    destination: str
    type: str
    name: str
    enabled: bool
    breaker: BreakerState
    problem: str | None
    in_flight: int
    waiting: int
    retrying: int
    lag: float
    dead_letters: int
    delivered: int
    failed: int
    last_outcome: str | None
    last_reason: str | None
    last_outcome_at: int | None
    next_attempt_at: int | None
    response_p50: float | None
    response_p99: float | None
    delay_p50: float | None
    delay_p99: float | None
