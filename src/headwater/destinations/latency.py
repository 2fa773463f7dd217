"""Percentiles of the latest durations."""

from __future__ import annotations

from collections import deque


class Latency:
    """The latest durations, 1,000 by default, in seconds."""

    def __init__(self, latest: int = 1000) -> None:
        self._seconds: deque[float] = deque(maxlen=latest)

    def add(self, seconds: float) -> None:
        """Take one more; the oldest goes."""
        self._seconds.append(seconds)

    def percentile(self, share: float) -> float | None:
        """Answer the least duration that this share (0 to 1) does not exceed; None without any."""
        if not self._seconds:
            return None
        ordered = sorted(self._seconds)
        return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
