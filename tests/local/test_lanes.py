"""Lanes at work: real requests to receivers on loopback that fail, hang, refuse and recover."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from headwater.actors import deliveries
from headwater.actors.dead_letters import DeadLetterFilter
from headwater.actors.migrations import statements
from headwater.commands import Deliver
from headwater.destinations.lane_status import LaneStatus
from headwater.local.clock import SystemClock
from headwater.local.dead_letters import DeadLetters
from headwater.local.http import GuardedHttp
from headwater.local.lanes import Lanes
from headwater.local.random import SystemRandom
from headwater.local.readers import Readers
from headwater.local.sql import open_writer
from headwater.local.writer import Writer
from headwater.workspace import DestinationConfig, WorkspaceConfig
from tests.loopback import Loopback, Reply, Request

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """A webhook's other side; `answer` is what it does next."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[Request], Reply] = lambda _request: Reply()
        self.delay = 0.0
        self.service = Loopback(self._answer)

    async def _answer(self, request: Request) -> Reply:
        self.requests.append(request)
        await asyncio.sleep(self.delay)
        return self.answer(request)

    def message_ids(self) -> list[str]:
        """The ids of all events that came, in order."""
        bodies = [json.loads(request.body) for request in self.requests]
        return [event["messageId"] for body in bodies for event in body.get("batch", [body])]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running receiver."""
    made = Receiver()
    with made.service:
        yield made


class Machine:
    """Writer, readers and lanes over one database file."""

    def __init__(self, path: Path, *, allow_private_networks: bool = True) -> None:
        database = open_writer(path)
        for statement in statements(deliveries.schema()):
            database.execute(statement)
        self.writer = Writer(database)
        self.readers = Readers(path)
        self.http = GuardedHttp(allow_private_networks=allow_private_networks)
        self.clock = SystemClock()
        self.lanes = Lanes(
            writer=self.writer,
            readers=self.readers,
            http=self.http,
            clock=self.clock,
            random=SystemRandom(),
        )
        self.dead_letters = DeadLetters(
            writer=self.writer, readers=self.readers, clock=self.clock, wake=self.lanes.wake
        )

    async def enqueue(self, *commands: Deliver) -> None:
        """Commit these, and wake their lanes."""
        await self.writer.run(lambda sql: deliveries.enqueue(sql, commands, self.clock.now()))
        self.lanes.wake({command.destination for command in commands})

    async def status(self, destination: str = "d1") -> LaneStatus:
        """How a destination's lane is."""
        return {one.destination: one for one in await self.lanes.status()}[destination]

    async def settled(self, destination: str = "d1") -> LaneStatus:
        """Wait until nothing waits any more."""
        return await self.until(lambda status: status.waiting == 0, destination)

    async def until(
        self, holds: Callable[[LaneStatus], bool], destination: str = "d1", seconds: float = 10
    ) -> LaneStatus:
        """Wait until a lane is like this."""
        end = time.monotonic() + seconds
        while not holds(status := await self.status(destination)):
            assert time.monotonic() < end, status
            await asyncio.sleep(0.01)
        return status

    async def close(self, grace: float = 5.0) -> None:
        """Stop all of it."""
        await self.lanes.stop(grace)
        await self.http.close()
        await self.readers.close()
        await self.writer.close()


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    """A running machine on a fresh file."""
    made = Machine(tmp_path / "headwater.sqlite3")
    yield made
    await made.close()


def webhook(receiver: Receiver, id_: str = "d1", **settings: Any) -> DestinationConfig:
    """A webhook to this receiver."""
    given = {"url": f"{receiver.service.url}/hook", "secret": SECRET, **settings}
    return DestinationConfig(id_, "webhook", "Shop", given)


def workspace(*destinations: DestinationConfig) -> WorkspaceConfig:
    """A workspace with these."""
    return WorkspaceConfig("w", destinations=destinations)


def events(
    count: int, *, people: int = 10, destination: str = "d1", first: int = 0
) -> list[Deliver]:
    """Events of some people, in turn."""
    return [
        Deliver(
            "w",
            destination,
            f"w/user_id:{number % people}",
            f"m{number}",
            json.dumps({"type": "track", "event": "E", "messageId": f"m{number}"}),
        )
        for number in range(first, first + count)
    ]


def _in_order(ids: Sequence[str], people: int) -> bool:
    numbers = [int(id_[1:]) for id_ in ids]
    by_person = [[n for n in numbers if n % people == person] for person in range(people)]
    return all(list(dict.fromkeys(own)) == sorted(set(own)) for own in by_person)


