"""`JobDO`: one Durable Object for each job, which does it step by step and then is empty."""

from __future__ import annotations

from typing import Any

from workers import DurableObject

from durable_objects.alarm import Alarm
from durable_objects.sql import Database
from edge.isolate import isolate


class JobDO(DurableObject):
    """Wraps a `JobKeeper`. Whatever is public here can be called by RPC, and nothing else."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        from headwater.dispatch.job_keeper import JobKeeper  # noqa: PLC0415 - events need none

        storage = ctx._ctx.storage
        self._alarm = Alarm(storage)
        self._isolate = isolate(env._env)
        self._keeper = JobKeeper(
            Database(storage, self._alarm.fired),
            self._isolate.works,
            self._isolate.settings,
            clock=self._isolate.clock,
        )

    async def call(self, request: str) -> str:
        """Answer one call, both as JSON texts; see actors/job_calls.py."""
        answer = self._keeper.respond(request)
        self._alarm.bring_forward(self._keeper.wake_at(), now=self._isolate.clock.now())
        return answer

    async def alarm(self, info: Any = None) -> None:
        """Do the next step; Cloudflare calls again where the object dies of it."""
        self._alarm.went_off(info, now=self._isolate.clock.now())
        try:
            await self._keeper.work()
        finally:
            self._alarm.bring_forward(self._keeper.wake_at(), now=self._isolate.clock.now())
