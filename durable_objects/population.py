"""`PopulationDO`: the shards that together know all people of a workspace."""

from __future__ import annotations

from typing import Any

from workers import DurableObject

from durable_objects.alarm import Alarm
from durable_objects.sql import Database
from edge.isolate import isolate
from headwater.actors.population_object import PopulationObject
from headwater.dispatch.population import look_on

RETRY = 5_000
"""Milliseconds after which people who could not be reached are tried again."""


class PopulationDO(DurableObject):
    """Wraps a `PopulationObject`. Whatever is public here can be called by RPC, nothing else."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        storage = ctx._ctx.storage
        self._alarm = Alarm(storage)
        self._isolate = isolate(env._env)
        self._object = PopulationObject(Database(storage))

    async def call(self, request: str) -> str:
        """Answer one call, both as JSON texts; see actors/population_calls.py."""
        now = self._isolate.clock.now()
        answer = self._object.respond(request, now=now)
        self._alarm.bring_forward(self._object.wake_at(now=now), now=now)
        return answer

    async def alarm(self, info: Any = None) -> None:
        """Have the next people decided by audiences that have changed."""
        self._alarm.went_off(info, now=self._isolate.clock.now())
        due: int | None = self._isolate.clock.now() + RETRY
        try:
            now = self._isolate.clock.now()
            is_more = await look_on(self._object, self._isolate.identity_alarms.revisit, now=now)
            due = self._isolate.clock.now() if is_more else None
        finally:
            self._alarm.bring_forward(due, now=self._isolate.clock.now())
