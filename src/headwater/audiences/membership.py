"""What readers get of audiences: who is in them, why, and how many there would be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from headwater.audiences.conditions import Condition


@dataclass(frozen=True, slots=True)
class Member:
    """A person in an audience: the name of their root identifier, and since when, in ms."""

    person: str
    since: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event that a clause looks at."""

    message_id: str
    timestamp: int
    name: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a condition, as it is of a person now.

    Attributes:
        condition: the clause's own type and fields as JSON; what is inside is in `clauses`.
        why: what was found, for people.
        changes_at: when time alone may change it next, in milliseconds.
        events: of a clause about events, the newest of those it counts that are at hand; of a
            sequence that happened, its events in their order; of a first or last event, and of
            consent, the one that decides.
    """

    condition: dict[str, Any]
    is_true: bool
    why: str
    changes_at: int | None = None
    events: tuple[Evidence, ...] = ()
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a person is in an audience: since when, until when if nothing happens, and why."""

    person: str
    audience: str
    member: bool
    since: int | None
    changes_at: int | None
    clause: Clause | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """How many a condition is true of, before it is saved.

    Attributes:
        count: the size; if not `is_exact`, reckoned from those looked at.
        looked_at: people who were looked at, of `people` in all.
        sample: some of them.
    """

    count: int
    is_exact: bool
    looked_at: int
    people: int
    sample: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Backfill:
    """How far everybody has been looked at since audiences last changed. Times in ms."""

    done: int
    total: int
    started_at: int
    finished_at: int | None


class Audiences(Protocol):
    """Reads about memberships; audiences are named by id. None: nobody by that identifier."""

    async def count(self, workspace: str, audience: str) -> int:
        """Answer how many people are in an audience now."""
        ...

    async def members(
        self, workspace: str, audience: str, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[Member], str | None]:
        """Answer members in order of their names, and where the next page starts."""
        ...

    async def check(
        self, workspace: str, audience: str, identifier: str, *, explain: bool = False
    ) -> Membership | None:
        """Answer whether a person is in an audience; to explain it, with each of its clauses."""
        ...

    async def preview(self, workspace: str, condition: Condition) -> Preview:
        """Answer how many a condition is true of, exactly or reckoned."""
        ...

    async def backfill(self, workspace: str) -> Backfill | None:
        """Answer how far the last change has got; None where there never was one."""
        ...

    def follow(self, workspace: str, audience: str) -> AsyncIterator[int]:
        """Answer an audience's size now and whenever it changes, until the server drains."""
        ...