async def test_delivers_signed_batches(machine: Machine, receiver: Receiver) -> None:
    """What is committed arrives: all of it, once, verifiable, each person's events in order."""
    machine.lanes.configure(workspace(webhook(receiver)))

    await machine.enqueue(*events(250))
    status = await machine.settled()

    assert sorted(receiver.message_ids(), key=lambda id_: int(id_[1:])) == [
        f"m{number}" for number in range(250)
    ]
    assert _in_order(receiver.message_ids(), 10)
    for request in receiver.requests:
        Webhook(SECRET).verify(request.body, dict(request.headers))
    assert (status.delivered, status.failed, status.dead_letters, status.lag) == (250, 0, 0, 0.0)
    assert (status.breaker, status.last_outcome, status.problem) == ("closed", "delivered", None)
    assert status.response_p99 is not None
    assert status.delay_p50 is not None


async def test_delivers_what_waited_before_the_start(machine: Machine, receiver: Receiver) -> None:
    """Rows from before, as after a crash, are found without being told."""
    await machine.enqueue(*events(3))

    machine.lanes.configure(workspace(webhook(receiver)))
    await machine.settled()

    assert receiver.message_ids() == ["m0", "m1", "m2"]


async def test_one_event_a_request(machine: Machine, receiver: Receiver) -> None:
    """In the format `event` each request is one event, named by its messageId."""
    machine.lanes.configure(workspace(webhook(receiver, format="event")))

    await machine.enqueue(*events(20, people=2))
    await machine.settled()

    assert [
        request.headers["webhook-id"] for request in receiver.requests
    ] == receiver.message_ids()
    assert len(receiver.requests) == 20
    assert _in_order(receiver.message_ids(), 2)


async def test_failure_is_retried_with_the_same_id(machine: Machine, receiver: Receiver) -> None:
    """After a 503 the same batch comes again under the same webhook-id, before later events."""
    replies = iter([Reply(503), Reply(503)])
    receiver.answer = lambda _: next(replies, Reply())
    machine.lanes.configure(workspace(webhook(receiver)))

    await machine.enqueue(*events(3, people=1))
    await machine.until(lambda status: status.retrying == 3)
    await machine.enqueue(*events(2, people=1, first=3))
    await machine.settled()

    first, second, third, *_ = receiver.requests
    assert (
        first.headers["webhook-id"] == second.headers["webhook-id"] == third.headers["webhook-id"]
    )
    assert receiver.message_ids()[6:] == ["m0", "m1", "m2", "m3", "m4"]


async def test_retry_after_is_honoured(machine: Machine, receiver: Receiver) -> None:
    """Nothing is sent before the time that the receiver named."""
    replies = iter([Reply(429, {"retry-after": "1"})])
    receiver.answer = lambda _: next(replies, Reply())
    machine.lanes.configure(workspace(webhook(receiver)))

    await machine.enqueue(*events(1))
    status = await machine.until(lambda status: status.retrying == 1 and status.in_flight == 0)
    await machine.settled()

    assert status.next_attempt_at is not None
    assert status.last_reason == "the destination answered 429"
    assert receiver.requests[1].at - receiver.requests[0].at >= 0.95


async def test_bad_event_dies_alone_and_can_be_replayed(
    machine: Machine, receiver: Receiver
) -> None:
    """One event that is refused ends as a dead letter; after a fix it is sent again."""
    bad = b'"m7"'
    receiver.answer = lambda request: (
        Reply(400, body=b"what is this?") if bad in request.body else Reply()
    )
    machine.lanes.configure(workspace(webhook(receiver)))

    await machine.enqueue(*events(20))
    status = await machine.settled()

    assert (status.delivered, status.failed, status.dead_letters) == (19, 1, 1)
    which = DeadLetterFilter("w", destination="d1")
    (dead,) = await machine.dead_letters.list(which)
    assert (dead.message_id, dead.status, dead.response) == ("m7", 400, "what is this?")
    assert dead.reason == "the destination answered 400"
    receiver.answer = lambda _: Reply()
    assert await machine.dead_letters.replay(which) == 1
    assert (await machine.settled()).dead_letters == 0
    assert receiver.message_ids()[-1] == "m7"


async def test_dead_letters_can_be_discarded(machine: Machine, receiver: Receiver) -> None:
    """What is discarded is not sent again."""
    receiver.answer = lambda _: Reply(404)
    machine.lanes.configure(workspace(webhook(receiver)))
    await machine.enqueue(*events(5))
    await machine.settled()
    which = DeadLetterFilter("w")

    assert await machine.dead_letters.count(which) == 5
    assert await machine.dead_letters.discard(which) == 5
    assert await machine.dead_letters.replay(which) == 0
    assert len(receiver.requests) == 1


