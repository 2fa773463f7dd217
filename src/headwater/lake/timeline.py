"""One page of a timeline whose events lie in several places: the database, and days of the lake.

What the database has comes first; of the lake only those days are asked for that could hold an
event which belongs on the page. It does no I/O: it says which day it wants, and is given it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headwater.actors.identity_history import Span
from headwater.actors.identity_timeline import Place, format_cursor, wanted
from headwater.profiles.people import TimelineFilter, TimelinePage

Found = tuple[Place, Mapping[str, Any]]
"""Where in the timeline an event stands, and the event."""


class TieredPage:
    """Gathers a page.

    Args:
        hot: the first events of the page that the database has, in order; one more than `limit`
            where it has more than `limit`.
        days: of which days the lake has events of this person that may not be in the database.
        which: the events to answer.
        after: the place behind which the page begins; None at the first page.
    """

    def __init__(
        self,
        hot: Iterable[Found],
        *,
        days: Mapping[int, Span],
        which: TimelineFilter,
        limit: int,
        after: Place | None,
    ) -> None:
        self._found: dict[Place, Mapping[str, Any]] = dict(hot)
        self._which = which
        self._limit = limit
        self._after = after
        self._tiers = ["hot"]
        self._waiting = {day: span for day, span in days.items() if self._within(span)}

    def wants(self) -> list[int]:
        """Answer the days to be given next, in any order; none once the page is complete."""
        oldest_first = self._which.oldest_first
        days = sorted(
            self._waiting,
            key=lambda day: self._waiting[day].first if oldest_first else -self._waiting[day].last,
        )
        places = self._places()
        if len(places) > self._limit:
            bound = places[self._limit][0]
            return [day for day in days if self._reaches(self._waiting[day], bound)]
        # As many as would fill the page if all of their events were asked for.
        missing = self._limit + 1 - len(places)
        wanted_days: list[int] = []
        for day in days:
            if missing <= 0:
                break
            wanted_days.append(day)
            missing -= self._waiting[day].events
        return wanted_days

    def _reaches(self, span: Span, bound: int) -> bool:
        return span.first <= bound if self._which.oldest_first else span.last >= bound

    def give(self, day: int, events: Iterable[Found], *, tiers: Iterable[str]) -> None:
        """Take a day's events of this person, in any order, and note where they were read."""
        del self._waiting[day]
        for place, event in events:
            if self._behind(place) and self._in_time(place[0]) and wanted(self._which, event):
                self._found[place] = event
        self._tiers += [tier for tier in tiers if tier not in self._tiers]

    def page(self) -> TimelinePage:
        """Answer the page."""
        places = self._places()
        page = places[: self._limit]
        return TimelinePage(
            events=tuple(self._found[place] for place in page),
            next=format_cursor(page[-1]) if len(places) > self._limit else None,
            tiers=tuple(self._tiers),
        )

    def _places(self) -> list[Place]:
        return sorted(self._found, reverse=not self._which.oldest_first)

    def _behind(self, place: Place) -> bool:
        if self._after is None:
            return True
        return place > self._after if self._which.oldest_first else place < self._after

    def _in_time(self, timestamp: int) -> bool:
        since, until = self._which.since, self._which.until
        return (since is None or timestamp >= since) and (until is None or timestamp <= until)

    def _within(self, span: Span) -> bool:
        """Tell whether a day could have an event for this page or a later one."""
        since, until = self._which.since, self._which.until
        if (since is not None and span.last < since) or (until is not None and span.first > until):
            return False
        if self._after is None:
            return True
        at = self._after[0]
        return span.last >= at if self._which.oldest_first else span.first <= at
