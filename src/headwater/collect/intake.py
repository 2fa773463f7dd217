"""What the collector hands arrivals to; the runtime decides how they reach their actors."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from headwater.collect.arrival import Arrival
from headwater.workspace import WorkspaceConfig


@dataclass(frozen=True, slots=True)
class Rejection:
    """An event that was refused, kept with its reason so that it can be seen and replayed.

    Attributes:
        index: its place in the request's batch; 0 for a single event.
        message_id: as the client gave it, if it did.
        code: for programs (`missing_identifier`, `event_too_large`, …).
        message: for people: what, where, why, how to fix.
        body: the event's bytes as they came, cut at 64 KB.
    """

    index: int
    message_id: str | None
    code: str
    message: str
    body: bytes


class Intake(Protocol):
    """Stores arrivals durably."""

    def receive(self, config: WorkspaceConfig, arrivals: Sequence[Arrival]) -> Awaitable[None]:
        """Return, when awaited, once every arrival is committed to durable storage.

        Raises:
            Unavailable: nothing of it is promised; the client should try again.
        """
        ...

    async def reject(self, workspace: str, source: str, rejections: Sequence[Rejection]) -> None:
        """Return once the refused events are committed, for people to look at."""
        ...


class Directory(Protocol):
    """Finds the workspace and source that a write key belongs to, from memory, at once."""

    def source(self, write_key: str, now: int) -> tuple[WorkspaceConfig, str] | None:
        """Answer the configuration and the source's id, or None for an unknown or expired key."""
        ...
