"""Actors with databases of their own let go of old events that are safe in the lake."""

from __future__ import annotations

import pytest

from headwater.actors import lake_offers, lake_trimming
from headwater.actors.identity_own_storage import OwnTurn
from headwater.actors.identity_state import Forward
from headwater.actors.lake_trimming import LEAST
from tests.actors.own_database import ADA, DAY, NOW, VIA, made, stored
from tests.databases import Database

TODAY = NOW // DAY


def taken(sql: Database) -> None:
    """Have the lake take all that is offered."""

    def note() -> None:
        turn = OwnTurn(sql, ADA, now=NOW)
        while (offer := lake_offers.offer(turn, ADA)).events:
            lake_offers.note(turn, ADA, until=offer.until, change=offer.change, taken=offer.births)

    sql.run(note)


def trimmed(sql: Database, *, first_hot: int = TODAY, unsettled: tuple[int, ...] = ()) -> int:
    """Trim; answer how many went."""

    def trim() -> int:
        turn = OwnTurn(sql, ADA, now=NOW)
        gone = lake_trimming.trim(turn, ADA, first_hot=first_hot, unsettled=unsettled)
        turn.flush()
        return gone

    return sql.run(trim)


def left(sql: Database) -> int:
    """Answer how many events are here."""
    return int(sql.execute("SELECT count(*) FROM event")[0][0])


def test_old_events_go_and_what_is_shown_of_them_stays() -> None:
    """Counts, days, first and last; the newest row stays, so that no id is given twice."""
    sql = made()
    stored(sql, *range(LEAST), at=NOW - DAY)
    stored(sql, LEAST)
    taken(sql)

    assert trimmed(sql) == LEAST

    assert left(sql) == 1
    ((via, history),) = OwnTurn(sql, ADA, now=NOW).history(ADA)
    assert via == VIA
    assert {name: span.events for name, span in history.types.items()} == {"track": LEAST}
    assert {day: span.events for day, span in history.days.items()} == {TODAY - 1: LEAST}
    assert history.first == (NOW - DAY, "m0")
    assert trimmed(sql) == 0


def test_few_wait_for_others() -> None:
    """To delete a row costs as much as to write it, and word of it one more."""
    sql = made()
    stored(sql, *range(LEAST), at=NOW - DAY)
    taken(sql)

    assert trimmed(sql) == 0, "the newest row stays, so there is one too few"
    stored(sql, LEAST)
    assert trimmed(sql) == LEAST


def test_what_the_lake_lacks_stays() -> None:
    """However old it is."""
    sql = made()
    stored(sql, *range(LEAST + 1), at=NOW - DAY)

    assert trimmed(sql) == 0
    assert left(sql) == LEAST + 1


@pytest.mark.parametrize(
    ("first_hot", "unsettled"), [(TODAY - 1, ()), (TODAY, (TODAY - 1,))], ids=["hot", "unsettled"]
)
def test_days_that_are_hot_or_not_compacted_stay(
    first_hot: int, unsettled: tuple[int, ...]
) -> None:
    """What is looked at often is here, and what would be read out of many files."""
    sql = made()
    stored(sql, *range(LEAST + 1), at=NOW - DAY)
    taken(sql)

    assert trimmed(sql, first_hot=first_hot, unsettled=unsettled) == 0


def test_who_is_another_lets_nothing_go() -> None:
    """Their rows are for whom they have become to pull."""
    sql = made()
    stored(sql, *range(LEAST + 1), at=NOW - DAY)
    taken(sql)

    def freeze() -> None:
        turn = OwnTurn(sql, ADA, now=NOW)
        turn.put(ADA, Forward(to="w/user_id:bob"))
        turn.flush()

    sql.run(freeze)

    assert trimmed(sql) == 0
    assert left(sql) == LEAST + 1
