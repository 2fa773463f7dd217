"""What a reader asks an identity actor that has a database of its own, and what it shows.

`identifier` is the one that the reader came by, short and normalised.
"""

from __future__ import annotations

from typing import Any

import msgspec

from headwater.actors.identity_bonds import Bonds
from headwater.actors.identity_history import Span
from headwater.actors.identity_messages import Request
from headwater.audiences.membership import Membership
from headwater.profiles.past import PastEvent
from headwater.profiles.people import (
    Account,
    Explanation,
    Person,
    TimelineFilter,
    TimelinePage,
)


class Locate(msgspec.Struct, frozen=True, tag=True):
    """Tell which actor holds the person."""

    identifier: str


class LookPerson(msgspec.Struct, frozen=True, tag=True):
    """Show the person."""

    identifier: str


class LookLinks(msgspec.Struct, frozen=True, tag=True):
    """Show why the person is one."""

    identifier: str


class LookTimeline(msgspec.Struct, frozen=True, tag=True):
    """Show a page of a person's events, or of an account's."""

    identifier: str
    which: TimelineFilter
    limit: int
    cursor: str | None = None


class LookMembership(msgspec.Struct, frozen=True, tag=True):
    """Show whether the person is in an audience, which is named by its id, and why."""

    identifier: str
    audience: str
    explain: bool


class LookPast(msgspec.Struct, frozen=True, tag=True):
    """Show by which names the lake may have a person's events."""

    identifier: str


class LookBonds(msgspec.Struct, frozen=True, tag=True):
    """Show who was ever one with whom, as far as this person's actor knows."""

    identifier: str


class LookEvents(msgspec.Struct, frozen=True, tag=True):
    """Show what shaped somebody in the past: events of these identifiers, all of this person.

    Attributes:
        after: the id of the last event of the page before; 0 at the first.
        at: later received ones are left out, in milliseconds.
    """

    identifier: str
    names: list[str]
    after: int
    at: int


class LookAccount(msgspec.Struct, frozen=True, tag=True):
    """Show the account."""


class LookMembers(msgspec.Struct, frozen=True, tag=True):
    """Show who is in the account."""

    after: str
    limit: int


class Past(msgspec.Struct, frozen=True):
    """What the lake has of a person, and a page of what is here still.

    Attributes:
        identifiers: those that the person holds; each event of theirs came by one of them.
        others: identifiers of people who were one with this one, and are not any more.
        days: days since 1970 of which the lake has events that are not here.
        hot: the first events of the page that are here, each with its place; one more than the
            page has room for where there are more.
    """

    identifiers: list[str]
    others: list[str]
    days: dict[int, Span]
    hot: list[tuple[tuple[int, str], dict[str, Any]]] = []


class PastPage(msgspec.Struct, frozen=True):
    """Some events of a person; `after` is where the next page begins, None: it is the last."""

    events: list[PastEvent]
    after: int | None


class Seen(msgspec.Struct, frozen=True, tag=True):
    """What a reader asked for; what is None is not there, or was not asked for.

    Attributes:
        moved: the actor to ask instead.
        asks: what must be carried out before the person can be shown whole.
        past: with a timeline that goes on in the lake, or a page of events, or by itself.
    """

    moved: str | None = None
    asks: list[Request] = []
    root: str | None = None
    person: Person | None = None
    links: Explanation | None = None
    page: TimelinePage | None = None
    account: Account | None = None
    members: list[str] = []
    membership: Membership | None = None
    past: Past | None = None
    bonds: Bonds | None = None
    events: PastPage | None = None


Look = (
    Locate
    | LookPerson
    | LookLinks
    | LookTimeline
    | LookPast
    | LookBonds
    | LookEvents
    | LookMembership
    | LookAccount
    | LookMembers
)
