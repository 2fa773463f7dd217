"""When a turn of the writer begins: tests on a loop whose time is the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from headwater.local.gathering import Gathering


@dataclass(eq=False)
class _Timer:
    at: float
    call: Callable[[], None]
    is_cancelled: bool = False

    def when(self) -> float:
        return self.at

    def cancel(self) -> None:
        self.is_cancelled = True


@dataclass
class _Loop:
    """Rounds pass when the test says so; a round takes 10 µs, and idle time only `sleep`."""

    now: float = 100.0
    soon: list[tuple[Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    timers: list[_Timer] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_soon(self, call: Callable[..., None], *arguments: Any) -> None:
        self.soon.append((call, arguments))

    def call_at(self, at: float, call: Callable[[], None]) -> _Timer:
        self.timers.append(_Timer(at, call))
        return self.timers[-1]

    def run(self, rounds: int = 10) -> None:
        for _ in range(rounds):
            due, self.soon = self.soon, []
            for call, arguments in due:
                call(*arguments)
            self.now += 0.00001

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        for timer in list(self.timers):
            if timer.at <= until and not timer.is_cancelled:
                self.timers.remove(timer)
                self.now = max(self.now, timer.at)
                timer.call()
        self.now = until


@dataclass
class _Scene:
    """A gathering, who waits in it, and when turns were begun with how many."""

    loop: _Loop = field(default_factory=_Loop)
    waiting: int = 0
    full_at: int = 1000
    begun: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gathering = Gathering(
            waiting=lambda: self.waiting,
            is_full=lambda: self.waiting >= self.full_at,
            begin=self._begin,
        )

    @property
    def asyncio_loop(self) -> asyncio.AbstractEventLoop:
        return cast("asyncio.AbstractEventLoop", self.loop)

    def _begin(self) -> None:
        self.begun.append((self.loop.now, self.waiting))
        self.waiting = 0

    def arrive(self, callers: int = 1) -> None:
        for _ in range(callers):
            self.waiting += 1
            self.gathering.arrived(self.asyncio_loop)

    def answer(self, callers: int) -> None:
        self.gathering.answered(self.asyncio_loop, callers)

    def begun_once(self) -> tuple[Any, int]:
        ((at, callers),) = self.begun
        return at, callers

    def open(self) -> None:
        self.gathering.open(self.asyncio_loop)


@pytest.fixture
def scene() -> _Scene:
    """Answer a gathering that nothing has happened to."""
    return _Scene()


def test_a_caller_alone_waits_for_nobody(scene: _Scene) -> None:
    """The turn begins after some rounds of the loop, with no time spent idle."""
    scene.arrive()
    scene.open()
    scene.loop.run()
    assert scene.begun_once() == (pytest.approx(100.0, abs=0.0002), 1)
    assert scene.loop.timers == []


def test_those_who_come_in_one_round_after_the_other_share_a_turn(scene: _Scene) -> None:
    """As long as rounds bring something, the turn is not begun."""
    scene.arrive()
    scene.open()
    for _ in range(5):
        scene.loop.run(2)
        scene.arrive()
    scene.loop.run()
    assert [callers for _, callers in scene.begun] == [6]


def test_whoever_was_answered_is_waited_for(scene: _Scene) -> None:
    """With all of them back, the turn begins at once."""
    scene.arrive(3)  # while the five were written
    scene.answer(5)
    scene.open()
    scene.loop.run()
    assert scene.begun == []
    scene.loop.sleep(0.001)
    scene.arrive(5)
    scene.loop.run()
    assert scene.begun_once() == (pytest.approx(100.0012, abs=0.0002), 8)


def test_who_does_not_come_back_costs_two_milliseconds(scene: _Scene) -> None:
    """A turn goes without them, and the next one expects no more than came."""
    scene.arrive()
    scene.answer(7)
    scene.open()
    scene.loop.run()
    scene.loop.sleep(0.0019)
    assert scene.begun == []
    scene.loop.sleep(0.0002)
    assert scene.begun_once() == (pytest.approx(100.002, abs=0.0002), 1)
    scene.answer(1)
    scene.arrive()
    scene.open()
    scene.loop.run()
    assert len(scene.begun) == 2


def test_idle_time_is_counted_over_all_who_come_one_by_one(scene: _Scene) -> None:
    """Each that comes is no reason to be idle for two milliseconds more."""
    scene.arrive()
    scene.answer(50)
    scene.open()
    for _ in range(10):
        scene.loop.run()
        scene.loop.sleep(0.0005)
        if scene.begun:
            break
        scene.arrive()
    assert scene.begun_once() == (pytest.approx(100.0025, abs=0.0005), 4)


def test_a_turn_that_is_full_begins(scene: _Scene) -> None:
    """What one turn takes is there: nobody else is waited for."""
    scene.full_at = 4
    scene.arrive(4)
    scene.answer(9)
    scene.open()
    scene.loop.run(1)
    assert [callers for _, callers in scene.begun] == [4]


def test_whoever_was_answered_a_while_ago_is_not_expected(scene: _Scene) -> None:
    """A hundred were answered, and then came nothing: the next caller does not wait for them."""
    scene.answer(100)
    scene.loop.sleep(0.01)
    scene.arrive()
    scene.open()
    scene.loop.run()
    assert [callers for _, callers in scene.begun] == [1]
    assert scene.loop.timers == []


def test_reading_requests_puts_a_turn_off_by_twenty_milliseconds_at_most(scene: _Scene) -> None:
    """Rounds that all bring something, and take long, do not put it off for ever."""
    scene.arrive()
    scene.open()
    for _ in range(30):
        scene.loop.run(1)
        scene.loop.sleep(0.0016)
        if scene.begun:
            break
        scene.arrive()
    assert 13 <= scene.begun[0][1] <= 14
