"""What identity actors ask each other. Each request may be lost, repeated or late.

A request is made anew from the asker's stored state until its reply has been acted on, so
nothing needs to remember that it was sent. Fields named `actor` and `to` are full actor names.
"""

from __future__ import annotations

import msgspec

from headwater.actors.identity_history import History
from headwater.actors.identity_state import AccountUpdate, Leaving, Link, Root, Standing, Traits

EventRow = tuple[str, int, str, str, str, int | str]
"""messageId, timestamp, the identifier that it arrived under, type, the event as JSON text, and
its place in the lake's order (`event.origin`); between actors that have databases of their own 0
where the lake has it, else where it was born (`event.born`)."""


class Join(msgspec.Struct, frozen=True, tag=True):
    """Become mine: asked of whoever holds the identifier that a link points at."""

    to: str
    actor: str
    number: int
    standing: Standing
    ids: list[str]
    blocked: list[str]
    merges: int
    link: Link


class JoinAnswer(msgspec.Struct, frozen=True, tag=True):
    """What came of a `Join`; `person` is the whole frozen person where that was the verdict."""

    actor: str
    number: int
    verdict: str
    detail: str = ""
    person: Root | None = None


class Pull(msgspec.Struct, frozen=True, tag=True):
    """Hand over the rows of a parcel that come after the cursor."""

    to: str
    actor: str
    parcel: str
    cursor: str


class Page(msgspec.Struct, frozen=True, tag=True):
    """Some of a parcel's rows; `next` is None on the last page.

    Traits, what is known of events that only the lake has, and what audiences keep, come with the
    first: `parts` by identifier as JSON, `members` the audiences that the person was in.
    """

    parcel: str
    cursor: str
    events: list[EventRow]
    traits: list[tuple[str, Traits]]
    next: str | None
    history: list[tuple[str, History]] = []
    parts: list[tuple[str, str]] = []
    members: list[str] = []


class Drop(msgspec.Struct, frozen=True, tag=True):
    """All rows of the parcel are mine now; forget them."""

    to: str
    actor: str
    parcel: str


class Dropped(msgspec.Struct, frozen=True, tag=True):
    """The parcel is gone."""

    parcel: str


class Adopt(msgspec.Struct, frozen=True, tag=True):
    """Be a person again: one half of a split."""

    to: str
    actor: str
    leaving: Leaving


class Adopted(msgspec.Struct, frozen=True, tag=True):
    """The half is taken over; its rows will be pulled."""

    number: int


class Repoint(msgspec.Struct, frozen=True, tag=True):
    """Forward to me from now on."""

    to: str
    actor: str
    number: int


class Repointed(msgspec.Struct, frozen=True, tag=True):
    """Done: it knows its root."""

    actor: str


class Account(msgspec.Struct, frozen=True, tag=True):
    """A group call, for the account's own profile."""

    to: str
    actor: str
    update: AccountUpdate


class Accounted(msgspec.Struct, frozen=True, tag=True):
    """The account has it."""

    message_id: str


Request = Join | Pull | Drop | Adopt | Repoint | Account
Reply = JoinAnswer | Page | Dropped | Adopted | Repointed | Accounted
