"""A parcel that lies in the same database changes hands where it lies."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.actors import identity_reading
from headwater.actors.identity import Policy
from headwater.actors.identity_network import Network
from headwater.actors.identity_storage import PAGE
from headwater.profiles.resolution import Limits
from headwater.workspace import IdentityRules
from tests.databases import Database
from tests.simulation.world import WORKSPACE, arrival, database

NETWORK = Network(lambda _workspace: Policy(Limits(IdentityRules()), lambda _event: ()))
LOSER, WINNER = ("anonymous_id:a",), ("user_id:1",)


def receive(sql: Database, *calls: tuple[str, tuple[str, ...]], **more: Any) -> None:
    """Receive events, each its messageId and identifiers, in one turn."""
    arrivals = [arrival(id_, "identify", identifiers, **more) for id_, identifiers in calls]
    with sql.transaction():
        NETWORK.receive(sql, arrivals)


def rows(sql: Database) -> list[tuple[Any, ...]]:
    """Answer all rows of events but their texts."""
    return sql.execute("SELECT id, actor, message_id, via, origin FROM event ORDER BY id")


def test_an_event_keeps_its_row() -> None:
    """A merge gives the winner the loser's events; their ids, and so the lake's order, stay."""
    sql = database()
    receive(sql, ("m1", LOSER), ("m2", WINNER))
    before = rows(sql)
    receive(sql, ("m3", (*WINNER, *LOSER)))
    after = rows(sql)
    winner = f"{WORKSPACE}/user_id:1"
    assert after[:2] == [(id_, winner, *rest) for id_, _, *rest in before]
    assert [row[4] for row in after] == [None] * 3


def test_what_came_to_both_is_kept_once() -> None:
    """Of an event that both had, one row stays, and no row under any other name."""
    sql = database()
    receive(sql, ("m1", LOSER), ("both", LOSER), ("both", WINNER), ("m4", WINNER))
    receive(sql, ("m5", (*WINNER, *LOSER)))
    found = [(actor, message_id) for _, actor, message_id, *_ in rows(sql)]
    winner = f"{WORKSPACE}/user_id:1"
    assert sorted(found) == sorted((winner, one) for one in ("m1", "both", "m4", "m5"))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1]), st.booleans())
def test_all_pages_come(count: int, is_twice: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """However many events a person has, the winner has all of them after the turn; each once."""
    sql = database()
    ids = [f"m{number}" for number in range(count)]
    receive(sql, *((one, LOSER) for one in ids), traits={"plan": "pro"})
    receive(sql, *((one, WINNER) for one in ids[:: 3 if is_twice else count + 1]))
    receive(sql, ("link", (*WINNER, *LOSER)))
    assert sorted(row[2] for row in rows(sql)) == sorted([*ids, "link"])
    assert {row[1] for row in rows(sql)} == {f"{WORKSPACE}/user_id:1"}
    person = identity_reading.person(sql, WORKSPACE, "anonymous_id:a")
    assert person is not None
    assert sum(person.counts.values()) == count + 1
    assert {name: one.value for name, one in person.traits.items()} == {"plan": "pro"}
    for table in ("traits", "history"):
        assert not sql.execute(f"SELECT 1 FROM {table} WHERE actor LIKE '%anonymous_id:a'")


def test_a_first_event_that_comes_twice_in_a_turn_is_kept_once() -> None:
    """Of somebody new nothing is known yet; the same event twice in one request is one still."""
    sql = database()
    receive(sql, ("m1", LOSER), ("m1", LOSER))
    receive(sql, ("m1", LOSER))
    assert [row[2] for row in rows(sql)] == ["m1"]
