"""One job in an object of its own: steps, failures that pass, those that do not, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from headwater.actors.job_calls import Begin, Stop, decode_answer, encode
from headwater.actors.workspace import WorkspaceActor
from headwater.dispatch.job_keeper import LONGEST_PAUSE, JobKeeper, Stage
from headwater.errors import BadRequest
from headwater.ports import CallFailed
from tests.databases import empty_database
from tests.dispatch.erasing.world import ErasingWorld, W


class Counting:
    """Work of three steps, each of which may fail first."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.seen: list[str] = []
        self.given_up: list[str] = []

    def opening(self, parameters: Mapping[str, Any]) -> str:
        """Begin with what was asked for."""
        return str(parameters["from"])

    async def step(self, workspace: str, job: str, body: str) -> Stage:
        """Count on."""
        self.seen.append(body)
        if self.failures:
            raise self.failures.pop(0)
        number = int(body) + 1
        return Stage(str(number), number, 3, result={"counted": 3} if number == 3 else None)

    async def give_up(self, workspace: str, job: str) -> None:
        """Note it."""
        self.given_up.append(job)


class Object:
    """A Durable Object's part: it wraps a keeper, and may forget it."""

    def __init__(self, work: Counting) -> None:
        self.world = ErasingWorld()
        self.sql = empty_database()
        self.work = work
        self.keeper = self.made()
        order = Begin(W, "job_1", "count", {"from": "0"}, {"shown": True}, "steps")
        self.keeper.respond(encode(order))
        self.keeper.respond(encode(order))

    def made(self) -> JobKeeper:
        """Answer a keeper over what is stored."""
        return JobKeeper(
            self.sql, {"count": lambda: self.work}, self.world.settings, clock=self.world
        )

    def run(self, *, evicted: bool = False) -> int:
        """Let alarms go off until there is none; answer how many."""
        for number in range(100):
            if evicted:
                self.keeper = self.made()
            if self.keeper.wake_at() is None:
                return number
            asyncio.run(self.keeper.work())
        raise AssertionError("it never ends")

    def shown(self) -> Any:
        """Answer the job as everybody sees it."""
        return asyncio.run(self.world.settings.read(W, WorkspaceActor.job, "job_1"))


@pytest.mark.parametrize("evicted", [False, True])
def test_step_after_step_to_the_end(*, evicted: bool) -> None:
    """Each is told what the one before has said, whether the object was forgotten or not."""
    one = Object(Counting())

    assert one.run(evicted=evicted) == 3

    assert one.work.seen == ["0", "1", "2"]
    job = one.shown()
    assert (job.state, job.done, job.total, job.result) == ("done", 3, 3, {"counted": 3})
    assert job.parameters == {"shown": True}
    assert one.sql.execute("SELECT * FROM sqlite_master") == []


def test_what_passes_is_tried_again_later_each_time() -> None:
    """The job says meanwhile what holds it up."""
    one = Object(Counting(*(CallFailed("nobody there") for _ in range(8))))
    pauses = []
    for _ in range(8):
        asyncio.run(one.keeper.work())
        at = one.keeper.wake_at()
        assert at is not None
        pauses.append(at - one.world.at)
    assert one.shown().error == "nobody there"

    assert one.run() == 3
    assert pauses[0] < pauses[3] < pauses[7] <= LONGEST_PAUSE
    assert one.shown().error is None


def test_what_does_not_pass_ends_it() -> None:
    """With the error's words, and without its order."""
    one = Object(Counting(BadRequest("there is no such thing")))

    assert one.run() == 1

    job = one.shown()
    assert (job.state, job.error) == ("failed", "there is no such thing")
    assert one.work.given_up == ["job_1"]
    assert one.sql.execute("SELECT * FROM sqlite_master") == []


def test_one_that_is_stopped_does_nothing_more() -> None:
    """Its object is empty, whatever it was at."""
    one = Object(Counting())
    asyncio.run(one.keeper.work())

    one.keeper.respond(encode(Stop()))

    assert one.run() == 0
    assert one.work.seen == ["0"]


def test_one_that_was_cancelled_elsewhere_finds_out() -> None:
    """Where the word to stop was lost."""
    one = Object(Counting())
    asyncio.run(one.keeper.work())
    asyncio.run(
        one.world.settings.write(W, WorkspaceActor.cancel_job, "job_1", now=one.world.now())
    )

    one.run()

    assert one.work.seen == ["0"]
    assert one.shown().state == "cancelled"
    assert one.work.given_up == ["job_1"]
    assert one.sql.execute("SELECT * FROM sqlite_master") == []


def test_one_that_is_done_though_nobody_heard_of_it_stays_done() -> None:
    """What it made is not given up: the note of its end arrived, the answer was lost."""
    one = Object(Counting())
    for _ in range(2):
        asyncio.run(one.keeper.work())
    settings, now = one.world.settings, one.world.now()
    asyncio.run(settings.write(W, WorkspaceActor.finish_job, "job_1", {"counted": 3}, now=now))

    one.run()

    assert (one.shown().state, one.work.given_up) == ("done", [])


def test_who_stops_it_hears_whether_a_step_is_being_done() -> None:
    """Its end may come after that; once it is over, nothing of it is under way."""
    one = Object(Counting())
    said = []

    async def step(workspace: str, job: str, body: str) -> Stage:
        said.append(decode_answer(one.keeper.respond(encode(Stop()))).is_working)
        return Stage(body, 1, 3)

    one.work.step = step  # type: ignore[method-assign]  # the one step that there is
    asyncio.run(one.keeper.work())
    said.append(decode_answer(one.keeper.respond(encode(Stop()))).is_working)

    assert said == [True, False]
    assert one.run() == 0
