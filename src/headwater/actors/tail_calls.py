"""What the actor of a workspace's live events is asked, and what it answers: as JSON texts."""

from __future__ import annotations

import msgspec

from headwater.actors.identity_calls import Event


class Show(msgspec.Struct, frozen=True, tag=True):
    """These events were stored."""

    events: list[Event]


class Shown(msgspec.Struct, frozen=True, tag=True):
    """They are there for those who follow."""


class Follow(msgspec.Struct, frozen=True, tag=True):
    """Hand out what was shown after a position, or wait a while for something.

    Attributes:
        workspace: whose events they are.
        after: the position that the call before answered; None begins here and now.
    """

    workspace: str
    after: int | None = None


class Followed(msgspec.Struct, frozen=True, tag=True):
    """What was shown meanwhile.

    Attributes:
        position: where the next call goes on.
        since: when (ms) it was made known that somebody follows; None where that failed.
    """

    events: list[Event]
    position: int
    since: int | None


TailCall = Show | Follow
TailAnswer = Shown | Followed

_encoder = msgspec.json.Encoder()
_calls: msgspec.json.Decoder[TailCall] = msgspec.json.Decoder(TailCall)
_answers: msgspec.json.Decoder[TailAnswer] = msgspec.json.Decoder(TailAnswer)


def encode(value: TailCall | TailAnswer) -> str:
    """Answer the JSON text of a call or an answer."""
    return _encoder.encode(value).decode()


def decode_call(text: str) -> TailCall:
    """Answer the call that a JSON text holds."""
    return _calls.decode(text)


def decode_answer(text: str) -> TailAnswer:
    """Answer the answer that a JSON text holds."""
    return _answers.decode(text)
