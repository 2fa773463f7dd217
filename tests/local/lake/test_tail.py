"""Tests of `headwater.local.lake.tail`: which rows of the database are to go to the lake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from headwater.local.lake import tail as tails
from headwater.local.lake.joined_texts import JoinedTexts
from headwater.local.lake.tail import Tail, events_behind, people_of
from headwater.local.migrations import open_database
from headwater.local.sql import Database

INSERT = (
    "INSERT INTO event (id, actor, message_id, timestamp, via, type, body, origin)"
    " VALUES (?, ?, ?, 0, ?, 'track', ?, ?)"
)
Stored = tuple[int, str, str, str, int | None]
"""Of a row its id, actor, via, body and origin."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty one."""
    one = open_database(tmp_path / "headwater.sqlite3")
    yield one
    one.close()


def store(sql: Database, rows: Sequence[Stored]) -> None:
    """Store rows of events."""
    for id_, actor, via, body, origin in rows:
        sql.execute(INSERT, (id_, actor, f"m{id_}", via, body, origin))


def plain(tail: Tail) -> list[tuple[int, int, str, str, str]]:
    """Answer id, position, actor, via and body of each row."""
    data = b"\n".join(tail.bodies.pieces).decode() if tail else ""
    bodies = []
    for size in tail.bodies.sizes.tolist():
        bodies.append(data.encode()[:size].decode())
        data = data.encode()[size + 1 :].decode()
    columns = (
        tail.ids.tolist(),
        tail.positions.tolist(),
        tail.actors.to_pylist(),
        tail.vias.to_pylist(),
        bodies,
    )
    return list(zip(*columns, strict=True))


def random_rows(chance: Random, count: int) -> list[Stored]:
    """Answer rows of people and accounts, some of them moved here, some of them nobody's."""
    actors = ["w/user_id:ä", "w/user_id:1", "w/=account:a", "v/email:x", "w/user_id:1#2", ""]
    actors += ["w/user_id:two\nlines"] * chance.randrange(2)
    rows: list[Stored] = []
    origins = chance.sample(range(1, 40), count)
    for number in range(count):
        actor = chance.choice(actors)
        origin = origins[number] if chance.random() < 0.3 else None
        body = chance.choice(["{}", '{"a":"é"}', '{\n"a": 1}', '{"long":"' + "x" * 300 + '"}'])
        rows.append((40 + number * 2, actor, chance.choice(["via", "two\nlines"]), body, origin))
    return rows


@pytest.mark.parametrize("seed", range(12))
def test_each_row_of_people_comes_once_however_many_come_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Behind a position, whatever moved; rows of accounts and of nobody stay, and end nothing."""
    chance = Random(seed)
    rows = random_rows(chance, 25)
    database.execute("BEGIN")
    store(database, rows)
    monkeypatch.setattr(tails, "_AT_A_TIME", chance.choice([1, 3, 100]))
    position = chance.choice([0, 12, 50])
    found: list[tuple[int, int, str, str, str]] = []
    limit, reached, more = chance.choice([2, 7, 100]), position, True
    while more:
        some, reached, more = events_behind(database, reached, limit=limit)
        found += plain(some)
    database.execute("ROLLBACK")
    wanted = [
        (id_, origin or id_, actor, via, body)
        for id_, actor, via, body, origin in rows
        if actor and "/=account:" not in actor and (origin or id_) > position
    ]
    assert sorted(found) == wanted


def test_rows_are_parted_by_workspace_and_by_position(database: Database) -> None:
    """Each part has its own columns; of one workspace alone nothing is copied."""
    rows: list[Stored] = [
        (1, "v/email:x", "email:x", '{"n":1}', None),
        (2, "w/email:x", "email:y", '{"n":22}', None),
        (3, "v/user_id:1", "user_id:1", '{"n":3}', None),
    ]
    store(database, rows)
    tail = events_behind(database, 0, limit=10).rows
    parts = tail.by_workspace()
    assert {name: plain(part) for name, part in parts.items()} == {
        "v": [(1, 1, *rows[0][1:4]), (3, 3, *rows[2][1:4])],
        "w": [(2, 2, *rows[1][1:4])],
    }
    assert plain(parts["v"].behind(1)) == [(3, 3, *rows[2][1:4])]
    assert parts["w"].by_workspace()["w"] is parts["w"]
    assert not parts["w"].behind(2)
    assert Tail(*tail[:4], JoinedTexts.of([])).by_workspace().keys() == {"v", "w"}


def test_people_are_in_the_order_of_their_letters_in_utf_8(database: Database) -> None:
    """Each row has one, by its place among them; a workspace's name is no part of it."""
    names = ["user_id:é", "user_id:z", "email:b", "user_id:é", "user_id:\U0001f600"]
    store(database, [(n, f"w/{name}", name, "{}", None) for n, name in enumerate(names, start=1)])
    people = people_of(database, events_behind(database, 0, limit=10).rows)
    assert people.to_pylist() == names
    assert people.dictionary.to_pylist() == sorted(set(names), key=str.encode)
