"""People over one shared database: the order of arrival does not matter, and a split undoes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.actors import identity_network, identity_reading, identity_timeline
from headwater.actors.identity import Policy, account_actor
from headwater.actors.identity_network import Network
from headwater.collect.arrival import Arrival
from headwater.commands import Deliver, Rekey
from headwater.errors import NotFound
from headwater.profiles.people import TimelineFilter
from headwater.profiles.resolution import Limits
from headwater.workspace import IdentityRules
from tests.databases import Database
from tests.simulation.world import WORKSPACE, arrival, database

NETWORK = Network(lambda _workspace: Policy(Limits(IdentityRules()), lambda _event: ()))
EVERYTHING = TimelineFilter()


def seen(sql: Database, identifier: str) -> dict[str, Any]:
    """Answer all that readers see of somebody: the profile and the whole timeline."""
    person = identity_reading.person(sql, WORKSPACE, identifier)
    assert person is not None
    actor = identity_reading.root_actor(sql, WORKSPACE, identifier)
    assert actor is not None
    page = identity_timeline.timeline(sql, actor, which=EVERYTHING, limit=10_000, cursor=None)
    return {"person": asdict(person), "events": page.events}


def received(arrivals: Iterable[Arrival]) -> Database:
    """Answer a database that received these events, one request each."""
    sql = database()
    for event in arrivals:
        with sql.transaction():
            NETWORK.receive(sql, [event])
    return sql


events = st.builds(
    lambda number, at, kind, ids, value: arrival(
        f"m{number}",
        kind,
        ids,
        at=at,
        **({"traits": {"plan": value, "n": number}} if kind != "page" else {}),
        **({"groupId": f"g{number % 2}"} if kind == "group" else {}),
    ),
    number=st.integers(1, 1000),
    at=st.integers(1, 5),
    kind=st.sampled_from(["identify", "page", "group"]),
    ids=st.sampled_from(
        [
            ("user_id:1",),
            ("anonymous_id:a",),
            ("user_id:1", "anonymous_id:a"),
            ("user_id:1", "email:x@y.org"),
            ("user_id:1", "email:x@y.org", "anonymous_id:b"),
        ]
    ),
    value=st.one_of(st.none(), st.integers(0, 3), st.just({"deep": [1, "é"]})),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(events, min_size=1, max_size=8, unique_by=lambda event: event.message_id),
    st.randoms(use_true_random=False),
)
def test_any_order_and_repetition_give_the_same_person(
    some: list[Arrival], shuffler: random.Random
) -> None:
    """Events in any order, any of them repeated, give a person that is equal byte for byte."""
    linked = [
        arrival("m2000", "identify", ("user_id:1", "email:x@y.org"), at=9),
        arrival("m2001", "page", ("user_id:1", "anonymous_id:a"), at=9),
        *some,
    ]
    again = linked + shuffler.choices(linked, k=4)
    shuffler.shuffle(again)

    first, second = seen(received(linked), "user_id:1"), seen(received(again), "user_id:1")

    # An identifier under which nothing arrived is as old as whatever linked it first.
    for each in (first, second):
        for identifier in each["person"]["identifiers"]:
            if identifier["events"] == 0:
                identifier["first_seen"] = identifier["last_seen"] = None
    assert repr(first) == repr(second)


def test_one_turn_and_many_turns_give_the_same_person() -> None:
    """A batch of events in one turn ends as the same events in a turn each."""
    story = [
        arrival("m1", "page", ("anonymous_id:a",)),
        arrival("m2", "identify", ("user_id:1", "email:x@y.org"), traits={"a": 1}),
        arrival("m3", "identify", ("user_id:1", "anonymous_id:a"), traits={"a": 2}),
        arrival("m4", "group", ("user_id:1",), groupId="g", traits={"plan": "pro"}),
    ]
    one = database()
    NETWORK.receive(one, story)

    assert seen(one, "anonymous_id:a") == seen(received(story), "user_id:1")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_split_undoes_its_merge(data: st.DataObject) -> None:
    """After a merge and its split both people are as they would be had nobody merged them."""
    numbers = itertools.count(1)

    def life(owner: str, identifiers: list[tuple[str, ...]]) -> list[Arrival]:
        kinds = data.draw(st.lists(st.sampled_from(["identify", "page"]), min_size=1, max_size=5))
        made = []
        for kind in kinds:
            number = next(numbers)
            ids = data.draw(st.sampled_from(identifiers))
            traits = {"traits": {"who": owner, "n": number}} if kind == "identify" else {}
            made.append(arrival(f"m{number}", kind, ids, **traits))
        return made

    first = [("user_id:1",), ("user_id:1", "anonymous_id:a"), ("user_id:1", "email:a@x.org")]
    second = [("user_id:2",), ("user_id:2", "anonymous_id:b"), ("anonymous_id:b",)]
    before = [arrival("m9001", "page", first[1]), arrival("m9002", "page", second[1])]
    before += life("one", first) + life("two", second)
    after = life("one", first) + life("two", second)

    merged = received(before)
    NETWORK.merge(merged, WORKSPACE, "user_id:2", "user_id:1", order="merge-1", at=1)
    for event in after:
        NETWORK.receive(merged, [event])
    assert seen(merged, "user_id:1") == seen(merged, "anonymous_id:b")
    explanation = identity_reading.explain(merged, WORKSPACE, "user_id:1")
    assert explanation is not None
    link = next(link for link in explanation.links if link.reason == "merge")
    NETWORK.split(merged, WORKSPACE, "user_id:1", link.id)

    parted = (seen(merged, "user_id:1"), seen(merged, "anonymous_id:b"))

    never = received([*before, *after])
    assert parted == (seen(never, "user_id:1"), seen(never, "user_id:2"))


def test_evidence_does_not_undo_a_split_but_an_order_does() -> None:
    """The event that joined two people joins them no more after a split; an explicit merge may."""
    evidence = ("user_id:1", "anonymous_id:a")
    sql = received([arrival("m1", "page", ("anonymous_id:a",)), arrival("m2", "page", evidence)])
    NETWORK.split(sql, WORKSPACE, "user_id:1", "m2:anonymous_id:a")
    NETWORK.receive(sql, [arrival("m3", "page", evidence)])

    parted = identity_reading.explain(sql, WORKSPACE, "user_id:1")
    assert parted is not None
    assert [refused.reason for refused in parted.refused] == ["blocked"]
    assert identity_reading.root_actor(sql, WORKSPACE, "anonymous_id:a") == "w/anonymous_id:a"

    NETWORK.merge(sql, WORKSPACE, "user_id:1", "anonymous_id:a", order="merge-1", at=5)

    assert identity_reading.root_actor(sql, WORKSPACE, "anonymous_id:a") == "w/user_id:1"


def test_a_second_user_of_a_device_stays_another_person() -> None:
    """A limit of one user id keeps two logins on one device apart, and says that it did."""
    sql = received(
        [
            arrival("m1", "page", ("user_id:1", "anonymous_id:a")),
            arrival("m2", "page", ("user_id:2", "anonymous_id:a")),
        ]
    )

    explanation = identity_reading.explain(sql, WORKSPACE, "user_id:2")

    assert explanation is not None
    assert explanation.person == "user_id:2"
    assert [(one.identifiers, one.reason) for one in explanation.refused] == [
        (("user_id:2", "anonymous_id:a"), "limit")
    ]
    assert identity_reading.root_actor(sql, WORKSPACE, "anonymous_id:a") == "w/user_id:1"


def test_an_alias_is_an_order_that_limits_do_not_stop() -> None:
    """An alias joins two user ids that both are known."""
    sql = received(
        [
            arrival("m1", "page", ("user_id:old",)),
            arrival("m2", "page", ("user_id:new",)),
            arrival(
                "m3",
                "alias",
                ("user_id:new", "user_id:old", "anonymous_id:old"),
                previousId="old",
            ),
        ]
    )

    assert seen(sql, "user_id:old") == seen(sql, "user_id:new") == seen(sql, "anonymous_id:old")


def test_commands_name_destinations_in_the_order_of_each_person() -> None:
    """Each new event is a command to each destination, in order; a repeated one is none."""
    network = Network(lambda _: Policy(Limits(IdentityRules()), lambda _event: ("d1", "d2")))
    sql = database()
    story = [arrival(f"m{n}", "page", ("user_id:1",)) for n in (1, 2, 2)]
    commands = network.receive(sql, story).commands
    commands += network.receive(sql, [arrival("m3", "page", ("user_id:1",))]).commands

    deliver = [command for command in commands if isinstance(command, Deliver)]

    assert [(one.message_id, one.destination) for one in deliver] == [
        (f"m{n}", destination) for n in (1, 2, 3) for destination in ("d1", "d2")
    ]


def test_a_merge_tells_that_one_persons_deliveries_now_wait_for_anothers() -> None:
    """A merge is a command too, so that order is kept within the new person."""
    sql = received([arrival("m1", "page", ("anonymous_id:a",))])
    outcome = NETWORK.receive(sql, [arrival("m2", "page", ("user_id:1", "anonymous_id:a"))])

    assert outcome.commands == [Rekey(loser="w/anonymous_id:a", winner="w/user_id:1")]


def test_a_big_person_is_pulled_page_by_page() -> None:
    """A merge moves thousands of events, each once."""
    sql = database()
    NETWORK.receive(sql, [arrival(f"m{n}", "page", ("anonymous_id:a",)) for n in range(1, 1001)])
    NETWORK.receive(sql, [arrival("m5000", "page", ("user_id:1", "anonymous_id:a"))])

    person = identity_reading.person(sql, WORKSPACE, "user_id:1")

    assert person is not None
    assert person.counts == {"page": 1001}
    assert sql.execute("SELECT actor, count(*) FROM event GROUP BY actor") == [
        ("w/user_id:1", 1001)
    ]


def test_an_account_has_traits_members_and_a_timeline_of_its_own() -> None:
    """Group calls shape the account: last writer by event time, members, first and last seen."""
    sql = received(
        [
            arrival("m2", "group", ("user_id:2",), groupId="acme", traits={"plan": "pro"}),
            arrival("m1", "group", ("user_id:1",), groupId="acme", traits={"plan": "free"}),
            arrival("m1", "group", ("user_id:1",), groupId="acme", traits={"plan": "free"}),
        ]
    )

    account = identity_reading.account(sql, WORKSPACE, "acme")

    assert account is not None
    assert account.traits["plan"].value == "pro"
    assert (account.first_seen, account.last_seen) == (1000, 2000)
    assert identity_reading.members(sql, WORKSPACE, "acme", after="", limit=10) == [
        "user_id:1",
        "user_id:2",
    ]
    page = identity_timeline.timeline(
        sql, account_actor(WORKSPACE, "acme"), which=EVERYTHING, limit=5, cursor=None
    )
    assert [event["messageId"] for event in page.events] == ["m2", "m1"]


def test_workspaces_do_not_see_each_other() -> None:
    """The same identifier in two workspaces is two people."""
    sql = database()
    other = Arrival("v", ("user_id:1",), "m1", "page", 1, 1, '{"type":"page"}')
    NETWORK.receive(sql, [arrival("m1", "page", ("user_id:1",)), other])

    assert identity_reading.person(sql, "v", "user_id:1") != identity_reading.person(
        sql, WORKSPACE, "user_id:1"
    )


def test_orders_about_nobody_are_refused() -> None:
    """Merging or splitting somebody unknown, or by a link that is none, says what is wrong."""
    sql = received([arrival("m1", "page", ("user_id:1", "anonymous_id:a"))])

    with pytest.raises(NotFound, match="Nobody is known by user_id:9"):
        NETWORK.merge(sql, WORKSPACE, "user_id:1", "user_id:9", order="merge-1", at=1)
    with pytest.raises(NotFound, match="no link 'nope'"):
        NETWORK.split(sql, WORKSPACE, "user_id:1", "nope")
    with pytest.raises(NotFound, match="merged nobody"):
        NETWORK.split(sql, WORKSPACE, "user_id:1", "m1:anonymous_id:a")


def test_a_turn_ends_before_a_very_big_person_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages count towards the steps of a turn; sweeps move the rest, and nothing is lost."""
    monkeypatch.setattr(identity_network, "STEPS_A_TURN", 150)
    sql = database()
    NETWORK.receive(sql, [arrival(f"m{n}", "page", ("anonymous_id:a",)) for n in range(1, 1001)])
    NETWORK.receive(sql, [arrival("m5000", "page", ("user_id:1", "anonymous_id:a"))])
    pending = "SELECT count(*) FROM identity WHERE pending = 1"
    assert sql.execute(pending) == [(1,)]

    for _ in range(10):
        NETWORK.sweep(sql)

    assert sql.execute(pending) == [(0,)]
    person = identity_reading.person(sql, WORKSPACE, "user_id:1")
    assert person is not None
    assert person.counts == {"page": 1001}
