"""What an identity actor remembers, as values that go to JSON and back.

An actor is *fresh* (no row), a `Root` (it holds a person), a `Forward` (it points at another
actor) or an `Account`. Identifiers inside are short (`user_id:42`); actors' names lead with the
workspace (`default/user_id:42`).
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import msgspec

Stamp = tuple[int, str]
"""When, and by which message: the order in which writers win. (timestamp in ms, messageId)"""

NEVER: Stamp = (0, "")

Traits = dict[str, tuple[Any, int, str]]
"""Trait name to its value and the stamp of the message that wrote it."""

Standing = tuple[int, int, str]
"""Rank of the actor's own identifier type, first seen, name. The lower one wins a merge.

It never changes while the actor lives, so any two actors agree on who wins, whenever they ask;
and as every forward points from a higher standing to a lower one, forwards can form no circle.
"""


Groups = dict[str, Stamp]
"""Group id to the last group call that named it."""


class Edge(msgspec.Struct, frozen=True, array_like=True):
    """Evidence that two identifiers are one person. A person's edges form a tree.

    Taking an edge away therefore parts the person into exactly two: that is a split.
    `merged` is the root that ceased with it, where it made one person of two.
    """

    first: str
    second: str
    reason: str
    message_id: str
    at: int
    merged: str | None = None

    @property
    def id(self) -> str:
        """Answer the name by which people refer to this link."""
        return f"{self.message_id}:{self.second}"


class Parted(msgspec.Struct, frozen=True, array_like=True):
    """A link that a split took away, and when (ms): until then it held."""

    edge: Edge
    at: int

    def touches(self, names: Container[str]) -> bool:
        """Tell whether the link was one of any of these identifiers."""
        return self.edge.first in names or self.edge.second in names


class Link(msgspec.Struct, frozen=True, array_like=True):
    """A link that is still to be made: `target` is whom to ask for, `second` the evidence."""

    first: str
    second: str
    reason: str
    message_id: str
    at: int
    target: str
    only_known: bool = False


class Refused(msgspec.Struct, frozen=True, array_like=True):
    """A link that was not made, and why."""

    first: str
    second: str
    reason: str
    message_id: str
    at: int


class Talk(msgspec.Struct, frozen=True, array_like=True):
    """The one negotiation that a root has open: request `number`, sent to actor `to`."""

    number: int
    to: str
    link: Link


class AccountUpdate(msgspec.Struct, frozen=True, array_like=True):
    """A group call on its way to the account."""

    group: str
    member: str
    message_id: str
    timestamp: int
    traits: dict[str, Any]
    body: str


class Actor(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What survives every change of an actor's kind.

    Attributes:
        talks: number of numbered requests that it ever sent.
        heard: asker to the number of its last request and the answer that it got, so that a
            request that comes twice, or late, is answered and not acted on again.
        parcels: number of parcels of rows that it ever set aside for another root.
        departed: identifiers that a split gave away, to the root that got them, for whoever
            still comes by the old way.
    """

    talks: int = 0
    heard: dict[str, tuple[int, str, str]] = {}
    parcels: int = 0
    departed: dict[str, str] = {}


class Root(Actor, tag="root"):
    """A person.

    Their figures are not here but in the rows of their events, so that an event that tells
    nothing new about who is who costs no write but its own.

    Attributes:
        ids: the identifiers held, each with the groups that calls under it have named.
        former: the roots that ceased in favour of this one, with the standing to restore them by.
        imports: where rows are still to be pulled from, to the cursor; None once all are here
            and the source may drop them.
        blocked: an identifier of somebody else's to the one of ours that it was parted from.
        parted: links of these identifiers that splits took away: who the person was until then.
        leaving: one half of a split that the other root must still be handed.
        repoint: identifiers that may still forward by way of the other half of a split.
        accounts: group calls that their accounts have not heard of yet.
    """

    standing: Standing
    ids: dict[str, Groups]
    former: dict[str, Standing] = {}
    edges: list[Edge] = []
    links: list[Link] = []
    talk: Talk | None = None
    imports: dict[str, str | None] = {}
    blocked: dict[str, str] = {}
    parted: list[Parted] = []
    refused: list[Refused] = []
    leaving: Leaving | None = None
    repoint: list[str] = []
    accounts: list[AccountUpdate] = []

    @property
    def is_pulling(self) -> bool:
        """Tell whether rows of another are still to come here."""
        return any(cursor is not None for cursor in self.imports.values())

    @property
    def pending(self) -> bool:
        """Tell whether this person still has something to ask of other actors."""
        return bool(
            self.talk or self.links or self.imports or self.leaving or self.repoint or self.accounts
        )


class Leaving(msgspec.Struct, frozen=True):
    """One half of a split, on its way to the root that is restored.

    `departed` is where to send whoever comes for the half that stayed; `members` are the audiences
    that the whole person was in.
    """

    root: str
    number: int
    standing: Standing
    ids: dict[str, Groups]
    former: dict[str, Standing]
    edges: list[Edge]
    blocked: dict[str, str]
    departed: dict[str, str]
    parcel: str
    members: list[str] = []
    parted: list[Parted] = []


class Forward(Actor, tag="forward"):
    """Points at another actor.

    Attributes:
        frozen: the person that it was, until the winner has pulled all of it.
        parcel: the name by which the winner pulls.
    """

    to: str
    frozen: Root | None = None
    parcel: str = ""

    @property
    def pending(self) -> bool:
        """A forward asks nothing: whoever won does."""
        return False


class Account(Actor, tag="account"):
    """A group's own profile."""

    traits: Traits = {}
    first: Stamp = NEVER
    last: Stamp = NEVER

    @property
    def pending(self) -> bool:
        """An account asks nothing."""
        return False


State = Root | Forward | Account

_encoder = msgspec.json.Encoder()
_state_decoder: msgspec.json.Decoder[State] = msgspec.json.Decoder(Root | Forward | Account)
_traits_decoder = msgspec.json.Decoder(Traits)


def encode(state: State) -> str:
    """Answer the JSON text of a state."""
    return _encoder.encode(state).decode()


def decode(body: str) -> State:
    """Answer the state that a JSON text holds."""
    return _state_decoder.decode(body)


def encode_traits(traits: Traits) -> str:
    """Answer the JSON text of one identifier's traits."""
    return _encoder.encode(traits).decode()


def decode_traits(body: str) -> Traits:
    """Answer one identifier's traits from their JSON text."""
    return _traits_decoder.decode(body)
