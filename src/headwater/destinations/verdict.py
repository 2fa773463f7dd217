"""What one outcome means for the rows of an attempt, for the breaker, and for the whole lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headwater.destinations.breaker import Breaker
from headwater.destinations.outcome import (
    CredentialsRefused,
    Delivered,
    Outcome,
    Rejected,
    RetryAfter,
)
from headwater.destinations.retry import RetryPolicy
from headwater.destinations.settlement import Death, Group, Retry, Row, Settlement
from headwater.ports import HttpResponse

EXCERPT = 1000
"""How many characters of a response a dead letter keeps."""

# A batch that failed so often while others went through may hold an event that breaks the receiver.
_HALVED_AFTER = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome, with all that its consequences depend on.

    Attributes:
        response: None where there was none.
        healthy: whether the lane's breaker was closed.
        now: milliseconds.
        draw: a random number in [0, 1).
    """

    outcome: Outcome
    response: HttpResponse | None
    policy: RetryPolicy
    healthy: bool
    now: int
    draw: float


def judge(
    rows: Sequence[Row], verdict: Verdict, breaker: Breaker
) -> tuple[Settlement, Breaker, int]:
    """Answer the consequences, the breaker's next value, and until when to send nothing (ms)."""
    outcome = verdict.outcome
    if isinstance(outcome, Delivered):
        ids = tuple(row.id for row in rows)
        return Settlement(outcome, delivered=ids), breaker.succeeded(), 0
    if isinstance(outcome, CredentialsRefused):
        settlement = Settlement(outcome, groups=(Group(list(rows)),))
        return settlement, breaker.paused(verdict.now, outcome.reason), 0
    if isinstance(outcome, Rejected):
        # Whoever answers works; without a response nothing was learned about the destination.
        after = breaker.abandoned() if verdict.response is None else breaker.succeeded()
        return _rejected(rows, verdict, outcome), after, 0
    wait = verdict.policy.asked_wait(outcome.seconds)
    not_before = verdict.now + wait if wait else 0
    after = breaker.failed(verdict.now, outcome.reason)
    return _retried(rows, verdict, outcome), after, not_before


def _rejected(rows: Sequence[Row], verdict: Verdict, outcome: Rejected) -> Settlement:
    if len(rows) > 1 and not outcome.whole:
        return Settlement(outcome, groups=_halves(rows, verdict.now))
    deaths = tuple(_death(row, outcome.reason, verdict.response) for row in rows)
    return Settlement(outcome, deaths=deaths)


def _retried(rows: Sequence[Row], verdict: Verdict, outcome: RetryAfter) -> Settlement:
    deaths = []
    rest = []
    for row in rows:
        age = verdict.now - row.enqueued_at
        given_up = verdict.policy.exhausted(row.attempts + 1, age)
        if given_up is None:
            rest.append(row)
        else:
            deaths.append(_death(row, f"{outcome.reason}; {given_up}", verdict.response))
    groups: tuple[Group, ...] = ()
    if rest:
        failures = max(row.attempts for row in rest) + 1
        wait = verdict.policy.wait(failures, verdict.draw, asked=outcome.seconds)
        next_at = verdict.now + wait
        suspicious = verdict.healthy and failures >= _HALVED_AFTER and len(rest) > 1
        groups = _halves(rest, next_at) if suspicious else (Group(rest, next_at),)
    retries = tuple(
        Retry(tuple(row.id for row in group.rows), group.next_at, group.rows[0].id)
        for group in groups
    )
    return Settlement(outcome, retries=retries, deaths=tuple(deaths), groups=groups)


def _halves(rows: Sequence[Row], next_at: int) -> tuple[Group, Group]:
    middle = len(rows) // 2
    return Group(list(rows[:middle]), next_at), Group(list(rows[middle:]), next_at)


def _death(row: Row, reason: str, response: HttpResponse | None) -> Death:
    if response is None:
        return Death(row.id, reason, None, "")
    # Four bytes a character at most; the rest of the body is not worth decoding.
    excerpt = response.body[: EXCERPT * 4].decode("utf-8", "replace")[:EXCERPT]
    return Death(row.id, reason, response.status, excerpt)
