"""The values between a lane and what drives it: rows, attempts, and what to write afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field

from headwater.destinations.outcome import Outcome


@dataclass(slots=True, eq=False)
class Row:
    """One event that waits in a lane, without its body.

    Attributes:
        id: grows in the order of commits.
        person: events of one person keep their order; changes when people merge.
        size: of the body, in bytes.
        enqueued_at: milliseconds; the age counts from here.
        attempts: failed ones so far.
        next_at: milliseconds; not sent earlier.
        batch: rows that failed together bear the same, to be sent together again.
    """

    id: int
    person: str
    message_id: str
    size: int
    enqueued_at: int
    attempts: int = 0
    next_at: int = 0
    batch: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One request to make now, with these events in this order."""

    rows: tuple[Row, ...]
    started_at: int


@dataclass(slots=True, eq=False)
class Group:
    """Rows that are sent together, not before `next_at` (milliseconds)."""

    rows: list[Row] = field(default_factory=list)
    next_at: int = 0

    def persons(self) -> set[str]:
        """Answer whose events these are."""
        return {row.person for row in self.rows}


@dataclass(frozen=True, slots=True)
class Retry:
    """These rows failed and are sent again, together, not before `next_at` (milliseconds)."""

    ids: tuple[int, ...]
    next_at: int
    batch: int


@dataclass(frozen=True, slots=True)
class Death:
    """This row will not be sent again, and why.

    Attributes:
        status: of the response; None where there was none.
        response: how its body begins.
    """

    id: int
    reason: str
    status: int | None
    response: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one attempt's outcome changes: in storage, and in the lane.

    Attributes:
        delivered: ids of rows to delete.
        retries: rows to mark.
        deaths: rows to move to the dead letters.
        groups: what the lane keeps in memory to send again.
    """

    outcome: Outcome
    delivered: tuple[int, ...] = ()
    retries: tuple[Retry, ...] = ()
    deaths: tuple[Death, ...] = ()
    groups: tuple[Group, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.delivered or self.retries or self.deaths)
