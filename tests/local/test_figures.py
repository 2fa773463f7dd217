"""How many people there are, counted seldom."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from headwater.actors.identity_state import Forward, Root, encode
from headwater.local.figures import PeopleCount
from headwater.local.migrations import open_database
from headwater.local.readers import Readers
from headwater.ports import Sql

T = TypeVar("T")


class Counting(Readers):
    """Readers that count the jobs."""

    jobs = 0

    async def run(self, job: Callable[[Sql], T]) -> T:
        """Count, and run."""
        self.jobs += 1
        return await super().run(job)


@pytest.fixture
async def readers(tmp_path: Path) -> AsyncIterator[Counting]:
    """Readers of a database with three people in two workspaces, one of them merged."""
    database = open_database(tmp_path / "test.sqlite3")
    for actor, state in (
        ("default/user_id:1", Root(standing=(0, 0, "a"), ids={})),
        ("default/user_id:2", Root(standing=(0, 0, "b"), ids={})),
        ("default/email:a/b", Forward(to="default/user_id:1")),
        ("shop/user_id:1", Root(standing=(0, 0, "c"), ids={})),
    ):
        database.execute("INSERT INTO identity (actor, body) VALUES (?, ?)", (actor, encode(state)))
    readers = Counting(tmp_path / "test.sqlite3")
    yield readers
    await readers.close()
    database.close()


async def test_people_are_roots(readers: Counting) -> None:
    """Forwards are no people; each workspace has its own number."""
    assert await PeopleCount(readers).by_workspace() == {"default": 2, "shop": 1}


async def test_counting_is_rare(readers: Counting) -> None:
    """Whoever asks often gets the last number."""
    people = PeopleCount(readers)
    for _ in range(10):
        await people.by_workspace()

    assert readers.jobs == 1
