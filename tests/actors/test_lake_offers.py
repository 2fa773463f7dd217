"""What an actor with a database of its own offers to the lake, and how it notes what was taken."""

from __future__ import annotations

from headwater.actors import lake_offers
from headwater.actors.identity_own_storage import OwnTurn
from headwater.actors.identity_state import Forward, Link, Root, State, Talk
from headwater.actors.lake_offers import MOST_BYTES, MOST_ROWS, LakeOffer
from headwater.lake.births import Births
from tests.actors.own_database import ADA, NOW, VIA, made, met, moved, row, stored
from tests.databases import Database


def offered(sql: Database) -> LakeOffer:
    """Answer what the actor offers."""
    return lake_offers.offer(OwnTurn(sql, ADA, now=NOW), ADA)


def noted(sql: Database, offer: LakeOffer, taken: Births | None = None) -> bool:
    """Tell the actor that the lake has an offer; answer whether all of it is here still."""
    return sql.run(
        lambda: lake_offers.note(
            OwnTurn(sql, ADA, now=NOW),
            ADA,
            until=offer.until,
            change=offer.change,
            taken=offer.births if taken is None else taken,
        )
    )


def become(sql: Database, state: State) -> None:
    """Give the actor a state."""

    def put() -> None:
        turn = OwnTurn(sql, ADA, now=NOW)
        turn.put(ADA, state)
        turn.flush()

    sql.run(put)


def messages(offer: LakeOffer) -> list[str]:
    """Answer the messages of an offer."""
    return [one.message_id for one in offer.events]


def test_what_was_stored_is_offered_until_it_is_noted() -> None:
    """In its order, with where it was born; again if word of it is lost, and then no more."""
    sql = made()
    stored(sql, 1, 2)
    first, again = offered(sql), offered(sql)
    assert first == again
    assert messages(first) == ["m1", "m2"]
    assert first.births == {ADA: (1, 2)}

    stored(sql, 3)
    assert noted(sql, first)

    assert messages(offered(sql)) == ["m3"]
    assert noted(sql, first), "an old word changes nothing"
    assert messages(offered(sql)) == ["m3"]


def test_who_is_who_is_offered_as_it_is_now() -> None:
    """A change of it, with a number that rises; a newer change is not noted with an older."""
    sql = made()
    become(sql, Root(standing=(0, NOW, VIA), ids={VIA: {}, "email:a@example.org": {}}))
    first = offered(sql)
    assert [one[:2] for one in first.rows] == [("state", ADA)]

    become(sql, Root(standing=(0, NOW, VIA), ids={VIA: {}, "email:b@example.org": {}}))
    noted(sql, first)
    second = offered(sql)

    assert second.change > first.change
    assert "b@example.org" in str(second.rows)
    noted(sql, second)
    assert offered(sql).rows == []


def test_an_offer_has_a_size() -> None:
    """Of many events some, of large ones fewer, and one at least; the rest comes with the next."""
    sql = made()
    stored(sql, *range(MOST_ROWS + 5))
    assert len(offered(sql).events) == MOST_ROWS
    noted(sql, offered(sql))
    assert len(offered(sql).events) == 5

    sql = made()
    stored(sql, 1, 2, size=2 * MOST_BYTES)
    stored(sql, 3, 4)
    sizes = []
    while offer := offered(sql).events:
        sizes.append(len(offer))
        noted(sql, offered(sql))
    assert sizes == [1, 1, 2]


def test_what_came_from_another_actor_keeps_its_birth() -> None:
    """And what the lake is known to have of it is not offered."""
    sql = made()
    moved(sql, row(1, "7 w/anonymous_id:a"), row(2, 0))
    stored(sql, 3)

    offer = offered(sql)

    assert messages(offer) == ["m1", "m3"]
    assert offer.births == {"w/anonymous_id:a": (7, 7), ADA: (3, 3)}


def test_an_event_that_two_actors_stored_bears_both_births() -> None:
    """Whichever copy the lake takes, it is known by; all are here for the word that it did."""
    sql = made()
    stored(sql, 1, 2)
    met(sql, [row(1, "7 w/anonymous_id:a"), row(2, 0)])

    offer = offered(sql)

    assert messages(offer) == ["m1"], "of the other the lake has the copy"
    assert offer.births == {ADA: (1, 1), "w/anonymous_id:a": (7, 7)}
    assert offer.events[0].also == [("w/anonymous_id:a", 7)]
    assert noted(sql, offer)
    assert offered(sql).events == []


def test_what_is_not_here_any_more_is_not_settled() -> None:
    """Whoever holds it now may offer it, so the manifest has to know it still."""
    sql = made()
    stored(sql, 1)

    assert not noted(sql, offered(sql), {ADA: (1, 1), "w/anonymous_id:a": (7, 7)})


def test_who_takes_over_another_offers_no_event_before_that_is_done() -> None:
    """While it asks for somebody, and while pages of theirs are still to come."""
    sql = made()
    stored(sql, 1)
    person = Root(standing=(0, NOW, VIA), ids={VIA: {}})
    link = Link(VIA, "anonymous_id:a", "event", "m1", NOW, "anonymous_id:a")
    for waiting in (
        Root(standing=person.standing, ids=person.ids, talk=Talk(1, "w/anonymous_id:a", link)),
        Root(standing=person.standing, ids=person.ids, imports={"w/anonymous_id:a#1": ""}),
    ):
        become(sql, waiting)
        offer = offered(sql)
        assert (offer.is_settling, offer.events) == (True, [])
        assert lake_offers.waits_since(sql, ADA, now=NOW) is None, "nothing to come for"
        noted(sql, offer, {})

    become(
        sql, Root(standing=person.standing, ids=person.ids, imports={"w/anonymous_id:a#1": None})
    )
    offer = offered(sql)
    assert (offer.is_settling, messages(offer)) == (False, ["m1"])
    assert lake_offers.waits_since(sql, ADA, now=NOW) == NOW


def test_who_is_another_by_now_offers_none() -> None:
    """Their events are offered by whom they have become; who is who is told by both."""
    sql = made()
    stored(sql, 1)
    become(sql, Forward(to="w/user_id:bob"))

    offer = offered(sql)

    assert offer.events == []
    assert not offer.is_settling
    assert [one[:2] for one in offer.rows] == [("state", ADA)]


def test_the_oldest_that_waits_tells_since_when() -> None:
    """An event since it was received, a change since it was made; nothing where nothing waits."""
    sql = made()
    assert lake_offers.waits_since(sql, ADA, now=NOW) is None
    stored(sql, 1, at=NOW + 50)
    stored(sql, 2, at=NOW + 10)
    assert lake_offers.waits_since(sql, ADA, now=NOW) == NOW + 50, "the first that was stored"
    become(sql, Root(standing=(0, NOW, VIA), ids={VIA: {}, "email:a@example.org": {}}))
    assert lake_offers.waits_since(sql, ADA, now=NOW) == NOW
    noted(sql, offered(sql))
    assert lake_offers.waits_since(sql, ADA, now=NOW) is None


def test_a_text_of_somebody_else_waits_since_now() -> None:
    """An event whose text does not say when it was received is not left waiting for ever."""
    sql = made()
    rows = [(ADA, "m1", NOW, VIA, "track", "{}")]
    sql.run(lambda: OwnTurn(sql, ADA, now=NOW).add(rows))

    assert lake_offers.waits_since(sql, ADA, now=NOW + 7) == NOW + 7
