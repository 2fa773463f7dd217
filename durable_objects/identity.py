"""`IdentityDO`: one Durable Object for each external id, and for each account."""

from __future__ import annotations

from typing import Any

from workers import DurableObject

from durable_objects.alarm import Alarm
from durable_objects.sql import Database
from edge.isolate import isolate
from headwater.actors.identity_object import IdentityObject
from headwater.actors.lazy_tables import LazyTables


class IdentityDO(DurableObject):
    """Wraps an `IdentityObject`. Whatever is public here can be called by RPC, and nothing else."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        storage = ctx._ctx.storage
        self._alarm = Alarm(storage)
        self._isolate = isolate(env._env)
        self._database = LazyTables(Database(storage, self._alarm.fired), self._isolate.tables)
        self._object = IdentityObject(
            self._isolate.configurations, lake_after=self._isolate.lake_after
        )

    async def call(self, request: str) -> str:
        """Answer one call, both as JSON texts; see actors/identity_calls.py."""
        await self._alarm.learn()
        now = self._isolate.clock.now()
        answer = self._object.respond(self._database, request, now=now)
        self._alarm.bring_forward(self._object.wake_at(self._database, now=now), now=now)
        return answer

    async def alarm(self, info: Any = None) -> None:
        """Carry on what was left undone; what is left then has the alarm set again.

        Where the object dies of it, Cloudflare calls again by itself.
        """
        self._alarm.went_off(info, now=self._isolate.clock.now())
        self._object.alarm()
        try:
            if name := self._object.name(self._database):
                await self._isolate.identity_alarms.act(name, self._object, self._database)
        finally:
            now = self._isolate.clock.now()
            self._alarm.bring_forward(self._object.wake_at(self._database, now=now), now=now)
