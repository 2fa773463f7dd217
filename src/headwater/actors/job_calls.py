"""What a job's own object is asked, and what it answers: as JSON texts."""

from __future__ import annotations

from typing import Any

import msgspec


class Begin(msgspec.Struct, frozen=True, tag=True):
    """Do this job; asked again, it is the same.

    Attributes:
        parameters: what was asked for; they stay with this object alone.
        shown: what everybody may see of them.
        key: an order with the same key as one that still counts is that one.
    """

    workspace: str
    job: str
    kind: str
    parameters: dict[str, Any]
    shown: dict[str, Any]
    unit: str
    key: str | None = None


class Stop(msgspec.Struct, frozen=True, tag=True):
    """The job was cancelled: forget it."""


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is durable; `is_working`: a step that was begun before is not over yet."""

    is_working: bool = False


JobCall = Begin | Stop

_encoder = msgspec.json.Encoder()
_calls: msgspec.json.Decoder[JobCall] = msgspec.json.Decoder(JobCall)
_answers: msgspec.json.Decoder[Done] = msgspec.json.Decoder(Done)


def encode(value: JobCall | Done) -> str:
    """Answer the JSON text of a call or an answer."""
    return _encoder.encode(value).decode()


def decode_call(text: str) -> JobCall:
    """Answer the call that a JSON text holds."""
    return _calls.decode(text)


def decode_answer(text: str) -> Done:
    """Answer the answer that a JSON text holds."""
    return _answers.decode(text)
