"""What readers get of a person or an account, and the port that they ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Trait:
    """A trait's present value: last writer by event time, then messageId."""

    value: Any
    timestamp: int
    message_id: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """An external id that a person holds. Times in milliseconds."""

    type: str
    value: str
    first_seen: int
    last_seen: int
    events: int


@dataclass(frozen=True, slots=True)
class Person:
    """One person, merged from all of their identifiers.

    Attributes:
        id: the name of the root identifier, `user_id:42`; it follows merges.
        traits: name to trait; one that was set to null is not there.
        counts: event type to number of events.
        groups: group id to when the person was last put in it, in milliseconds.
    """

    id: str
    workspace: str
    identifiers: tuple[Identifier, ...]
    traits: Mapping[str, Trait]
    groups: Mapping[str, int]
    counts: Mapping[str, int]
    first_seen: int
    last_seen: int
    first_message_id: str
    last_message_id: str


@dataclass(frozen=True, slots=True)
class Account:
    """A group's own profile: its traits and who is in it (`user_id:42`, …)."""

    id: str
    workspace: str
    traits: Mapping[str, Trait]
    first_seen: int
    last_seen: int


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Which events of a timeline to answer; times are inclusive, in milliseconds."""

    types: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    exclude_events: frozenset[str] = frozenset()
    since: int | None = None
    until: int | None = None
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Events newest first (unless asked otherwise), and where the next page starts.

    `tiers` says where it was read: `hot` is the database, `warm` and `cold` are the lake.
    """

    events: tuple[Mapping[str, Any], ...]
    next: str | None = None
    tiers: tuple[str, ...] = ("hot",)


@dataclass(frozen=True, slots=True)
class Link:
    """Why two identifiers are one person: the evidence, traceable to an event.

    Attributes:
        id: names the link; a merge is undone by naming it.
        identifiers: the two that it joined.
        merged: the person that ceased, if the link merged two; else None.
        reason: `event`, `alias` or `merge`.
        message_id: the event that is the evidence; for `merge`, the order's own id.
    """

    id: str
    identifiers: tuple[str, str]
    merged: str | None
    reason: str
    message_id: str
    at: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link that was not made, and why (`limit`, `blocked`, `cap`)."""

    identifiers: tuple[str, str]
    reason: str
    message_id: str
    at: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a person's identifiers are one person, and which were kept apart."""

    person: str
    links: tuple[Link, ...]
    refused: tuple[Refusal, ...] = field(default=())


class People(Protocol):
    """Reads and orders about people; a read sees every write that was answered before it.

    Identifiers are given as `type:value`; they are normalised as events' are.
    Methods answer None where nobody is known by that identifier.
    """

    async def person(self, workspace: str, identifier: str) -> Person | None:
        """Answer the whole person."""
        ...

    async def person_at(self, workspace: str, identifier: str, at: int) -> Person | None:
        """Answer the person as they were shown at an instant, computed traits aside.

        `at` is in milliseconds. None where nobody was known by that identifier then.
        """
        ...

    async def timeline(
        self,
        workspace: str,
        identifier: str,
        *,
        which: TimelineFilter,
        limit: int,
        cursor: str | None = None,
    ) -> TimelinePage | None:
        """Answer one page of events; a bad cursor raises `BadRequest`."""
        ...

    async def explain(self, workspace: str, identifier: str) -> Explanation | None:
        """Answer why these identifiers are one person."""
        ...

    async def merge(self, workspace: str, first: str, second: str) -> Person:
        """Make two people one, whatever the limits; raise `NotFound` where one is unknown."""
        ...

    async def split(self, workspace: str, identifier: str, link: str) -> tuple[Person, Person]:
        """Undo one merge exactly: answer the person that stays and the one restored."""
        ...

    async def account(self, workspace: str, group_id: str) -> Account | None:
        """Answer an account's profile."""
        ...

    async def account_members(
        self, workspace: str, group_id: str, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[str], str | None]:
        """Answer identifiers of members in order, and where the next page starts."""
        ...

    async def account_timeline(
        self,
        workspace: str,
        group_id: str,
        *,
        which: TimelineFilter,
        limit: int,
        cursor: str | None = None,
    ) -> TimelinePage | None:
        """Answer the group calls that shaped the account."""
        ...
