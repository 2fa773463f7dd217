"""What a replay remembers between two steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from headwater.actors.lane_calls import Place
from headwater.lake.merging import Progress


class ReplayState(msgspec.Struct):
    """How far it is. Times in milliseconds.

    Attributes:
        destination: the id of the one that gets them.
        where: a condition, as `read_condition` has it.
        since, until: events' own times, inclusive.
        rate: events a second, at most.
        dry_run: they are only counted.
        with_audiences: with those that Headwater made itself.
        received_before: what was received later is not part of it; 0 before the first step.
        days: of receipt, that are not done; the first is being worked on.
        merging: of that day's files, to the order in which they are sent.
        after: the place of the last event that was dealt with.
        looked_at: events of the lake that were read, of `total`.
        sent: events put into the lane; of a dry run: that would be.
        left_out: selected events that the destination's own rules keep from it.
        first, last: the earliest and the latest receipt of what was sent.
    """

    destination: str
    where: str | None
    since: int | None
    until: int | None
    rate: int
    dry_run: bool
    with_audiences: bool
    received_before: int = 0
    days: list[int] = []
    merging: Progress | None = None
    after: Place | None = None
    looked_at: int = 0
    total: int = 0
    sent: int = 0
    left_out: int = 0
    first: int | None = None
    last: int | None = None

    def count(self, selected: int, received: Sequence[int]) -> None:
        """Add selected events, and when those of them that were sent were received."""
        self.sent += len(received)
        self.left_out += selected - len(received)
        self.first = min([*received, *([] if self.first is None else [self.first])], default=None)
        self.last = max([*received, *([] if self.last is None else [self.last])], default=None)

    def result(self) -> dict[str, Any]:
        """Answer what came of it."""
        return {
            "sent": self.sent,
            "left_out": self.left_out,
            "first": self.first,
            "last": self.last,
            "dry_run": self.dry_run,
        }


def opened(parameters: Mapping[str, Any]) -> ReplayState:
    """Answer the state of an order that was just taken."""
    return ReplayState(
        **{
            name: parameters[name]
            for name in (
                "destination",
                "where",
                "since",
                "until",
                "rate",
                "dry_run",
                "with_audiences",
            )
        }
    )


def encode(state: ReplayState) -> str:
    """Answer the JSON text of a state."""
    return msgspec.json.encode(state).decode()


def decode(text: str) -> ReplayState:
    """Answer the state that a JSON text holds."""
    return msgspec.json.decode(text, type=ReplayState)