async def test_refused_credentials_pause_until_the_settings_change(
    machine: Machine, receiver: Receiver
) -> None:
    """A 401 kills no event; with the right header all of them arrive."""
    receiver.answer = lambda request: Reply(200 if "x-key" in request.headers else 401)
    machine.lanes.configure(workspace(webhook(receiver)))
    await machine.enqueue(*events(5))
    status = await machine.until(lambda status: status.breaker == "open")
    assert (status.waiting, status.dead_letters) == (5, 0)
    assert status.problem is not None
    assert status.problem.startswith("401")
    assert status.last_outcome == "credentials_refused"

    machine.lanes.configure(workspace(webhook(receiver, headers={"X-Key": "1"})))
    status = await machine.settled()

    assert (status.delivered, status.breaker, status.problem) == (5, "closed", None)


async def test_breaker_opens_on_a_dead_receiver(machine: Machine) -> None:
    """A receiver that is away is knocked at a few times, and then left alone for a while."""
    gone = Receiver()
    with gone.service:
        config = webhook(gone)
    machine.lanes.configure(workspace(config))

    await machine.enqueue(*events(600, people=600))
    status = await machine.until(lambda status: status.breaker == "open", seconds=20)

    assert status.waiting == 600
    assert status.problem is not None
    assert "no response" in status.problem
    assert status.next_attempt_at is not None
    assert status.lag > 0


async def test_dead_lane_delays_no_other(machine: Machine, receiver: Receiver) -> None:
    """While one destination hangs, another's events arrive as quickly as ever."""
    hanging = Receiver()
    hanging.delay = 30.0
    with hanging.service:
        machine.lanes.configure(workspace(webhook(receiver), webhook(hanging, "d2")))
        await machine.enqueue(*events(200, destination="d2", people=200))
        await machine.until(lambda status: status.in_flight > 0, "d2")
        for number in range(20):
            await machine.enqueue(*events(1, first=number))
            await machine.settled()
        status = await machine.status()
        await machine.close(grace=0.1)

    assert status.delay_p99 is not None
    assert status.delay_p99 < 1.0
    assert len(receiver.message_ids()) == 20


async def test_switched_off_keeps_its_events(machine: Machine, receiver: Receiver) -> None:
    """A destination that is off sends nothing; switched on again it goes on where it stopped."""
    config = webhook(receiver)
    machine.lanes.configure(workspace(replace(config, enabled=False)))
    await machine.enqueue(*events(3))
    await asyncio.sleep(0.05)
    assert (await machine.status()).waiting == 3
    assert receiver.requests == []

    machine.lanes.configure(workspace(config))
    await machine.settled()

    assert receiver.message_ids() == ["m0", "m1", "m2"]


async def test_removed_destination_sends_no_more(machine: Machine, receiver: Receiver) -> None:
    """A destination that is gone is not shown and not sent to."""
    machine.lanes.configure(workspace(webhook(receiver)))
    machine.lanes.configure(workspace())

    await machine.enqueue(*events(3))
    await asyncio.sleep(0.05)

    assert await machine.lanes.status() == []
    assert receiver.requests == []


async def test_configuration_that_is_not_valid_is_told(
    machine: Machine, receiver: Receiver
) -> None:
    """What cannot work is shown with the reason, keeps its events, and works after a repair."""
    broken = webhook(receiver, batch_size=-1)
    machine.lanes.configure(workspace(broken, DestinationConfig("d2", "unheard-of", "Old")))
    await machine.enqueue(*events(2))

    status = await machine.status()
    assert status.problem is not None
    assert "batch_size" in status.problem
    assert status.waiting == 2
    assert "unheard-of" in str((await machine.status("d2")).problem)
    assert await machine.lanes.status("other") == []

    machine.lanes.configure(workspace(webhook(receiver)))
    assert (await machine.settled()).problem is None


async def test_refused_address_is_a_dead_letter_that_tells_how_to_allow_it(
    tmp_path: Path, receiver: Receiver
) -> None:
    """The guard's refusal is final, and reaches no socket."""
    guarded = Machine(tmp_path / "headwater.sqlite3", allow_private_networks=False)
    guarded.lanes.configure(workspace(webhook(receiver)))

    await guarded.enqueue(*events(3))
    status = await guarded.settled()
    letters = await guarded.dead_letters.list(DeadLetterFilter("w"))

    assert status.dead_letters == 3
    assert all("allow_private_networks" in letter.reason for letter in letters)
    assert receiver.requests == []
    await guarded.close()


