"""Tests of `headwater.actors.audience_rows`."""

from __future__ import annotations

import gc
from importlib import resources

from headwater.actors.audience_part import Part
from headwater.actors.audience_rows import AudienceRows
from headwater.actors.migrations import statements
from headwater.audiences.conditions import EventCondition, EventSelector
from tests.actors.test_audiences import World
from tests.databases import database_with

SCHEMAS = resources.files("headwater.actors")


def test_rows_of_before_are_taken_over() -> None:
    """What two tables had of a person is one row, and nothing of it is lost."""
    sql = database_with(SCHEMAS.joinpath("audiences.sql").read_text("utf-8"))
    for actor, via, body in (
        ("w/user_id:1", "user_id:1", '{"v":3,"f":{"a":[[1790000000001],[1790000000002,0.1]]}}'),
        ("w/user_id:1", "email:ö'x@x.org", '{"v":2,"f":{"b":{"739880":4}}}'),
        ("w/user_id:1#1", "anonymous_id:a", '{"v":1,"f":{}}'),
    ):
        sql.execute("INSERT INTO audience_part VALUES (?, ?, ?)", (actor, via, body))
    for actor, body in (
        ("w/user_id:1", '{"version":3,"members":{"a0":1790000000001},"next":{"a1":1790000000009}}'),
        ("w/user_id:2", '{"version":3,"computed":{"t":[12345678901234567890,7]},"told":4}'),
    ):
        sql.execute("INSERT INTO audience_person VALUES (?, ?)", (actor, body))

    for statement in statements(SCHEMAS.joinpath("audience_state.sql").read_text("utf-8")):
        sql.execute(statement)

    rows = AudienceRows(sql)
    first = rows.decided("w/user_id:1")
    assert first.parts == {
        "user_id:1": Part(3, {"a": [[1790000000001], [1790000000002, 0.1]]}),
        "email:ö'x@x.org": Part(2, {"b": {"739880": 4}}),
    }
    assert (first.version, first.members, first.next) == (
        3,
        {"a0": 1790000000001},
        {"a1": 1790000000009},
    )
    second = rows.decided("w/user_id:2")
    assert (second.parts, second.told) == ({}, 4)
    assert second.computed == {"t": (12345678901234567890, 7)}
    assert rows.parts("w/user_id:1#1") == {"anonymous_id:a": Part(1)}


def test_what_a_turn_read_goes_with_it() -> None:
    """Also of a person with several identifiers: nothing is left to the garbage collector.

    Left to it, the rows of many turns would be held at a time, and looking at them all takes long.
    """
    world = World("UTC")
    world.add(EventCondition(EventSelector("A"), "at_least", 2))
    event = {"type": "track", "event": "A", "properties": {}, "context": {}}
    gc.collect()
    gc.disable()
    try:
        for identifiers in (("user_id:1",), ("email:a@x.org",), ("user_id:1", "email:a@x.org")):
            for _ in range(2):
                world.receive(identifiers, world.now, event)
        assert world.members("w/user_id:1") == {"a0"}
        assert not [one for one in gc.get_objects() if type(one) is AudienceRows]
    finally:
        gc.enable()
