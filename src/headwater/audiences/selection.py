"""Which events are meant, and when: what conditions and questions about events share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headwater.audiences.comparisons import Filter, exact
from headwater.audiences.periods import is_duration, is_instant, milliseconds

Call = Literal["track", "identify", "page", "screen", "group", "alias", "any"]
Unit = Literal["day", "week", "month", "quarter", "year"]
Which = Literal["first", "last"]

_MOST_UNITS = 1000


@exact
@dataclass(frozen=True, slots=True)
class EventSelector:
    """Which events are meant.

    Attributes:
        name: of a `track` its event, of a `page` or `screen` its name; None is any.
        call: which of the six calls; `any` with no name is whatever a person does.
        where: questions about the event, all of which it must answer with yes.
    """

    name: str | None = None
    call: Call = "track"
    where: tuple[Filter, ...] = ()

    def __post_init__(self) -> None:
        if self.name is not None and self.call not in {"track", "page", "screen"}:
            raise ValueError(f"name: events of call {self.call!r} have no name; leave it out.")


@exact
@dataclass(frozen=True, slots=True)
class Rolling:
    """The time up to now, however long ago: event times t with now - last < t.

    With `skip`, only those with t <= now - skip: `last='10d', skip='7d'` is from ten to seven
    days ago. Without it, an event that is dated ahead of now counts from when it is stored.
    """

    last: str
    skip: str | None = None
    type: Literal["rolling"] = "rolling"

    def __post_init__(self) -> None:
        for name in ("last", "skip"):
            text = getattr(self, name)
            if text is not None and not is_duration(text):
                raise ValueError(f"{name}: {text!r} is not a duration, such as '7d' or '12h'.")
        if self.skip is not None and milliseconds(self.skip) >= milliseconds(self.last):
            raise ValueError("skip: should be shorter than last.")


@exact
@dataclass(frozen=True, slots=True)
class Between:
    """From one moment to another: since <= t < until; a date as `until` includes that day."""

    since: str | None = None
    until: str | None = None
    type: Literal["between"] = "between"

    def __post_init__(self) -> None:
        if self.since is None and self.until is None:
            raise ValueError("since: give since, until, or both.")
        for name in ("since", "until"):
            text = getattr(self, name)
            if text is not None and not is_instant(text):
                raise ValueError(f"{name}: {text!r} is not a date or time, such as '2026-01-31'.")


@exact
@dataclass(frozen=True, slots=True)
class Calendar:
    """Whole days, weeks (from Monday), months, … in the workspace's time zone.

    `span` units, the newest of which is `ago` units before the present one: `Calendar("day")` is
    today, `Calendar("month", ago=1)` last month, `Calendar("week", ago=1, span=4)` the four weeks
    before this one.
    """

    unit: Unit
    ago: int = 0
    span: int = 1
    type: Literal["calendar"] = "calendar"

    def __post_init__(self) -> None:
        if not 0 <= self.ago <= _MOST_UNITS:
            raise ValueError(f"ago: should be 0 to {_MOST_UNITS}.")
        if not 1 <= self.span <= _MOST_UNITS:
            raise ValueError(f"span: should be 1 to {_MOST_UNITS}.")


@exact
@dataclass(frozen=True, slots=True)
class SinceEvent:
    """After the last (or first) time that another event happened, by strictly later times.

    Where it never happened, a condition with this window is false, even one that asks for none.
    """

    event: EventSelector
    which: Which = "last"
    type: Literal["since_event"] = "since_event"


Window = Annotated[Rolling | Between | Calendar | SinceEvent, Field(discriminator="type")]
"""When events must have happened; None is ever."""
