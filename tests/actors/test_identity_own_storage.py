"""What rows say of their birth, as they come to an actor with its own database and leave it."""

from __future__ import annotations

import pytest

from headwater.actors.identity_own_storage import OwnTurn, reached
from headwater.lake import births
from tests.actors.own_database import ADA, NOW, VIA, made, met, moved, row, stored
from tests.databases import Database

OTHER = "w/anonymous_id:a"


def origins(sql: Database, actor: str = ADA) -> dict[str, int | str]:
    """Answer what an actor's rows say to whoever takes them over, by message."""
    return {one[0]: one[5] for one in OwnTurn(sql, ADA, now=NOW).page(actor, "")}


def reach(sql: Database, position: int) -> None:
    """Have the lake be known to have events up to an id."""
    sql.execute("DELETE FROM lake_reached")
    sql.execute(
        "INSERT INTO lake_reached (only_one, position, change, since, changed)"
        " VALUES (1, ?, 0, NULL, '{}')",
        (position,),
    )


def test_a_row_says_where_it_was_born() -> None:
    """Its id here, until the lake has it; then 0."""
    sql = made()
    stored(sql, 1, 2, 3)
    assert origins(sql) == {f"m{number}": f"{number} {ADA}" for number in (1, 2, 3)}

    reach(sql, 2)
    assert origins(sql) == {"m1": 0, "m2": 0, "m3": f"3 {ADA}"}


def test_what_moved_here_goes_on_with_what_it_said() -> None:
    """Its birth elsewhere, or that the lake has it; whatever the position here is."""
    sql = made()
    moved(sql, row(1, 0), row(2, f"9 {OTHER}"))
    assert origins(sql) == {"m1": 0, "m2": f"9 {OTHER}"}


def test_a_parcel_keeps_what_its_rows_say() -> None:
    """Rows that are set aside for a split say the same when the position moves on."""
    sql = made()
    stored(sql, 1)
    reach(sql, 1)
    stored(sql, 2)

    def set_aside() -> None:
        turn = OwnTurn(sql, ADA, now=NOW)
        turn.relabel(ADA, f"{ADA}#1", [VIA])
        turn.flush()

    sql.run(set_aside)
    assert origins(sql) == {}
    assert origins(sql, f"{ADA}#1") == {"m1": 0, "m2": f"2 {ADA}"}
    reach(sql, 2)
    assert origins(sql, f"{ADA}#1") == {"m1": 0, "m2": f"2 {ADA}"}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (0, 0),
        (f"9 {OTHER}", f'["1 {ADA}", "9 {OTHER}"]'),
        (
            f'["9 {OTHER}", "4 w/email:a@example.org"]',
            f'["1 {ADA}", "9 {OTHER}", "4 w/email:a@example.org"]',
        ),
        (f"1 {ADA}", f"1 {ADA}"),
    ],
)
def test_copies_that_meet_know_of_each_other(other: int | str, expected: int | str) -> None:
    """What the lake has of one it has of both; else the copy that stays bears all births."""
    sql = made()
    stored(sql, 1)

    met(sql, [row(1, other)])

    assert origins(sql) == {"m1": expected}


def test_two_people_who_sent_the_same_message_are_not_copies() -> None:
    """What came by another identifier is another event, of which the lake has both."""
    sql = made()
    stored(sql, 1)

    met(sql, [row(1, f"9 {OTHER}", via="anonymous_id:a")])

    assert origins(sql) == {"m1": f"1 {ADA}"}


def test_what_the_lake_has_needs_no_birth() -> None:
    """A copy that comes then changes nothing."""
    sql = made()
    stored(sql, 1)
    reach(sql, 1)

    met(sql, [row(1, f"9 {OTHER}")])

    assert origins(sql) == {"m1": 0}


@pytest.mark.parametrize(
    "named",
    [
        [("w/user_id:a b", 3)],
        [("w/user_id:a", 3), ("w/email:[x]@example.org", 4)],
        [("w/user_id:1", 1), ("w/user_id:2", 2), ("w/user_id:3", 3)],
    ],
)
def test_births_survive_their_text(named: list[tuple[str, int]]) -> None:
    """One or several, whatever actors are called; a name that comes twice is told once."""
    assert births.read(births.write([*named, named[0]])) == named


def test_changes_are_noted_in_one_row() -> None:
    """With a number that rises even if the clock stands still, and since when they wait."""
    sql = made()

    def change() -> None:
        turn = OwnTurn(sql, ADA, now=NOW)
        turn.traits(ADA, VIA)["n"] = (1, NOW, "m1")
        turn.put_traits(ADA, VIA)
        turn.flush()

    sql.run(change)
    first = reached(sql)
    sql.run(change)
    second = reached(sql)

    assert (first.since, second.since) == (NOW, NOW)
    assert second.change > first.change
    assert second.changed.traits == [(ADA, VIA)]
    assert sql.execute("SELECT count(*) FROM lake_reached") == [(1,)]
