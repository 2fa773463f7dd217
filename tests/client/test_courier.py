"""What a client does next, without threads, clock, disk or network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from headwater.client.courier import RESCAN_AFTER, STORE_AGAIN_AFTER, Courier
from headwater.client.errands import Load, Page, Remove, Report, Scan, Send, Step, Stop, Store, Wait
from headwater.client.errors import Refused, Undelivered
from headwater.client.retry import Accepted, Again, No, Rejection
from headwater.client.settings import Settings

WITH_SPOOL = Settings("wk", "http://h", spool=Path("spool"), interval=1.0, batch_size=3)
IN_MEMORY = replace(WITH_SPOOL, spool=None, max_retries=2)
AWAY = Again("away")
REFUSED = No(Refused("no", status=400))
KEPT: object = True
NOT_KEPT: object = False


def courier(settings: Settings) -> Courier:
    """Answer a courier whose back-off has no jitter."""
    return Courier(settings, jitter=lambda: 0.0)


def put(one: Courier, *names: str, now: float = 0.0) -> None:
    """Queue events that are named by their bodies."""
    for name in names:
        one.put(name.encode(), now)


def step(one: Courier, outcome: object = None, *, now: float = 0.0) -> Step:
    """Answer what is next, and hand it that outcome at once."""
    errand = one.next(now)
    if not isinstance(errand, Wait | Stop) and one.finished(errand, outcome, now):
        one.reported()
    return errand


def wait(one: Courier, now: float) -> float:
    """Answer how long it wants to wait; it must want to."""
    errand = one.next(now)
    assert isinstance(errand, Wait)
    return errand.seconds


def finish(one: Courier, outcome: object, *, now: float = 0.0) -> Report | None:
    """Answer what is given up when the next errand ends like that, at most one thing."""
    errand = one.next(now)
    assert not isinstance(errand, Wait | Stop)
    reports = one.finished(errand, outcome, now)
    assert len(reports) <= 1
    return reports[0] if reports else None


def test_leftovers_are_looked_for_before_anything_is_sent() -> None:
    """The first errand is the scan, and what it finds goes first."""
    one = courier(WITH_SPOOL)
    put(one, "new")
    one.hurry()

    assert step(one, 2) == Scan()
    page = Page((b"old1", b"old2"), None)
    assert step(one, page) == Load()
    assert step(one, Accepted()) == Send((b"old1", b"old2"), 0)
    assert step(one) == Remove(page)
    assert one.unsent == 1
    assert step(one, Accepted()) == Send((b"new",), 0)
    assert one.unsent == 0


def test_events_wait_for_company_until_the_interval_is_over() -> None:
    """A batch goes when it is full, or when its oldest event has waited long enough."""
    one = courier(IN_MEMORY)
    put(one, "a")

    assert wait(one, 0.4) == pytest.approx(0.6)
    assert one.next(1.0) == Send((b"a",), 0)


def test_a_full_batch_does_not_wait() -> None:
    """Three events are one batch here, and the fourth waits for its turn."""
    one = courier(IN_MEMORY)
    put(one, "a", "b", "c", "d")

    assert step(one, Accepted()) == Send((b"a", b"b", b"c"), 0)
    assert isinstance(one.next(0.0), Wait)


def test_a_batch_is_full_by_bytes_too() -> None:
    """So that large events do not pile up behind the interval."""
    one = courier(replace(IN_MEMORY, batch_size=100, batch_bytes=40_000))
    put(one, "x" * 30_000)
    assert isinstance(one.next(0.0), Wait)
    put(one, "y" * 30_000)

    assert one.next(0.0) == Send((b"x" * 30_000,), 0)


def test_a_failed_batch_goes_to_the_spool_and_so_do_later_ones() -> None:
    """While the server is away, memory is emptied to disk; after a while the oldest go first."""
    one = courier(WITH_SPOOL)
    step(one, 0)
    put(one, "a", "b", "c")
    assert step(one, AWAY) == Send((b"a", b"b", b"c"), 0)
    assert step(one, KEPT) == Store((b"a", b"b", b"c"))
    put(one, "d")
    assert isinstance(one.next(0.1), Wait)
    put(one, "e", "f", "g")
    assert step(one, KEPT, now=0.2) == Store((b"d", b"e", b"f", b"g"))

    assert wait(one, 0.2) == pytest.approx(0.3)
    page = Page((b"a", b"b", b"c"), None)
    assert step(one, page, now=0.5) == Load()
    assert step(one, Accepted(), now=0.5) == Send((b"a", b"b", b"c"), 1)
    assert step(one, now=0.5) == Remove(page)
    assert one.next(0.5) == Load()


def test_backoff_doubles_and_starts_again_after_a_success() -> None:
    """The waits are 0.5, 1, 2 … and 0.5 again."""
    one = courier(replace(IN_MEMORY, max_retries=100))
    put(one, "a")
    now, waits = 1.0, []
    for _ in range(4):
        assert isinstance(step(one, AWAY, now=now), Send)
        waits.append(wait(one, now))
        now += waits[-1]
    step(one, Accepted(), now=now)
    put(one, "b", now=now - 2)
    step(one, AWAY, now=now)

    assert waits == pytest.approx([0.5, 1, 2, 4])
    assert wait(one, now) == pytest.approx(0.5)


def test_the_servers_own_wait_is_kept_even_in_a_hurry() -> None:
    """A flush cuts our back-off short, but not what Retry-After asked for."""
    one = courier(IN_MEMORY)
    put(one, "a")
    step(one, Again("busy", after=30.0), now=1.0)
    one.hurry()
    assert wait(one, 1.0) == pytest.approx(30.0)
    assert step(one, AWAY, now=31.0) == Send((b"a",), 1)
    one.hurry()

    assert one.next(31.0) == Send((b"a",), 2)


def test_without_a_spool_a_batch_is_given_up_after_its_tries() -> None:
    """It is reported once, with what to do about it, and the next batch has its turn."""
    one = courier(IN_MEMORY)
    put(one, "a")
    reports = [finish(one, AWAY, now=now) for now in (10.0, 20.0, 30.0)]
    assert reports[:2] == [None, None]
    last = reports[2]

    assert last is not None
    assert isinstance(last.error, Undelivered)
    assert "after 3 tries (away)" in str(last.error)
    assert last.events == (b"a",)
    assert one.unsent == 1
    one.reported()
    assert one.unsent == 0


@pytest.mark.parametrize("settings", [WITH_SPOOL, IN_MEMORY])
def test_what_is_refused_is_reported_and_not_repeated(settings: Settings) -> None:
    """The batch is over, and the next one is sent."""
    one = courier(settings)
    if settings.spool:
        step(one, 0)
    put(one, "a", "b", "c", "d", "e", "f")
    report = finish(one, REFUSED)

    assert report == Report(REFUSED.error, (b"a", b"b", b"c"))
    assert one.next(0.0) == Send((b"d", b"e", b"f"), 0)


def test_a_refused_page_leaves_the_spool() -> None:
    """What will never be accepted does not hold up the rest."""
    one = courier(WITH_SPOOL)
    step(one, 1)
    page = Page((b"bad",), None)
    step(one, page)
    report = finish(one, REFUSED)

    assert report == Report(REFUSED.error, (b"bad",))
    assert one.next(0.0) == Remove(page)


def test_what_a_batch_loses_to_the_server_is_reported_by_reason() -> None:
    """The others are the server's; a place that the batch does not have is passed over."""
    one = courier(IN_MEMORY)
    put(one, "a", "b", "c")
    rejected = (
        Rejection(0, "too_deep", "flatten it"),
        Rejection(2, "too_deep", "flatten it"),
        Rejection(1, "no_type", "name it"),
        Rejection(9, "no_type", "name it"),
    )
    errand = one.next(0.0)
    assert isinstance(errand, Send)
    reports = one.finished(errand, Accepted(rejected), 0.0)

    assert [(str(each.error), each.events) for each in reports] == [
        ("too_deep: flatten it", (b"a", b"c")),
        ("no_type: name it", (b"b",)),
    ]
    assert one.unsent == 3
    one.reported()
    assert one.unsent == 0


