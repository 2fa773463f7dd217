"""The courier in a virtual world, where the server and the disk fail at random."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import settings as rounds
from hypothesis import strategies as st

from headwater.client.courier import Courier
from headwater.client.errands import Load, Page, Remove, Send, Stop, Store, Wait
from headwater.client.errors import Refused
from headwater.client.retry import Accepted, Again, No, Verdict
from headwater.client.settings import Settings

WITH_SPOOL = Settings("wk", "http://h", spool=Path("spool"), interval=1.0, batch_size=3)
IN_MEMORY = replace(WITH_SPOOL, spool=None, max_retries=2)
AWAY = Again("away")
REFUSED = No(Refused("no", status=400))


def courier(settings: Settings) -> Courier:
    """Answer a courier whose back-off has no jitter."""
    return Courier(settings, jitter=lambda: 0.0)


@dataclass
class World:
    """A driver over a virtual clock, with a spool in memory and a server that fails at will."""

    courier: Courier
    verdicts: deque[Verdict]
    stores: deque[bool]
    now: float = 0.0

    def __post_init__(self) -> None:
        self.spool: deque[bytes] = deque()
        self.received: list[bytes] = []
        self.refused: list[bytes] = []
        self.sleeps = 0

    def run(self, steps: int) -> bool:
        """Take that many steps; answer whether it came to its end."""
        for _ in range(steps):
            errand = self.courier.next(self.now)
            if isinstance(errand, Stop):
                return True
            if isinstance(errand, Wait):
                assert errand.seconds > 0
                self.now += errand.seconds
                self.sleeps += 1
                continue
            reports = self.courier.finished(errand, self.outcome(errand), self.now)
            for report in reports:
                self.refused += report.events
            if reports:
                self.courier.reported()
        return False

    def outcome(self, errand: Any) -> object:
        """Carry the errand out."""
        match errand:
            case Load():
                found = tuple(self.spool)[:3]
                return Page(found, None) if found else None
            case Store():
                kept = self.stores.popleft() if self.stores else True
                self.spool += errand.events if kept else ()
                return kept
            case Remove():
                for _ in errand.page.events:
                    self.spool.popleft()
            case Send():
                verdict = self.verdicts.popleft() if self.verdicts else Accepted()
                if isinstance(verdict, Accepted):
                    self.received += errand.events
                return verdict
        return 0


VERDICTS = st.sampled_from([Accepted(), AWAY, Again("busy", after=3.0), REFUSED])


@rounds(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 6)), max_size=12),
    st.lists(VERDICTS, max_size=25),
    st.lists(st.booleans(), max_size=10),
    st.sampled_from([WITH_SPOOL, replace(IN_MEMORY, max_retries=100)]),
)
def test_every_event_is_settled_once_and_in_order(
    plan: list[tuple[int, int]], verdicts: list[Verdict], stores: list[bool], settings: Settings
) -> None:
    """Whatever the server and the disk do, each event is received or reported once, in order."""
    world = World(courier(settings), deque(verdicts), deque(stores))
    sent: list[bytes] = []
    for events, steps in plan:
        for _ in range(events):
            sent.append(b"%04d" % len(sent))
            world.courier.put(sent[-1], world.now)
        world.run(steps)
    ticket = world.courier.hurry()
    world.run(600)

    assert world.courier.is_settled(ticket)
    assert world.courier.unsent == 0
    assert sorted(world.received + world.refused) == sent
    assert world.received == sorted(world.received)
    assert not world.spool


@rounds(max_examples=200)
@given(st.lists(VERDICTS, max_size=10), st.integers(0, 9), st.integers(0, 12))
def test_closing_leaves_every_event_somewhere(
    verdicts: list[Verdict], events: int, steps: int
) -> None:
    """After a close, each event was received, reported, or is in the spool."""
    world = World(courier(WITH_SPOOL), deque(verdicts), deque())
    for number in range(events):
        world.courier.put(b"%d" % number, world.now)
    world.run(steps)
    world.courier.close()

    assert world.run(200)
    kept = world.received + world.refused + list(world.spool)
    assert sorted(kept) == [b"%d" % number for number in range(events)]
