"""Counts, the commonest figures, kept as `WholeFigure` and `LogFigure` keep them, but sooner.

States and answers are those of the figures that these are; only the way to the next state is
shorter, since a count looks at nothing inside of an event.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass

from headwater.audiences.features import Seen, State
from headwater.audiences.figures import LogFigure, WholeFigure


@dataclass(frozen=True, slots=True)
class WholeCount(WholeFigure):
    """How many events there ever were; beyond `most`, nobody asks."""

    most: int | None = None

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:  # noqa: ARG002 - see Feature
        """One more."""
        if state is None:
            return 1
        return None if state == self.most else state + 1


@dataclass(frozen=True, slots=True)
class RecentCount(LogFigure):
    """The times of events up to now; beyond the newest `most`, nobody asks."""

    most: int | None = None

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:  # noqa: ARG002 - see Feature
        """One more, and those gone that are too old or too many."""
        at, oldest = seen.at, seen.now - self.window.last
        if at <= oldest:
            return None
        if not state:
            return [[at]]
        items = state.copy()
        if items[-1][0] <= at:
            items.append([at])
        else:
            insort(items, [at])
        if items[0][0] <= oldest:
            items = [item for item in items if item[0] > oldest]
        if self.most is not None and len(items) > self.most:
            items = items[-self.most :]
        return items
