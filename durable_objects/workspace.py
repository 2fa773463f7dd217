"""`WorkspaceDO`: the one Durable Object that keeps all settings; see actors/settings_object.py."""

from __future__ import annotations

from typing import Any

from workers import DurableObject

from durable_objects.sql import Database
from edge.isolate import isolate
from headwater.actors.settings_object import SettingsObject


class WorkspaceDO(DurableObject):
    """Wraps a `SettingsObject`. Whatever is public here can be called by RPC, and nothing else."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._isolate = isolate(env._env)
        database = Database(ctx._ctx.storage)
        self._object = SettingsObject(database, random=self._isolate.random)

    async def call(self, request: str) -> str:
        """Answer one call, both as JSON texts; see actors/settings_calls.py."""
        return self._object.respond(request, now=self._isolate.clock.now())
