"""What a shard of the population is asked, and what it answers: as JSON texts."""

from __future__ import annotations

from typing import Any

import msgspec

Head = tuple[int, str, str, str | None, msgspec.Raw]
"""An event's timestamp, message id, type, name, and JSON of what marks it as a bot's, or null."""

Body = tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw, str]
"""JSON of its properties, traits and context, and the identifier that it came by."""


class Event(msgspec.Struct, frozen=True, array_like=True):
    """An event as a bundle has it; see population.sql."""

    head: Head
    body: Body


class Described(msgspec.Struct, frozen=True):
    """What a person is like.

    Attributes:
        traits: written and computed ones.
        identifiers: all that the person holds, in order.
        members: ids of audiences to since when (ms) the person is in them.
        accounts: ids of the accounts that the person is in, in order.
    """

    traits: dict[str, Any]
    identifiers: list[str]
    members: dict[str, int]
    accounts: list[str]


class Held(msgspec.Struct, frozen=True):
    """How much a shard has of a person: up to which event, and as of which word."""

    position: int = 0
    stamp: int = 0


class Portion(msgspec.Struct, frozen=True, tag=True):
    """A person as they are now, and what they did since the last time.

    Attributes:
        workspace: whose person it is.
        person: the root identifier.
        stamp: grows from word to word; milliseconds, where the clock does.
        described: None where the person has become part of another.
        after: the position behind which the events begin.
        until: that of the last of them.
        events: in the order of their positions.
        overlaps: some of them may be known already.
        decided: version of the configuration by which all audiences of the person were decided;
            0 where that is not known.
        audiences: version of the configuration by which audiences changed last, as far as known.
        let_go: identifiers whose events, some or all, the lake alone has any more; told where the
            person may have got them from another.
    """

    workspace: str
    person: str
    stamp: int
    described: Described | None
    after: int = 0
    until: int = 0
    events: list[Event] = []
    overlaps: bool = False
    decided: int = 0
    audiences: int = 0
    let_go: list[str] = []


class Recalled(msgspec.Struct, frozen=True, tag=True):
    """Events of a person that the actor has let go, out of the lake.

    Attributes:
        via: the identifier that they came by.
        until: the last day (since 1970) that they are from; None: there is no later one.
    """

    person: str
    via: str
    until: int | None
    events: list[Event]


class AccountPortion(msgspec.Struct, frozen=True, tag=True):
    """An account as it is now."""

    account: str
    stamp: int
    traits: dict[str, Any]


class Where(msgspec.Struct, frozen=True, tag=True):
    """Tell how much you have of a person."""

    person: str


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Answer the rows of a query."""

    sql: str
    parameters: list[str | int | float | None] = []


class LookThrough(msgspec.Struct, frozen=True, tag=True):
    """Audiences of your workspace have changed with this version: have everybody decided anew."""

    workspace: str
    version: int


class Count(msgspec.Struct, frozen=True, tag=True):
    """Answer how many people you have, counted seldom enough that it costs next to nothing."""


class Sift(msgspec.Struct, frozen=True, tag=True):
    """Delete what there is of erased people, and of events that came by their identifiers.

    Attributes:
        identifiers: all that those people held.
        after: the person behind whom to look through other people's events; empty at the first.
    """

    identifiers: list[str]
    after: str = ""


class Taken(msgspec.Struct, frozen=True, tag=True):
    """How much there is of a person now.

    Attributes:
        is_taken: the portion is in; else it was late, or begins where something is missing.
        newest: the version of the audiences that everybody is being looked at for, or was.
        lacks: by which identifiers there are events that the lake alone has and this shard has not
            been told of, each to the last day (since 1970) of which it has.
    """

    held: Held
    is_taken: bool = True
    newest: int = 0
    lacks: dict[str, int] = {}


class Sifted(msgspec.Struct, frozen=True, tag=True):
    """What went.

    Attributes:
        rows: rows, and events in rows of others.
        until: the last person whose events were looked through; None where nobody is left.
    """

    rows: int
    until: str | None = None


class Rows(msgspec.Struct, frozen=True, tag=True):
    """What a query found."""

    rows: list[list[Any]]


class Counted(msgspec.Struct, frozen=True, tag=True):
    """How many people there are, or were a while ago."""

    people: int


class NotAsked(msgspec.Struct, frozen=True, tag=True):
    """The query could not be answered: why."""

    why: str


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is durable."""


OpeningCall = Portion | Recalled | AccountPortion | Where | Ask | LookThrough | Sift
"""Those at which a shard that held nothing makes its tables."""

PopulationCall = OpeningCall | Count
PopulationAnswer = Taken | Rows | NotAsked | Done | Sifted | Counted

_encoder = msgspec.json.Encoder()
_calls: msgspec.json.Decoder[PopulationCall] = msgspec.json.Decoder(PopulationCall)
_answers: msgspec.json.Decoder[PopulationAnswer] = msgspec.json.Decoder(PopulationAnswer)


def encode(value: PopulationCall | PopulationAnswer) -> str:
    """Answer the JSON text of a call or an answer."""
    return _encoder.encode(value).decode()


def decode_call(text: str) -> PopulationCall:
    """Answer the call that a JSON text holds."""
    return _calls.decode(text)


def decode_answer(text: str) -> PopulationAnswer:
    """Answer the answer that a JSON text holds."""
    return _answers.decode(text)
