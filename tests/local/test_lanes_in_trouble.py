"""Lanes whose receivers are dead, refuse or redirect, whose disk fails, and that have to end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from headwater.actors import deliveries
from headwater.actors.dead_letters import DeadLetterFilter
from headwater.local.http import GuardedHttp
from headwater.local.lanes import Lanes
from headwater.local.random import SystemRandom
from headwater.local.writer import Writer
from headwater.workspace import DestinationConfig
from tests.local.lane_machine import Machine, Receiver, events, webhook, workspace
from tests.loopback import Reply


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