async def test_redirect_to_the_metadata_of_a_cloud(machine: Machine, receiver: Receiver) -> None:
    """A receiver cannot send the server to addresses that only the server can reach."""
    guarded = GuardedHttp(allow_private_networks=["127.0.0.1/32"])
    lanes = Lanes(
        writer=machine.writer,
        readers=machine.readers,
        http=guarded,
        clock=machine.clock,
        random=SystemRandom(),
    )
    receiver.answer = lambda _: Reply(307, {"location": "http://169.254.169.254/latest/"})
    await machine.enqueue(*events(1))

    lanes.configure(workspace(webhook(receiver)))
    for _ in range(500):
        (status,) = await lanes.status()
        if status.dead_letters:
            break
        await asyncio.sleep(0.01)

    (letter,) = await machine.dead_letters.list(DeadLetterFilter("w"))
    assert "169.254.169.254 is refused: its address is link-local" in letter.reason
    await lanes.stop()
    await guarded.close()


async def test_stop_lets_requests_end(tmp_path: Path, receiver: Receiver) -> None:
    """A request in flight is finished and settled, so that it is not made again."""
    receiver.delay = 0.2
    machine = Machine(tmp_path / "headwater.sqlite3")
    machine.lanes.configure(workspace(webhook(receiver)))
    await machine.enqueue(*events(1))
    await machine.until(lambda status: status.in_flight == 1)

    await machine.lanes.stop(5.0)
    left = await machine.readers.run(deliveries.statistics)

    assert left[0].waiting == 0
    await machine.close()


async def test_stop_does_not_wait_for_ever(tmp_path: Path, receiver: Receiver) -> None:
    """A request that hangs is cut short after the grace, and made again after the next start."""
    receiver.delay = 30.0
    path = tmp_path / "headwater.sqlite3"
    machine = Machine(path)
    machine.lanes.configure(workspace(webhook(receiver)))
    await machine.enqueue(*events(1))
    await machine.until(lambda status: status.in_flight == 1)
    started = time.perf_counter()
    await machine.close(grace=0.1)
    assert time.perf_counter() - started < 3

    receiver.delay = 0.0
    machine = Machine(path)
    machine.lanes.configure(workspace(webhook(receiver)))
    await machine.settled()

    assert receiver.message_ids() == ["m0", "m0"]
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    await machine.close()


async def test_merge_while_the_loser_waits(machine: Machine, receiver: Receiver) -> None:
    """The winner's later event does not overtake the loser's earlier one that is being retried."""
    replies = iter([Reply(503, {"retry-after": "0.2"})])
    receiver.answer = lambda _: next(replies, Reply())
    machine.lanes.configure(workspace(webhook(receiver)))
    loser, winner = (
        Deliver("w", "d1", f"w/{one}", one, f'{{"messageId":"{one}"}}') for one in "lw"
    )
    await machine.enqueue(loser)
    await machine.until(lambda status: status.retrying == 1)

    await machine.writer.run(lambda sql: deliveries.rekey(sql, loser.person, winner.person))
    await machine.enqueue(winner)
    await machine.settled()

    assert receiver.message_ids() == ["l", "l", "w"]


class Failing:
    """A writer whose disk is full for a while."""

    def __init__(self, writer: Writer, *, times: int) -> None:
        self._writer = writer
        self.left = times

    async def run(self, job: Callable[..., Any]) -> Any:
        if self.left:
            self.left -= 1
            raise OSError("disk full")
        return await self._writer.run(job)


async def test_disk_trouble_sends_nothing_twice(machine: Machine, receiver: Receiver) -> None:
    """What was delivered is settled when the disk works again, rather than sent again."""
    failing = Failing(machine.writer, times=1)
    lanes = Lanes(
        writer=failing,
        readers=machine.readers,
        http=machine.http,
        clock=machine.clock,
        random=SystemRandom(),
    )
    lanes.configure(workspace(webhook(receiver)))
    await machine.enqueue(*events(3))
    lanes.wake(["d1"])
    for _ in range(500):
        (status,) = await lanes.status()
        if status.delivered == 3:
            break
        await asyncio.sleep(0.01)

    assert failing.left == 0
    assert receiver.message_ids() == ["m0", "m1", "m2"]
    await lanes.stop()


async def test_long_backlog_is_read_in_pages(machine: Machine, receiver: Receiver) -> None:
    """More rows than a lane holds in memory are delivered all the same, in order."""
    await machine.enqueue(*events(5_000, people=50))
    machine.lanes.configure(workspace(webhook(receiver, batch_size=500)))

    status = await machine.settled()

    assert status.delivered == 5_000
    assert len(receiver.message_ids()) == 5_000
    assert _in_order(receiver.message_ids(), 50)
