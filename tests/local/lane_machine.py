"""A webhook's other side, and writer, readers and lanes over one database file."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headwater.actors import deliveries
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
