"""An arrival: one event that has been accepted, completed, and addressed to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Arrival(msgspec.Struct, frozen=True):
    """One event on its way into the identity actor of its strongest identifier.

    A struct of msgspec's, because making a frozen dataclass takes fifteen times as long.

    Attributes:
        workspace: the workspace that its write key belongs to.
        identifiers: `type:value`, normalised, strongest first, at least one, each once.
        message_id: unique within the workspace; the same one twice is one event.
        type: one of the six calls.
        timestamp: when it happened, corrected for clock skew, in milliseconds.
        received_at: when it was received, in milliseconds.
        event: the whole event in Segment's shape, as destinations and readers get it.
        body: `event` as JSON text, made once.
    """

    workspace: str
    identifiers: tuple[str, ...]
    message_id: str
    type: str
    timestamp: int
    received_at: int
    event: Mapping[str, Any]
    body: str
