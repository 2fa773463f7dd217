"""A Worker that runs this project's own tests, inside one of its Durable Objects."""

from __future__ import annotations

import json
from typing import Any

from workers import DurableObject, Response, WorkerEntrypoint

from durable_objects.identity import IdentityDO
from durable_objects.job import JobDO
from durable_objects.lane import LaneDO
from durable_objects.population import PopulationDO
from durable_objects.tail import TailDO
from durable_objects.workspace import WorkspaceDO

__all__ = [
    "Default",
    "IdentityDO",
    "JobDO",
    "LaneDO",
    "PopulationDO",
    "Room",
    "TailDO",
    "WorkspaceDO",
]


class Default(WorkerEntrypoint):
    """Takes the names of tests as JSON, or a history's seed, and answers how it went."""

    async def fetch(self, request: Any) -> Any:
        if request.method != "POST":
            return Response("a room for tests")
        return Response(await self.env.ROOM.getByName("room").run(await request.text()))

    async def queue(self, batch: Any) -> None:
        """Take what is sent; what says so is refused once."""
        from tests.edge.room import databases

        for message in batch.messages:
            body = str(message.body)
            if body.startswith("refuse") and body not in databases.refused:
                databases.refused.append(body)
                message.retry()
            else:
                databases.taken.append(body)
                message.ack()


class Room(DurableObject):
    """Lends its storage to the tests that it runs."""

    async def run(self, wanted: str) -> str:
        """Run the tests of these names, or the history of a seed; answer what came of it."""
        from tests.edge.room import running

        asked = json.loads(wanted)
        storage = self.ctx._ctx.storage
        if isinstance(asked, dict):
            return running.history(asked["history"], storage)
        return json.dumps(running.run(asked, storage, self.env._env))