def test_a_spool_that_takes_nothing_is_asked_again_later() -> None:
    """The events go back to the front of the queue, and memory is what there is for a while."""
    one = courier(WITH_SPOOL)
    step(one, 0)
    put(one, "a", "b", "c")
    step(one, Again("busy", after=60.0))
    assert step(one, NOT_KEPT) == Store((b"a", b"b", b"c"))
    put(one, "d")

    assert wait(one, 0.0) == pytest.approx(STORE_AGAIN_AFTER)
    assert one.next(STORE_AGAIN_AFTER) == Store((b"a", b"b", b"c", b"d"))


def test_closing_sends_once_then_keeps_the_rest_and_stops() -> None:
    """A program that ends while the server is away ends soon, with its events on disk."""
    one = courier(WITH_SPOOL)
    step(one, 0)
    put(one, "a")
    one.close()
    assert step(one, 0) == Scan()
    assert step(one, AWAY) == Send((b"a",), 0)
    assert step(one, KEPT) == Store((b"a",))

    assert one.next(0.0) == Stop()


def test_closing_with_nothing_to_do_stops() -> None:
    """Nothing is sent, and nothing is waited for."""
    one = courier(IN_MEMORY)
    one.close()

    assert one.next(0.0) == Stop()


def test_what_is_abandoned_is_what_memory_held() -> None:
    """What is in flight counts as unsent; what is on disk is safe there."""
    one = courier(IN_MEMORY)
    put(one, "a", "b", "c", "d")
    errand = one.next(0.0)
    assert isinstance(errand, Send)

    assert one.abandon() == (b"a", b"b", b"c", b"d")
    assert one.finished(errand, Accepted(), 0.0) == ()
    assert one.next(0.0) == Stop()


