"""A Worker that does each thing the test host must carry: the host's own tests drive it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import js
from workers import DurableObject, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """Answers by the request's path."""

    async def fetch(self, request: Any) -> Any:
        path = request.url.partition("//")[2].partition("/")[2]
        room = self.env.ROOM.getByName("one")
        match path:
            case "":
                return Response("up")
            case "fail":
                raise ValueError("raised in the Worker")
            case "fail-in-object":
                await room.fail()
            case "print":
                print("printed in the Worker")
            case "deep":
                json.loads("[" * 100_000)
            case "send":
                await self.env.JOBS.send({"note": "from the queue"})
            case "alarm":
                await room.wake()
            case "later":
                self.ctx.waitUntil(self._later())
            case "notes":
                return Response.json(await room.notes())
        return Response("done")

    async def queue(self, batch: Any) -> None:
        for message in batch.messages:
            await self.env.ROOM.getByName("one").note(message.body["note"])
            message.ack()

    async def scheduled(self, controller: Any) -> None:
        await self.env.BUCKET.put("cron", f"{controller.cron} at {controller.scheduledTime}")
        found = await self.env.BUCKET.get("cron")
        await self.env.ROOM.getByName("one").note(await found.text())

    async def _later(self) -> None:
        await asyncio.sleep(0.01)
        await self.env.ROOM.getByName("one").note("after the answer")


class Room(DurableObject):
    """Keeps notes; `lives` counts how often its object was made."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.sql = ctx.storage.sql
        self.sql.exec("CREATE TABLE IF NOT EXISTS note (body TEXT)")
        self.sql.exec("INSERT INTO note VALUES ('made')")

    async def note(self, body: str) -> None:
        self.sql.exec("INSERT INTO note VALUES (?)", body)

    async def notes(self) -> list[str]:
        return [row["body"] for row in self.sql.exec("SELECT body FROM note").toArray()]

    async def fail(self) -> None:
        raise ValueError("raised in the object")

    async def wake(self) -> None:
        await self.ctx.storage.setAlarm(js.Date.now() + 50)

    async def alarm(self, info: Any = None) -> None:
        await self.note("alarm")
