"""Erased people taken out of a lane: their rows go, those of others keep their places."""

from __future__ import annotations

import json

from headwater.actors import deliveries
from headwater.actors.lane_calls import Sift
from headwater.actors.lane_erasing import sift
from headwater.actors.migrations import migrate
from headwater.actors.schemas import LANE, migrations
from headwater.commands import Deliver
from headwater.workspace import IdentityRules
from tests.databases import Database, empty_database


def waiting(*events: tuple[str, str, str]) -> Database:
    """Answer a lane in which these wait: the person's actor, the event's user, its message."""
    sql = empty_database()
    migrate(sql, migrations(LANE))
    commands = [
        Deliver("w", "d1", f"w/user_id:{person}", message, json.dumps({"userId": user}))
        for person, user, message in events
    ]
    sql.run(lambda: deliveries.enqueue(sql, commands, 1))
    return sql


def test_what_is_theirs_goes_and_is_counted_no_more() -> None:
    """The lane's own count of what waits follows."""
    sql = waiting(("1", "1", "a"), ("2", "2", "b"), ("1", "1", "c"))

    done = sql.run(lambda: sift(sql, "w", Sift(["user_id:1"], IdentityRules())))

    assert (done.deliveries, done.dead_letters, done.until) == (2, 0, None)
    assert sql.execute("SELECT message_id FROM delivery") == [("b",)]
    assert sql.execute("SELECT waiting FROM delivery_lane") == [(1,)]


def test_another_persons_event_under_an_erased_name_gets_its_own() -> None:
    """They were one when it was sent, and were parted since."""
    sql = waiting(("1", "2", "a"), ("1", "3", "b"))

    done = sql.run(lambda: sift(sql, "w", Sift(["user_id:1"], IdentityRules())))

    assert done.deliveries == 0
    found = sql.execute("SELECT message_id, person FROM delivery ORDER BY id")
    assert found == [("a", "w/user_id:2"), ("b", "w/user_id:3")]
