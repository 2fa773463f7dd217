"""Timelines: every event once over all pages, in order, whatever the filter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.actors.identity_network import Network
from headwater.actors.identity_timeline import format_cursor, parse_cursor, timeline
from headwater.errors import BadRequest
from headwater.profiles.people import TimelineFilter
from tests.actors.test_identity_network import NETWORK
from tests.simulation.world import WORKSPACE, arrival, database

ACTOR = f"{WORKSPACE}/user_id:1"


def walk(network: Network, times: list[int], which: TimelineFilter, limit: int) -> list[str]:
    """Answer the messageIds of all pages, one after the other."""
    sql = database()
    network.receive(
        sql,
        [
            arrival(f"m{n}", ("track", "page")[n % 2], ("user_id:1",), at=at, event=f"E{n % 3}")
            for n, at in enumerate(times)
        ],
    )
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = timeline(sql, ACTOR, which=which, limit=limit, cursor=cursor)
        assert len(page.events) <= limit
        found += [event["messageId"] for event in page.events]
        if page.next is None:
            return found
        cursor = page.next


@settings(max_examples=100, deadline=None)
@given(
    times=st.lists(st.integers(1, 5), min_size=1, max_size=20),
    limit=st.integers(1, 7),
    oldest_first=st.booleans(),
    types=st.sets(st.sampled_from(["track", "page"])),
    names=st.sets(st.sampled_from(["E0", "E1"])),
    since=st.none() | st.integers(0, 5),
    until=st.none() | st.integers(0, 5),
)
def test_pages_together_are_the_filtered_timeline(
    *,
    times: list[int],
    limit: int,
    oldest_first: bool,
    types: set[str],
    names: set[str],
    since: int | None,
    until: int | None,
) -> None:
    """Paging neither skips nor repeats an event, also among equal times."""
    which = TimelineFilter(
        types=frozenset(types),
        events=frozenset(names),
        since=since,
        until=until,
        oldest_first=oldest_first,
    )
    expected = sorted(
        (
            (at, f"m{n}")
            for n, at in enumerate(times)
            if (not types or ("track", "page")[n % 2] in types)
            and (not names or f"E{n % 3}" in names)
            and (since is None or at >= since)
            and (until is None or at <= until)
        ),
        reverse=not oldest_first,
    )

    assert walk(NETWORK, times, which, limit) == [message for _, message in expected]


@given(st.integers(-(2**61), 2**61), st.text(min_size=1))
def test_a_cursor_names_its_place(timestamp: int, message_id: str) -> None:
    """A cursor survives being written into a URL and read back."""
    message_id = message_id.encode("utf-8", "replace").decode()

    assert parse_cursor(format_cursor((timestamp, message_id))) == (timestamp, message_id)


@pytest.mark.parametrize("cursor", ["x", "!!", "bm90LWEtcGxhY2U", "ŝ", "MTIz", "=" * 9, "9" * 5000])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    """A made-up cursor is a clear error, not a page from somewhere."""
    with pytest.raises(BadRequest, match="cursor"):
        parse_cursor(cursor)
