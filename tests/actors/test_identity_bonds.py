"""Tests of `headwater.actors.identity_bonds`."""

from __future__ import annotations

from headwater.actors.identity_bonds import Bonds, Neighbourhood, bonds
from headwater.actors.identity_state import Edge, Parted, Root

ADA, PHONE, MAIL = "user_id:ada", "anonymous_id:phone", "email:a@example.org"
TAKEN = Edge(ADA, PHONE, "event", "m2", 20, merged=PHONE)
HERS = Root(
    standing=(0, 10, ADA),
    ids={ADA: {}, MAIL: {}},
    edges=[Edge(ADA, MAIL, "event", "m3", 30)],
    parted=[Parted(TAKEN, 40)],
)
ITS = Root(standing=(4, 15, PHONE), ids={PHONE: {}}, parted=[Parted(TAKEN, 40)])


def told() -> Neighbourhood:
    """Answer all that is known from her identifier on, and check what was asked for."""
    known = Neighbourhood(ADA)
    people = {ADA: bonds(f"w/{ADA}", HERS), PHONE: bonds(f"w/{PHONE}", ITS)}
    asked = []
    while (name := known.wanted()) is not None:
        asked.append(name)
        known.give(people[name])
    assert asked == [ADA, PHONE]
    return known


def test_one_actor_tells_of_its_links_and_of_those_that_were_taken_away() -> None:
    """With the roots that are in the person, and where links that are gone led to."""
    known = bonds(f"w/{ADA}", HERS)

    assert isinstance(known, Bonds)
    assert known.identifiers == [MAIL, ADA]
    assert known.standings == {ADA: (0, 10, ADA)}
    assert {(tie.first, tie.second, tie.since, tie.until) for tie in known.ties} == {
        (ADA, MAIL, 30, None),
        (ADA, PHONE, 20, 40),
    }
    assert known.far == [ADA, PHONE]


def test_whoever_was_one_at_an_instant_is_found_over_splits() -> None:
    """Before the link one, then two, then two others; each with who holds them now."""
    known = told()
    alone, together, after = (known.then("w", at) for at in (12, 25, 45))

    assert alone is not None
    assert (alone.root, set(alone.identifiers)) == (ADA, {ADA})
    assert together is not None
    assert (together.root, set(together.identifiers)) == (ADA, {ADA, PHONE})
    assert known.holders(together) == {f"w/{PHONE}": [PHONE], f"w/{ADA}": [ADA]}
    assert after is not None
    assert (after.root, set(after.identifiers)) == (ADA, {ADA, MAIL})
    assert known.holders(after) == {f"w/{ADA}": [MAIL, ADA]}


def test_nobody_is_found_before_the_first_and_of_strangers() -> None:
    """An instant before a person began, and an identifier that nobody holds."""
    assert told().then("w", 9) is None
    stranger = Neighbourhood("user_id:nobody")
    assert stranger.wanted() == "user_id:nobody"
    stranger.give(None)
    assert stranger.wanted() is None
    assert stranger.then("w", 99) is None
