"""`TailDO`: one Durable Object for each workspace whose live events somebody follows."""

from __future__ import annotations

from typing import Any

from workers import DurableObject

from edge.isolate import isolate
from headwater.dispatch.tail_keeper import TailKeeper


class TailDO(DurableObject):
    """Wraps a `TailKeeper`. Whatever is public here can be called by RPC, and nothing else."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        parts = isolate(env._env)
        self._keeper = TailKeeper(parts.actors, clock=parts.clock)

    async def call(self, request: str) -> str:
        """Answer one call, both as JSON texts; see actors/tail_calls.py."""
        return await self._keeper.respond(request)
