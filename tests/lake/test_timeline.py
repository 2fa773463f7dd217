"""Tests of `headwater.lake.timeline`, against a plain sort of all events."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.actors.identity_history import Span
from headwater.actors.identity_timeline import parse_cursor
from headwater.lake.timeline import Found, TieredPage
from headwater.profiles.people import TimelineFilter

DAY = 100

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 6),  # the day it was received on; 6 is hot
        st.integers(0, 7 * DAY),  # when it happened, which may be any other day
        st.sampled_from(["track", "page"]),
    ),
    max_size=40,
)
FILTERS = st.builds(
    TimelineFilter,
    types=st.sampled_from([frozenset(), frozenset({"track"})]),
    since=st.none() | st.integers(0, 4 * DAY),
    until=st.none() | st.integers(3 * DAY, 8 * DAY),
    oldest_first=st.booleans(),
)


def asked(which: TimelineFilter, one: Found) -> bool:
    """Tell whether an event is asked for."""
    (timestamp, _), event = one
    return (
        (not which.types or event["type"] in which.types)
        and (which.since is None or timestamp >= which.since)
        and (which.until is None or timestamp <= which.until)
    )


@given(EVENTS, FILTERS, st.integers(1, 6))
def test_pages_are_those_of_a_plain_sort(
    events: list[tuple[int, int, str]], which: TimelineFilter, limit: int
) -> None:
    """Every event once, in order, whatever day it lies under; and no day is read in vain."""
    days: dict[int, list[Found]] = {}
    for number, (day, timestamp, kind) in enumerate(events):
        place = (timestamp, f"m{number:03}")
        days.setdefault(day, []).append((place, {"type": kind, "messageId": place[1]}))
    hot = sorted(
        (one for one in days.pop(6, []) if asked(which, one)), reverse=not which.oldest_first
    )
    spans = {
        day: Span(len(found), min(p[0] for p, _ in found), max(p[0] for p, _ in found))
        for day, found in days.items()
    }
    everything = [one for found in days.values() for one in found if asked(which, one)] + hot
    expected = sorted(everything, key=lambda one: one[0], reverse=not which.oldest_first)
    seen: list[Any] = []
    after = None
    while True:
        behind = [
            one
            for one in hot
            if after is None or (one[0] > after if which.oldest_first else one[0] < after)
        ]
        page = TieredPage(behind[: limit + 1], days=spans, which=which, limit=limit, after=after)
        given_days: set[int] = set()
        while wanted := page.wants():
            assert not given_days & set(wanted)
            given_days.update(wanted)
            for day in wanted:
                page.give(day, days[day], tiers=("warm",))
        answer = page.page()
        seen += answer.events
        if answer.next is None:
            break
        assert len(answer.events) == limit
        after = parse_cursor(answer.next)
    assert seen == [event for _, event in expected]


def test_a_page_that_the_database_fills_reads_no_file() -> None:
    """Days whose events are all older than the page are left alone."""
    hot: list[Found] = [((1000 - n, f"m{n}"), {"type": "track"}) for n in range(4)]
    page = TieredPage(hot, days={1: Span(9, 1, 900)}, which=TimelineFilter(), limit=3, after=None)

    assert page.wants() == []
    assert page.page().tiers == ("hot",)
