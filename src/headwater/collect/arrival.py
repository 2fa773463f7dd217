"""An arrival: one event that has been accepted, completed, and addressed to a person."""

from __future__ import annotations

from typing import Any

import msgspec

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """One event on its way into the identity actor of its strongest identifier.

    A struct of msgspec's, because making a frozen dataclass takes fifteen times as long; as what
    it holds cannot refer back to it, the garbage collector need not look (`gc=False`). It keeps the
    event as text alone: thousands of arrivals wait for a commit at a time, and holding the values
    of each would cost more than reading again the few that are asked for (4 µs to 2 µs).

    Attributes:
        workspace: the workspace that its write key belongs to.
        identifiers: `type:value`, normalised, strongest first, at least one, each once.
        message_id: unique within the workspace; the same one twice is one event.
        type: one of the six calls.
        timestamp: when it happened, corrected for clock skew, in milliseconds.
        received_at: when it was received, in milliseconds.
        body: the whole event in Segment's shape as JSON text, as destinations and readers get it.
    """

    workspace: str
    identifiers: tuple[str, ...]
    message_id: str
    type: str
    timestamp: int
    received_at: int
    body: str

    @property
    def event(self) -> dict[str, Any]:
        """Answer the whole event, read from `body` each time: ask once, and only if needed."""
        return _decode(self.body)
