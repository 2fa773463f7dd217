"""Refused events: bounded, found by filter, paged, marked, deleted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headwater.actors.rejected_events import RejectedEvents, RejectedFilter
from headwater.collect.intake import Rejection
from headwater.errors import BadRequest, NotFound
from tests.actors.workspace_database import SeededRandom, workspace_database

ALL = RejectedFilter()


@pytest.fixture
def kept() -> Iterator[RejectedEvents]:
    """An empty store of the workspace `default`."""
    database = workspace_database()
    yield RejectedEvents(database, "default", random=SeededRandom())
    database.close()


def fill(kept: RejectedEvents, count: int, *, code: str = "bad", now: int = 0) -> None:
    """Refuse `count` events in one request."""
    kept.keep_rejected(
        "src_1",
        [Rejection(i, f"m{i}", code, "no", b'{"n":%d}' % i) for i in range(count)],
        now=now,
    )


def test_a_body_comes_back_as_it_was(kept: RejectedEvents) -> None:
    """Whatever bytes were sent, NUL and broken UTF-8 included."""
    body = bytes(range(256))
    kept.keep_rejected("src_1", [Rejection(0, None, "bad", "no", body)], now=7)

    event = kept.rejected_event("1")

    assert event.body == body
    assert (event.source, event.received_at, event.message_id) == ("src_1", 7, None)


def test_a_message_id_that_is_no_text_is_kept_readable(kept: RejectedEvents) -> None:
    """JSON can carry half a surrogate pair; a database cannot."""
    kept.keep_rejected("src_1", [Rejection(0, "m\ud800", "b\ud800", "n\ud800", b"")], now=7)

    event = kept.rejected_event("1")

    assert (event.message_id, event.code, event.message) == ("m?", "b?", "n?")


def test_only_the_newest_stay(kept: RejectedEvents) -> None:
    """The oldest make room; ids are never given twice."""
    fill(kept, 5)
    kept.keep_rejected("src_1", [Rejection(0, None, "bad", "no", b"")] * 2, now=1, kept=3)

    page, _ = kept.rejected(which=ALL, limit=100)

    assert [event.id for event in page] == ["7", "6", "5"]


def test_ids_are_not_given_again_after_deleting(kept: RejectedEvents) -> None:
    """A cursor or a link to an event never shows another one."""
    fill(kept, 3)
    assert kept.delete_rejected(which=ALL) == 3

    fill(kept, 1)

    assert kept.rejected(which=ALL, limit=10)[0][0].id == "4"


def test_pages_join_to_the_whole(kept: RejectedEvents) -> None:
    """Newest first, each once, also while new ones arrive."""
    fill(kept, 7)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page, cursor = kept.rejected(which=ALL, limit=3, cursor=cursor)
        seen += [event.id for event in page]
        fill(kept, 1, now=1)
        if cursor is None:
            break

    assert seen == ["7", "6", "5", "4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (RejectedFilter(code="worse"), ["4", "3"]),
        (RejectedFilter(source="src_2"), []),
        (RejectedFilter(message_id="m1"), ["4", "2"]),
        (RejectedFilter(since=10), ["4", "3"]),
        (RejectedFilter(until=9), ["2", "1"]),
        (RejectedFilter(ids=frozenset({"1", "3", "99"})), ["3", "1"]),
        (RejectedFilter(replayed=True), ["2"]),
        (RejectedFilter(replayed=False), ["4", "3", "1"]),
        (RejectedFilter(replayed=False, code="bad"), ["1"]),
    ],
)
def test_a_filter_finds_lists_counts_and_deletes_the_same(
    kept: RejectedEvents, which: RejectedFilter, found: list[str]
) -> None:
    """What a dry run counts is what is then touched."""
    fill(kept, 2, now=5)
    fill(kept, 2, code="worse", now=10)
    kept.mark_replayed("2", now=20)

    listed = [event.id for event in kept.rejected(which=which, limit=10)[0]]

    assert listed == found
    assert kept.count_rejected(which=which) == len(found)
    assert kept.delete_rejected(which=which) == len(found)
    assert kept.count_rejected(which=ALL) == 4 - len(found)


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 19, "²"])
def test_a_made_up_cursor_is_refused(kept: RejectedEvents, cursor: str) -> None:
    """The error says where cursors come from."""
    with pytest.raises(BadRequest, match="cursor"):
        kept.rejected(which=ALL, limit=1, cursor=cursor)


@pytest.mark.parametrize("event", ["", "x", "9" * 30, "²", "5"])
def test_an_unknown_event_is_not_found(kept: RejectedEvents, event: str) -> None:
    """However odd its id."""
    with pytest.raises(NotFound):
        kept.rejected_event(event)
