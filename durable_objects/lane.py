"""`LaneDO`: one Durable Object for each destination, which keeps what waits and delivers it."""

from __future__ import annotations

from typing import Any

from workers import DurableObject

from durable_objects.alarm import Alarm
from durable_objects.sql import Database
from edge.isolate import isolate, later
from headwater.dispatch.lane_keeper import LaneKeeper


class LaneDO(DurableObject):
    """Wraps a `LaneKeeper`. Whatever is public here can be called by RPC, and nothing else."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        storage = ctx._ctx.storage
        self._alarm = Alarm(storage)
        self._isolate = isolate(env._env)
        self._keeper = LaneKeeper(
            Database(storage),
            http=self._isolate.http,
            clock=self._isolate.clock,
            random=self._isolate.random,
        )

    async def call(self, request: str) -> str:
        """Answer one call, both as JSON texts; see actors/lane_calls.py. Then deliver."""
        answer, ids = self._keeper.respond(request)
        self._alarm.bring_forward(self._keeper.wake_at(), now=self._isolate.clock.now())
        later(self._work())
        if ids:
            await self._keeper.settled(ids)
            self._alarm.bring_forward(self._keeper.wake_at(), now=self._isolate.clock.now())
        return answer

    async def alarm(self, info: Any = None) -> None:
        """Deliver what is due; Cloudflare calls again where the object dies of it."""
        self._alarm.went_off(info, now=self._isolate.clock.now())
        await self._work()

    async def _work(self) -> None:
        due = self._keeper.wake_at()
        try:
            due = await self._keeper.work()
        finally:
            self._alarm.bring_forward(due, now=self._isolate.clock.now())
