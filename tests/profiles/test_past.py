"""Tests of `headwater.profiles.past`."""

from __future__ import annotations

from headwater.profiles.past import PastEvent, Then, Tie, identifiers_at, person_of


def event(via: str, number: int, **more: object) -> PastEvent:
    """Answer an identify that was received a second after it happened."""
    return PastEvent(via, "identify", number, f"m{number}", number + 1000, more, None)


def test_a_tie_holds_from_its_first_instant_up_to_its_last() -> None:
    """The instant of a split is the first one at which the two are apart."""
    tie = Tie("a:1", "b:1", 10, 20)

    assert [tie.holds(at) for at in (9, 10, 19, 20)] == [False, True, True, False]


def test_identifiers_are_those_that_links_of_the_instant_reach() -> None:
    """Links of before and after lead nowhere; each identifier is as old as its first link."""
    ties = [Tie("a:1", "b:1", 10), Tie("b:1", "c:1", 20, 30), Tie("c:1", "d:1", 25)]

    assert identifiers_at("a:1", ties, 5) == {}
    assert identifiers_at("a:1", ties, 10) == {"a:1": 10, "b:1": 10}
    assert identifiers_at("a:1", ties, 26) == {"a:1": 10, "b:1": 10, "c:1": 20, "d:1": 25}
    assert identifiers_at("a:1", ties, 30) == {"a:1": 10, "b:1": 10}
    assert identifiers_at("d:1", ties, 30) == {"c:1": 25, "d:1": 25}


def test_events_count_from_when_they_were_received() -> None:
    """What had happened, but was not known yet, is not shown."""
    then = Then("w", "a:1", {"a:1": 0, "b:1": 7})
    events = [event("a:1", 5, plan="free"), event("a:1", 6, plan="pro"), event("x:1", 1, plan="no")]

    early, late = (person_of(then, events, at) for at in (1005, 1006))

    assert early.traits["plan"].value == "free"
    assert late.traits["plan"].value == "pro"
    assert (early.counts, late.counts) == ({"identify": 1}, {"identify": 2})
    assert [one.first_seen for one in late.identifiers] == [5, 7]


def test_a_trait_that_was_removed_is_not_there() -> None:
    """Null removes, as for the present."""
    then = Then("w", "a:1", {"a:1": 0})

    person = person_of(then, [event("a:1", 2, plan=None), event("a:1", 1, plan="pro")], 5000)

    assert person.traits == {}
    assert (person.first_message_id, person.last_message_id) == ("m1", "m2")
