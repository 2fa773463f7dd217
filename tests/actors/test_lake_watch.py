"""When an actor with a database of its own lets the lake know that something waits."""

from __future__ import annotations

from headwater.actors.lake_watch import AGAIN, LakeWatch
from tests.actors.own_database import ADA, NOW, made, stored

AFTER = 900_000


def test_the_oldest_is_to_go_after_a_while() -> None:
    """A while after it was received; what comes later does not put it off."""
    sql = made()
    watch = LakeWatch(AFTER)
    assert watch.due_at(sql, ADA, now=NOW) is None
    stored(sql, 1)
    assert watch.due_at(sql, ADA, now=NOW) == NOW + AFTER
    stored(sql, 2, at=NOW + 5)
    assert watch.due_at(sql, ADA, now=NOW + 5) == NOW + AFTER


def test_once_it_was_told_it_is_quiet_until_it_has_asked() -> None:
    """Whoever was told comes by itself, whatever else the alarm goes off for meanwhile."""
    sql = made()
    watch = LakeWatch(AFTER)
    stored(sql, 1)
    watch.told(now=NOW)
    watch.look_anew()
    assert watch.due_at(sql, ADA, now=NOW + AGAIN - 1) is None

    watch.forget()

    assert watch.due_at(sql, ADA, now=NOW + AGAIN - 1) == NOW + AFTER


def test_what_was_told_in_vain_is_told_again() -> None:
    """A queue gives up in the end; an hour is long enough for it to be no storm."""
    sql = made()
    watch = LakeWatch(AFTER)
    stored(sql, 1)
    watch.told(now=NOW)

    assert watch.due_at(sql, ADA, now=NOW + AGAIN) == NOW + AFTER


def test_without_a_lake_or_a_name_nothing_is_due() -> None:
    """Nothing is looked for, either."""
    sql = made()
    stored(sql, 1)

    assert LakeWatch(None).due_at(sql, ADA, now=NOW) is None
    assert LakeWatch(AFTER).due_at(sql, None, now=NOW) is None
