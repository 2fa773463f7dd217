"""The table of kept jobs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headwater.actors import jobs
from headwater.actors.jobs import JobEnded, Order
from headwater.actors.migrations import Migration, migrate
from headwater.errors import NotFound
from headwater.local.sql import Database
from tests.databases import empty_database


@pytest.fixture
def sql() -> Iterator[Database]:
    """A database with the table."""
    database = empty_database()
    migrate(database, [Migration("jobs.sql", jobs.schema())])
    yield database
    database.close()


def order(id_: str, *, kind: str = "export", key: str | None = None) -> Order:
    """An order of the workspace `shop`."""
    return Order(id=id_, workspace="shop", kind=kind, parameters={"where": "ü"}, key=key)


def test_a_job_keeps_how_far_it_is(sql: Database) -> None:
    """State, progress, cursor and result, from the order to the end."""
    made = jobs.create(sql, order("a"), now=10)
    assert (made.state, made.done, made.total, made.cursor) == ("waiting", 0, None, None)
    jobs.begin(sql, "a", now=11)
    jobs.note(sql, "a", now=12, done=5, total=9, cursor={"day": 3})
    jobs.note(sql, "a", now=13, done=6)
    noted = jobs.job(sql, "a")
    assert (noted.state, noted.done, noted.total, noted.cursor) == ("running", 6, 9, {"day": 3})
    jobs.finish(sql, "a", {"rows": 9}, now=14)
    ended = jobs.job(sql, "a")
    assert (ended.state, ended.result, ended.error) == ("done", {"rows": 9}, None)
    assert (ended.created_at, ended.started_at, ended.ended_at) == (10, 11, 14)
    assert ended.parameters == {"where": "ü"}


def test_the_one_begun_comes_first_then_the_oldest(sql: Database) -> None:
    """So after a crash a kind goes on with what it had begun; other kinds are not asked for."""
    for id_ in ("a", "b"):
        jobs.create(sql, order(id_), now=1)
    jobs.create(sql, order("c", kind="replay"), now=1)
    jobs.begin(sql, "b", now=2)
    for expected in ("b", "a"):
        found = jobs.following(sql, "export")
        assert found is not None
        assert found.id == expected
        jobs.begin(sql, found.id, now=3)
        jobs.finish(sql, found.id, {}, now=3)
    assert jobs.following(sql, "export") is None


def test_orders_with_one_key_are_one_job(sql: Database) -> None:
    """While it counts; after a failure, a cancel or a release the next order is a new job."""
    first = jobs.create(sql, order("a", key="k"), now=1)
    assert jobs.create(sql, order("b", key="k"), now=1) == first
    jobs.fail(sql, "a", "no", now=2)
    assert jobs.create(sql, order("c", key="k"), now=3).id == "c"
    jobs.begin(sql, "c", now=4)
    jobs.finish(sql, "c", {}, now=4)
    assert jobs.create(sql, order("d", key="k"), now=5).id == "c"
    jobs.release(sql, "c")
    assert jobs.create(sql, order("e", key="k"), now=6).id == "e"
    assert jobs.create(sql, order("f", key="k", kind="replay"), now=6).id == "f"


def test_a_cancelled_job_takes_no_more_notes(sql: Database) -> None:
    """Who works on it is told; what has ended stays as it ended."""
    jobs.create(sql, order("a"), now=1)
    jobs.begin(sql, "a", now=2)
    assert jobs.cancel(sql, "a", workspace="shop", now=3).state == "cancelled"
    for late in (
        lambda: jobs.note(sql, "a", now=4, done=1),
        lambda: jobs.finish(sql, "a", {}, now=4),
        lambda: jobs.begin(sql, "a", now=4),
    ):
        with pytest.raises(JobEnded):
            late()
    jobs.fail(sql, "a", "late", now=5)
    jobs.hold_up(sql, "a", "late", now=5)
    assert jobs.job(sql, "a").state == "cancelled"
    assert jobs.job(sql, "a").error is None
    assert jobs.cancel(sql, "a", workspace="shop", now=6).ended_at == 3


def test_a_workspace_sees_its_own(sql: Database) -> None:
    """A job of another one does not exist for it."""
    jobs.create(sql, order("a"), now=1)
    with pytest.raises(NotFound):
        jobs.job(sql, "a", workspace="other")
    with pytest.raises(NotFound):
        jobs.cancel(sql, "a", workspace="other", now=1)
    assert jobs.jobs(sql, "other") == []


def test_lists_are_by_kind_and_state_and_page(sql: Database) -> None:
    """The latest first."""
    for number in range(4):
        jobs.create(sql, order(str(number), kind="ab"[number % 2]), now=1)
    jobs.begin(sql, "2", now=2)
    assert [one.id for one in jobs.jobs(sql, "shop")] == ["3", "2", "1", "0"]
    assert [one.id for one in jobs.jobs(sql, "shop", kinds=["a"])] == ["2", "0"]
    assert [one.id for one in jobs.jobs(sql, "shop", states=["waiting"], kinds=["a"])] == ["0"]
    page = jobs.jobs(sql, "shop", limit=2)
    rest = jobs.jobs(sql, "shop", before=page[-1].number)
    assert [one.id for one in rest] == ["1", "0"]


def test_what_ended_long_ago_goes(sql: Database) -> None:
    """With the next order; what still counts under its key stays."""
    for id_, key in (("a", None), ("b", "k")):
        jobs.create(sql, order(id_, key=key), now=1)
        jobs.begin(sql, id_, now=1)
        jobs.finish(sql, id_, {}, now=1)
    jobs.create(sql, order("c"), now=jobs.KEPT + 2)
    assert [one.id for one in jobs.jobs(sql, "shop")] == ["c", "b"]
