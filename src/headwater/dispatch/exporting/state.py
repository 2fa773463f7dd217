"""What the export of a person remembers between two steps, and what it keeps in the bucket."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from headwater.exports.archive import ArchiveState

Step = Literal["find", "events", "lake", "held", "rest"]


class PersonState(msgspec.Struct):
    """How far it is.

    Attributes:
        asked: the identifier that was asked after, normalised.
        step: what to do next.
        identifiers: all that the person holds.
        archive: how far the archive is written.
        pieces: of it that are in the bucket.
        found: how many things the steps have put beside it for the last one.
        cursor: where the timeline goes on.
        page: events to ask for at once, by how large they were.
        events: that are in the archive, of `total` or so.
        tiers: where they were read.
        consent: what the last event said that said anything.
        until: the key of the last identity file of the lake that was looked through.
        place: how many of their actors, and then of `others`, were asked.
        others: actors of others, and of accounts, that may know of them; without the workspace.
        mentions: how many of those name them.
    """

    asked: str
    step: Step = "find"
    identifiers: list[str] = []
    archive: ArchiveState = msgspec.field(default_factory=lambda: ArchiveState(0))
    pieces: int = 0
    found: int = 0
    cursor: str | None = None
    page: int = 20
    events: int = 0
    total: int = 0
    tiers: list[str] = []
    consent: Any = None
    until: str = ""
    place: int = 0
    others: list[str] = []
    mentions: int = 0


class Found(msgspec.Struct):
    """What one step found for the last one.

    Attributes:
        consent: see `ConsentChanges`.
        lake_identity: rows of the lake's identity files.
        held: by the kinds of `everything_held`.
    """

    consent: list[dict[str, Any]] = []
    lake_identity: list[dict[str, Any]] = []
    held: dict[str, list[dict[str, Any]]] = {}


def encode(state: PersonState) -> str:
    """Answer the JSON text of a state."""
    return msgspec.json.encode(state).decode()


def decode(text: str) -> PersonState:
    """Answer the state that a JSON text holds."""
    return msgspec.json.decode(text, type=PersonState)
