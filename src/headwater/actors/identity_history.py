"""What a person's actor still knows of events that it has let go, as the lake holds them.

Counts, first and last times, and the days on which they were received: enough for every figure
that people are shown, and to read no day of the lake that has nothing of this person. It is kept
by the identifier that the events arrived under, as traits are, and moves with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from headwater.actors.identity_state import Stamp

Name = TypeVar("Name", str, int)


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A number of events and the times (ms) of the first and the last of them."""

    events: int
    first: int
    last: int

    def with_all(self, other: Span) -> Span:
        """Answer the span of both."""
        return Span(
            self.events + other.events, min(self.first, other.first), max(self.last, other.last)
        )


class History(msgspec.Struct):
    """What arrived under one identifier and is now in the lake alone.

    Attributes:
        types: event type to its events.
        days: days since 1970-01-01 UTC on which events were received, to those events.
        first: the earliest event, by its time and messageId.
        last: the latest.
    """

    types: dict[str, Span]
    days: dict[int, Span]
    first: Stamp
    last: Stamp

    @classmethod
    def of(cls, events: Iterable[tuple[str, int, Stamp]]) -> History:
        """Answer the history of at least one event, each as type, day and stamp."""
        types: dict[str, Span] = {}
        days: dict[int, Span] = {}
        stamps: list[Stamp] = []
        for kind, day, stamp in events:
            one = Span(1, stamp[0], stamp[0])
            types[kind] = types[kind].with_all(one) if kind in types else one
            days[day] = days[day].with_all(one) if day in days else one
            stamps.append(stamp)
        return cls(types=types, days=days, first=min(stamps), last=max(stamps))

    def with_all(self, other: History) -> History:
        """Answer the history of both, which must have no event in common."""
        return History(
            types=_together(self.types, other.types),
            days=_together(self.days, other.days),
            first=min(self.first, other.first),
            last=max(self.last, other.last),
        )


def _together(first: dict[Name, Span], second: dict[Name, Span]) -> dict[Name, Span]:
    spans = dict(first)
    for name, span in second.items():
        spans[name] = spans[name].with_all(span) if name in spans else span
    return spans


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(History)


def encode(history: History) -> str:
    """Answer the JSON text of a history."""
    return _encoder.encode(history).decode()


def decode(body: str) -> History:
    """Answer the history that a JSON text holds."""
    return _decoder.decode(body)
