"""What an identity actor in a database of its own is asked, and what it answers: as JSON texts.

Each call is one transaction in one actor. An answer says, with what was asked for, what the actor
itself now wants of others (`asks`) and what it has to send (`parcel`), so that in the plain case
a person's events cost one call.
"""

from __future__ import annotations

import msgspec

from headwater.actors.identity_erasing_calls import (
    Emptied,
    Empty,
    Forget,
    Forgotten,
    Trace,
    Traced,
)
from headwater.actors.identity_looking_calls import Look, Seen
from headwater.actors.identity_messages import Reply, Request
from headwater.actors.identity_showing_calls import HeldShown, ShowHeld
from headwater.actors.lake_offers import LakeNoted, LakeOffer
from headwater.actors.outbox import Parcel
from headwater.collect.arrival import Arrival
from headwater.lake.births import Births
from headwater.workspace import WorkspaceConfig


class Event(msgspec.Struct, frozen=True, array_like=True):
    """An `Arrival` on the wire, without the workspace, which its actor's name says."""

    identifiers: tuple[str, ...]
    message_id: str
    type: str
    timestamp: int
    received_at: int
    body: str


# Calls about events and about who is who.


class Receive(msgspec.Struct, frozen=True, tag=True):
    """Store these events, in this order."""

    events: list[Event]


class Received(msgspec.Struct, frozen=True, tag=True):
    """What became of them.

    Attributes:
        stored: places in the call of those that are new.
        moved: places of those that belong to another actor, and its name.
        told: events that were stored beside them, to tell of memberships in audiences.
    """

    stored: list[int]
    moved: list[tuple[int, str]]
    asks: list[Request] = []
    parcel: Parcel | None = None
    told: list[Event] = []


class Carry(msgspec.Struct, frozen=True, tag=True):
    """Answer another actor's request."""

    request: Request


class Carried(msgspec.Struct, frozen=True, tag=True):
    """The reply, for `Settle` at whoever asked."""

    reply: Reply
    asks: list[Request] = []


class Settle(msgspec.Struct, frozen=True, tag=True):
    """Act on the reply to a request of yours."""

    reply: Reply


class Merge(msgspec.Struct, frozen=True, tag=True):
    """Join the people of two identifiers, of which you are the first, by this order."""

    first: str
    second: str
    order: str
    at: int


class Split(msgspec.Struct, frozen=True, tag=True):
    """Undo the merge that a link made; `at` is when, in milliseconds."""

    link: str
    at: int = 0


class Parted(msgspec.Struct, frozen=True, tag=True):
    """The actor of the person that is restored, which has yet to be told."""

    restored: str
    asks: list[Request] = []


class Continue(msgspec.Struct, frozen=True, tag=True):
    """Say what you want of others, and what you have to send.

    Attributes:
        may_rekey: everybody who may have kept a merge from being sent has sent all.
    """

    may_rekey: bool = False


class Revisit(msgspec.Struct, frozen=True, tag=True):
    """Have all audiences decided anew, as where one is new."""


class Acknowledge(msgspec.Struct, frozen=True, tag=True):
    """A parcel was carried out."""

    id: int
    token: str


class Fetch(msgspec.Struct, frozen=True, tag=True):
    """Hand out a parcel that was too large for a queue's message, if it still waits."""

    id: int
    token: str


class Standing(msgspec.Struct, frozen=True, tag=True):
    """What an actor wants and has to send.

    Attributes:
        waiting_since: when the oldest of its commands was decided, in milliseconds.
        heir: the actor that it forwards to, if that one may wait for it to have sent all.
        told: events that were stored to tell of memberships in audiences.
    """

    asks: list[Request] = []
    parcel: Parcel | None = None
    waiting_since: int | None = None
    heir: str | None = None
    told: list[Event] = []


# Calls about the lake; see lake_offers.py.


class OfferLake(msgspec.Struct, frozen=True, tag=True):
    """Offer what the lake may lack."""


class NoteLake(msgspec.Struct, frozen=True, tag=True):
    """The lake has these events, and changes up to that number.

    Attributes:
        until: `event.id` of the last one here.
        taken: where they were born.
        first_hot: the first day (since 1970) whose events stay here; 0: all do.
        unsettled: days before it whose files are not compacted yet, and whose events stay.
        life: as in the actor's offer.
    """

    until: int
    change: int
    taken: Births
    first_hot: int = 0
    unsettled: list[int] = []
    life: int = 0


class Outdated(msgspec.Struct, frozen=True, tag=True):
    """The caller's configuration is newer than any known here: send it along."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The call cannot be done: which error it is, and its words."""

    error: str
    message: str
    code: str


Work = Receive | Carry | Settle | Merge | Split | Continue | Revisit | Acknowledge | Fetch
Erasing = Trace | Empty | Forget
Call = Work | OfferLake | NoteLake | Look | Erasing | ShowHeld
Answer = (
    Received
    | Carried
    | Parted
    | Standing
    | LakeOffer
    | LakeNoted
    | Seen
    | Traced
    | Emptied
    | Forgotten
    | HeldShown
    | Outdated
    | Refused
)


class Envelope(msgspec.Struct, frozen=True):
    """A call, with whom it is for and the version of the configuration that it is made under."""

    actor: str
    version: int
    call: Call
    config: WorkspaceConfig | None = None


_encoder = msgspec.json.Encoder()
_envelopes: msgspec.json.Decoder[Envelope] = msgspec.json.Decoder(Envelope)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def encode(value: Envelope | Answer) -> str:
    """Answer the JSON text of a call or an answer."""
    return _encoder.encode(value).decode()


def decode_envelope(text: str) -> Envelope:
    """Answer the call that a JSON text holds."""
    return _envelopes.decode(text)


def decode_answer(text: str) -> Answer:
    """Answer the answer that a JSON text holds."""
    return _answers.decode(text)


def of_nobody(call: Call) -> Answer | None:
    """Answer what is asked of an actor that is nobody; None for what may make it somebody."""
    match call:
        case Trace():
            return Traced()
        case Forget():
            return Forgotten()
        case ShowHeld():
            return HeldShown()
        case _:
            return Seen() if isinstance(call, Look) else None


def event_of(arrival: Arrival) -> Event:
    """Answer an arrival as it travels."""
    return Event(
        arrival.identifiers,
        arrival.message_id,
        arrival.type,
        arrival.timestamp,
        arrival.received_at,
        arrival.body,
    )


def arrival_of(workspace: str, event: Event) -> Arrival:
    """Answer an event as it arrived."""
    return Arrival(
        workspace=workspace,
        identifiers=event.identifiers,
        message_id=event.message_id,
        type=event.type,
        timestamp=event.timestamp,
        received_at=event.received_at,
        body=event.body,
    )
