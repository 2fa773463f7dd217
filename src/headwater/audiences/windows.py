"""Windows at work: is a time inside, and when does that change?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from headwater.audiences.calendar import beginning, number_of, zone_of
from headwater.audiences.conditions import (
    Between,
    Calendar,
    Rolling,
    SinceEvent,
    Unit,
    Window,
)
from headwater.audiences.periods import instant, is_date, milliseconds


class TimeWindow(Protocol):
    """A window over event times. All times are in milliseconds."""

    def contains(self, at: int, now: int) -> bool:
        """Tell whether a time is inside, now."""
        ...

    def changes(self, at: int, now: int) -> int | None:
        """Answer the first instant after now at which `contains` changes for this time."""
        ...

    def oldest(self, now: int) -> int | None:
        """Answer the time up to which (included) nothing will ever be inside again."""
        ...


@dataclass(frozen=True, slots=True)
class Always:
    """No window."""

    def contains(self, at: int, now: int) -> bool:  # noqa: ARG002 - see TimeWindow
        """Everything is inside."""
        return True

    def changes(self, at: int, now: int) -> int | None:  # noqa: ARG002 - see TimeWindow
        """Nothing changes."""
        return None

    def oldest(self, now: int) -> int | None:  # noqa: ARG002 - see TimeWindow
        """Nothing is too old."""
        return None


@dataclass(frozen=True, slots=True)
class Fixed:
    """since <= t < until; None is no bound."""

    since: int | None
    until: int | None

    def contains(self, at: int, now: int) -> bool:  # noqa: ARG002 - see TimeWindow
        """See TimeWindow."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    def changes(self, at: int, now: int) -> int | None:  # noqa: ARG002 - see TimeWindow
        """Nothing changes."""
        return None

    def oldest(self, now: int) -> int | None:  # noqa: ARG002 - see TimeWindow
        """What is before the window never gets in."""
        return None if self.since is None else self.since - 1


@dataclass(frozen=True, slots=True)
class Moving:
    """now - last < t, and t <= now - skip if there is one."""

    last: int
    skip: int | None = None

    def contains(self, at: int, now: int) -> bool:
        """See TimeWindow."""
        return now - self.last < at and (self.skip is None or at <= now - self.skip)

    def changes(self, at: int, now: int) -> int | None:
        """It comes in at t + skip, and goes out at t + last."""
        if self.skip is not None and at + self.skip > now:
            return at + self.skip
        return at + self.last if at + self.last > now else None

    def oldest(self, now: int) -> int | None:
        """See TimeWindow."""
        return now - self.last


@dataclass(frozen=True, slots=True)
class Units:
    """`span` units of a zone's calendar, the newest `ago` before the present one."""

    unit: Unit
    ago: int
    span: int
    zone: str

    def holds(self, number: int, now: int) -> bool:
        """Tell whether a unit is inside, now."""
        newest = number_of(self.unit, now, self.zone) - self.ago
        return newest - self.span < number <= newest

    def unit_changes(self, number: int, now: int) -> int | None:
        """Answer when a unit comes in, or goes out, next."""
        enters = beginning(self.unit, number + self.ago, self.zone)
        if enters > now:
            return enters
        leaves = beginning(self.unit, number + self.ago + self.span, self.zone)
        return leaves if leaves > now else None

    def contains(self, at: int, now: int) -> bool:
        """See TimeWindow."""
        return self.holds(number_of(self.unit, at, self.zone), now)

    def changes(self, at: int, now: int) -> int | None:
        """See TimeWindow."""
        return self.unit_changes(number_of(self.unit, at, self.zone), now)

    def oldest(self, now: int) -> int | None:
        """See TimeWindow."""
        present = number_of(self.unit, now, self.zone)
        return beginning(self.unit, present - self.ago - self.span + 1, self.zone) - 1


def time_window(window: Window | None, zone: str) -> TimeWindow:
    """Answer the window at work; of `SinceEvent`, whose times depend on the person, `Always`."""
    if isinstance(window, Rolling):
        skip = None if window.skip is None else milliseconds(window.skip)
        return Moving(milliseconds(window.last), skip)
    if isinstance(window, Between):
        return Fixed(*bounds(window, zone))
    if isinstance(window, Calendar):
        return Units(window.unit, window.ago, window.span, zone)
    assert window is None or isinstance(window, SinceEvent)  # noqa: S101 - there is no other
    return Always()


def bounds(window: Between, zone: str) -> tuple[int | None, int | None]:
    """Answer since (included) and until (not included) in milliseconds."""
    since = None if window.since is None else instant(window.since, zone_of(zone))
    return since, None if window.until is None else _end(window.until, zone)


def _end(until: str, zone: str) -> int:
    """Answer when a date's day is over, or the time that is written."""
    if not is_date(until):
        return instant(until, zone_of(zone))
    midnight = instant(until, zone_of(zone))
    return beginning("day", number_of("day", midnight, zone) + 1, zone)


def calendar_bounds(window: Calendar, now: int, zone: str) -> tuple[int, int]:
    """Answer since (included) and until (not included) of calendar units, in milliseconds."""
    newest = number_of(window.unit, now, zone) - window.ago
    return (
        beginning(window.unit, newest - window.span + 1, zone),
        beginning(window.unit, newest + 1, zone),
    )
