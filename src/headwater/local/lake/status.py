"""What is told of the lake by `headwater status` and the metrics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LakeStatus:
    """A workspace's part of the lake. `since` is the last flush in milliseconds, or the start."""

    waiting: int
    since: int
    files: int
    events: int
    bytes: int

    def figures(self, now: int) -> dict[str, int | float]:
        """Answer the figures by their names, `lake_files` and so on."""
        lag = (now - self.since) / 1000 if self.waiting else 0.0
        return {
            "lake_waiting": self.waiting,
            "lake_lag_seconds": max(0.0, lag),
            "lake_files": self.files,
            "lake_events": self.events,
            "lake_bytes": self.bytes,
        }
