"""What the actor that keeps a destination's lane is asked, and what it answers: as JSON texts."""

from __future__ import annotations

from typing import Any

import msgspec

from headwater.actors.dead_letters import DeadLetter, DeadLetterFilter
from headwater.commands import Command, Deliver
from headwater.destinations.lane_status import LaneStatus
from headwater.workspace import DestinationConfig, IdentityRules

Place = tuple[int, str, int, str]
"""Where in a replay an event stands: the day of receipt, its person, its time, its message id."""


class Enqueue(msgspec.Struct, frozen=True, tag=True):
    """Append these, in this order."""

    commands: list[Command]


class Replay(msgspec.Struct, frozen=True, tag=True):
    """Append events of the past, unless more than a few wait; those that you know are there.

    Attributes:
        job: the replay's.
        events: in their order, each with its place in the replay.
        until: the place of the last event that was looked at for them.
    """

    job: str
    events: list[tuple[Place, Deliver]]
    until: Place


class Replayed(msgspec.Struct, frozen=True, tag=True):
    """Whether they were appended; else there was no room."""

    is_taken: bool


class Configure(msgspec.Struct, frozen=True, tag=True):
    """The configuration has changed; it comes with the envelope."""


class Remove(msgspec.Struct, frozen=True, tag=True):
    """The destination was deleted: forget what waits for it."""


class ShowStatus(msgspec.Struct, frozen=True, tag=True):
    """Tell how deliveries go."""


class ListLetters(msgspec.Struct, frozen=True, tag=True):
    """Show dead letters, the latest first."""

    which: DeadLetterFilter
    limit: int


class CountLetters(msgspec.Struct, frozen=True, tag=True):
    """Count dead letters."""

    which: DeadLetterFilter


class ReplayLetters(msgspec.Struct, frozen=True, tag=True):
    """Put dead letters back at the end of the lane."""

    which: DeadLetterFilter


class DiscardLetters(msgspec.Struct, frozen=True, tag=True):
    """Delete dead letters for good."""

    which: DeadLetterFilter


class Sift(msgspec.Struct, frozen=True, tag=True):
    """Delete what waits, and what was given up, of erased people.

    Attributes:
        identifiers: all that those people held.
        rules: by which identifiers are read out of events.
        after: the id behind which to look, of waiting events and of dead letters.
    """

    identifiers: list[str]
    rules: IdentityRules
    after: tuple[int, int] = (0, 0)


class Sifted(msgspec.Struct, frozen=True, tag=True):
    """What went; `until` is where to go on, None where all was looked through."""

    deliveries: int
    dead_letters: int
    until: tuple[int, int] | None = None


class ShowTheirs(msgspec.Struct, frozen=True, tag=True):
    """Show what waits, and what was given up, of these people; see `Sift` for what is told."""

    identifiers: list[str]
    rules: IdentityRules
    after: tuple[int, int] = (0, 0)


class TheirsShown(msgspec.Struct, frozen=True, tag=True):
    """What was found, as JSON; `until` is where to go on, None where all was looked through."""

    deliveries: list[dict[str, Any]]
    dead_letters: list[dict[str, Any]]
    until: tuple[int, int] | None = None


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is durable; `count` is how many it was about."""

    count: int = 0


class StatusShown(msgspec.Struct, frozen=True, tag=True):
    """How deliveries go; None where the lane was never told what it is for."""

    status: LaneStatus | None


class LettersListed(msgspec.Struct, frozen=True, tag=True):
    """The dead letters."""

    letters: list[DeadLetter]


class Outdated(msgspec.Struct, frozen=True, tag=True):
    """The caller's configuration is newer than any known here: send it along."""


LaneCall = (
    Enqueue
    | Replay
    | Configure
    | Remove
    | ShowStatus
    | ListLetters
    | CountLetters
    | ReplayLetters
    | DiscardLetters
    | Sift
    | ShowTheirs
)
LaneAnswer = Done | Replayed | StatusShown | LettersListed | Sifted | TheirsShown | Outdated


class LaneEnvelope(msgspec.Struct, frozen=True):
    """A call, with whose lane it is for and the version of the configuration it is made under."""

    workspace: str
    destination: str
    version: int
    call: LaneCall
    config: DestinationConfig | None = None


_encoder = msgspec.json.Encoder()
_envelopes: msgspec.json.Decoder[LaneEnvelope] = msgspec.json.Decoder(LaneEnvelope)
_answers: msgspec.json.Decoder[LaneAnswer] = msgspec.json.Decoder(LaneAnswer)


def encode(value: LaneEnvelope | LaneAnswer) -> str:
    """Answer the JSON text of a call or an answer."""
    return _encoder.encode(value).decode()


def decode_envelope(text: str) -> LaneEnvelope:
    """Answer the call that a JSON text holds."""
    return _envelopes.decode(text)


def decode_answer(text: str) -> LaneAnswer:
    """Answer the answer that a JSON text holds."""
    return _answers.decode(text)
