"""What is told of the lake by `headwater status` and the metrics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LakeStatus:
    """A workspace's part of the lake.

    Attributes:
        waiting: events that are not in it yet, of all workspaces.
        since: the last flush in milliseconds, or the start.
        files, events, bytes: of the lake; None where its manifest was not read yet.
    """

    waiting: int
    since: int
    files: int | None = None
    events: int | None = None
    bytes: int | None = None

    def figures(self, now: int) -> dict[str, int | float]:
        """Answer the figures by their names, `lake_files` and so on."""
        lag = (now - self.since) / 1000 if self.waiting else 0.0
        known = {
            "lake_waiting": self.waiting,
            "lake_lag_seconds": max(0.0, lag),
            "lake_files": self.files,
            "lake_events": self.events,
            "lake_bytes": self.bytes,
        }
        return {name: number for name, number in known.items() if number is not None}
