"""What people are told of a lane: what storage knows of it, and what its driver does."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.actors.deliveries import LaneStatistics
from headwater.destinations.lane import Lane
from headwater.destinations.lane_status import LaneStatus
from headwater.destinations.latency import Latency
from headwater.workspace import DestinationConfig


@dataclass(slots=True)
class Last:
    """The latest outcome. `at` in milliseconds; `reason` is None for a delivery."""

    outcome: str | None = None
    reason: str | None = None
    at: int | None = None


def empty(workspace: str, destination: str) -> LaneStatistics:
    """Answer the figures of a lane that nothing was ever put into."""
    return LaneStatistics(0, workspace, destination, 0, 0, 0, None, 0, 0)


def report(
    config: DestinationConfig,
    stored: LaneStatistics,
    lane: Lane,
    *,
    last: Last,
    responses: Latency,
    delays: Latency,
    now: int,
) -> LaneStatus:
    """Answer how a lane is that works."""
    return LaneStatus(
        workspace=stored.workspace,
        destination=stored.destination,
        type=config.type,
        name=config.name,
        enabled=config.enabled,
        breaker=lane.state(now),
        problem=lane.reason,
        in_flight=lane.in_flight,
        waiting=stored.waiting,
        retrying=stored.retrying,
        lag=_lag(stored, now),
        dead_letters=stored.dead_letters,
        delivered=stored.delivered,
        failed=stored.failed,
        last_outcome=last.outcome,
        last_reason=last.reason,
        last_outcome_at=last.at,
        next_attempt_at=lane.wake_at(now) if config.enabled else None,
        response_p50=responses.percentile(0.5),
        response_p99=responses.percentile(0.99),
        delay_p50=delays.percentile(0.5),
        delay_p99=delays.percentile(0.99),
    )


def report_broken(
    config: DestinationConfig, stored: LaneStatistics, problem: str, *, now: int
) -> LaneStatus:
    """Answer how a lane is whose configuration does not work."""
    return LaneStatus(
        workspace=stored.workspace,
        destination=stored.destination,
        type=config.type,
        name=config.name,
        enabled=config.enabled,
        breaker="open",
        problem=problem,
        in_flight=0,
        waiting=stored.waiting,
        retrying=stored.retrying,
        lag=_lag(stored, now),
        dead_letters=stored.dead_letters,
        delivered=stored.delivered,
        failed=stored.failed,
        last_outcome=None,
        last_reason=None,
        last_outcome_at=None,
        next_attempt_at=None,
        response_p50=None,
        response_p99=None,
        delay_p50=None,
        delay_p99=None,
    )


def _lag(stored: LaneStatistics, now: int) -> float:
    return 0.0 if stored.oldest is None else max(0.0, (now - stored.oldest) / 1000)
