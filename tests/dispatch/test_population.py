"""Shards of the population over actors: what becomes of questions, and of people to look at."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from headwater.actors.population import SHARDS, shard_of
from headwater.actors.population_calls import Described, Portion
from headwater.actors.population_object import MOST_ROWS, PopulationObject
from headwater.audiences.audience import Audience, text_of
from headwater.audiences.conditions import Everyone
from headwater.dispatch.audiences import AudiencesOverShards
from headwater.dispatch.people import PeopleOverActors
from headwater.dispatch.population import Shards, look_on, reconfigure
from headwater.dispatch.questions import LAG, QuestionsOverShards, asked_of
from headwater.errors import BadRequest, NotFound, Unavailable
from headwater.local.sql import Database
from headwater.ports import CallFailed
from headwater.questions.question import read_question
from headwater.workspace import WorkspaceConfig

NOW = 1_790_000_000_000
VIP = Audience("aud", "vip", "VIP", text_of(Everyone()), since=3)


class World:
    """Shards in memory; `is_down` has them answer nothing."""

    def __init__(self, *people: str) -> None:
        self.config_ = WorkspaceConfig("w", version=3, audiences=(VIP,))
        self.shards: dict[int, PopulationObject] = {}
        self.databases: dict[int, Database] = {}
        self.is_down = False
        self.time = NOW
        for person in people:
            described = Described({}, [person], {"aud": NOW}, [])
            portion = Portion("w", person, 1, described)
            asyncio.run(Shards(self).tell("w", person, portion))

    def now(self) -> int:
        return self.time

    async def config(self, workspace: str) -> WorkspaceConfig:
        assert workspace == "w"
        return self.config_

    newest = config

    def job(self, workspace: str, job: str) -> Any:
        raise AssertionError(f"nobody asks for {job} of {workspace} on this way")

    def population(self, workspace: str, shard: int) -> Any:
        assert workspace == "w"
        return _Shard(self, shard)

    def shard(self, number: int) -> PopulationObject:
        if number not in self.shards:
            connection = sqlite3.connect(":memory:", isolation_level=None)
            self.databases[number] = Database(connection)
            self.shards[number] = PopulationObject(self.databases[number])
        return self.shards[number]

    def identity(self, name: str) -> Any:
        raise AssertionError(name)

    def workspace(self, workspace: str) -> Any:
        raise AssertionError(workspace)

    def lane(self, workspace: str, destination: str) -> Any:
        raise AssertionError(destination)

    def tail(self, workspace: str) -> Any:
        raise AssertionError(workspace)

    @property
    def audiences(self) -> AudiencesOverShards:
        people: Any = PeopleOverActors.__new__(PeopleOverActors)  # nobody is asked by name here
        return AudiencesOverShards(Shards(self), people, self, clock=self)


class _Shard:
    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._number = number

    async def call(self, request: str) -> str:
        if self._world.is_down:
            raise CallFailed("down")
        return self._world.shard(self._number).respond(request, now=self._world.time)


def test_members_are_paged_in_order_over_all_shards() -> None:
    """Each once, whichever shard they lie in."""
    names = [f"user_id:{number:02d}" for number in range(25)]
    world = World(*names)
    found: list[str] = []
    cursor: str | None = ""

    async def pages() -> None:
        nonlocal cursor
        while cursor is not None:
            page, cursor = await world.audiences.members("w", "vip", limit=4, cursor=cursor)
            found.extend(one.person for one in page)

    asyncio.run(pages())

    assert len({shard_of(name, SHARDS) for name in names}) > 1
    assert found == names
    assert asyncio.run(world.audiences.count("w", "aud")) == 25


def test_an_audience_that_is_not_there_is_told() -> None:
    """By its key, before any shard is asked."""
    with pytest.raises(NotFound, match="no audience 'other'"):
        asyncio.run(World().audiences.count("w", "other"))


def test_a_question_says_that_it_lags() -> None:
    """Every answer has the note, and adds up what shards know."""
    world = World("user_id:1", "user_id:2")
    question = read_question({"question": "overlap", "audiences": ["vip", "aud"]})
    table = asyncio.run(
        QuestionsOverShards(Shards(world), world, clock=world).answer("w", question)
    )

    assert table.notes[-1] == LAG
    assert [cell for row in table.rows for cell in row if cell == 2], table.rows


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda world: _asked(world, "SELECT 1", is_down=True), Unavailable, "cannot be asked now"),
        (lambda world: _asked(world, f"SELECT '{'x' * 100_000}'"), BadRequest, "statement of more"),
        (
            lambda world: _asked(
                world,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                f" WHERE i <= {MOST_ROWS}) SELECT i FROM n",
            ),
            BadRequest,
            "more than 200,000 rows",
        ),
    ],
    ids=["a shard is down", "a statement too long", "an answer too large"],
)
def test_what_cannot_be_asked_is_told(
    ask: Callable[[World], Awaitable[Any]], error: type[Exception], said: str
) -> None:
    """With what to do about it."""
    with pytest.raises(error, match=said):
        asyncio.run(_run(ask, World()))


async def _run(ask: Callable[[World], Awaitable[Any]], world: World) -> Any:
    return await ask(world)


async def _asked(world: World, sql: str, *, is_down: bool = False) -> Any:
    world.is_down = is_down
    return await asked_of(Shards(world), "w", sql)


def test_a_change_of_audiences_has_everybody_looked_at() -> None:
    """All shards hear of it; who could not be reached is tried again."""
    names = [f"user_id:{number}" for number in range(20)]
    world = World(*names)
    seen: list[str] = []
    failing = {"user_id:7"}

    async def revisit(workspace: str, person: str, version: int) -> None:
        assert (workspace, version) == ("w", 3)
        if person in failing:
            failing.discard(person)
            raise CallFailed("not now")
        seen.append(person)

    async def whole() -> None:
        await reconfigure(world, None, world.config_)
        for number in range(SHARDS):
            shard = world.shard(number)
            assert shard.wake_at(now=NOW) == NOW
            for _ in range(5):
                try:
                    if not await look_on(shard, revisit, now=NOW):
                        break
                except CallFailed:
                    continue
            assert shard.wake_at(now=NOW) is None

    asyncio.run(whole())
    found = asyncio.run(world.audiences.backfill("w"))

    assert set(seen) == set(names)
    assert not failing
    assert found is not None
    assert (found.done, found.total, found.finished_at) == (20, 20, NOW)


def test_what_did_not_change_audiences_has_nobody_looked_at() -> None:
    """Nor does a shard that is down hold up a change of settings."""
    world = World("user_id:1")
    asyncio.run(reconfigure(world, world.config_, world.config_))
    world.is_down = True
    asyncio.run(reconfigure(world, None, world.config_))

    assert all(shard.wake_at(now=NOW) is None for shard in world.shards.values())


def test_people_are_counted_seldom_and_without_a_row() -> None:
    """The number is that of all shards; it is good for a while, and asking writes nothing."""
    world = World("user_id:a", "user_id:b", "user_id:c")
    merged = Portion("w", "user_id:c", 2, None)

    assert asyncio.run(Shards(world).people("w")) == 3
    asyncio.run(Shards(world).tell("w", "user_id:c", merged))
    assert asyncio.run(Shards(world).people("w")) == 3
    world.time += 60_000
    assert asyncio.run(Shards(world).people("w")) == 2


def test_counting_the_people_of_a_new_workspace_makes_no_tables() -> None:
    """A shard that nobody was ever told to stays empty."""
    world = World()

    assert asyncio.run(Shards(world).people("w")) == 0

    tables = [
        world.databases[number].execute("SELECT name FROM sqlite_master")
        for number in range(SHARDS)
    ]
    assert tables == [[]] * SHARDS