def test_what_was_stored_a_moment_ago_is_not_stored_again() -> None:
    """The driver was stopped between storing events and saying so."""
    one = courier(WITH_SPOOL)
    step(one, 0)
    put(one, "a", "b", "c")
    step(one, AWAY)
    put(one, "d")
    errand = one.next(0.0)
    assert isinstance(errand, Store)

    assert one.abandon(errand.events) == (b"d",)


def test_a_flush_is_not_over_before_leftovers_were_looked_for() -> None:
    """A ticket covers what earlier processes left, and what is found while it is out."""
    one = courier(WITH_SPOOL)
    ticket = one.hurry()
    assert not one.is_settled(ticket)
    step(one, 1)
    assert not one.is_settled(ticket)
    page = Page((b"old",), None)
    step(one, page)
    step(one, Accepted())
    step(one)

    assert one.is_settled(ticket)


def test_a_flush_does_not_wait_for_later_events() -> None:
    """Otherwise a busy program would never see the end of it."""
    one = courier(IN_MEMORY)
    put(one, "a")
    ticket = one.hurry()
    step(one, Accepted())
    put(one, "b")

    assert one.is_settled(ticket)
    assert one.unsent == 1


def test_an_idle_client_looks_for_leftovers_now_and_then() -> None:
    """A process that died while this one lives leaves its spool to this one."""
    one = courier(WITH_SPOOL)
    step(one, 0)

    assert wait(one, 1.0) == pytest.approx(RESCAN_AFTER - 1.0, abs=1.0)
    assert one.next(RESCAN_AFTER) == Scan()


def test_a_spool_that_lost_its_files_does_not_hold_a_flush() -> None:
    """Files that somebody removed are gone; the client goes on."""
    one = courier(WITH_SPOOL)
    ticket = one.hurry()
    step(one, 5)
    assert step(one, None) == Load()

    assert one.is_settled(ticket)
    assert one.unsent == 0


def test_a_crowded_queue_moves_to_disk_while_a_long_spool_is_sent() -> None:
    """New events stay behind the old ones without filling memory."""
    one = courier(replace(WITH_SPOOL, max_queue=4))
    step(one, 9)
    put(one, "a", "b")

    assert one.next(0.0) == Store((b"a", b"b"))
